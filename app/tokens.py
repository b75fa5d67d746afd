"""The shelf for sessions of remote systems: one sign-in serves every process. Sealed, because Redis writes a file."""

import base64
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from redis import Redis
from redis.exceptions import RedisError

from app.log import logger

LOCK_SECONDS = 6.0
"""A holder that was killed blocks nobody longer; one that lives renews its lock, however long a sign-in takes."""

_POLL_SECONDS = 0.05
MOST_OPENED = 32

_DELETE_IF_SAME = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
)

_PROLONG_IF_SAME = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"


def seal_of(secret_key: str) -> Fernet:
    """What seals the shelf, from SECRET_KEY. Another key only means that everybody signs in again."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ledgerline: sessions of remote systems")
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret_key.encode())))


class TokenShelf:
    """
    Texts by name. While Redis is away the shelf is empty and its locks are open: a client then signs in by itself,
    which is one call more and nothing worse.
    """

    def __init__(self, redis: Redis, seal: Fernet) -> None:
        self._redis = redis
        self._seal = seal
        self._delete_if_same = redis.register_script(_DELETE_IF_SAME)
        self._prolong_if_same = redis.register_script(_PROLONG_IF_SAME)
        self._opened: dict[bytes | str, str] = {}

    def get(self, name: str) -> str | None:
        """The text; None also when it was sealed under another SECRET_KEY."""
        try:
            return self._open(self._redis.get(_text_key(name)))
        except RedisError as error:
            _without_redis("get", error)
            return None

    def put(self, name: str, text: str, seconds: float) -> None:
        """Keep it so long; what has less than a second to live is not kept."""
        if seconds < 1:
            return
        try:
            self._redis.set(_text_key(name), self._seal.encrypt(text.encode()), px=round(seconds * 1000))
        except RedisError as error:
            _without_redis("put", error)

    def drop(self, name: str, text: str) -> None:
        """Take it away only if it still is this text: another process may have renewed it already."""
        try:
            sealed = self._redis.get(_text_key(name))
            if sealed is not None and self._open(sealed) == text:
                self._delete_if_same(keys=[_text_key(name)], args=[sealed])
        except RedisError as error:
            _without_redis("drop", error)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """
        One at a time over all processes. Look at the shelf again once inside: the one before may have filled it.

        Should it be lost (Redis was emptied), a second one may be at work: nothing worse follows than two sign-ins.
        """
        mark = secrets.token_hex(8)
        done = threading.Event()
        try:
            self._wait_for(_lock_key(name), mark)
            threading.Thread(target=self._keep, args=(_lock_key(name), mark, done), daemon=True).start()
        except RedisError as error:
            _without_redis("lock", error)
        try:
            yield
        finally:
            done.set()
            try:
                self._delete_if_same(keys=[_lock_key(name)], args=[mark])
            except RedisError as error:
                _without_redis("unlock", error)

    def _keep(self, key: str, mark: str, done: threading.Event) -> None:
        while not done.wait(LOCK_SECONDS / 3):
            try:
                self._prolong_if_same(keys=[key], args=[mark, round(LOCK_SECONDS * 1000)])
            except RedisError as error:
                _without_redis("keep", error)

    def _wait_for(self, key: str, mark: str) -> None:
        while not self._redis.set(key, mark, nx=True, px=round(LOCK_SECONDS * 1000)):
            time.sleep(_POLL_SECONDS)

    def _open(self, sealed: bytes | str | None) -> str | None:
        """What was opened last is remembered by its sealed form: each remote call asks, and opening takes 0.2 ms."""
        if sealed is None:
            return None
        if sealed not in self._opened:
            try:
                text = self._seal.decrypt(sealed).decode()
            except InvalidToken:
                return None
            if len(self._opened) >= MOST_OPENED:
                self._opened.clear()
            self._opened[sealed] = text
        return self._opened.get(sealed)


def _without_redis(verb: str, error: RedisError) -> None:
    logger().warning("shelf.unreachable", verb=verb, error=type(error).__name__)


def _text_key(name: str) -> str:
    return f"ledgerline:shelf:{name}"


def _lock_key(name: str) -> str:
    return f"ledgerline:shelf-lock:{name}"
