"""Claims: one holder for each key, many in one round trip, and nobody is blocked for ever."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from app.errors import RemoteUnavailable
from app.idempotency import Claims
from app.redis_server import EmbeddedServer, connect
from tests.waiting import until


@pytest.fixture
def claims(redis) -> Claims:
    return Claims(redis)


def test_a_claim_has_one_holder(claims):
    assert claims.take("ARP-000001", "one", seconds=30)
    assert not claims.take("ARP-000001", "two", seconds=30)
    assert claims.take("ARP-000001", "one", seconds=30)
    assert claims.held_by("ARP-000001") == "one"


def test_of_many_at_once_exactly_one_gets_it(claims):
    with ThreadPoolExecutor(16) as threads:
        taken = list(threads.map(lambda n: claims.take("ARP-000001", f"worker {n}", seconds=30), range(64)))
    assert taken.count(True) == 1


def test_many_are_taken_together_and_the_refused_are_named(claims):
    claims.take("b", "two", seconds=30)
    assert claims.take_many(["a", "b", "c"], "one", seconds=30) == {"b"}
    assert [claims.held_by(key) for key in "abc"] == ["one", "two", "one"]
    assert claims.take_many([], "one", seconds=30) == set()


def test_a_claim_ends_by_itself_when_its_holder_dies(claims):
    claims.take("a", "killed", seconds=0.05)
    until(lambda: claims.take("a", "next", seconds=30), seconds=5)


def test_taking_again_prolongs_the_life(redis, claims):
    claims.take("a", "one", seconds=5)
    claims.take("a", "one", seconds=500)
    assert redis.pttl("ledgerline:claim:a") > 400_000


def test_what_came_of_it_is_written_by_its_holder_only(claims):
    claims.take("a", "one", seconds=30)
    assert not claims.settle("a", "two", "posted as 1001", seconds=60)
    assert claims.outcome("a") is None
    assert claims.settle("a", "one", "posted as 1002", seconds=60)
    assert claims.outcome("a") == "posted as 1002"
    assert not claims.take("a", "two", seconds=30)


def test_many_are_settled_together_where_they_are_still_ours(claims):
    claims.take_many(["a", "b"], "one", seconds=30)
    claims.steal("b", "two", seconds=30)
    claims.settle_many({"a": "posted 1001", "b": "posted 1002"}, "one", seconds=60)
    claims.settle_many({}, "one", seconds=60)
    assert (claims.outcome("a"), claims.outcome("b")) == ("posted 1001", None)


def test_without_redis_nothing_is_taken_and_what_is_over_breaks_nothing(tmp_path):
    server = EmbeddedServer(tmp_path)
    server.start()
    redis = connect(server.url)
    claims = Claims(redis)
    claims.take("a", "one", seconds=30)
    server.stop()
    for ask in (
        lambda: claims.take_many(["b"], "one", seconds=30),
        lambda: claims.steal("a", "two", seconds=30),
        lambda: claims.outcome("a"),
        lambda: claims.held_by("a"),
    ):
        with pytest.raises(RemoteUnavailable, match="redis: cannot be reached"):
            ask()
    with capture_logs() as logged:
        claims.settle_many({"a": "posted 1001"}, "one", seconds=60)
        claims.release_many(["a"], "one")
    assert [line["event"] for line in logged] == ["claims.not_settled", "claims.not_released"]
    redis.close()


def test_release_gives_up_only_what_is_ours_and_open(claims):
    claims.take_many(["a", "b"], "one", seconds=30)
    claims.take("c", "two", seconds=30)
    claims.settle("b", "one", "posted", seconds=60)
    claims.release_many(["a", "b", "c"], "one")
    claims.release_many([], "one")
    assert [claims.held_by(key) for key in "abc"] == [None, "one", "two"]


def test_a_stolen_claim_is_no_longer_the_old_holders(claims):
    claims.take("a", "slow", seconds=30)
    claims.settle("a", "slow", "unknown", seconds=60)
    claims.steal("a", "next", seconds=30)
    assert claims.held_by("a") == "next"
    assert claims.outcome("a") is None
    assert not claims.settle("a", "slow", "posted", seconds=60)


def test_flushall_forgets_claims_and_breaks_none(redis, claims):
    claims.take("a", "one", seconds=30)
    redis.flushall()
    redis.script_flush()
    assert claims.take("a", "two", seconds=30)
    assert not claims.settle("a", "one", "posted", seconds=60)
