"""
Idempotency records: what we are about to send, what may be out there, what came of it.

A record is `sending` from the commit before the call until the commit after it. So whoever finds `sending` or
`unknown` later, after a crash for instance, knows that the payment may be in the other system's books.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Insert, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.ledger.tables import Posted
from app.records import Trace
from app.records.memory import FREE, SENDING


@dataclass(frozen=True, slots=True)
class Sending:
    """What is about to be sent."""

    origin_id: str
    generation: int
    key: str
    control_id: str
    fingerprint: str
    request: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What came of one that was sent, or of one look-up."""

    origin_id: str
    generation: int
    state: str
    target_id: str | None = None
    lookups: int = 0
    next_lookup_at: datetime | None = None
    repeated: bool = False


_TRACE = (
    Posted.origin_id, Posted.generation, Posted.key, Posted.control_id, Posted.state, Posted.token, Posted.fingerprint,
    Posted.sent_at, Posted.lookups, Posted.next_lookup_at, Posted.repeated, Posted.target_id,
)  # fmt: skip


def traces(ledger: Connection, connection: str, kind: str, ids: Sequence[str]) -> dict[str, Trace]:
    """The newest generation of each record's trace, by the record's id."""
    rows = ledger.execute(
        select(*_TRACE)
        .where(Posted.connection == connection, Posted.kind == kind, Posted.origin_id.in_(ids))
        .order_by(Posted.generation)
    )
    return {row["origin_id"]: Trace(**row) for row in rows.mappings()}


def reserve(
    ledger: Connection, connection: str, kind: str, sendings: Sequence[Sending], *, token: str, now: datetime
) -> set[str]:
    """
    Write down that these are about to be sent; answers whose reservation is really ours, and only those may be sent.
    To be committed before the call, in the hands of the lane's holder.
    """
    if not sendings:
        return set()
    ledger.execute(
        _reserving(ledger.dialect.name),
        [
            {
                "connection": connection,
                "kind": kind,
                "origin_id": s.origin_id,
                "generation": s.generation,
                "key": s.key,
                "control_id": s.control_id,
                "state": SENDING,
                "token": token,
                "fingerprint": s.fingerprint,
                "request": s.request,
                "sent_at": now,
                "lookups": 0,
                "repeated": False,
            }
            for s in sendings
        ],
    )
    asked = {"b_connection": connection, "b_kind": kind, "b_token": token}
    return set(ledger.scalars(_MINE, asked | {"b_ids": [s.origin_id for s in sendings]}))


@cache
def _reserving(dialect: str) -> Insert:
    """Made once: to copy the columns for `excluded` takes longer than to insert a hundred rows."""
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(Posted)
    fresh = statement.excluded
    made: Insert = statement.on_conflict_do_update(
        index_elements=["connection", "kind", "origin_id", "generation"],
        set_={
            "state": SENDING,
            "token": fresh.token,
            "fingerprint": fresh.fingerprint,
            "request": fresh.request,
            "sent_at": fresh.sent_at,
            "lookups": 0,
            "next_lookup_at": None,
            "repeated": False,
        },
        where=Posted.state == FREE,
    )
    return made


_MINE = select(Posted.origin_id).where(
    Posted.connection == bindparam("b_connection"),
    Posted.kind == bindparam("b_kind"),
    Posted.origin_id.in_(bindparam("b_ids", expanding=True)),
    Posted.token == bindparam("b_token"),
    Posted.state == SENDING,
)


def save(
    ledger: Connection, connection: str, kind: str, fates: Sequence[Fate], *, token: str | None = None
) -> None:
    """
    Write down what came of each. With `token`, only where that claim still stands: the outcome of a worker that lost
    its claim in mid-post is dropped, and whoever holds the lane now looks the payment up.
    """
    if not fates:
        return
    statement = update(Posted).where(
        Posted.connection == connection,
        Posted.kind == kind,
        Posted.origin_id == bindparam("b_id"),
        Posted.generation == bindparam("b_generation"),
    )
    if token is not None:
        statement = statement.where(Posted.token == token)
    ledger.execute(
        statement.values(
            state=bindparam("state"),
            target_id=bindparam("target_id"),
            lookups=bindparam("lookups"),
            next_lookup_at=bindparam("next_lookup_at"),
            repeated=bindparam("repeated"),
        ),
        [
            {
                "b_id": fate.origin_id,
                "b_generation": fate.generation,
                "state": fate.state,
                "target_id": fate.target_id,
                "lookups": fate.lookups,
                "next_lookup_at": fate.next_lookup_at,
                "repeated": fate.repeated,
            }
            for fate in fates
        ],
    )
