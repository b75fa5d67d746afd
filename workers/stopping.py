"""How a process of ours is told to stop."""

import signal
import time
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopping:
    """
    Whether this process was told to stop. Call `listen` on the main thread.

    Trap: a handler runs between any two instructions of the main thread. One that takes a lock (`Event.set` does) can
    wait for ever for the code that it interrupted, and one that raises can leave a lock taken. So it sets a flag.
    """

    def __init__(self) -> None:
        self._told = False

    def __call__(self) -> bool:
        return self._told

    def listen(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._note)

    def now(self) -> None:
        self._told = True

    def wait(self, seconds: float) -> None:
        """Return after so long, or a tenth of a second after we were told."""
        deadline = time.monotonic() + seconds
        while not self._told and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._told = True
