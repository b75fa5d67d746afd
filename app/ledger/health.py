"""
Whether a connection may work now: its remote systems answer, and nobody has paused it.

A system that is down or refuses our login stops the whole connection, uncounted. One batch may try again at
`probe_at`; when it goes through, all goes on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.ledger.tables import Health, Pause
from app.records.lane import flow_of

DOWN, SIGN_IN, SETUP = "down", "sign-in", "setup"
SIGN_IN_WAIT = timedelta(hours=1)  # a refused login repeated sooner could lock the user out
SETUP_WAIT = timedelta(seconds=60)
LONGEST_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Gate:
    """`until` is when to try again; None when a person must act."""

    is_open: bool
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    healthy: bool
    reason: str = ""
    kind: str = ""
    since: datetime | None = None
    probe_at: datetime | None = None


def gate(ledger: Connection, lane: str, *, now: datetime) -> Gate:
    """Whether a lane may be drained now."""
    connection, flow = flow_of(lane)
    paused = ledger.execute(
        select(Pause.reason).where(Pause.connection == connection, Pause.flow.in_(["", flow]))
    ).first()
    if paused:
        return Gate(False, f"Paused: {paused.reason}")
    for system, condition in conditions(ledger, connection).items():
        if not condition.healthy and condition.probe_at and condition.probe_at > now:
            return Gate(False, f"{system}: {condition.reason}", condition.probe_at)
    return Gate(True)


def conditions(ledger: Connection, connection: str) -> dict[str, Condition]:
    """What we know of each system of a connection; a system that never failed is absent."""
    rows = ledger.execute(
        select(
            Health.system, Health.healthy, Health.reason, Health.kind, Health.since, Health.probe_at
        ).where(Health.connection == connection)
    )
    return {row.system: Condition(row.healthy, row.reason, row.kind, row.since, row.probe_at) for row in rows}


@dataclass(frozen=True, slots=True)
class Failure:
    """`wait` is what the system itself asked for, in seconds."""

    system: str
    kind: str
    reason: str
    wait: float | None = None


def failed(ledger: Connection, connection: str, failure: Failure, *, now: datetime) -> datetime:
    """
    Write down that a system failed us; answers when to try again. Several lanes that fail at the same moment count
    as one failure.
    """
    known = ledger.execute(
        select(Health.healthy, Health.failures, Health.since, Health.probe_at).where(
            Health.connection == connection, Health.system == failure.system
        )
    ).first()
    failures = known.failures if known and not known.healthy else 0
    if known and not known.healthy and known.probe_at and known.probe_at > now:
        failures -= 1
    probe_at = now + max(_wait(failure.kind, failures), timedelta(seconds=failure.wait or 0))
    values = {
        "healthy": False,
        "reason": failure.reason,
        "kind": failure.kind,
        "since": known.since if known and not known.healthy else now,
        "failures": failures + 1,
        "probe_at": probe_at,
    }
    dialect = sqlite if ledger.dialect.name == "sqlite" else postgresql
    ledger.execute(
        dialect.insert(Health)
        .values(connection=connection, system=failure.system, **values)
        .on_conflict_do_update(index_elements=["connection", "system"], set_=values)
    )
    return probe_at


def healed(ledger: Connection, connection: str) -> None:
    """A batch went all the way: every system of the connection answers."""
    ledger.execute(
        update(Health)
        .where(Health.connection == connection, Health.healthy.is_(False))
        .values(healthy=True, reason="", kind="", since=None, failures=0, probe_at=None)
    )


def forgive(ledger: Connection, connection: str | None = None) -> None:
    """Let everything be tried at once: after a restart, or when a person resumes. A refused login gets one more try."""
    statement = update(Health).where(Health.healthy.is_(False)).values(probe_at=None)
    ledger.execute(statement.where(Health.connection == connection) if connection else statement)


def pause(ledger: Connection, connection: str, flow: str, *, reason: str, now: datetime) -> None:
    dialect = sqlite if ledger.dialect.name == "sqlite" else postgresql
    ledger.execute(
        dialect.insert(Pause)
        .values(connection=connection, flow=flow, reason=reason, since=now)
        .on_conflict_do_update(index_elements=["connection", "flow"], set_={"reason": reason})
    )


def resume(ledger: Connection, connection: str, flow: str) -> None:
    ledger.execute(delete(Pause).where(Pause.connection == connection, Pause.flow == flow))
    forgive(ledger, connection)


def pauses(ledger: Connection, connection: str) -> dict[str, tuple[str, datetime]]:
    """flow (empty = the whole connection) → (reason, since)."""
    rows = ledger.execute(select(Pause.flow, Pause.reason, Pause.since).where(Pause.connection == connection))
    return {row.flow: (row.reason, row.since) for row in rows}


def _wait(kind: str, failures: int) -> timedelta:
    if kind == SIGN_IN:
        return SIGN_IN_WAIT
    if kind == SETUP:
        return SETUP_WAIT
    return min(LONGEST_WAIT, timedelta(seconds=2 ** (min(failures, 6) + 1)))
