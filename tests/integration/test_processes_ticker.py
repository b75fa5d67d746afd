"""The ticker rings what is due and may work, and outlives a ledger or a Redis that is away."""

import threading
from datetime import datetime

import pytest
from redis import Redis
from structlog.testing import capture_logs

from app.ledger import arrivals, migrate
from app.ledger.arrivals import Arrival
from app.ledger.engine import connect as open_ledger
from app.queue import Doorbell
from app.redis_server import EmbeddedServer, connect
from tests.waiting import until
from workers import ticker
from workers.stopping import Stopping
from workers.ticker import Beat, Rounds


def always(lane: str, now: datetime) -> bool:
    return True


def notice(lane: str) -> Arrival:
    return Arrival("outbound_message", f"delivery for {lane}", "f", lane, "salesforce", "AR_Payment__c", lane)


def rung(redis: Redis) -> set[str]:
    return {key.decode().removeprefix("ledgerline:rung:") for key in redis.keys("ledgerline:rung:*")}


def test_lanes_with_due_work_are_rung(ledger, redis, clock):
    rounds = Rounds(ledger, Doorbell(redis).ring, always, None, 300)
    ticker.run_once(rounds, clock())
    assert rung(redis) == set()
    with ledger.write() as writing:
        arrivals.record(
            writing, "main", [notice("main/f/0"), notice("main/f/3")], now=clock.advance(seconds=5)
        )
    ticker.run_once(rounds, clock.advance(seconds=-1))
    assert rung(redis) == set()
    ticker.run_once(rounds, clock.advance(seconds=1))
    assert rung(redis) == {"main/f/0", "main/f/3"}


def test_a_lane_whose_connection_takes_no_calls_is_left_alone(ledger, redis, clock):
    def main_is_paused(lane: str, now: datetime) -> bool:
        assert now == clock.now
        return not lane.startswith("main/")

    with ledger.write() as writing:
        arrivals.record(writing, "main", [notice("main/f/0")], now=clock())
        arrivals.record(writing, "other", [notice("other/f/0")], now=clock())
    ticker.run_once(Rounds(ledger, Doorbell(redis).ring, main_is_paused, None, 300), clock())
    assert rung(redis) == {"other/f/0"}


def test_a_ledger_that_is_away_is_logged_once_and_waited_for(tmp_path, redis, clock):
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = open_ledger(url)
    rounds = Rounds(ledger, Doorbell(redis).ring, always, None, 300)
    beat = Beat("ring", lambda now: ticker.run_once(rounds, now))
    with capture_logs() as logged:
        for _ in range(3):
            beat.once(clock())
    assert [line["event"] for line in logged] == ["beat.failed"]
    migrate.upgrade(url)
    with ledger.write() as writing:
        arrivals.record(writing, "main", [notice("main/f/0")], now=clock())
    with capture_logs() as logged:
        beat.once(clock())
    assert rung(redis) == {"main/f/0"}
    assert [line["event"] for line in logged] == ["beat.works_again"]
    ledger.engine.dispose()


def test_a_redis_that_is_away_is_waited_for(ledger, tmp_path, clock):
    server = EmbeddedServer(tmp_path)
    server.start()
    redis = connect(server.url)
    redis.ping()
    server.stop()
    with ledger.write() as writing:
        arrivals.record(writing, "main", [notice("main/f/0")], now=clock())
    beat = Beat(
        "ring", lambda now: ticker.run_once(Rounds(ledger, Doorbell(redis).ring, always, None, 300), now)
    )
    beat.once(clock())
    server.start()
    beat.once(clock())
    assert rung(redis) == {"main/f/0"}
    redis.close()
    server.stop()


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_a_sweep_that_hangs_or_breaks_does_not_hold_up_the_bells(ledger, redis, clock):
    stop, swept, leave = Stopping(), threading.Event(), threading.Event()

    def sweep(now: datetime) -> None:
        swept.set()
        assert leave.wait(20)
        raise OSError("Salesforce is away")

    rounds = Rounds(ledger, Doorbell(redis).ring, always, sweep, 300)
    ticking = threading.Thread(target=ticker.run, args=(rounds, stop, clock))
    with capture_logs() as logged:
        ticking.start()
        assert swept.wait(20)
        with ledger.write() as writing:
            arrivals.record(writing, "main", [notice("main/f/0")], now=clock())
        until(lambda: rung(redis) == {"main/f/0"})
        leave.set()
        until(lambda: logged)
        stop.now()
        ticking.join(20)
    assert not ticking.is_alive()
    assert [(line["event"], line["beat"]) for line in logged] == [("beat.failed", "sweep")]
