"""Resyncs and bulk replays that somebody asked for, and how far each has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from app.ledger.messages import OPEN
from app.ledger.tables import Message
from app.ledger.tables import Run as Row

RESYNC, REPLAY = "resync", "replay"
RUNNING, FINISHED = "running", "finished"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a dry run found: how many would end in each state, and what would be posted, as text by currency."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    amounts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """`outcomes` counts its messages by state, open ones too; it is finished when none of them is open."""

    id: int
    connection: str
    kind: str
    state: str
    total: int
    done: int
    outcomes: Mapping[str, int]
    amounts: Mapping[str, str]
    started_at: datetime
    finished_at: datetime | None


def begin(
    ledger: Connection, connection: str, kind: str, request: Mapping[str, Any], *, total: int, now: datetime
) -> int:
    """Write down a run before its messages; answers its id."""
    return _insert(ledger, connection, kind, request, total=total, state=RUNNING, plan={}, started_at=now)


def keep_plan(
    ledger: Connection,
    connection: str,
    request: Mapping[str, Any],
    plan: Plan,
    *,
    began: datetime,
    now: datetime,
) -> int:
    """Write down a dry run, which is over when it is known; answers its id."""
    return _insert(
        ledger, connection, RESYNC, request,
        total=sum(plan.outcomes.values()), state=FINISHED, started_at=began, finished_at=now,
        plan={"outcomes": dict(plan.outcomes), "amounts": dict(plan.amounts)},
    )  # fmt: skip


def read(ledger: Connection, connection: str, run_id: int) -> Run | None:
    found = ledger.execute(
        select(Row.__table__).where(Row.connection == connection, Row.id == run_id)
    ).first()
    if found is None:
        return None
    outcomes, last_closed = _counted(ledger, run_id)
    if found.plan:
        outcomes = found.plan["outcomes"]
    still_open = sum(count for state, count in outcomes.items() if state in OPEN) if not found.plan else 0
    finished = found.state != RUNNING or not still_open
    return Run(
        id=found.id,
        connection=found.connection,
        kind=found.kind,
        state=FINISHED if found.state == RUNNING and finished else found.state,
        total=found.total,
        done=found.total - still_open,  # a message that a later run took over is done as far as this one goes
        outcomes=outcomes,
        amounts=found.plan.get("amounts", {}),
        started_at=found.started_at,
        finished_at=found.finished_at or ((last_closed or found.started_at) if finished else None),
    )


def _counted(ledger: Connection, run_id: int) -> tuple[dict[str, int], datetime | None]:
    rows = ledger.execute(
        select(Message.state, func.count().label("n"), func.max(Message.closed_at).label("last"))
        .where(Message.run_id == run_id)
        .group_by(Message.state)
    ).all()
    closed = [row.last for row in rows if row.last is not None]
    return {row.state: int(row.n) for row in rows}, max(closed, default=None)


def _insert(ledger: Connection, connection: str, kind: str, request: Mapping[str, Any], **values: Any) -> int:
    made = ledger.scalar(
        insert(Row)
        .values(connection=connection, kind=kind, request=dict(request), **values)
        .returning(Row.id)
    )
    assert made is not None
    return int(made)
