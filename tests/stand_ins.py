"""
Processes for tests, started with `python -m tests.stand_ins ROLE …`. What they stand in for is what lies beyond the
processes: the worker and the supervisor in them are the real ones, the lanes and the children are tiny.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app import redis_server
from app.config import Settings
from workers import worker
from workers.children import Child, Family, Guard, Program
from workers.console import say
from workers.stopping import Stopping


class HeldDrainer:
    """Notes who drains which lane; a batch in hand takes as long as the key `hold` is there."""

    def __init__(self, address: str) -> None:
        self._redis = redis_server.connect(address)

    def drain(self, lane: str, stop: Callable[[], bool]) -> None:
        self._redis.rpush("begun", f"{os.getpid()} {lane}")
        while self._redis.exists("hold"):
            time.sleep(0.01)
        self._redis.rpush("ended", f"{os.getpid()} {lane} {'stopping' if stop() else ''}")


def work(address: str) -> None:
    worker.run(Settings(_env_file=None, redis_url=address), HeldDrainer(address))


CHILD = """
import os, pathlib, sys, time
births = pathlib.Path(sys.argv[1])
with births.open("a") as out:
    out.write(f"{os.getpid()}\\n")
while True:
    time.sleep(60)
"""


def supervise(folder: Path) -> None:
    """Redis and two children under a family's care; each child writes its process id at its birth."""
    stop = Stopping()
    stop.listen()
    guard = Guard()
    server = redis_server.EmbeddedServer(folder)

    def child(name: str) -> Child:
        command = [sys.executable, "-ISc", CHILD, str(folder / f"{name}.births")]
        program = Program(name, command, dict(os.environ), folder / f"{name}.log")
        return Child(name, lambda: program.start(guard.group), program.log)

    redis = Child("redis", lambda: server.start(process_group=guard.group), server.log)
    family = Family([[redis], [child("one"), child("two")]], say)
    family.watch(stop)
    family.end()
    guard.dismiss()


if __name__ == "__main__":
    role, argument = sys.argv[1:]
    work(argument) if role == "worker" else supervise(Path(argument))
