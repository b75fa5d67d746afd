"""The record resources: create, read, update, upsert, delete, and what was updated or deleted when."""

from collections.abc import Mapping
from datetime import datetime

from . import ids, writing
from .checks import keyed, no_such_column
from .describing import named
from .org import Org
from .records import Record
from .refusals import Refused, not_found
from .rendering import whole
from .schema import Field, SObject
from .values import Json, instant, to_json
from .wire import Answer, Call

_UPSERT_ANSWERS_SINCE = 46
_RANGE_DAYS = 30


def create(org: Org, call: Call) -> Answer:
    """`POST /sobjects/X`; of an event this is to publish it."""
    sobject = named(org, call.steps[1])
    if sobject.event:
        return _publish(org, sobject, call.mapping())
    saved = writing.create(org, sobject, call.mapping())
    location = f"/services/data/v{call.version}/sobjects/{sobject.name}/{saved.id}"
    return Answer(201, {"id": saved.id, "success": True, "errors": []}, {"Location": location})


def read(org: Org, call: Call) -> Answer:
    sobject = _stored(org, call)
    return _said(call, sobject, writing.existing(org, sobject, call.steps[2]))


def update(org: Org, call: Call) -> Answer:
    writing.update(org, _stored(org, call), call.steps[2], call.mapping())
    return Answer(204)


def delete(org: Org, call: Call) -> Answer:
    writing.delete(org, _stored(org, call), call.steps[2])
    return Answer(204)


def read_by_key(org: Org, call: Call) -> Answer:
    sobject = _stored(org, call)
    found = _one(call, keyed(org, sobject, key(sobject, call.steps[2]), call.steps[3]))
    return found if isinstance(found, Answer) else _said(call, sobject, found)


def upsert(org: Org, call: Call) -> Answer:
    """
    `PATCH /sobjects/X/Key__c/value`: 201 created, 200 updated (204 before v46), 300 several.

    `updateOnly=true` forbids creation. [source: REST guide, upsert]
    """
    sobject = _stored(org, call)
    by, value = key(sobject, call.steps[2]), call.steps[3]
    found = keyed(org, sobject, by, value)
    if len(found) > 1:
        return _several(call, found)
    if not found and call.query.get("updateOnly") == "true":
        raise not_found()
    saved = writing.upsert(org, sobject, by, value, call.mapping())
    if not saved.created and float(call.version) < _UPSERT_ANSWERS_SINCE:
        return Answer(204)
    said: Json = {"id": saved.id, "success": True, "errors": [], "created": saved.created}
    return Answer(201 if saved.created else 200, said)


def delete_by_key(org: Org, call: Call) -> Answer:
    sobject = _stored(org, call)
    found = _one(call, keyed(org, sobject, key(sobject, call.steps[2]), call.steps[3]))
    if isinstance(found, Answer):
        return found
    writing.delete(org, sobject, found.id)
    return Answer(204)


def updated(org: Org, call: Call) -> Answer:
    """`GET /sobjects/X/updated`: ids of the live records changed in the range."""
    start, end = _range(org, call)
    records = org.records.of(_stored(org, call).name)
    found: list[Json] = [r.id for r in records if start <= _modified(r) <= end]
    return Answer(200, {"ids": found, "latestDateCovered": to_json(end)})


def deleted(org: Org, call: Call) -> Answer:
    """`GET /sobjects/X/deleted`: ids of the records deleted in the range, and when."""
    start, end = _range(org, call)
    records = org.records.of(_stored(org, call).name, deleted=True)
    gone = [r for r in records if r.deleted and start <= _modified(r) <= end]
    found: list[Json] = [{"id": r.id, "deletedDate": to_json(_modified(r))} for r in gone]
    covered = to_json(end)
    return Answer(
        200,
        {"deletedRecords": found, "earliestDateAvailable": to_json(start), "latestDateCovered": covered},
    )


def key(sobject: SObject, name: str) -> Field:
    """The external-id field of that name (or the id); raises the platform's 404."""
    field = sobject.named(name)
    if field is None or not field.external_id:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def _stored(org: Org, call: Call) -> SObject:
    sobject = named(org, call.steps[1])
    if sobject.event:
        raise not_found()
    return sobject


def _said(call: Call, sobject: SObject, record: Record) -> Answer:
    fields = []
    for name in filter(None, call.query.get("fields", "").split(",")):
        field = sobject.named(name.strip())
        if field is None:
            raise no_such_column(name, sobject)
        fields.append(field)
    return Answer(200, whole(record, fields or sobject.fields, call.version))


def _one(call: Call, found: list[Record]) -> Record | Answer:
    if not found:
        raise not_found()
    return found[0] if len(found) == 1 else _several(call, found)


def _several(call: Call, found: list[Record]) -> Answer:
    root = f"/services/data/v{call.version}/sobjects"
    return Answer(300, [f"{root}/{record.type}/{record.id}" for record in found])


def _publish(org: Org, event: SObject, body: Mapping[str, Json]) -> Answer:
    """A good publish answers `success` with an entry among the errors. [source: publish page, 264.0]"""
    for name in body:
        if name != "attributes" and event.named(name) is None:
            raise no_such_column(name, event)
    uuid = org.publish({name: value for name, value in body.items() if name != "attributes"})
    queued: Json = {"statusCode": "OPERATION_ENQUEUED", "message": uuid, "fields": []}
    return Answer(201, {"id": ids.mint("e0x", org.next("event")), "success": True, "errors": [queued]})


def _modified(record: Record) -> datetime:
    stamp = record["SystemModstamp"]
    assert isinstance(stamp, datetime)
    return stamp


def _range(org: Org, call: Call) -> tuple[datetime, datetime]:
    start, end = (instant(call.query.get(name, "").replace(" ", "+")) for name in ("start", "end"))
    if start is None or end is None:
        raise Refused("INVALID_REPLICATION_DATE", "start and end must be dates with a time and a zone")
    if start > end or (org.now() - start).days > _RANGE_DAYS:
        raise Refused("INVALID_REPLICATION_DATE", "startDate before org replication enablement date")
    return start, end
