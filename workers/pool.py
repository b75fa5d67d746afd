"""The threads of a worker: several lanes at once, for most of a lane's time is waiting for a remote system."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from app.log import logger

LANE_THREADS = 4


class Drainer(Protocol):
    def drain(self, lane: str, stop: Callable[[], bool]) -> None:
        """Carry what is due in the lane, batch by batch; return when nothing is, or after the batch at which `stop`."""


class LanePool:
    """
    Drains lanes, each on a thread of its own and never twice at once; a lane that is taken while it is being drained
    is drained once more afterwards.

    The threads are daemons: what still hangs when the process has waited long enough must not keep it alive. Its
    lease runs out, and another worker goes on.
    """

    def __init__(self, drainer: Drainer, stop: Callable[[], bool], *, threads: int = LANE_THREADS) -> None:
        self._drainer = drainer
        self._stop = stop
        self._threads = threads
        self._changed = threading.Condition()
        self._at_work: set[str] = set()
        self._again: set[str] = set()

    def has_room(self, seconds: float) -> bool:
        """Whether another lane can be taken; waits for it at most so long."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._at_work) < self._threads, seconds)

    def take(self, lane: str) -> None:
        """Drain it; returns at once. Ask `has_room` first, so that a lane does not wait here while others idle."""
        with self._changed:
            if lane in self._at_work:
                self._again.add(lane)
                return
            self._at_work.add(lane)
        threading.Thread(target=self._work, args=(lane,), name=lane, daemon=True).start()

    def finish(self, seconds: float) -> frozenset[str]:
        """Wait until no lane is at work, at most so long; answers those that still are."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: not self._at_work, deadline - time.monotonic())
            return frozenset(self._at_work)

    def _work(self, lane: str) -> None:
        while True:
            self._drain(lane)
            with self._changed:
                if lane in self._again and not self._stop():
                    self._again.discard(lane)
                    continue
                self._again.discard(lane)
                self._at_work.discard(lane)
                self._changed.notify_all()
                return

    def _drain(self, lane: str) -> None:
        try:
            self._drainer.drain(lane, self._stop)
        except Exception:  # noqa: BLE001 - the lane's work stays due in the ledger; the thread's other duties go on
            logger().exception("drain.failed", lane=lane)
