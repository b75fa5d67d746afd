"""Pairs of records, one in each system, that are the same thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, select, update
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


@dataclass(frozen=True, slots=True)
class Known:
    """A link as people see it; `settled_at` None while nobody has looked yet whether both sides agree."""

    id: int
    connection: str
    kind: str
    salesforce_id: str
    intacct_id: str
    key: str
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Search:
    """`salesforce` are spellings of one id; of two ids given, each is enough. Nothing given = all."""

    kind: str = ""
    salesforce: tuple[str, ...] = ()
    intacct: str = ""


def search(
    ledger: Connection, connection: str, wanted: Search, *, before: int | None = None, limit: int = 50
) -> list[Known]:
    """The newest first; `before` is the id after which the next page goes on."""
    statement = select(*_KNOWN).where(Link.connection == connection)
    if wanted.kind:
        statement = statement.where(Link.kind == wanted.kind)
    if wanted.salesforce or wanted.intacct:
        either = or_(Link.salesforce_id.in_(wanted.salesforce), Link.intacct_id == wanted.intacct)
        statement = statement.where(either)
    if before is not None:
        statement = statement.where(Link.id < before)
    rows = ledger.execute(statement.order_by(Link.id.desc()).limit(limit))
    return [Known(**row) for row in rows.mappings()]


def join(ledger: Connection, connection: str, kind: str, pair: Pair, *, now: datetime) -> Known | None:
    """Link two records by hand; None where one of them is linked already."""
    dialect = sqlite if ledger.dialect.name == "sqlite" else postgresql
    made = ledger.execute(
        dialect.insert(Link)
        .values(
            connection=connection, kind=kind, salesforce_id=pair.salesforce_id, intacct_id=pair.intacct_id,
            key=pair.key, created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(*_KNOWN)
    ).mappings().first()  # fmt: skip
    return Known(**made) if made else None


def part(ledger: Connection, connection: str, link_id: int) -> Known | None:
    """Remove a link; answers what it was, None where there is none such."""
    gone = (
        ledger.execute(
            delete(Link).where(Link.connection == connection, Link.id == link_id).returning(*_KNOWN)
        )
        .mappings()
        .first()
    )
    return Known(**gone) if gone else None


_KNOWN = (
    Link.id, Link.connection, Link.kind, Link.salesforce_id, Link.intacct_id, Link.key, Link.created_at, Link.settled_at,
)  # fmt: skip
