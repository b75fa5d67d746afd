"""What the API answers, as the contract spells it. Amounts are text with their currency's decimals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.ledger.inbox import Entry, Try
from app.ledger.links import Known
from app.ledger.runs import Run as LedgerRun
from app.web.api.values import State


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Run(Shape):
    """A resync or a bulk replay; finished when each of its messages is closed. `amounts`: what a dry run would post."""

    id: int
    kind: Literal["resync", "replay"]
    state: Literal["running", "finished", "stopped"]
    total: int
    done: int
    outcomes: Mapping[str, int]
    amounts: Mapping[str, str]
    started_at: datetime
    finished_at: datetime | None


class Message(Shape):
    """One thing that a system told us of, and what became of it. `attempts` counts those that failed."""

    id: int
    connection: str
    system: str
    object: str
    record: str
    state: State
    reason: str
    due_at: datetime | None
    attempts: int
    received_at: datetime
    closed_at: datetime | None
    target: str | None = Field(description="Its id in the other system, once carried.")


class Problem(Shape):
    """A refusal of a record: what is wrong, and what to do."""

    code: str
    text: str
    remedy: str
    field: str = ""
    support: str = ""


class Attempt(Shape):
    """One try: `sent` and `received` as they went over the wire, secrets removed."""

    started_at: datetime
    duration_ms: int
    outcome: str
    reason: str
    problems: Sequence[Problem]
    sent: str
    received: str


class MessageWithAttempts(Shape):
    """A message with every try at it. Here `attempts` is their list, and `attempt_count` what it is in a list."""

    id: int
    connection: str
    system: str
    object: str
    record: str
    state: State
    reason: str
    due_at: datetime | None
    attempts: Sequence[Attempt]
    attempt_count: int
    received_at: datetime
    closed_at: datetime | None
    target: str | None


class IgnoredMessage(Message):
    """`unsaid` is why its person could not be told in the system it comes from; null when they were."""

    unsaid: str | None


class Link(Shape):
    """Two records that are the same thing. `settled_at` null: both sides are still to be looked at."""

    id: int
    connection: str
    object: str
    salesforce_id: str
    intacct_id: str
    key: str
    created_at: datetime
    settled_at: datetime | None


class Messages(Shape):
    items: Sequence[Message]
    next: str | None


class Links(Shape):
    items: Sequence[Link]
    next: str | None


def run(known: LedgerRun) -> Run:
    return Run.model_validate(known)


def message(entry: Entry) -> Message:
    return Message.model_validate(_told(entry))


def ignored(entry: Entry, unsaid: str) -> IgnoredMessage:
    return IgnoredMessage.model_validate({**_told(entry), "unsaid": unsaid or None})


def with_attempts(entry: Entry, tries: Sequence[Try]) -> MessageWithAttempts:
    told = {**_told(entry), "attempt_count": entry.attempts, "attempts": tries}
    return MessageWithAttempts.model_validate(told)


def link(known: Known) -> Link:
    return Link(
        id=known.id,
        connection=known.connection,
        object=known.kind,
        salesforce_id=known.salesforce_id,
        intacct_id=known.intacct_id,
        key=known.key,
        created_at=known.created_at,
        settled_at=known.settled_at,
    )


def _told(entry: Entry) -> dict[str, object]:
    same = ("id", "connection", "system", "object", "state", "reason", "due_at", "attempts")
    later = ("received_at", "closed_at", "target")
    return {name: getattr(entry, name) for name in (*same, *later)} | {"record": entry.record_id}
