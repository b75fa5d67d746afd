"""Starting workers, and seeing how they end."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.crash import points
from tests.crash import worker as roles
from tests.waiting import until


class Zygote:
    """Forks workers (`tests.crash.worker`). `close` ends it and all that it forked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def asked(self, **question: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks the workers has ended"
        return json.loads(answer)

    def close(self) -> None:
        self._process.communicate(timeout=20)


@dataclass
class Worker:
    """One worker process. `code` is how it ended, below zero the signal that killed it."""

    pid: int
    log: Path
    zygote: Zygote
    code: int | None = None

    @property
    def has_ended(self) -> bool:
        if self.code is None:
            self.code = self.zygote.asked(ended=self.pid)["code"]
        return self.code is not None

    @property
    def is_stopped(self) -> bool:
        return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED

    def told(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def ends(self, code: int, *, seconds: float = 40) -> None:
        """Wait for its end, and check that it ended so."""
        until(lambda: self.has_ended, seconds=seconds)
        assert self.code == code, f"ended with {self.code}:\n{self.log.read_text()[-6000:]}"

    def dies(self) -> None:
        """Kill it, if it lives, and wait."""
        if not self.has_ended:
            self.told(signal.SIGKILL)
            until(lambda: self.has_ended)


@dataclass
class Crew:
    """Workers of one ledger: how they are started, and who is left at the end."""

    zygote: Zygote
    environment: dict[str, str]
    log: Path
    members: list[Worker] = field(default_factory=list)

    def start(
        self,
        mode: str = roles.LANES,
        *,
        strike_at: str = "",
        by: str = "KILL",
        trace: Path | None = None,
    ) -> Worker:
        told = {roles.MODE: mode, points.STRIKE: strike_at, points.SIGNAL: by, points.TRACE: str(trace or "")}
        pid = self.zygote.asked(start=self.environment | told, log=str(self.log))["pid"]
        self.members.append(Worker(pid, self.log, self.zygote))
        return self.members[-1]

    def dismiss(self) -> None:
        for member in self.members:
            member.dies()
