"""The shelf of sessions: sealed, shared, renewed by one for all, and no obstacle while Redis is away."""

import subprocess
import sys
import threading

import pytest

from app.redis_server import EmbeddedServer, connect
from app.tokens import TokenShelf, seal_of
from tests.waiting import until

RENEW = """
import sys
from app.redis_server import connect
from app.tokens import TokenShelf, seal_of
redis = connect(sys.argv[1])
shelf = TokenShelf(redis, seal_of("a key"))
redis.incr("arrived")
while int(redis.get("arrived")) < 2: pass
with shelf.lock("salesforce"):
    if shelf.get("salesforce") is None:
        redis.incr("sign-ins")
        shelf.put("salesforce", "session", 60)
"""


@pytest.fixture
def shelf(redis) -> TokenShelf:
    return TokenShelf(redis, seal_of("a key"))


def test_a_text_is_kept_sealed_and_for_its_life(redis, shelf):
    shelf.put("salesforce", "00D!secret", 60)
    assert shelf.get("salesforce") == "00D!secret"
    assert b"secret" not in redis.get("ledgerline:shelf:salesforce")
    assert 0 < redis.ttl("ledgerline:shelf:salesforce") <= 60


def test_what_is_about_to_end_is_not_kept(shelf):
    shelf.put("salesforce", "session", 0.5)
    assert shelf.get("salesforce") is None


def test_under_another_key_the_shelf_is_empty(redis, shelf):
    shelf.put("salesforce", "session", 60)
    assert TokenShelf(redis, seal_of("another key")).get("salesforce") is None


def test_drop_spares_what_was_renewed_meanwhile(shelf):
    shelf.put("salesforce", "new", 60)
    shelf.drop("salesforce", "old")
    assert shelf.get("salesforce") == "new"
    shelf.drop("salesforce", "new")
    assert shelf.get("salesforce") is None
    shelf.drop("salesforce", "new")


def test_two_processes_sign_in_once(redis, redis_url):
    both = [subprocess.Popen([sys.executable, "-c", RENEW, redis_url]) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]
    assert int(redis.get("sign-ins")) == 1


def test_a_killed_holder_blocks_nobody_beyond_half_a_minute(redis, shelf):
    with shelf.lock("salesforce"):
        assert 0 < redis.pttl("ledgerline:shelf-lock:salesforce") <= 6_000


def test_a_lock_that_ran_out_is_not_taken_from_the_next_holder(redis, shelf):
    inside = threading.Event()
    leave = threading.Event()

    def next_holder() -> None:
        with shelf.lock("salesforce"):
            inside.set()
            assert leave.wait(20)

    following = threading.Thread(target=next_holder)
    with shelf.lock("salesforce"):
        redis.delete("ledgerline:shelf-lock:salesforce")
        following.start()
        assert inside.wait(20)
    assert redis.exists("ledgerline:shelf-lock:salesforce")
    leave.set()
    following.join(20)
    until(lambda: not redis.exists("ledgerline:shelf-lock:salesforce"))


def test_while_redis_is_away_everybody_signs_in_alone(tmp_path):
    server = EmbeddedServer(tmp_path)
    server.start()
    redis = connect(server.url)
    shelf = TokenShelf(redis, seal_of("a key"))
    shelf.put("salesforce", "session", 60)
    server.stop()
    with shelf.lock("salesforce"):
        assert shelf.get("salesforce") is None
        shelf.put("salesforce", "mine", 60)
        shelf.drop("salesforce", "mine")
    redis.close()
