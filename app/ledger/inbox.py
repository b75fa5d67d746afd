"""The inbox as people see it: find messages, read one with its attempts, make it due again, close it by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, or_, select, true, update

from app.ledger import tallies
from app.ledger.messages import EXCEPTIONS, OPEN
from app.ledger.tables import Attempt, Message, Posted
from app.records.memory import UNKNOWN


@dataclass(frozen=True, slots=True)
class Entry:
    """A message. `in_hand`: a worker is at it now."""

    id: int
    connection: str
    flow: str
    lane: str
    system: str
    object: str
    record_id: str
    state: str
    reason: str
    due_at: datetime | None
    claim: str | None
    attempts: int
    received_at: datetime
    closed_at: datetime | None
    target: str | None

    def in_hand(self, now: datetime) -> bool:
        return self.claim is not None and self.due_at is not None and self.due_at > now


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt; `problems` are the refusals, each as code text remedy field support."""

    started_at: datetime
    duration_ms: int
    outcome: str
    reason: str
    problems: Sequence[Mapping[str, Any]]
    sent: str
    received: str


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is given must hold. Empty `states` = any; `flows` are those of a kind; `records` spellings of one id."""

    states: tuple[str, ...] = ()
    system: str = ""
    object: str = ""
    flows: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    since: datetime | None = None


_ENTRY = (
    Message.id, Message.connection, Message.flow, Message.lane, Message.system, Message.object, Message.record_id,
    Message.state, Message.reason, Message.due_at, Message.claim, Message.attempts, Message.received_at,
    Message.closed_at, Message.target,
)  # fmt: skip


def page(
    ledger: Connection, connection: str, wanted: Filter, *, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """The newest first; `before` is the id after which the next page goes on."""
    statement = select(*_ENTRY).where(Message.connection == connection, *_conditions(wanted))
    if before is not None:
        statement = statement.where(Message.id < before)
    rows = ledger.execute(statement.order_by(Message.id.desc()).limit(limit))
    return [Entry(**row) for row in rows.mappings()]


def one(ledger: Connection, connection: str, message_id: int) -> Entry | None:
    row = ledger.execute(
        select(*_ENTRY).where(Message.connection == connection, Message.id == message_id)
    ).mappings()
    found = row.first()
    return Entry(**found) if found else None


def tries(ledger: Connection, message_id: int) -> list[Try]:
    """Every attempt at a message, the first first."""
    rows = ledger.execute(
        select(
            Attempt.started_at, Attempt.duration_ms, Attempt.outcome, Attempt.reason, Attempt.problems,
            Attempt.sent, Attempt.received,
        ).where(Attempt.message_id == message_id).order_by(Attempt.id)
    )  # fmt: skip
    return [Try(**row) for row in rows.mappings()]


def matching(ledger: Connection, connection: str, wanted: Filter) -> int:
    counted = select(func.count()).where(Message.connection == connection, *_conditions(wanted))
    return int(ledger.scalar(counted) or 0)


def waiting(ledger: Connection, connection: str) -> int:
    """How many messages wait for their turn."""
    return int(
        ledger.scalar(
            select(func.count()).where(
                Message.connection == connection, Message.state == "waiting", Message.due_at.is_not(None)
            )
        )
        or 0
    )


def open_now(ledger: Connection) -> dict[tuple[str, str], int]:
    """(connection, state) → how many messages are open, or ask for a person. Reads the two small indexes only."""
    counts: dict[tuple[str, str], int] = {}
    for condition in (Message.due_at.is_not(None), Message.state.in_(EXCEPTIONS)):
        rows = ledger.execute(
            select(Message.connection, Message.state, func.count().label("n"))
            .where(condition)
            .group_by(Message.connection, Message.state)
        )
        counts |= {(row.connection, row.state): int(row.n) for row in rows}
    return counts


def overdue(ledger: Connection, now: datetime) -> dict[str, tuple[datetime, int]]:
    """lane → (the oldest `due_at`, how many are due)."""
    rows = ledger.execute(
        select(Message.lane, func.min(Message.due_at).label("oldest"), func.count().label("n"))
        .where(Message.due_at <= now)
        .group_by(Message.lane)
    )
    return {row.lane: (row.oldest, int(row.n)) for row in rows}


def reopen(
    ledger: Connection, connection: str, wanted: Filter | int, *, now: datetime, run_id: int | None = None
) -> list[str]:
    """
    Make one message, or all that match, due now with a fresh schedule; answers the lanes to ring. What a worker holds
    stays as it is. A record that was ignored is no longer, and what is being looked up is looked up now.
    """
    chosen = [Message.id == wanted] if isinstance(wanted, int) else _conditions(wanted)
    free = or_(Message.claim.is_(None), Message.due_at.is_(None), Message.due_at <= now)
    values: dict[Any, Any] = {
        Message.state: case((Message.state == "unknown", "unknown"), else_="waiting"),
        Message.due_at: now, Message.claim: None, Message.attempts: 0, Message.waiting_since: None, Message.closed_at: None,
    }  # fmt: skip
    if run_id is not None:
        values[Message.run_id] = run_id
    statement = update(Message).where(Message.connection == connection, Message.flow != "", free, *chosen)
    touched = ledger.execute(statement.values(values).returning(Message.lane, Message.record_id)).all()
    _look_again(ledger, connection, sorted({row.record_id for row in touched}), now)
    return [row.lane for row in touched]


def _look_again(ledger: Connection, connection: str, records: Sequence[str], now: datetime) -> None:
    for at in range(0, len(records), 500):  # SQLite takes only so many values in one statement
        some = records[at : at + 500]
        ledger.execute(
            update(Message)
            .where(Message.connection == connection, Message.record_id.in_(some))
            .where(Message.ignored_as.is_not(None))
            .values(ignored_as=None)
        )
        ledger.execute(
            update(Posted)
            .where(Posted.connection == connection, Posted.origin_id.in_(some), Posted.state == UNKNOWN)
            .values(next_lookup_at=now)
        )


def route(ledger: Connection, message_id: int, *, flow: str, lane: str) -> None:
    """Give a message that no flow carried, when it came, to the one that does now."""
    ledger.execute(update(Message).where(Message.id == message_id).values(flow=flow, lane=lane))


def ignore(ledger: Connection, entry: Entry, reason: str, *, fingerprint: str | None, now: datetime) -> bool:
    """
    Close it as ignored; False where a worker has taken it, or its state has changed, since it was read. `fingerprint`
    is the record's as it is now: while that does not change, no notice opens the matter again.
    """
    free = or_(Message.claim.is_(None), Message.due_at.is_(None), Message.due_at <= now)
    done = ledger.execute(
        update(Message)
        .where(Message.id == entry.id, Message.state == entry.state, Message.state.in_((*OPEN, *EXCEPTIONS)), free)
        .values(state="ignored", reason=reason, due_at=None, claim=None, closed_at=now, ignored_as=fingerprint)
    )  # fmt: skip
    if done.rowcount and entry.flow:
        tallies.add(ledger, entry.lane, {"ignored": 1})
    return bool(done.rowcount)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    given: list[ColumnElement[bool]] = [true()]
    if wanted.states:
        given.append(Message.state.in_(wanted.states))
    if wanted.system:
        given.append(Message.system == wanted.system)
    if wanted.object:
        by_name = Message.object == wanted.object
        given.append(or_(by_name, Message.flow.in_(wanted.flows)) if wanted.flows else by_name)
    if wanted.records:
        given.append(Message.record_id.in_(wanted.records))
    if wanted.since is not None:
        given.append(Message.received_at >= wanted.since)
    return given
