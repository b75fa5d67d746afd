"""
Real workers for tests, each a process of its own that can die at a named point (`tests.crash.points`).

`python -m tests.crash.worker` has imported everything, and forks a worker for each line of JSON that it is told: a
worker is there in milliseconds, and no thread is lost in the fork, for here there is only one.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import select

from app import bootstrap, config, home, log
from app.bootstrap import Service
from app.ledger import messages
from app.ledger.tables import Message
from tests.crash import points
from workers import worker

MODE = "LEDGERLINE_TEST_MODE"
LANES, BELLS = "lanes", "bells"
_PAUSE = 0.02


def main() -> None:
    """Answer each line with one; at the end of the input every worker that is left is killed."""
    left: set[int] = set()
    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            pid = _forked(asked["start"], asked["log"])
            left.add(pid)
            _say({"pid": pid})
        else:
            code = _ended(asked["ended"])
            left -= {asked["ended"]} if code is not None else set()
            _say({"code": code})
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _say(answer: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _ended(pid: int) -> int | None:
    """Its exit code, below zero the signal that killed it; None while it lives."""
    waited, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if waited else None


def _forked(environment: dict[str, str], out: str) -> int:
    parent = os.getpid()
    if pid := os.fork():
        return pid
    code = 1
    try:
        _become_a_worker(environment, out)
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        _work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _become_a_worker(environment: dict[str, str], out: str) -> None:
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(environment["LEDGERLINE_HOME"])  # where no `.env` of a developer lies


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work() -> None:
    log.configure("worker")
    settings = home.prepare(config.load())
    service = bootstrap.build(settings)
    points.watch(service.ledger.engine, points.from_environment())
    if os.environ[MODE] == BELLS:
        worker.run(settings, service.drainer)
    else:
        drain_until_quiet(service)


def drain_until_quiet(service: Service) -> None:
    """Drain what is due, lane by lane on one thread, so that the points come in one order; until all is closed."""
    drainer = service.drainer
    while _is_open(service):
        now = service.clock()
        with service.ledger.read() as reading:
            due = messages.due_lanes(reading, now=now)
        for lane in due:
            if service.gates.open(lane, now):
                drainer.drain(lane, lambda: False)
        time.sleep(_PAUSE)


def _is_open(service: Service) -> Any:
    with service.ledger.read() as reading:
        return reading.scalar(select(Message.id).where(Message.due_at.is_not(None)).limit(1)) is not None


if __name__ == "__main__":
    main()
