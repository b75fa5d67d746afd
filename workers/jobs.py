"""
RQ jobs: names of lanes in, nothing out. Redis remembers these functions by dotted name and their arguments by
keyword: while a job may be waiting, do not rename or remove either.
"""

from dataclasses import dataclass

from app.queue import Doorbell
from workers.pool import LanePool


@dataclass(frozen=True)
class Hands:
    """What this process answers bells with."""

    doorbell: Doorbell
    pool: LanePool


_hands: list[Hands] = []


def answer_with(hands: Hands) -> None:
    """Set by the worker before it takes jobs: RQ calls `drain` by its name and can pass it nothing of ours."""
    _hands[:] = [hands]


def drain(*, lane: str) -> None:
    """Clear the bell, then look: the other way round, a ring in between would be lost."""
    (hands,) = _hands
    hands.doorbell.answered(lane)
    hands.pool.take(lane)
