"""
A flow: one kind of record travelling one way, and through whose hands. The pipeline knows only this.

Every verb takes many and answers one outcome per item. A verb raises only when the call as a whole failed
(`app.errors.RemoteError`); what is wrong with one item is its outcome.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.records import (
    Books,
    Note,
    Payment,
    PostedPayment,
    Posting,
    Problem,
    System,
    WriteOutcome,
)


class Origin(Protocol):
    """Where a record comes from, and where its person works."""

    def read(self, ids: Sequence[str]) -> Mapping[str, Payment]:
        """The records by id, with their lines and what they point at, in one call. A gone record is absent."""

    def changed(self, since: datetime, until: datetime) -> Sequence[str]:
        """Ids of records that the flow's filter takes, changed from `since` up to `until`."""

    def acknowledge(self, notes: Sequence[Note]) -> Sequence[WriteOutcome]:
        """Write what became of each record beside it, in one call. Repeating it is safe."""


class Destination(Protocol):
    """Where a record goes."""

    def look_around(self, records: Sequence[Payment]) -> Books:
        """What the records touch there, in one call."""

    def find(self, keys: Sequence[str]) -> Mapping[str, Sequence[PostedPayment]]:
        """Everything that carries one of our keys, reversals included; a key with nothing is absent."""

    def read(self, ids: Sequence[str]) -> Mapping[str, PostedPayment]:
        """The records by their id there; what cannot be seen (yet) is absent."""

    def write(self, postings: Sequence[Posting]) -> Sequence[WriteOutcome]:
        """
        Write each once. May send them in several calls, sized by the time a record takes.

        :raises RemoteUnavailable, SignInRefused, CallRefused: only if surely nothing at all was sent
        """

    def describe(self, posting: Posting) -> str:
        """The exact request for one posting, secrets removed; sends nothing."""


@dataclass(frozen=True)
class Later:
    """A parent is not there yet: wait for it, without counting."""

    reason: str


@dataclass(frozen=True)
class Flow:
    """`judge` finds all that is wrong at once; `translate` speaks the destination's fields; `agrees` compares after."""

    name: str
    kind: str
    origin_system: System
    destination_system: System
    origin: Origin
    destination: Destination
    judge: Callable[[Payment, Books], Sequence[Problem] | Later]
    translate: Callable[[Payment, Books, int], Posting]
    agrees: Callable[[Payment, PostedPayment], Sequence[Problem]]
