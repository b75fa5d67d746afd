"""The collections resource: up to 200 records in one call, with an outcome for each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from . import ids, writing
from .describing import named
from .org import Org
from .refusals import Refused, no_such_type
from .rendering import whole
from .resources import key
from .schema import Field, SObject
from .values import Json
from .wire import Answer, Call, as_mapping
from .writing import Saved

MOST = 200
_CHUNKS_MOST = 10
_READ_MOST = 2000

Save = Callable[[Mapping[str, Json]], Saved]


def create(org: Org, call: Call) -> Answer:
    return _many(org, call, lambda body: writing.create(org, _type(org, body), body))


def update(org: Org, call: Call) -> Answer:
    seen: set[str] = set()

    def one(body: Mapping[str, Json]) -> Saved:
        id, rest = _without_id(body)
        if id in seen:
            raise Refused("DUPLICATE_VALUE", f"duplicate id specified: {id}")
        seen.add(id)
        return writing.update(org, _type(org, body), id, rest)

    return _many(org, call, one)


def upsert(org: Org, call: Call) -> Answer:
    """`PATCH /composite/sobjects/X/Key__c`: all records are of one type and carry the key in their body."""
    sobject = named(org, call.steps[2])
    by = key(sobject, call.steps[3])
    seen: set[str] = set()

    def one(body: Mapping[str, Json]) -> Saved:
        value, rest = _without_key(body, by)
        if str(value).casefold() in seen:
            raise Refused("DUPLICATE_VALUE", f"duplicate external id specified: {value}", (by.name,))
        seen.add(str(value).casefold())
        _type(org, body)
        return writing.upsert(org, sobject, by, value, rest)

    return _many(org, call, one, created=True)


def delete(org: Org, call: Call) -> Answer:
    """`DELETE /composite/sobjects?ids=…&allOrNone=…`"""
    wanted = [id for id in call.query.get("ids", "").split(",") if id]
    _check_count(len(wanted))

    def one(body: Mapping[str, Json]) -> Saved:
        id = str(body["id"])
        id18 = ids.full(id)
        sobject = org.schema.of_id(id18) if id18 else None
        if sobject is None or id18 is None:
            raise Refused("MALFORMED_ID", f"bad id {id}")
        writing.delete(org, sobject, id18)
        return Saved(id18, created=False)

    bodies: list[Mapping[str, Json]] = [{"id": id} for id in wanted]
    return Answer(200, _outcomes(org, bodies, one, whole=call.query.get("allOrNone") == "true"))


def read(org: Org, call: Call) -> Answer:
    """`GET` or `POST /composite/sobjects/X` with ids and fields: null in place of what is not there."""
    sobject = named(org, call.steps[2])
    body = call.mapping() if call.method == "POST" else {n: v.split(",") for n, v in call.query.items()}
    wanted, names = _texts(body.get("ids")), _texts(body.get("fields"))
    if not names or len(wanted) > _READ_MOST:
        raise Refused("MALFORMED_QUERY", "ids (2000 at most) and fields are required")
    fields = [_field(sobject, name) for name in names]
    found = (org.records.find(ids.full(id) or "") for id in wanted)
    return Answer(
        200,
        [
            whole(r, fields, call.version) if r and r.type == sobject.name and not r.deleted else None
            for r in found
        ],
    )


def _many(org: Org, call: Call, save: Save, *, created: bool = False) -> Answer:
    body = call.mapping()
    records = body.get("records")
    if isinstance(records, str) or not isinstance(records, Sequence):
        raise Refused("INVALID_FIELD", "records is required")
    _check_count(len(records))
    bodies = [as_mapping(record) for record in records]
    types = [_type_name(record) for record in bodies]
    if sum(1 for _ in groupby(types)) > _CHUNKS_MOST:
        text = "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking."
        raise Refused("LIMIT_EXCEEDED", text)
    return Answer(200, _outcomes(org, bodies, save, whole=body.get("allOrNone") is True, created=created))


def _outcomes(
    org: Org, bodies: Sequence[Mapping[str, Json]], save: Save, *, whole: bool, created: bool = False
) -> Json:
    """One outcome for each record in order; `whole` takes all back when one is refused."""
    mark = org.records.mark()
    outcomes = [_outcome(body, save) for body in bodies]
    if whole and any(isinstance(outcome, Refused) for outcome in outcomes):
        org.records.rollback(mark)
        outcomes = [_taken_back(outcome) for outcome in outcomes]
    return list(_said(outcomes, bodies, created=created))


def _outcome(body: Mapping[str, Json], save: Save) -> Saved | Refused:
    try:
        return save(body)
    except Refused as refused:
        return refused


def _taken_back(outcome: Saved | Refused) -> Refused:
    if isinstance(outcome, Refused):
        return outcome
    return Refused(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
    )


def _said(
    outcomes: Sequence[Saved | Refused], bodies: Sequence[Mapping[str, Json]], *, created: bool
) -> Iterator[dict[str, Json]]:
    for outcome, body in zip(outcomes, bodies, strict=True):
        if isinstance(outcome, Refused):
            fields: list[Json] = list(outcome.fields)
            failure: Json = {"statusCode": outcome.code, "message": outcome.message, "fields": fields}
            known: dict[str, Json] = {"id": body["id"]} if isinstance(body.get("id"), str) else {}
            yield known | {"success": False, "errors": [failure]}
        else:
            said: dict[str, Json] = {"id": outcome.id, "success": True, "errors": []}
            yield said | ({"created": outcome.created} if created else {})


def _check_count(count: int) -> None:
    if count > MOST:
        text = f"record limit reached. cannot submit more than {MOST} records into this call"
        raise Refused("EXCEEDED_ID_LIMIT", text)


def _type_name(body: Mapping[str, Json]) -> str:
    attributes = body.get("attributes")
    named_type = attributes.get("type") if isinstance(attributes, Mapping) else None
    return named_type if isinstance(named_type, str) else ""


def _type(org: Org, body: Mapping[str, Json]) -> SObject:
    name = _type_name(body)
    sobject = org.schema.named(name)
    if sobject is None or sobject.event:
        raise no_such_type(name)
    return sobject


def _without_id(body: Mapping[str, Json]) -> tuple[str, Mapping[str, Json]]:
    given = next((value for name, value in body.items() if name.lower() == "id"), None)
    id18 = ids.full(given) if isinstance(given, str) else None
    if given is None:
        raise Refused("MISSING_ARGUMENT", "Id not specified in an update call", ("Id",))
    if id18 is None:
        raise Refused("MALFORMED_ID", f"malformed id {given}", ("Id",))
    return id18, {name: value for name, value in body.items() if name.lower() != "id"}


def _without_key(body: Mapping[str, Json], by: Field) -> tuple[Json, Mapping[str, Json]]:
    value = next((value for name, value in body.items() if name.lower() == by.name.lower()), None)
    if value is None:
        raise Refused("MISSING_ARGUMENT", f"{by.name} not specified", (by.name,))
    return value, {name: value for name, value in body.items() if name.lower() != by.name.lower()}


def _field(sobject: SObject, name: str) -> Field:
    found = sobject.named(name)
    if found is None:
        raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
    return found


def _texts(given: Json) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        return []
    return [str(one) for one in given if one]
