"""Hints of the workers to each other: calls, pace and slots; none of them can fail a remote call."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from app.errors import RemoteUnavailable
from app.meter import Meter, Pace, Slots, Usage
from app.redis_server import EmbeddedServer, connect
from tests.waiting import until


@pytest.fixture
def away(tmp_path):
    """A Redis that was there and is gone."""
    server = EmbeddedServer(tmp_path)
    server.start()
    client = connect(server.url)
    client.ping()
    server.stop()
    yield client
    client.close()


def test_calls_are_counted_by_system_and_day(redis, clock):
    meter = Meter(redis, "main", clock=clock)
    for operation in ("query", "query", "update"):
        meter.called("salesforce", operation)
    meter.called("intacct", "create")
    meter.used("salesforce", 4210, 115_000)
    assert meter.read() == {"intacct": Usage(1), "salesforce": Usage(3, 4210, 115_000)}
    clock.now = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert meter.read() == {"salesforce": Usage(0, 4210, 115_000)}
    assert Meter(redis, "other", clock=clock).read() == {}


def test_the_pace_follows_what_is_measured(redis):
    pace = Pace(redis, "main")
    assert pace.seconds_per_record() == Pace.UNMEASURED
    pace.measured(10, 4.0)
    assert pace.seconds_per_record() == pytest.approx(0.4)
    for _ in range(12):
        pace.measured(20, 20.0)
    assert pace.seconds_per_record() == pytest.approx(1.0, abs=0.02)
    assert Pace(redis, "main").seconds_per_record() == pace.seconds_per_record()
    pace.measured(0, 3.0)
    assert pace.seconds_per_record() == pytest.approx(1.0, abs=0.02)


def test_requests_in_flight_stay_under_the_limit_over_all_workers(redis_url, redis):
    lock = threading.Lock()
    inside, most = 0, 0
    full = threading.Barrier(3)

    def call(number: int) -> None:
        nonlocal inside, most
        slots = Slots(connect(redis_url), "main", 3)
        with slots.taken():
            with lock:
                inside += 1
                most = max(most, inside)
            full.wait(20)  # three are surely inside at once; a fourth would be seen
            with lock:
                inside -= 1

    with ThreadPoolExecutor(9) as threads:
        list(threads.map(call, range(9)))
    assert most == 3
    assert redis.zcard("ledgerline:slots:main") == 0


def test_who_finds_no_slot_gives_up_with_nothing_sent(redis):
    with (
        Slots(redis, "main", 1).taken(),
        pytest.raises(RemoteUnavailable, match="all 1 slots"),
        Slots(redis, "main", 1, patience=0.1).taken(),
    ):
        pytest.fail("there was no slot")
    with Slots(redis, "main", 1, patience=0).taken():
        assert redis.zcard("ledgerline:slots:main") == 1


def test_a_holder_that_lives_keeps_its_slot_however_long_it_takes(redis):
    with Slots(redis, "main", 1, life=1).taken():
        began = float(redis.time()[0])
        until(lambda: float(redis.time()[0]) - began >= 3)
        with pytest.raises(RemoteUnavailable), Slots(redis, "main", 1, patience=0).taken():
            pytest.fail("the slot is in use")


def test_a_killed_holder_gives_its_slot_back_when_its_life_is_over(redis):
    slots = Slots(redis, "main", 1, patience=0)
    seconds, _ = redis.time()
    redis.zadd("ledgerline:slots:main", {"of a killed worker": seconds + 300})
    with pytest.raises(RemoteUnavailable), slots.taken():
        pytest.fail("the slot is in use")
    redis.zadd("ledgerline:slots:main", {"of a killed worker": seconds - 1})
    with slots.taken():
        assert redis.zcard("ledgerline:slots:main") == 1


def test_without_redis_no_call_fails(away):
    meter, pace = Meter(away, "main"), Pace(away, "main")
    meter.called("intacct", "create")
    meter.used("intacct", 1, 2)
    assert meter.read() == {}
    pace.measured(10, 4.0)
    assert pace.seconds_per_record() == Pace.UNMEASURED
    with Slots(away, "main", 1).taken(), Slots(away, "main", 1).taken():
        pass
