"""
Claims in Redis: who may post this now, and what came of it.

What is guaranteed: while Redis keeps its data, a key has one holder; taking many keys is one round trip and each is
decided atomically; only the holder can settle or release; a holder that dies blocks nobody beyond the claim's life.
What is not: FLUSHALL, or a restart that loses the last second, forgets claims. They save a needless look-up and a
needless call, never a double posting: that is the ledger's work (its postings table and its lane leases), and every
caller must stay right when `take` says True to two.

While Redis cannot be reached nothing new is taken (`RemoteUnavailable`: nothing was sent), and what is over is not
remembered here, which the ledger does anyway.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import RedisError

from app.errors import RemoteUnavailable
from app.log import logger

SYSTEM = "redis"
"""What `RemoteUnavailable` names: neither remote system is to blame."""

_TAKE = """
local refused = {}
for _, key in ipairs(KEYS) do
    local holder = redis.call('HGET', key, 'token')
    if holder and holder ~= ARGV[1] then
        refused[#refused + 1] = key
    else
        redis.call('HSET', key, 'token', ARGV[1])
        redis.call('PEXPIRE', key, ARGV[2])
    end
end
return refused
"""

_STEAL = """
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

_SETTLE = """
local settled = 0
for i, key in ipairs(KEYS) do
    if redis.call('HGET', key, 'token') == ARGV[1] then
        redis.call('HSET', key, 'outcome', ARGV[i + 2])
        redis.call('PEXPIRE', key, ARGV[2])
        settled = settled + 1
    end
end
return settled
"""

_RELEASE = """
for _, key in ipairs(KEYS) do
    if redis.call('HGET', key, 'token') == ARGV[1] and redis.call('HEXISTS', key, 'outcome') == 0 then
        redis.call('DEL', key)
    end
end
"""


class Claims:
    """Claims by key; a `token` names one worker's one batch. Scripts survive FLUSHALL, and redis-py reloads lost ones."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take = redis.register_script(_TAKE)
        self._steal = redis.register_script(_STEAL)
        self._settle = redis.register_script(_SETTLE)
        self._release = redis.register_script(_RELEASE)

    def take(self, key: str, token: str, *, seconds: float) -> bool:
        """Whether the claim is ours; True again for the same token, whose claim then lives on."""
        return not self.take_many([key], token, seconds=seconds)

    def take_many(self, keys: Collection[str], token: str, *, seconds: float) -> set[str]:
        """
        Take each that is free; answers those that another holds or has settled.

        :raises RemoteUnavailable: Redis cannot be reached, so nothing may be posted
        """
        if not keys:
            return set()
        with _reached():
            refused = self._take(keys=[_name(key) for key in keys], args=[token, _milliseconds(seconds)])
        return {name.decode().removeprefix(_PREFIX) for name in refused}

    def steal(self, key: str, token: str, *, seconds: float) -> None:
        """
        Take it whoever holds it, and forget its outcome: the ledger said that this is right.

        :raises RemoteUnavailable: as `take_many`
        """
        with _reached():
            self._steal(keys=[_name(key)], args=[token, _milliseconds(seconds)])

    def settle(self, key: str, token: str, outcome: str, *, seconds: float) -> bool:
        """Whether what came of it was written: not when the claim is not ours (any more), nor without Redis."""
        return self._settled({key: outcome}, token, seconds) == 1

    def settle_many(self, outcomes: Mapping[str, str], token: str, *, seconds: float) -> None:
        """Remember for `seconds` what came of each that is still ours. Never raises."""
        self._settled(outcomes, token, seconds)

    def release_many(self, keys: Collection[str], token: str) -> None:
        """Give up what we hold and have not settled; the rest is left alone. Never raises: a claim ends by itself."""
        if not keys:
            return
        try:
            self._release(keys=[_name(key) for key in keys], args=[token])
        except RedisError as error:
            logger().warning("claims.not_released", claims=len(keys), error=type(error).__name__)

    def held_by(self, key: str) -> str | None:
        """:raises RemoteUnavailable: as `take_many`"""
        with _reached():
            return _text(self._redis.hget(_name(key), "token"))

    def outcome(self, key: str) -> str | None:
        """
        What its holder settled, if it did.

        :raises RemoteUnavailable: as `take_many`
        """
        with _reached():
            return _text(self._redis.hget(_name(key), "outcome"))

    def _settled(self, outcomes: Mapping[str, str], token: str, seconds: float) -> int:
        if not outcomes:
            return 0
        names = [_name(key) for key in outcomes]
        try:
            return int(self._settle(keys=names, args=[token, _milliseconds(seconds), *outcomes.values()]))
        except RedisError as error:
            logger().warning("claims.not_settled", claims=len(names), error=type(error).__name__)
            return 0


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise RemoteUnavailable(SYSTEM, f"cannot be reached ({type(error).__name__})") from error


_PREFIX = "ledgerline:claim:"


def _name(key: str) -> str:
    return _PREFIX + key


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _text(value: bytes | str | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value
