"""Saving records the way the platform does: checked field by field, refused with its own codes."""

from collections.abc import Mapping
from dataclasses import dataclass

from . import ids
from .checks import accepted, check_locks, check_required, check_unique, keyed, required
from .org import USER_ID, Org
from .records import Record
from .refusals import Refused, deleted, not_found
from .schema import Field, SObject
from .values import Json, Value


@dataclass(frozen=True)
class Saved:
    """A record that was written, and whether it is new."""

    id: str
    created: bool


def create(org: Org, sobject: SObject, body: Mapping[str, Json]) -> Saved:
    """Make a record; raises Refused, and then nothing has changed."""
    given = accepted(org, sobject, body, creating=True)
    check_required(sobject, given)
    check_unique(org, sobject, given, "")
    check_locks(org, sobject, "", given)
    id = ids.mint(sobject.prefix, org.next(f"id.{sobject.name}"))
    values: dict[str, Value] = {f.name: f.default for f in sobject.fields if f.default is not None}
    values |= given | _stamps(org, created=True)
    if sobject.named("OwnerId") and not values.get("OwnerId"):
        values["OwnerId"] = USER_ID
    values |= _name(org, sobject, id, values) | _inherited(org, sobject, values)
    org.records.put(Record(sobject.name, id, {"Id": id, **values}))
    return Saved(id, created=True)


def update(org: Org, sobject: SObject, id: str, body: Mapping[str, Json]) -> Saved:
    """Change the named fields of a record; a save that changes nothing is a save all the same."""
    record = existing(org, sobject, id)
    given = accepted(org, sobject, body, creating=False)
    check_unique(org, sobject, given, record.id)
    check_locks(org, sobject, record.id, record.values)
    missing = tuple(
        f.name for f in sobject.fields if f.required and f.name in given and given[f.name] is None
    )
    if missing:
        raise required(missing)
    values = {**record.values, **given, **_stamps(org, created=False)}
    org.records.put(Record(sobject.name, record.id, values))
    return Saved(record.id, created=False)


def upsert(org: Org, sobject: SObject, key: Field, value: Json, body: Mapping[str, Json]) -> Saved:
    """Update the one record with this key, or create it; raises Refused 300 where several have it."""
    if any(name.lower() == key.name.lower() for name in body):
        text = f"The {key.name} field should not be specified in the sobject data."
        raise Refused("INVALID_FIELD", text, (key.name,))
    found = keyed(org, sobject, key, value)
    if found:
        return update(org, sobject, found[0].id, body)
    return create(org, sobject, {**body, key.name: value})


def delete(org: Org, sobject: SObject, id: str) -> None:
    """Put a record into the recycle bin; the details of a master go with it."""
    record = existing(org, sobject, id)
    check_locks(org, sobject, record.id, record.values)
    for child, reference in sobject.children.values():
        field = org.schema[child].named(reference)
        for found in org.records.matching(child, reference, record.id):
            if field is not None and field.master:
                org.records.put(_binned(org, found))
            else:
                org.records.put(Record(found.type, found.id, {**found.values, reference: None}))
    org.records.put(_binned(org, record))


def existing(org: Org, sobject: SObject, id: str) -> Record:
    """The live record of this type; raises the platform's 404s."""
    id18 = ids.full(id)
    record = org.records.find(id18) if id18 else None
    if record is None or record.type != sobject.name:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {id}")
    if record.deleted:
        raise deleted()
    return record


def _binned(org: Org, record: Record) -> Record:
    stamps = _stamps(org, created=False)
    return Record(record.type, record.id, {**record.values, **stamps, "IsDeleted": True})


def _stamps(org: Org, *, created: bool) -> dict[str, Value]:
    now = org.now()
    stamps: dict[str, Value] = {
        "LastModifiedDate": now,
        "LastModifiedById": USER_ID,
        "SystemModstamp": now,
    }
    return stamps | ({"CreatedDate": now, "CreatedById": USER_ID} if created else {})


def _name(org: Org, sobject: SObject, id: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """An auto number, or the record's own id where a custom object's text name was left out."""
    field = sobject.named("Name")
    if field is None:
        return {}
    if field.auto_number:
        return {"Name": _numbered(field.auto_number, org.next(f"number.{sobject.name}"))}
    return {"Name": values.get("Name") or id}


def _numbered(shape: str, number: int) -> str:
    """ARP-{000000} and 451 make ARP-000451."""
    text, _, zeros = shape.rstrip("}").partition("{")
    return text + str(number).rjust(len(zeros), "0")


def _inherited(org: Org, sobject: SObject, values: Mapping[str, Value]) -> dict[str, Value]:
    master = sobject.master
    if master is None or sobject.named("CurrencyIsoCode") is None:
        return {}
    above = org.records.find(str(values[master.name]))
    return {"CurrencyIsoCode": above["CurrencyIsoCode"] if above else None}
