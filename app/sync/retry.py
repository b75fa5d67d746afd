"""When to try again: the written schedules, as pure functions of time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

A_DAY = timedelta(days=1)


def next_try(attempts: int, waits: Sequence[float], *, now: datetime) -> datetime | None:
    """After `attempts` failed tries, when the next is due; None when the schedule is over and a person is asked."""
    return now + timedelta(seconds=waits[attempts]) if attempts < len(waits) else None


def next_lookup(sent_at: datetime, waits: Sequence[float], *, now: datetime) -> datetime | None:
    """
    When to look again for what was sent at `sent_at`. Look-ups stand at fixed moments after the send (5, 20 and 50 s
    by default), so a worker that comes back late does not start the wait anew. None when the last has passed: what is
    not there by then may be sent again, under the same control id, which Intacct refuses should the first still be
    at work.
    """
    moments = (sent_at + timedelta(seconds=after) for after in accumulate(waits))
    return next((moment for moment in moments if moment > now), None)
