"""Take notices in: give each its flow and lane, record it once, and ring the lanes that got something new."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import log
from app.errors import LedgerlineError
from app.ledger import arrivals as inbox
from app.ledger.arrivals import Arrival
from app.ledger.engine import Ledger
from app.records import Notice, Ref, System
from app.records.ids import is_id
from app.records.lane import lane_of

Routes = Mapping[tuple[System, str], str]
"""Which flow carries what: (system, its name of the object) → the flow's name."""


class Doorbell(Protocol):
    def ring(self, lanes: Collection[str]) -> None:
        """Have somebody look at each lane soon."""


class LedgerUnreachable(LedgerlineError):
    """AGAIN: the ledger took nothing, so nothing may be acknowledged; the sender sends it again."""


def accept(
    notices: Iterable[Notice],
    *,
    ledger: Ledger,
    doorbell: Doorbell,
    routes: Routes,
    connection: str,
    now: datetime,
) -> int:
    """
    Record each notice once, commit, and ring for those that are new; answers how many were. When this returns, all of
    them are recorded and may be acknowledged.

    :raises LedgerUnreachable: and then none of them is
    """
    arrivals = addressed(notices, routes, connection)
    with reaching(ledger), ledger.write() as transaction:
        new = inbox.record(transaction, connection, arrivals, now=now)
    if new:
        ring(doorbell, lanes(arrivals))
    return new


def addressed(notices: Iterable[Notice], routes: Routes, connection: str) -> list[Arrival]:
    """The notices with their flow and lane, or with the reason why none takes them."""
    return [_arrival(notice, routes, connection) for notice in notices]


def lanes(arrivals: Iterable[Arrival]) -> frozenset[str]:
    """Where there is work to do for these."""
    return frozenset(arrival.lane for arrival in arrivals if not arrival.ignored)


def ring(doorbell: Doorbell, lanes: Collection[str]) -> None:
    """Ring, or say in the log that nobody heard: then the ticker rings within seconds, and nothing is lost."""
    if not lanes:
        return
    try:
        doorbell.ring(lanes)
    except (RedisError, OSError) as error:
        log.logger().warning("doorbell unheard", lanes=sorted(lanes), error=type(error).__name__)


@contextmanager
def reaching(ledger: Ledger) -> Iterator[None]:
    """Turns what a driver raises when the ledger is away, full or locked into LedgerUnreachable."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise LedgerUnreachable(_said(error, ledger)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise LedgerUnreachable(_said(error, ledger)) from error
        raise


def _said(error: Exception, ledger: Ledger) -> str:
    """The driver's own words; SQLAlchemy's would bring the statement and what was in it."""
    words = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return f"{ledger.engine.dialect.name}: {words.strip()}"


def _arrival(notice: Notice, routes: Routes, connection: str) -> Arrival:
    subject = notice.subject
    flow = routes.get((subject.system, subject.object), "")
    return Arrival(
        notice.channel,
        notice.delivery_id,
        flow,
        lane_of(connection, flow, subject.id),
        subject.system.value,
        subject.object,
        subject.id,
        _why_ignored(subject, flow),
    )


def _why_ignored(subject: Ref, flow: str) -> str:
    """Trap: an id that is none fails the read of the whole batch it is in, so it must not get that far."""
    if flow and is_id(subject.id):
        return ""
    if not subject.id:
        return (
            f"{subject.system.title()} told of a record without saying which, as it does of one that was deleted "
            "meanwhile. Nothing is left to carry; if the record does exist, send it with a resync."
        )
    if subject.system is System.SALESFORCE and not is_id(subject.id):
        return (
            f"{subject.id} is not a Salesforce id. Correct what sends it, and send the record with a resync."
        )
    if not flow:
        return (
            f"No flow carries {subject.object or 'a record without a kind'}. Stop what sends it, or add a flow for it "
            "and replay this message."
        )
    return ""
