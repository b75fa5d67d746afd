"""Schedules are functions of time."""

from datetime import UTC, datetime, timedelta

import pytest

from app.sync.retry import next_lookup, next_try

SENT = datetime(2026, 11, 24, 14, 32, tzinfo=UTC)
LOOKS = (5.0, 15.0, 30.0)


def after(seconds: float) -> datetime:
    return SENT + timedelta(seconds=seconds)


@pytest.mark.parametrize(("attempts", "wait"), [(0, 10), (1, 60), (2, None), (7, None)])
def test_each_failed_try_waits_longer_until_a_person_is_asked(attempts: int, wait: int | None) -> None:
    expected = None if wait is None else after(wait)
    assert next_try(attempts, (10, 60), now=SENT) == expected


@pytest.mark.parametrize(
    ("now", "next_look"),
    [(0, 5), (4.9, 5), (5, 20), (19, 20), (20, 50), (49.9, 50), (50, None), (90_000, None)],
)
def test_lookups_stand_at_fixed_moments_after_the_send(now: float, next_look: int | None) -> None:
    expected = None if next_look is None else after(next_look)
    assert next_lookup(SENT, LOOKS, now=after(now)) == expected
