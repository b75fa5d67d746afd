"""The doorbell: one job for many rings, and nothing that Redis loses keeps a lane silent."""

import pytest
from rq.job import Job
from rq.serializers import JSONSerializer

from app import queue
from app.queue import Doorbell
from app.redis_server import connect

JOBS = "rq:queue:ledgerline"


@pytest.fixture
def doorbell(redis) -> Doorbell:
    return Doorbell(redis)


def waiting(redis) -> list[Job]:
    return [Job.fetch(name.decode(), redis, JSONSerializer) for name in redis.lrange(JOBS, 0, -1)]


def lanes(redis) -> list[str]:
    return [job.kwargs["lane"] for job in waiting(redis)]


def test_many_rings_make_one_job(redis, doorbell):
    for _ in range(50):
        doorbell.ring(["main/payment-to-intacct/1", "main/payment-to-intacct/1"])
    assert lanes(redis) == ["main/payment-to-intacct/1"]


def test_many_lanes_are_rung_in_two_round_trips(redis, doorbell):
    named = [f"main/payment-to-intacct/{number}" for number in range(40)]
    doorbell.ring(["main/warm/0"])
    with redis.monitor() as monitor:
        doorbell.ring(named)
        redis.echo("the end")
        seen = []
        for command in monitor.listen():
            if command["command"] == "ECHO the end":
                break
            seen.append(command["command"].split()[0])
    assert lanes(redis)[1:] == named
    assert seen.count("MULTI") == 1
    assert not {"INFO", "GET", "EXISTS"} & set(seen), "something asked for an answer in between"


def test_once_answered_a_lane_can_be_rung_again(redis, doorbell):
    doorbell.ring(["main/f/0"])
    doorbell.answered("main/f/0")
    doorbell.ring(["main/f/0"])
    assert lanes(redis) == ["main/f/0", "main/f/0"]


def test_flushall_silences_nobody(redis, doorbell):
    doorbell.ring(["main/f/0"])
    redis.flushall()
    doorbell.ring(["main/f/0"])
    assert lanes(redis) == ["main/f/0"]


def test_a_bell_that_nobody_answers_can_be_rung_again_within_half_a_minute(redis, doorbell):
    doorbell.ring(["main/f/0"])
    assert 0 < redis.pttl("ledgerline:rung:main/f/0") <= 10_000


def test_a_job_carries_a_lane_and_nothing_that_runs(redis, doorbell):
    doorbell.ring(["main/f/0"])
    (job,) = waiting(redis)
    assert job.data == b'["workers.jobs.drain", null, [], {"lane": "main/f/0"}]'
    assert job.timeout == -1
    assert job.result_ttl == 0
    assert 0 < redis.ttl(job.key) <= queue.STALE_SECONDS


def test_without_a_worker_the_queue_does_not_grow_for_ever(redis, doorbell):
    for start in range(0, queue.LONGEST_QUEUE + 500, 500):
        doorbell.ring([f"main/f/{number}" for number in range(start, start + 500)])
    assert redis.llen(JOBS) == queue.LONGEST_QUEUE
    assert lanes(redis)[-1] == f"main/f/{queue.LONGEST_QUEUE + 499}"


def test_ringing_nobody_asks_redis_nothing():
    Doorbell(connect("unix:///nowhere/redis.sock")).ring([])
