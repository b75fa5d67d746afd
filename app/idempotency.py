"""
Claims in Redis: who may post this now, and what came of it.

What is guaranteed: while Redis keeps its data, a key has one holder; taking many keys is one round trip and each is
decided atomically; only the holder can settle or release; a holder that dies blocks nobody beyond the claim's life.
What is not: FLUSHALL, or a restart that loses the last second, forgets claims. They save a needless look-up and a
needless call, never a double posting: that is the ledger's work (its postings table and its lane leases), and every
caller must stay right when `take` says True to two.
"""

from collections.abc import Collection, Mapping

from redis import Redis
from redis.exceptions import RedisError

from app.errors import RemoteUnavailable
from app.log import logger

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
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'outcome', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
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
        try:
            refused = self._take(keys=[_name(key) for key in keys], args=[token, _milliseconds(seconds)])
        except RedisError as error:
            raise RemoteUnavailable("redis", f"cannot be reached ({type(error).__name__})") from error
        return {name.decode().removeprefix(_PREFIX) for name in refused}

    def steal(self, key: str, token: str, *, seconds: float) -> None:
        """Take it whoever holds it, and forget its outcome: the ledger said that this is right."""
        self._steal(keys=[_name(key)], args=[token, _milliseconds(seconds)])

    def settle(self, key: str, token: str, outcome: str, *, seconds: float) -> bool:
        """Write what came of it, for `seconds`; False when the claim is not ours (any more)."""
        return bool(self._settle(keys=[_name(key)], args=[token, _milliseconds(seconds), outcome]))

    def settle_many(self, outcomes: Mapping[str, str], token: str, *, seconds: float) -> None:
        """Settle each that is ours, in one round trip. Never raises: the ledger knows what came of them already."""
        if not outcomes:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for key, outcome in outcomes.items():
                    self._settle(
                        keys=[_name(key)], args=[token, _milliseconds(seconds), outcome], client=pipe
                    )
                pipe.execute()
        except RedisError as error:
            logger().warning("claims.not_settled", error=type(error).__name__, claims=len(outcomes))

    def release_many(self, keys: Collection[str], token: str) -> None:
        """Give up what we hold and have not settled. Never raises: a claim ends by itself."""
        if not keys:
            return
        try:
            self._release(keys=[_name(key) for key in keys], args=[token])
        except RedisError as error:
            logger().warning("claims.not_released", error=type(error).__name__, claims=len(keys))

    def held_by(self, key: str) -> str | None:
        return _text(self._redis.hget(_name(key), "token"))

    def outcome(self, key: str) -> str | None:
        """What its holder settled, if it did."""
        return _text(self._redis.hget(_name(key), "outcome"))


_PREFIX = "ledgerline:claim:"


def _name(key: str) -> str:
    return _PREFIX + key


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _text(value: bytes | str | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value
