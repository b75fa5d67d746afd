"""Child processes: started, started again when they die, stopped; and gone when their parent is killed."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import LedgerlineError
from workers.stopping import Stopping

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 30.0
"""A child that lived so long starts again after the first pause, however often it died before."""

LONGEST_LOG = 20 * 1024 * 1024
TRIM_SECONDS = 60.0
TEND_SECONDS = 0.1

Start = Callable[[], "subprocess.Popen[bytes]"]


class Guard:
    """
    Takes the children along when this process is killed, on every POSIX system.

    A shell waits on a pipe whose other end only we hold. When we die, in whatever way, it reads the end of the pipe
    and terminates its process group, which all children are started into. So Ctrl-C in a terminal does not reach them
    either: we stop them in order.
    """

    def __init__(self) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", "read line; kill -TERM 0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        self.group = self._shell.pid

    def dismiss(self) -> None:
        """Call when the children are gone."""
        self._shell.kill()
        self._shell.communicate()


@dataclass(frozen=True)
class Program:
    """What is run under a name; its output goes to the end of `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path

    def start(self, process_group: int) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - commands are our own
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=process_group,
            )


class Child:
    """A process that shall be alive. The clock is the caller's, and only has to go forward."""

    def __init__(self, name: str, start: Start, log: Path, *, stop_seconds: float = 35.0) -> None:
        self.name = name
        self.log = log
        self.stop_seconds = stop_seconds
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._deaths = 0
        self._due_at = 0.0

    def tend(self, now: float) -> str:
        """Start it when it is due, notice its death; answers what a person should know, mostly nothing."""
        if self._process is None:
            return self._begin(now) if now >= self._due_at else ""
        code = self._process.poll()
        if code is None:
            return ""
        self._process = None
        if now - self._started_at >= STEADY_SECONDS:
            self._deaths = 0
        return self._again(now, _said(code), tail(self.log) if code > 0 else "")

    def terminate(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until it has ended after `terminate`; kill it at the deadline (of the monotonic clock)."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _begin(self, now: float) -> str:
        try:
            self._process = self._start()
        except (OSError, LedgerlineError) as error:
            return self._again(now, f"could not start: {error}", "")
        self._started_at = now
        return ""

    def _again(self, now: float, what: str, last_words: str) -> str:
        pause = min(FIRST_PAUSE * 2**self._deaths, LONGEST_PAUSE)
        self._deaths = min(self._deaths + 1, 16)
        self._due_at = now + pause
        return f"{self.name} {what}; starting it again in {pause:g} s. Its log: {self.log}{last_words}"


class Family:
    """All children, in stages: each needs the stages before it, so they end in the opposite order."""

    def __init__(self, stages: Sequence[Sequence[Child]], say: Callable[[str], None]) -> None:
        self._stages = stages
        self._say = say
        self._next_trim = 0.0

    def tend(self, now: float) -> None:
        for child in self._all():
            if news := child.tend(now):
                self._say(news)
        if now >= self._next_trim:
            self._next_trim = now + TRIM_SECONDS
            for child in self._all():
                trim(child.log)

    def watch(self, stop: Stopping, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Keep all alive until told to stop."""
        while not stop():
            self.tend(time.monotonic())
            meanwhile()
            stop.wait(TEND_SECONDS)

    def end(self) -> None:
        for stage in reversed(self._stages):
            for child in stage:
                child.terminate()
            began = time.monotonic()
            for child in stage:
                child.end(began + child.stop_seconds)

    def _all(self) -> list[Child]:
        return [child for stage in self._stages for child in stage]


def trim(log: Path, longest: int = LONGEST_LOG) -> None:
    """Set a long log aside as `.1`. Its writer appends, so it goes on at the new end; a line in between may be lost."""
    if log.exists() and log.stat().st_size > longest:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def tail(log: Path, lines: int = 3) -> str:
    """The last lines, each indented on a line of its own; reads only the end of the file."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
        last = file.read().decode(errors="replace").splitlines()[-lines:]
    return "".join(f"\n    {line}" for line in last)


def _said(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
