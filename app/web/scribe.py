"""
One thread that writes down what all requests bring, and commits together what came in meanwhile.

A commit waits for the disk, and one writer at a time is all that SQLite has: so requests that wait at the same moment
share one. Each is answered after the commit that holds it, as if it had been alone.
"""

import asyncio
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.ledger import arrivals as inbox
from app.ledger.arrivals import Arrival
from app.ledger.engine import Ledger
from app.sync import intake
from app.sync.intake import Doorbell, LedgerUnreachable

PATIENCE_SECONDS = 20.0
"""Salesforce waits 60 s for an answer; a refusal in time is better than none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one request brought."""

    connection: str
    arrivals: Sequence[Arrival]
    received_at: datetime


Outcome = int | SQLAlchemyError | LedgerUnreachable
"""How many of an entry's arrivals were new, or why it was not recorded."""


@dataclass(slots=True)
class _Group:
    """Entries that one transaction records; `committed` is the task that does it."""

    entries: list[Entry] = field(default_factory=list)
    committed: asyncio.Task[list[Outcome]] | None = None


class Scribe:
    """Belongs to one event loop. Its threads start with the first entry and end with the process, or `close`."""

    def __init__(self, ledger: Ledger, doorbell: Doorbell) -> None:
        self._ledger = ledger
        self._doorbell = doorbell
        self._pen = ThreadPoolExecutor(1, thread_name_prefix="scribe")
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="ringer")
        self._open = _Group()
        self._turn = asyncio.Lock()
        self._unrung: set[str] = set()
        self._ringing: asyncio.Task[None] | None = None

    async def record(self, entry: Entry) -> int:
        """
        Record an entry whole; answers how many of its arrivals were new, once they are committed.

        :raises LedgerUnreachable: nothing may be acknowledged
        """
        group, place = self._open, len(self._open.entries)
        group.entries.append(entry)
        if group.committed is None:
            group.committed = asyncio.create_task(self._commit(group))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                outcome = (await asyncio.shield(group.committed))[place]
        except TimeoutError:
            raise LedgerUnreachable(f"no commit within {PATIENCE_SECONDS:.0f} s") from None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Ring what is still to be rung, and let the threads go."""
        if self._ringing:
            await self._ringing
        self._pen.shutdown()
        self._hand.shutdown()

    async def _commit(self, group: _Group) -> list[Outcome]:
        """Entries join the group until the commit before it is done."""
        async with self._turn:
            self._open = _Group()
            outcomes = await asyncio.get_running_loop().run_in_executor(
                self._pen, _record, self._ledger, group.entries
            )
        self._ring(_lanes(group.entries, outcomes))
        return outcomes

    def _ring(self, lanes: Collection[str]) -> None:
        """In a thread of its own: a Redis that hangs must not keep senders waiting."""
        self._unrung.update(lanes)
        if self._unrung and self._ringing is None:
            self._ringing = asyncio.create_task(self._ring_all())

    async def _ring_all(self) -> None:
        try:
            while self._unrung:
                lanes, self._unrung = self._unrung, set()
                await asyncio.get_running_loop().run_in_executor(
                    self._hand, intake.ring, self._doorbell, lanes
                )
        finally:
            self._ringing = None


def _record(ledger: Ledger, entries: Sequence[Entry]) -> list[Outcome]:
    """All in one transaction; where the ledger refuses that, each by itself, so that none suffers for another's."""
    try:
        return list(_together(ledger, entries))
    except LedgerUnreachable as error:
        return [error] * len(entries)
    except SQLAlchemyError as error:
        return [error] if len(entries) == 1 else [_record(ledger, [entry])[0] for entry in entries]


def _together(ledger: Ledger, entries: Sequence[Entry]) -> list[int]:
    with intake.reaching(ledger), ledger.write() as transaction:
        return [
            inbox.record(transaction, entry.connection, entry.arrivals, now=entry.received_at)
            for entry in entries
        ]


def _lanes(entries: Sequence[Entry], outcomes: Sequence[Outcome]) -> set[str]:
    """Where a repeat is all that came, there is nothing to ring for."""
    rung: set[str] = set()
    for entry, outcome in zip(entries, outcomes, strict=True):
        if isinstance(outcome, int) and outcome:
            rung |= intake.lanes(entry.arrivals)
    return rung
