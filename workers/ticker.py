"""The ticker: once a second it rings every lane with due work, so a lost ring costs a second; now and then it sweeps."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from app.config import Settings
from app.ledger import messages
from app.ledger.engine import Ledger
from app.log import configure, logger
from workers.stopping import Stopping

RING_SECONDS = 1.0


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Rounds:
    """What the ticker needs. `may_work` says whether a lane's connection takes calls now; `sweep` looks for lost events."""

    ledger: Ledger
    ring: Callable[[Collection[str]], None]
    may_work: Callable[[str, datetime], bool]
    sweep: Callable[[datetime], None] | None
    sweep_seconds: float


def run_once(rounds: Rounds, now: datetime) -> None:
    """Ring what is due and may work."""
    with rounds.ledger.read() as reading:
        due = messages.due_lanes(reading, now=now)
    rounds.ring([lane for lane in due if rounds.may_work(lane, now)])


class Beat:
    """
    Something done again and again, which outlives whatever breaks (the ledger away, Redis away, our own mistake).

    An outage is logged once, with its traceback, and so is its end.
    """

    def __init__(self, name: str, action: Callable[[datetime], None]) -> None:
        self._name = name
        self._action = action
        self._broken_by: type[Exception] | None = None

    def once(self, now: datetime) -> None:
        try:
            self._action(now)
        except Exception as error:  # noqa: BLE001 - see above
            if self._broken_by is not type(error):
                logger().exception("beat.failed", beat=self._name)
            self._broken_by = type(error)
        else:
            if self._broken_by is not None:
                logger().info("beat.works_again", beat=self._name)
            self._broken_by = None

    def go_on(self, seconds: float, stop: Stopping, clock: Callable[[], datetime]) -> None:
        while not stop():
            self.once(clock())
            stop.wait(seconds)


def run(rounds: Rounds, stop: Stopping, clock: Callable[[], datetime] = utc_now) -> None:
    """Until told to stop. A sweep calls remote systems, so it has a thread of its own: rings do not wait for it."""
    if rounds.sweep is not None:
        sweeping = Beat("sweep", rounds.sweep)
        threading.Thread(
            target=sweeping.go_on, args=(rounds.sweep_seconds, stop, clock), name="sweep", daemon=True
        ).start()
    Beat("ring", lambda now: run_once(rounds, now)).go_on(RING_SECONDS, stop, clock)


def main(settings: Settings) -> None:
    configure("ticker")
    from app import bootstrap

    stop = Stopping()
    stop.listen()
    service = bootstrap.build(settings)
    run(
        Rounds(service.ledger, service.doorbell.ring, service.gates.open, None, settings.sweep_seconds),
        stop,
    )
