"""Pairs of records, one in each system, that are the same thing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.ledger.tables import Link
from app.records import Pair


def of_salesforce(ledger: Connection, connection: str, kind: str, ids: Sequence[str]) -> dict[str, Pair]:
    """The pairs of these Salesforce records, by their id."""
    rows = ledger.execute(
        select(
            Link.salesforce_id, Link.intacct_id, Link.key, Link.salesforce_fingerprint, Link.intacct_fingerprint
        ).where(Link.connection == connection, Link.kind == kind, Link.salesforce_id.in_(ids))
    )  # fmt: skip
    return {row.salesforce_id: Pair(*row) for row in rows}


def pair(ledger: Connection, connection: str, kind: str, pairs: Sequence[Pair], *, now: datetime) -> None:
    """Write down, once, that two records are the same. A pair that is known stays as it is."""
    if not pairs:
        return
    dialect = sqlite if ledger.dialect.name == "sqlite" else postgresql
    ledger.execute(
        dialect.insert(Link).on_conflict_do_nothing(),
        [
            {
                "connection": connection,
                "kind": kind,
                "salesforce_id": p.salesforce_id,
                "intacct_id": p.intacct_id,
                "key": p.key,
                "created_at": now,
            }
            for p in pairs
        ],
    )


def settle(ledger: Connection, connection: str, kind: str, pairs: Sequence[Pair], *, now: datetime) -> None:
    """Both sides know of each other: from now on an equal fingerprint means that nothing is to do."""
    if not pairs:
        return
    ledger.execute(
        update(Link)
        .where(Link.connection == connection, Link.kind == kind, Link.salesforce_id == bindparam("b_id"))
        .values(
            salesforce_fingerprint=bindparam("salesforce"),
            intacct_fingerprint=bindparam("intacct"),
            settled_at=now,
        ),
        [
            {
                "b_id": p.salesforce_id,
                "salesforce": p.salesforce_fingerprint,
                "intacct": p.intacct_fingerprint,
            }
            for p in pairs
        ],
    )
