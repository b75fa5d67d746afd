"""
Salesforce platform events as JSON, in the shapes in which they reach an HTTP address.

* EventBridge, by event relay and API destination: `detail.payload`
* CloudEvents 1.0, structured: `data.payload` or `data`
* streaming: `data.payload` with `data.event`, or `payload` with `event`
"""

import hashlib
import json
from typing import Any, NamedTuple, NoReturn

from app.errors import Malformed
from app.records import Notice, Ref, System
from app.records.ids import is_id, to18

CHANNEL = "salesforce_platform_event"
LONGEST = 200  # characters of an id or a name; the ledger indexes them

_CHANGES = {
    "create": "created", "created": "created", "undelete": "created", "undeleted": "created",
    "update": "updated", "updated": "updated", "delete": "deleted", "deleted": "deleted",
}  # fmt: skip

_Object = dict[str, Any]


class _Event(NamedTuple):
    """One event out of its envelope, with where it stood: `path` is that of the payload."""

    envelope: _Object
    inner: _Object
    payload: _Object
    path: str


def parse(body: bytes) -> tuple[Notice, ...]:
    """
    One event or a list of them, as notices in the same order.

    A repeat of an event has its `EventUuid` again, or failing that the id of its envelope, or its replay id. An event
    that has none of these is known by its content: Salesforce puts `CreatedDate` in each, so two of them differ.

    :raises Malformed: naming the JSON path of what is wrong, and then no event of the body is taken
    """
    document = _decoded(body)
    if not isinstance(document, list):
        return (_notice(document, "$"),)
    if not document:
        raise Malformed("$: the list is empty.")
    return tuple(_notice(element, f"$[{at}]") for at, element in enumerate(document))


def _decoded(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise Malformed("$: nested too deeply.") from None
    except ValueError as error:
        raise Malformed(f"$: not JSON ({error}).") from None


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"$: {name} is not JSON.")


def _notice(element: object, path: str) -> Notice:
    event = _opened(element, path)
    record = _text(event.payload, "Record_Id__c", event.path)
    if not is_id(record):
        raise Malformed(
            f"{event.path}.Record_Id__c: this is not a Salesforce id, which has 15 or 18 letters and digits."
        )
    kind = _text(event.payload, "Object__c", event.path)
    change = event.payload.get("Change__c")
    return Notice(
        CHANNEL,
        _delivery_id(event, element),
        Ref(System.SALESFORCE, kind, to18(record)),
        _CHANGES.get(change.lower(), "") if isinstance(change, str) else "",
    )


def _opened(element: object, path: str) -> _Event:
    envelope = _object(element, path)
    if "detail" in envelope:
        detail = _object(envelope["detail"], f"{path}.detail")
        return _Event(
            envelope, detail, _member(detail, "payload", f"{path}.detail"), f"{path}.detail.payload"
        )
    if "data" in envelope:
        data = _object(envelope["data"], f"{path}.data")
        if "payload" in data:
            return _Event(envelope, data, _member(data, "payload", f"{path}.data"), f"{path}.data.payload")
        return _Event(envelope, data, data, f"{path}.data")
    if "payload" in envelope:
        if _replay_id(_member(envelope, "event", path)) is None:
            raise Malformed(f"{path}.event.replayId: missing.")
        return _Event(envelope, envelope, _member(envelope, "payload", path), f"{path}.payload")
    raise Malformed(f"{path}: has none of detail, data and payload.")


def _delivery_id(event: _Event, element: object) -> str:
    inner = event.inner.get("event")
    header: _Object = inner if isinstance(inner, dict) else {}
    for holder in (header, event.inner, event.payload):
        if isinstance(uuid := holder.get("EventUuid"), str) and uuid:
            return _bounded(uuid)
    if isinstance(id := event.envelope.get("id"), str) and id:
        # CloudEvents 1.0: unique is `source` with `id`, not `id` alone
        source = event.envelope.get("source") if "specversion" in event.envelope else None
        return _bounded(f"{source} {id}" if isinstance(source, str) else id)
    if (replay := _replay_id(header)) is not None:
        return _bounded(f"replay {replay}")
    return _digest(json.dumps(element, sort_keys=True))


def _replay_id(header: _Object) -> int | str | None:
    replay = header.get("replayId")
    return replay if isinstance(replay, int | str) and not isinstance(replay, bool) and replay != "" else None


def _object(found: object, path: str) -> _Object:
    if not isinstance(found, dict):
        raise Malformed(f"{path}: not an object.")
    return found


def _member(holder: _Object, name: str, path: str) -> _Object:
    if name not in holder:
        raise Malformed(f"{path}.{name}: missing.")
    return _object(holder[name], f"{path}.{name}")


def _text(payload: _Object, name: str, path: str) -> str:
    found = payload.get(name)
    if found is None or found == "":
        raise Malformed(f"{path}.{name}: missing.")
    if not isinstance(found, str):
        raise Malformed(f"{path}.{name}: not a text.")
    if len(found) > LONGEST or not found.isprintable():
        raise Malformed(f"{path}.{name}: longer than {LONGEST} characters, or with some that no name has.")
    return found


def _bounded(id: str) -> str:
    """An id that the ledger can index and hold: PostgreSQL takes no NUL, no half surrogate, and no long key."""
    return id if len(id) <= LONGEST and id.isprintable() else _digest(id)


def _digest(text: str) -> str:
    return f"sha256 {hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"
