"""
What the workers tell each other about the remote systems: calls, limits, pace, and who is calling now.

All of it is a hint that Redis may lose: a Redis error never fails a remote call, it only leaves the hint out.
"""

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis
from redis.exceptions import RedisError

from app.errors import RemoteUnavailable
from app.log import logger
from app.records.ref import System

DAY_SECONDS = 86_400


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls that we made since midnight UTC, and what the system itself last said of its limit, where it says so."""

    calls_today: int
    used: int | None = None
    limit: int | None = None


class Meter:
    """
    Counts the calls of one connection. What comes within `hold_seconds` is written together: a batch makes five calls
    in a few milliseconds, and each round trip to Redis would cost as much as the counting is worth.
    """

    def __init__(
        self,
        redis: Redis,
        connection: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        hold_seconds: float = 0.0,
    ) -> None:
        self._redis = redis
        self._connection = connection
        self._clock = clock
        self._hold_seconds = hold_seconds
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._told: dict[str, str] = {}
        self._timer: threading.Timer | None = None

    def called(self, system: str, operation: str) -> None:
        """One call over the wire; `operation` is the client's own word for it."""
        with self._lock:
            self._counts.update((system, f"{system} {operation}"))
        self._write_soon()

    def used(self, system: str, used: int, limit: int) -> None:
        """What the system says of its own limit."""
        with self._lock:
            self._told[system] = f"{used}/{limit}"
        self._write_soon()

    def write(self) -> None:
        """Write what is held."""
        with self._lock:
            counts, told = self._counts, self._told
            self._counts, self._told, self._timer = Counter(), {}, None
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for name, count in counts.items():
                    pipe.hincrby(self._calls(), name, count)
                if counts:
                    pipe.expire(self._calls(), 2 * DAY_SECONDS)
                for system, limit in told.items():
                    pipe.hset(self._limits(), system, limit)
                pipe.execute()
        except RedisError as error:
            _left_out("calls", error)

    def _write_soon(self) -> None:
        if not self._hold_seconds:
            self.write()
            return
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(self._hold_seconds, self.write)
                self._timer.daemon = True
                self._timer.start()

    def read(self) -> dict[str, Usage]:
        """By system; one that was not called today and never told a limit is absent. Empty while Redis is away."""
        try:
            calls = _texts(self._redis.hgetall(self._calls()))
            limits = _texts(self._redis.hgetall(self._limits()))
        except RedisError as error:
            _left_out("read", error)
            return {}
        systems = {name for name in calls if " " not in name} | limits.keys()
        return {system: _usage(calls.get(system, "0"), limits.get(system)) for system in sorted(systems)}

    def _calls(self) -> str:
        return f"ledgerline:calls:{self._connection}:{self._clock().astimezone(UTC):%Y-%m-%d}"

    def _limits(self) -> str:
        return f"ledgerline:limits:{self._connection}"


class Pace:
    """How long a connection's Intacct takes for one record of a request, so that a request is cut to a sane length."""

    UNMEASURED = 0.8
    """Between the 0.3 and 1 s that a real company was seen to take."""

    WEIGHT = 0.3
    """Of the newest measurement: a slow hour shows after three requests, one odd request does not."""

    def __init__(self, redis: Redis, connection: str) -> None:
        self._redis = redis
        self._key = f"ledgerline:pace:{connection}"

    def seconds_per_record(self) -> float:
        return self._known() or self.UNMEASURED

    def measured(self, records: int, seconds: float) -> None:
        """A request with so many records took so long. Two at once may lose one of both: it is an average."""
        if records < 1 or seconds <= 0:
            return
        newest = seconds / records
        before = self._known()
        average = newest if before is None else before + self.WEIGHT * (newest - before)
        try:
            self._redis.set(self._key, repr(average), ex=DAY_SECONDS)
        except RedisError as error:
            _left_out("measured", error)

    def _known(self) -> float | None:
        try:
            text = self._redis.get(self._key)
        except RedisError as error:
            _left_out("pace", error)
            return None
        return None if text is None else float(text)


_TAKE = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], at + tonumber(ARGV[3]), ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


_PROLONG = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000 + tonumber(ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', at, ARGV[i]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""


class Slots:
    """
    A company's concurrency limit, counted over all workers of all hosts, by Redis's own clock.

    A holder renews its slots while it lives, so those of one that was killed are free again after 15 s: a request may
    take two minutes, and a company must not stand still for so long because a worker died.
    """

    def __init__(
        self, redis: Redis, connection: str, limit: int, *, patience: float = 60.0, life: int = 15
    ) -> None:
        self._redis = redis
        self._key = f"ledgerline:slots:{connection}"
        self._limit = limit
        self._patience = patience
        self._life = life
        self._take = redis.register_script(_TAKE)
        self._prolong = redis.register_script(_PROLONG)
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._renewing: threading.Thread | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """
        Hold one slot.

        :raises RemoteUnavailable: none was free for `patience` seconds; surely nothing was sent
        """
        mark = secrets.token_hex(8)
        try:
            self._wait(mark)
        except RedisError as error:
            _left_out("slot", error)
        self._hold(mark)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(mark)
            try:
                self._redis.zrem(self._key, mark)
            except RedisError as error:
                _left_out("slot given back", error)

    def _hold(self, mark: str) -> None:
        with self._lock:
            self._held.add(mark)
            if self._renewing is None:
                self._renewing = threading.Thread(target=self._renew, name="slots", daemon=True)
                self._renewing.start()

    def _renew(self) -> None:
        """Ends when nothing is held at its turn; the next request starts it again."""
        while True:
            time.sleep(self._life / 3)
            with self._lock:
                held = sorted(self._held)
                if not held:
                    self._renewing = None
                    return
            try:
                self._prolong(keys=[self._key], args=[self._life, *held])
            except RedisError as error:
                _left_out("slot renewed", error)

    def _wait(self, mark: str) -> None:
        deadline = time.monotonic() + self._patience
        while not self._take(keys=[self._key], args=[mark, self._limit, self._life]):
            if time.monotonic() >= deadline:
                raise RemoteUnavailable(
                    System.INTACCT,
                    f"all {self._limit} slots for requests were in use for {self._patience:g} s",
                )
            time.sleep(random.uniform(0.02, 0.08))  # noqa: S311 - jitter, not a secret


def _usage(calls: str, limit: str | None) -> Usage:
    if limit is None:
        return Usage(int(calls))
    used, of = limit.split("/")
    return Usage(int(calls), int(used), int(of))


def _texts(stored: dict[bytes | str, bytes | str]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in stored.items()}


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _left_out(hint: str, error: RedisError) -> None:
    logger().warning("hint.left_out", hint=hint, error=type(error).__name__)
