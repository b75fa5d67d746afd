"""Answers already given under an Idempotency-Key, so that a request that comes twice is carried out once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.ledger.tables import Reply

KEPT = timedelta(hours=24)
LONGEST_REQUEST = timedelta(minutes=10)
"""Whose request took longer was killed in it; the next one with the same key may begin again."""


@dataclass(frozen=True, slots=True)
class Ask:
    """`owner` tells whose key it is; `request` is a digest of method, address and body."""

    owner: str
    key: str
    request: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier request under the same key. `status` is None while it is at work."""

    same: bool
    status: int | None
    body: str


def begin(ledger: Connection, ask: Ask, now: datetime) -> Earlier | None:
    """Take the key; answers what there is under it already, and None when it is ours."""
    ledger.execute(delete(Reply).where(Reply.made_at < now - KEPT))
    ledger.execute(
        delete(Reply).where(*_under(ask), Reply.status.is_(None), Reply.made_at < now - LONGEST_REQUEST)
    )
    dialect = sqlite if ledger.dialect.name == "sqlite" else postgresql
    taken = ledger.scalar(
        dialect.insert(Reply)
        .values(token=ask.owner, key=ask.key, request=ask.request, made_at=now, body="")
        .on_conflict_do_nothing()
        .returning(Reply.key)
    )
    if taken is not None:
        return None
    row = ledger.execute(select(Reply.request, Reply.status, Reply.body).where(*_under(ask))).first()
    if row is None:  # PostgreSQL: the one before gave the key up between our two statements
        return Earlier(True, None, "")
    return Earlier(row.request == ask.request, row.status, row.body)


def finish(ledger: Connection, ask: Ask, *, status: int, body: str) -> None:
    ledger.execute(update(Reply).where(*_under(ask)).values(status=status, body=body))


def forget(ledger: Connection, ask: Ask) -> None:
    """Nothing was done, so the key is free again."""
    ledger.execute(delete(Reply).where(*_under(ask), Reply.status.is_(None)))


def _under(ask: Ask) -> tuple[ColumnElement[bool], ...]:
    return (Reply.token == ask.owner, Reply.key == ask.key)
