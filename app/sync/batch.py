"""A batch in hand: the messages of one lane, by record, with what we know of each record."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from app.ledger.messages import Held
from app.records import Pair, Payment, Trace


@dataclass(frozen=True, slots=True)
class Batch:
    """`held` is by record id, oldest message first."""

    lane: str
    token: str
    started: datetime
    held: dict[str, tuple[Held, ...]]


@dataclass(frozen=True)
class Case:
    """
    One record of a batch. `record` is None when it is gone; `asked` are the reasons of its open exceptions, `ignored`
    the fingerprints that it had when a person ignored it.
    """

    id: str
    held: tuple[Held, ...]
    record: Payment | None
    pair: Pair | None
    trace: Trace | None
    asked: frozenset[str]
    ignored: frozenset[str] = frozenset()

    @property
    def first(self) -> Held:
        """The message that stays open when the record's matter does; later ones join it."""
        return self.held[0]

    @cached_property
    def fingerprint(self) -> str:
        """Of the record as it is now; empty when it is gone."""
        return self.record.fingerprint() if self.record else ""

    @property
    def stays_ignored(self) -> bool:
        """
        A person ignored it, and its money is as it was then. Trap: our own `Ignored`, written beside the record, is
        itself a change that we are told of; it must not carry what somebody has just decided to leave alone.
        """
        return bool(self.ignored) and self.fingerprint in self.ignored

    @property
    def sent(self) -> str:
        """The fingerprint of what was sent before; of the record itself where we know of no sending."""
        if self.trace and self.trace.fingerprint:
            return self.trace.fingerprint
        return self.fingerprint

    @property
    def key(self) -> str:
        """What the record is looked up by in the destination."""
        return self.record.key if self.record else self.trace.key if self.trace else ""


def batch_of(lane: str, token: str, started: datetime, held: list[Held]) -> Batch:
    by_record: dict[str, tuple[Held, ...]] = {}
    for message in held:
        by_record[message.record_id] = (*by_record.get(message.record_id, ()), message)
    return Batch(lane, token, started, by_record)
