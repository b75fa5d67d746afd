"""The inbox at work: claim what is due, close what is done. What comes in is `app.ledger.arrivals`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.ledger import tallies
from app.ledger.tables import Attempt, Lane, Message
from app.records.lane import flow_of

OPEN = ("waiting", "unknown")
EXCEPTIONS = ("rejected", "failed")
BATCH = 100


@dataclass(frozen=True, slots=True)
class Held:
    """A message in our hands."""

    id: int
    object: str
    record_id: str
    state: str
    reason: str
    attempts: int
    received_at: datetime
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class Closing:
    """
    What becomes of a message after a try. `due_at` None closes it. `counted` moves it along the retry schedule.
    `said` is for the attempt's record.
    """

    id: int
    state: str
    reason: str
    due_at: datetime | None = None
    counted: bool = False
    waiting_since: datetime | None = None
    target: str | None = None
    problems: tuple[dict[str, str], ...] = ()
    sent: str = ""
    received: str = ""
    tried: bool = True


def seize_lane(ledger: Connection, lane: str, token: str, *, now: datetime, lease: timedelta) -> bool:
    """
    Take the lane, or keep it: False while another worker's lease on it runs.

    Trap: whoever changes messages of a lane does this first, in the same transaction. The thread that renews the lease
    and the one that closes the batch would otherwise lock the same rows in different orders, and PostgreSQL would end
    one of them as deadlocked.
    """
    dialect = sqlite if ledger.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(Lane).values(lane=lane, token=token, leased_until=now + lease)
    statement = fresh.on_conflict_do_update(
        index_elements=["lane"],
        set_={"token": token, "leased_until": now + lease},
        where=or_(Lane.leased_until < now, Lane.token == token),
    )
    return ledger.scalar(statement.returning(Lane.lane)) is not None


def holds_lane(ledger: Connection, lane: str, token: str) -> bool:
    """Whether nobody has taken the lane from us; a lease that ran out unnoticed still counts."""
    return ledger.scalar(select(Lane.token).where(Lane.lane == lane)) == token


def leave_lane(ledger: Connection, lane: str, token: str, *, now: datetime) -> None:
    ledger.execute(
        update(Lane)
        .where(Lane.lane == lane, Lane.token == token)
        .values(leased_until=now - timedelta(seconds=1))
    )


def claim(
    ledger: Connection, lane: str, token: str, *, now: datetime, lease: timedelta, limit: int = BATCH
) -> list[Held]:
    """
    Take the lane's due messages, and with them every other open message of the same records: a record's messages
    are carried once and closed together. A claim is a postponement: should we die, they fall due again by themselves.
    """
    rows = ledger.execute(_DUE, {"b_lane": lane, "b_now": now, "b_limit": limit}).all()
    if not rows:
        return []
    connection, _ = flow_of(lane)
    asked = {"b_connection": connection, "b_lane": lane, "b_records": sorted({row.record_id for row in rows})}
    ids = {row.id for row in rows} | set(ledger.scalars(_OF_RECORDS, asked))
    taken = ledger.execute(_TAKE, {"b_ids": list(ids), "b_token": token, "b_until": now + lease})
    return sorted((Held(*tuple(row)) for row in taken), key=lambda held: held.id)


def renew(ledger: Connection, lane: str, token: str, *, now: datetime, lease: timedelta) -> bool:
    """
    Push our lease on; False when the lane is no longer ours, and then nothing of the batch is.

    A lane that another took and left meanwhile is free, and yet not ours: what we know of its records is old.
    """
    ours = {"b_lane": lane, "b_token": token, "b_until": now + lease}
    if ledger.scalar(_KEEP_LANE, ours) is None:
        return False
    ledger.execute(_KEEP, ours)
    return True


def release(ledger: Connection, lane: str, token: str, *, due_at: datetime) -> None:
    """Give back what we hold, uncounted: nothing came of it."""
    ledger.execute(
        update(Message)
        .where(Message.lane == lane, Message.claim == token, Message.due_at.is_not(None))
        .values(claim=None, due_at=due_at)
    )


def close(
    ledger: Connection,
    lane: str,
    token: str,
    closings: Sequence[Closing],
    *,
    started: datetime,
    now: datetime,
) -> int:
    """
    Write down what became of each message that is still ours, with its attempt; answers how many were.
    The claim's token fences: a worker that lost its lease closes nothing.
    """
    ours = set(ledger.scalars(_OURS, {"b_ids": [closing.id for closing in closings], "b_token": token}))
    kept = [closing for closing in closings if closing.id in ours]
    if kept:
        duration = int((now - started).total_seconds() * 1000)
        ledger.execute(_CLOSE, [_closed(closing, now) for closing in kept])
        if tried := [_attempt(closing, started, duration) for closing in kept if closing.tried]:
            ledger.execute(_TRIED, tried)
        tallies.add(ledger, lane, Counter(closing.state for closing in kept if closing.due_at is None))
    return len(kept)


def supersede(
    ledger: Connection, lane: str, record_ids: Sequence[str], *, reason: str, now: datetime
) -> None:
    """Close the exceptions of records that have been carried since: nobody needs to act on them any more."""
    connection, flow = flow_of(lane)
    ledger.execute(
        update(Message)
        .where(
            Message.connection == connection,
            Message.record_id.in_(record_ids),
            Message.flow == flow,
            Message.state.in_(EXCEPTIONS),
        )
        .values(state="carried", reason=reason, closed_at=now)
    )


def exceptions(ledger: Connection, lane: str, record_ids: Sequence[str]) -> dict[str, set[str]]:
    """What people are asked already about these records: the reasons of their open exceptions, by record id."""
    connection, flow = flow_of(lane)
    rows = ledger.execute(
        select(Message.record_id, Message.reason).where(
            Message.connection == connection,
            Message.record_id.in_(record_ids),
            Message.flow == flow,
            Message.state.in_(EXCEPTIONS),
        )
    )
    asked: dict[str, set[str]] = {}
    for record_id, reason in rows:
        asked.setdefault(record_id, set()).add(reason)
    return asked


def ignored(ledger: Connection, lane: str, record_ids: Sequence[str]) -> dict[str, set[str]]:
    """What people chose to leave alone: the fingerprints that these records had when they were ignored, by record id."""
    connection, flow = flow_of(lane)
    rows = ledger.execute(
        select(Message.record_id, Message.ignored_as).where(
            Message.connection == connection,
            Message.record_id.in_(record_ids),
            Message.flow == flow,
            Message.ignored_as.is_not(None),
        )
    )
    left: dict[str, set[str]] = {}
    for record_id, fingerprint in rows:
        left.setdefault(record_id, set()).add(str(fingerprint))
    return left


def due_lanes(ledger: Connection, *, now: datetime) -> list[str]:
    """Every lane with work that is due, for the ticker to ring."""
    return list(ledger.scalars(select(Message.lane).where(Message.due_at <= now).distinct()))


def _closed(closing: Closing, now: datetime) -> dict[str, object]:
    return {
        "b_id": closing.id,
        "state": closing.state,
        "reason": closing.reason,
        "due_at": closing.due_at,
        "claim": None,
        "counted": int(closing.counted),
        "waiting_since": closing.waiting_since,
        "closed_at": now if closing.due_at is None else None,
        "target": closing.target,
    }


def _attempt(closing: Closing, started: datetime, duration_ms: int) -> dict[str, object]:
    return {
        "message_id": closing.id,
        "started_at": started,
        "duration_ms": duration_ms,
        "outcome": closing.state,
        "reason": closing.reason,
        "problems": list(closing.problems),
        "sent": closing.sent,
        "received": closing.received,
    }


_HELD = (
    Message.id,
    Message.object,
    Message.record_id,
    Message.state,
    Message.reason,
    Message.attempts,
    Message.received_at,
    Message.waiting_since,
)

# Made once: to put a statement together takes SQLAlchemy longer than SQLite takes to run it.
_DUE = (
    select(Message.id, Message.record_id)
    .where(Message.lane == bindparam("b_lane"), Message.due_at <= bindparam("b_now"))
    .order_by(Message.due_at, Message.id)
    .limit(bindparam("b_limit"))
)
_OF_RECORDS = select(Message.id).where(
    Message.connection == bindparam("b_connection"),
    Message.record_id.in_(bindparam("b_records", expanding=True)),
    Message.lane == bindparam("b_lane"),
    Message.due_at.is_not(None),
)
_TAKE = (
    update(Message)
    .where(Message.id.in_(bindparam("b_ids", expanding=True)), Message.due_at.is_not(None))
    .values(claim=bindparam("b_token"), due_at=bindparam("b_until"))
    .returning(*_HELD)
)
_KEEP_LANE = (
    update(Lane)
    .where(Lane.lane == bindparam("b_lane"), Lane.token == bindparam("b_token"))
    .values(leased_until=bindparam("b_until"))
    .returning(Lane.lane)
)
_KEEP = (
    update(Message)
    .where(
        Message.lane == bindparam("b_lane"),
        Message.claim == bindparam("b_token"),
        Message.due_at.is_not(None),
    )
    .values(due_at=bindparam("b_until"))
)
_OURS = select(Message.id).where(
    Message.id.in_(bindparam("b_ids", expanding=True)), Message.claim == bindparam("b_token")
)
_TRIED = insert(Attempt)
_CLOSE = (
    update(Message)
    .where(Message.id == bindparam("b_id"))
    .values(
        state=bindparam("state"),
        reason=bindparam("reason"),
        due_at=bindparam("due_at"),
        claim=bindparam("claim"),
        attempts=Message.attempts + bindparam("counted"),
        waiting_since=bindparam("waiting_since"),
        closed_at=bindparam("closed_at"),
        target=bindparam("target"),
    )
)
