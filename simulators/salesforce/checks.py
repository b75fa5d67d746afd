"""What a save is checked for, field by field, before anything is written."""

from collections.abc import Mapping

from .org import Org
from .records import Record
from .refusals import Refused
from .schema import Field, SObject
from .values import Json, Value, accept

_LOCKED = "unable to obtain exclusive access to this record or 1 records: "
_ID_IN_BODY = "The Id field should not be specified in the sobject data."


def accepted(org: Org, sobject: SObject, body: Mapping[str, Json], *, creating: bool) -> dict[str, Value]:
    given: dict[str, Value] = {}
    for name, value in body.items():
        if name == "attributes":
            continue
        field = sobject.named(name)
        if field is None:
            parent = sobject.by_relationship.get(name.lower())
            if parent is None or not isinstance(value, Mapping):
                raise no_such_column(name, sobject)
            _check_writable(parent, creating=creating)
            given[parent.name] = _parent_by_key(org, parent, value)
            continue
        _check_writable(field, creating=creating)
        given[field.name] = accept(field, value)
        _check_reference(org, field, given[field.name])
    return given


def no_such_column(name: str, sobject: SObject) -> Refused:
    return Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")


def _check_writable(field: Field, *, creating: bool) -> None:
    if field.kind == "id":
        text = "cannot specify Id in an insert call" if creating else _ID_IN_BODY
        raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE" if creating else "INVALID_FIELD", text, ("Id",))
    if not (field.createable if creating else field.updateable):
        text = (
            f"Unable to create/update fields: {field.name}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set."
        )
        raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", text, (field.name,))


def _check_reference(org: Org, field: Field, value: Value) -> None:
    if field.kind != "reference" or not isinstance(value, str) or not field.relationship:
        return
    record = org.records.find(value)
    if not value.startswith(org.schema[field.refers_to].prefix):
        raise Refused("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", (field.name,))
    if record is None:
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))
    if record.deleted:
        raise Refused("ENTITY_IS_DELETED", "entity is deleted", (field.name,))


def _parent_by_key(org: Org, field: Field, nested: Mapping[str, Json]) -> Value:
    """A parent named by its external id: `"Account__r": {"Intacct_Customer_Id__c": "C-1"}`."""
    target = org.schema[field.refers_to]
    keys = [(target.named(name), value) for name, value in nested.items() if name != "attributes"]
    key, value = keys[0] if len(keys) == 1 else (None, None)
    if key is None or not key.external_id:
        raise Refused("INVALID_FIELD", f"{field.relationship} names no external id field", (field.name,))
    found = keyed(org, target, key, value)
    if not found:
        text = f"Foreign key external ID: {value} not found for field {key.name} in entity {target.name}"
        raise Refused("INVALID_FIELD", text)
    return found[0].id


def check_required(sobject: SObject, given: Mapping[str, Value]) -> None:
    missing = tuple(f.name for f in sobject.fields if f.required and given.get(f.name) is None)
    if missing:
        raise required(missing)


def required(missing: tuple[str, ...]) -> Refused:
    text = f"Required fields are missing: [{', '.join(missing)}]"
    return Refused("REQUIRED_FIELD_MISSING", text, missing)


def check_unique(org: Org, sobject: SObject, given: Mapping[str, Value], id: str) -> None:
    for field in sobject.fields:
        value = given.get(field.name)
        if not field.unique or value is None:
            continue
        for twin in org.records.matching(sobject.name, field.name, value):
            if twin.id != id:
                text = (
                    f"duplicate value found: {field.name} duplicates value on record with id: {twin.id[:15]}"
                )
                raise Refused("DUPLICATE_VALUE", text)


def check_locks(org: Org, sobject: SObject, id: str, values: Mapping[str, Value]) -> None:
    """A write to a detail needs its master's row too, so a locked payment refuses its lines."""
    master = sobject.master
    above = values.get(master.name) if master else None
    for locked in (id, above):
        if isinstance(locked, str) and org.locked[locked] > 0:
            org.locked[locked] -= 1
            raise Refused("UNABLE_TO_LOCK_ROW", _LOCKED + locked)


def keyed(org: Org, sobject: SObject, key: Field, value: Json) -> list[Record]:
    """The live records whose external id is this value."""
    wanted = accept(key, value)
    if wanted is None:
        text = f"{key.name} not specified"
        raise Refused("MISSING_ARGUMENT", text, (key.name,))
    return org.records.matching(sobject.name, key.name, wanted)
