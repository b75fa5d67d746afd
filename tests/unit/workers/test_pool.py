"""A lane is drained by one thread at a time, four lanes at once, and again when it was taken meanwhile."""

import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from tests.waiting import until
from workers.pool import LANE_THREADS, LanePool
from workers.stopping import Stopping


class Gate:
    """A drainer that notes each lane that it enters, and stays there until it is let go."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self.let_go = threading.Semaphore(0)
        self.breaks = False

    def drain(self, lane: str, stop: Callable[[], bool]) -> None:
        self.entered.append(lane)
        assert self.let_go.acquire(timeout=20)
        if self.breaks:
            raise OSError("the ledger is away")


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def stop() -> Stopping:
    return Stopping()


@pytest.fixture
def pool(gate: Gate, stop: Stopping) -> LanePool:
    return LanePool(gate, stop)


def release(gate: Gate, pool: LanePool, times: int) -> None:
    gate.let_go.release(times)
    assert pool.finish(20) == frozenset()


def test_several_lanes_are_drained_at_once(gate, pool):
    for number in range(LANE_THREADS):
        assert pool.has_room(0)
        pool.take(f"main/f/{number}")
    until(lambda: len(gate.entered) == LANE_THREADS)
    assert not pool.has_room(0)
    release(gate, pool, LANE_THREADS)
    assert pool.has_room(0)


def test_a_lane_at_work_is_not_entered_twice_but_once_more_afterwards(gate, pool):
    pool.take("main/f/0")
    until(lambda: gate.entered)
    for _ in range(5):
        pool.take("main/f/0")
    assert gate.entered == ["main/f/0"]
    release(gate, pool, 2)
    assert gate.entered == ["main/f/0", "main/f/0"]


def test_once_told_to_stop_a_lane_is_not_begun_again(gate, pool, stop):
    pool.take("main/f/0")
    until(lambda: gate.entered)
    pool.take("main/f/0")
    stop.now()
    release(gate, pool, 1)
    assert gate.entered == ["main/f/0"]


def test_a_drain_that_breaks_frees_its_place_and_is_logged(gate, pool):
    gate.breaks = True
    with capture_logs() as logged:
        pool.take("main/f/0")
        release(gate, pool, 1)
    assert pool.has_room(0)
    assert [(line["event"], line["lane"]) for line in logged] == [("drain.failed", "main/f/0")]


def test_what_does_not_finish_in_time_is_named(gate, pool):
    pool.take("main/f/0")
    assert pool.finish(0.01) == {"main/f/0"}
    release(gate, pool, 1)


def test_room_is_seen_by_one_who_waits_for_it(gate, pool):
    for number in range(LANE_THREADS):
        pool.take(f"main/f/{number}")
    seen: list[bool] = []
    waiting = threading.Thread(target=lambda: seen.append(pool.has_room(20)))
    waiting.start()
    gate.let_go.release()
    waiting.join(20)
    assert seen == [True]
    release(gate, pool, LANE_THREADS - 1)
