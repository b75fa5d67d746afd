"""`/messages`: the inbox. Find, read, replay, ignore."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app import flows
from app.ledger import inbox
from app.ledger.inbox import Entry, Filter
from app.records import System
from app.sync import replay
from app.sync.flow import Flow
from app.web.api import cursor, shapes
from app.web.api.gate import FOR_OPERATORS, FOR_READERS
from app.web.api.ports import Operated, Service
from app.web.api.refusals import Refusal
from app.web.api.values import Instant, Limit, Name, Number, RecordId, State, Words, spellings


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Asked(BaseModel):
    """All that is given must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Annotated[list[State], BeforeValidator(_several)] = Field(
        default=[], max_length=7, description="Any of these."
    )
    object: Name | None = Field(default=None, description="`AR_Payment__c`, or our kind: `payment`.")
    system: System | None = None
    record: RecordId | None = None
    since: Instant | None = Field(default=None, description="Received at this instant or later.")


class AskedPage(Asked):
    cursor: str | None = Field(default=None, max_length=100, description="`next` of the page before.")
    limit: Limit = 50


class ReplayRequest(BaseModel):
    """Every message that the filter matches; without a `state` that is what needs a person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    filter: Asked
    count: int = Field(
        ge=0, le=10_000_000, description="How many that are, as you expect; otherwise nothing is done."
    )


class IgnoreRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Words
    force: bool = Field(
        default=False, description="Even where it may be posted, and nobody would look any more."
    )


def add_routes(router: APIRouter) -> None:
    router.get("/messages", openapi_extra=FOR_READERS)(list_messages)
    router.post("/messages/replay", status_code=202, openapi_extra=FOR_OPERATORS)(replay_messages)
    router.get("/messages/{message_id}", openapi_extra=FOR_READERS)(read_message)
    router.post("/messages/{message_id}/replay", status_code=202, openapi_extra=FOR_OPERATORS)(replay_message)
    router.post("/messages/{message_id}/ignore", openapi_extra=FOR_OPERATORS)(ignore_message)


def list_messages(asked: Annotated[AskedPage, Query()], service: Service) -> shapes.Messages:
    """The newest first."""
    before = cursor.place(asked.cursor)
    with service.ledger.read() as ledger:
        found = inbox.page(
            ledger, service.settings.connection, _filter(asked), before=before, limit=asked.limit + 1
        )
    items = [shapes.message(entry) for entry in found[: asked.limit]]
    return shapes.Messages(items=items, next=cursor.following(found, asked.limit, lambda entry: entry.id))


def read_message(message_id: Number, service: Service) -> shapes.MessageWithAttempts:
    """One message with every try at it."""
    with service.ledger.read() as ledger:
        entry = inbox.one(ledger, service.settings.connection, message_id)
        if entry is None:
            raise replay.MessageNotFound(f"There is no message {message_id}.")
        return shapes.with_attempts(entry, inbox.tries(ledger, message_id))


def replay_message(message_id: Number, service: Service) -> shapes.Message:
    """Due now, with a fresh retry schedule. What may be posted is looked up first, as always."""
    entry = replay.replay(
        message_id,
        desk=service.connection.desk,
        doorbell=service.doorbell,
        now=service.clock(),
        routes=service.routes,
    )
    return shapes.message(entry)


def ignore_message(
    message_id: Number, asked: IgnoreRequest, request: Request, service: Service
) -> shapes.IgnoredMessage:
    """Close it for good, until its record's money changes or somebody replays it."""
    connection = service.connection
    done = replay.ignore(
        message_id,
        asked.reason,
        request.state.caller.name,
        flow=_flow(message_id, service),
        desk=connection.desk,
        force=asked.force,
    )
    return shapes.ignored(done.message, done.unsaid)


def replay_messages(asked: ReplayRequest, service: Service) -> shapes.Run:
    """Replay all that match, as one run."""
    desk = service.connection.desk
    run = replay.replay_many(
        _filter(asked.filter), asked.count, desk=desk, doorbell=service.doorbell, now=service.clock()
    )
    return shapes.run(run)


def _filter(asked: Asked) -> Filter:
    kind = asked.object or ""
    return Filter(
        states=tuple(asked.state),
        system=asked.system.value if asked.system else "",
        object=kind,
        flows=tuple(name for name in flows.FLOWS if name.partition("-to-")[0] == kind),
        records=spellings(asked.record) if asked.record else (),
        since=asked.since,
    )


def _flow(message_id: int, service: Operated) -> Flow:
    """The flow of a message, which has none where nothing carried it; then there is nothing to ignore."""
    with service.ledger.read() as ledger:
        entry: Entry | None = inbox.one(ledger, service.settings.connection, message_id)
    if entry is None:
        raise replay.MessageNotFound(f"There is no message {message_id}.")
    flow = service.connection.flows.get(entry.flow)
    if flow is None:
        raise Refusal(
            409, "nothing_to_ignore", f"No flow carries message {message_id}: it is closed already.",
            "Nothing needs to be done.",
        )  # fmt: skip
    return flow
