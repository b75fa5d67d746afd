"""Bodies whose sender proved itself and whose format we could not read: kept, so that a person can see them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from app.ledger.tables import Quarantined

_REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class Kept:
    id: int
    channel: str
    reason: str
    body: bytes
    received_at: datetime


def keep(
    ledger: Connection, connection: str, channel: str, *, reason: str, body: bytes, now: datetime
) -> bool:
    """
    Keep a body and why it could not be read; False where it is among the last hundred already: a sender that hears
    no acknowledgement sends the same again for a day.
    """
    latest = (
        select(Quarantined.body)
        .where(Quarantined.connection == connection, Quarantined.channel == channel)
        .order_by(Quarantined.id.desc())
        .limit(_REMEMBERED)
        .subquery()
    )
    if ledger.scalar(select(latest.c.body).where(latest.c.body == body).limit(1)) is not None:
        return False
    ledger.execute(
        insert(Quarantined).values(
            connection=connection, channel=channel, reason=reason, body=body, received_at=now
        )
    )
    return True


def read(ledger: Connection, connection: str, *, before: int | None = None, limit: int = 50) -> list[Kept]:
    """The newest first; `before` is the id after which the next page goes on."""
    wanted = select(
        Quarantined.id, Quarantined.channel, Quarantined.reason, Quarantined.body, Quarantined.received_at
    ).where(Quarantined.connection == connection)
    if before is not None:
        wanted = wanted.where(Quarantined.id < before)
    return [Kept(*row) for row in ledger.execute(wanted.order_by(Quarantined.id.desc()).limit(limit))]
