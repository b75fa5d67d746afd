"""The worker as a process: what it takes, how it stops, and what is left when it or Redis dies."""

import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis
from structlog.testing import capture_logs

from app.queue import Doorbell
from app.redis_server import EmbeddedServer, connect
from tests.waiting import until
from workers import worker
from workers.pool import LANE_THREADS, LanePool
from workers.stopping import Stopping

JOBS = "rq:queue:ledgerline"


class Noting:
    """A drainer that has nothing to do but to note when it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def drain(self, lane: str, stop: Callable[[], bool]) -> None:
        self.asked.append((lane, time.perf_counter()))


@pytest.fixture
def noting() -> Noting:
    return Noting()


@pytest.fixture
def serving(redis_url, redis, noting) -> Iterator[None]:
    """A worker's main loop on a thread of this process."""
    with serving_at(redis_url, noting):
        until(lambda: redis.smembers("rq:workers"))
        yield


class serving_at:  # noqa: N801 - reads as a with statement
    def __init__(self, address: str, noting: Noting) -> None:
        self.stop = Stopping()
        self.redis = connect(address)
        pool = LanePool(noting, self.stop)
        self.thread = threading.Thread(target=worker.serve, args=(self.redis, pool, self.stop))

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.stop.now()
        self.thread.join(20)
        self.redis.close()
        assert not self.thread.is_alive()


@pytest.fixture
def processes(redis, redis_url) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts worker processes, each ready when this returns; kills what is left at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        before = redis.scard("rq:workers")
        process = subprocess.Popen([sys.executable, "-m", "tests.stand_ins", "worker", redis_url])
        started.append(process)
        until(lambda: redis.scard("rq:workers") > before)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def texts(redis: Redis, key: str) -> list[str]:
    return [line.decode() for line in redis.lrange(key, 0, -1)]


def test_a_ring_is_answered_within_milliseconds(redis, noting, serving):
    doorbell = Doorbell(redis)
    waits = []
    for number in range(100):
        rung = time.perf_counter()
        doorbell.ring([f"main/f/{number}"])
        until(lambda so_far=number: len(noting.asked) > so_far)
        waits.append(noting.asked[-1][1] - rung)
    assert statistics.median(waits) < 0.025  # 2 ms on a quiet machine


def test_a_thousand_jobs_leave_nothing_behind(redis, noting, serving):
    doorbell = Doorbell(redis)
    for start in range(0, 1000, 100):
        doorbell.ring([f"main/f/{number}" for number in range(start, start + 100)])
    until(lambda: len(noting.asked) == 1000)
    until(lambda: not redis.exists("rq:queue:ledgerline:intermediate"))
    until(lambda: not redis.keys("rq:job:*") and not redis.keys("rq:execution*"))
    lasting = {key.decode() for key in redis.keys("*") if redis.ttl(key) == -1}
    assert lasting == {"rq:queues", "rq:workers", "rq:workers:ledgerline"}
    assert len(redis.keys("*")) < 10


def test_flushall_under_a_working_worker_loses_no_ring(redis, noting, serving):
    doorbell = Doorbell(redis)
    for number in range(200):
        doorbell.ring([f"main/f/{number}"])
        if number % 20 == 10:
            redis.flushall()
    doorbell.ring(["main/f/last"])
    until(lambda: any(lane == "main/f/last" for lane, _ in noting.asked))


def test_a_worker_outlives_redis_and_logs_its_outage_once(tmp_path, noting):
    server = EmbeddedServer(tmp_path)
    server.start()
    redis = connect(server.url)
    with capture_logs() as logged, serving_at(server.url, noting):
        until(lambda: redis.smembers("rq:workers"))
        server.stop()
        until(lambda: logged)
        server.start()
        Doorbell(redis).ring(["main/f/0"])
        until(lambda: noting.asked)
    assert [line["event"] for line in logged] == ["redis.away", "redis.back"]
    redis.close()
    server.stop()


def test_told_to_stop_a_worker_finishes_the_batch_in_hand(redis, processes):
    process = processes()
    redis.set("hold", 1)
    Doorbell(redis).ring(["main/f/0"])
    until(lambda: texts(redis, "begun"))
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    until(lambda: not redis.smembers("rq:workers"))
    Doorbell(redis).ring(["main/f/1"])
    assert process.poll() is None
    redis.delete("hold")
    assert process.wait(20) == 0
    assert texts(redis, "ended") == [f"{process.pid} main/f/0 stopping"]
    assert redis.llen(JOBS) == 1, "a job was taken after the signal"


def test_a_quiet_worker_stops_at_once(redis, processes):
    process = processes()
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert not redis.smembers("rq:workers")


def test_a_killed_worker_blocks_no_lane(redis, processes):
    killed = processes()
    redis.set("hold", 1)
    doorbell = Doorbell(redis)
    doorbell.ring(["main/f/0"])
    until(lambda: texts(redis, "begun"))
    killed.kill()
    killed.wait()
    redis.delete("hold")
    following = processes()
    doorbell.ring(["main/f/0"])
    until(lambda: texts(redis, "ended"))
    assert texts(redis, "ended") == [f"{following.pid} main/f/0 "]


def test_a_full_worker_leaves_the_next_lane_to_another(redis, processes):
    full = processes()
    redis.set("hold", 1)
    doorbell = Doorbell(redis)
    doorbell.ring([f"main/f/{number}" for number in range(LANE_THREADS)])
    until(lambda: len(texts(redis, "begun")) == LANE_THREADS)
    doorbell.ring(["main/f/next"])
    other = processes()
    until(lambda: len(texts(redis, "begun")) == LANE_THREADS + 1)
    assert texts(redis, "begun")[-1] == f"{other.pid} main/f/next"
    assert {line.split()[0] for line in texts(redis, "begun")[:-1]} == {str(full.pid)}
    redis.delete("hold")
    until(lambda: len(texts(redis, "ended")) == LANE_THREADS + 1)
