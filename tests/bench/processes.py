"""Processes for one measurement: started, waited for, ended; and the addresses that they listen on."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Started:
    """A process with what it wrote, for whoever asks why it did not do what it should."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def check(self) -> None:
        """
        :raises RuntimeError: it has ended
        """
        if self.process.poll() is not None:
            last = self.log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.name} ended with exit code {self.process.returncode}:\n{last}")

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def started(name: str, command: Sequence[str], folder: Path, more: Mapping[str, str]) -> Iterator[Started]:
    """Run a command in `folder`, with as little of our own environment as it needs, until the block ends."""
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    environment = (
        inherited
        | {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"}
        | dict(more)
    )
    path = folder / f"{name}.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )  # fmt: skip
    running = Started(name, process, path)
    try:
        yield running
    finally:
        running.end()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def until(
    condition: Callable[[], object], watched: Sequence[Started], *, seconds: float, pause: float = 0.02
) -> None:
    """
    Return once the condition holds.

    :raises RuntimeError: it did not within `seconds`, or one of the watched processes ended
    """
    deadline = time.monotonic() + seconds
    while not condition():
        for one in watched:
            one.check()
        if time.monotonic() > deadline:
            logs = "\n".join(f"{one.name}: {one.log.read_text(errors='replace')[-1000:]}" for one in watched)
            raise RuntimeError(f"not within {seconds:g} s\n{logs}")
        time.sleep(pause)


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Remote:
    """The two remote systems, as one process that answers for both."""

    port: int
    process: Started

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str) -> dict[str, float | None]:
        with urlopen(f"{self.address}/bench/{path}") as answer:
            told: dict[str, float | None] = json.load(answer)
            return told

    def count(self, what: str) -> int:
        """posted, written, twice (posted more than once) or calls."""
        return int(self.ask("seen")[what] or 0)

    def seconds(self) -> float:
        """From the first read of payments to the last write-back."""
        return self.ask("seen")["seconds"] or 0.0

    def times(self, number: int) -> tuple[float, float] | None:
        """When that payment was posted and written back, by the monotonic clock; None while it is not."""
        told = self.ask(f"times?of={number}")
        posted, written = told["posted"], told["written"]
        return (posted, written) if posted and written else None


@contextmanager
def remote(folder: Path, *, delay: float = 0.0) -> Iterator[Remote]:
    """New systems that have seen nothing; each call to them takes `delay` seconds."""
    port = free_port()
    command = python("-m", "tests.bench.remotes", str(port))
    with started(f"remote-{port}", command, folder, {}) as process:
        until(lambda: listens(port), [process], seconds=30)
        systems = Remote(port, process)
        systems.ask(f"delay?seconds={delay}")
        yield systems


@contextmanager
def folder() -> Iterator[Path]:
    """On the disk that temporary files are on: where that is memory, a commit costs nothing and figures flatter."""
    with tempfile.TemporaryDirectory(prefix="ledgerline-bench-") as path:
        yield Path(path)
