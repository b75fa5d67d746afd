"""Closed messages counted as they close."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, Insert, select
from sqlalchemy.dialects import postgresql, sqlite

from app.ledger.tables import Tally
from app.records.lane import flow_of


def add(ledger: Connection, lane: str, closed: Mapping[str, int]) -> None:
    """Add to the counts of a lane's flow; `closed` is how many messages closed, by state."""
    if not closed:
        return
    connection, flow = flow_of(lane)
    ledger.execute(
        _adding(ledger.dialect.name),
        [{"connection": connection, "flow": flow, "state": state, "count": n} for state, n in closed.items()],
    )


@cache
def _adding(dialect: str) -> Insert:
    """Made once: `excluded` copies all columns."""
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(Tally)
    made: Insert = statement.on_conflict_do_update(
        index_elements=["connection", "flow", "state"],
        set_={"count": Tally.count + statement.excluded.count},
    )
    return made


def read(ledger: Connection) -> list[tuple[str, str, str, int]]:
    """(connection, flow, state, count) of everything that ever closed."""
    rows = ledger.execute(select(Tally.connection, Tally.flow, Tally.state, Tally.count.label("closed")))
    return [(row.connection, row.flow, row.state, int(row.closed)) for row in rows]
