"""What this package needs of the house around it; `app.bootstrap` plugs it in."""

from contextlib import AbstractContextManager
from typing import Protocol


class TokenShelf(Protocol):
    """Sessions that all workers share, sealed at rest. Losing it costs a sign-in, nothing else."""

    def get(self, name: str) -> str | None:
        """What was put there and is not over yet."""

    def put(self, name: str, text: str, seconds: float) -> None:
        """Keep it for so many seconds."""

    def drop(self, name: str, text: str) -> None:
        """Forget it, if it is still this text: another worker may have renewed it already."""

    def lock(self, name: str) -> AbstractContextManager[object]:
        """Held by one worker at a time, so that one signs in and the others wait for what it gets."""


class Slots(Protocol):
    """The company's limit of requests in flight, counted over all workers. Giving a slot back must not raise."""

    def taken(self) -> AbstractContextManager[object]:
        """
        Holds one slot while open; waits for a free one.

        :raises RemoteUnavailable: none became free in reasonable time
        """


class Meter(Protocol):
    """Counts what the vendor may bill. Must not raise: it is told in the middle of a payment."""

    def called(self, system: str, operation: str) -> None:
        """One HTTP request has left; `operation` names its functions (`create`, `query`)."""


class Pace(Protocol):
    """How long one written record takes in this company, learned from all workers' writes. Must not raise either."""

    def seconds_per_record(self) -> float:
        """0 until measured."""

    def measured(self, records: int, seconds: float) -> None:
        """A request that wrote so many records took so long."""
