"""What the pipeline works with, beside the two systems: the ledger, the claims, the clock, the schedules."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.ledger.engine import Ledger


class Claims(Protocol):
    """Who may post a record, kept in Redis. The ledger's postings are the truth behind it."""

    def take_many(self, keys: Collection[str], token: str, *, seconds: float) -> set[str]:
        """
        Take each that is free; answers those that another holds or has settled.

        :raises RemoteUnavailable: Redis cannot be reached, so nothing may be posted
        """

    def outcome(self, key: str) -> str | None:
        """What its holder settled, if it did."""

    def steal(self, key: str, token: str, *, seconds: float) -> None:
        """Take over: the ledger says that this is right."""

    def settle_many(self, outcomes: Mapping[str, str], token: str, *, seconds: float) -> None:
        """Remember what came of each, where the claim is still ours. Never raises: the ledger knows already."""

    def release_many(self, keys: Collection[str], token: str) -> None:
        """Give up what we hold and have not settled. Never raises: a claim ends by itself."""


@dataclass(frozen=True)
class Desk:
    """`retry`, `lookup` are waits in seconds; `parent_wait` is how often a missing parent is looked for."""

    connection: str
    ledger: Ledger
    claims: Claims
    clock: Callable[[], datetime]
    lease: timedelta
    retry: Sequence[float]
    lookup: Sequence[float]
    parent_wait: timedelta
