"""(b) How many payments a second one worker carries, and (c) how many remote calls that takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from redis import Redis
from rq import Queue

from app.redis_server import EmbeddedServer
from tests.bench import books
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.processes import Remote, folder, python, remote, started, until
from tests.bench.product import product
from tests.bench.yardsticks import naive

ROUNDS = 3
BACKLOG = 10_000
SLOW = 0.05

Say = Callable[[str], None]


@dataclass(frozen=True)
class Carried:
    """From the first read to the last write-back, as the remote systems saw it."""

    payments: int
    seconds: float
    calls: int

    @property
    def rate(self) -> float:
        return self.payments / self.seconds


@dataclass(frozen=True)
class Runner:
    """`counts` is how many payments it carries in a run, with calls that take no time and with slow ones."""

    name: str
    counts: tuple[int, int]
    run: Callable[[Path, float, int], Carried]


def measure(say: Say) -> list[Figure]:
    found: dict[tuple[str, float], list[Carried]] = {}
    for round in range(ROUNDS):
        for delay in (0.0, SLOW):
            for runner in RUNNERS:
                say(f"carrying, round {round + 1} of {ROUNDS}: {runner.name}, calls of {1000 * delay:g} ms")
                with folder() as place:
                    carried = runner.run(place, delay, runner.counts[delay > 0])
                found.setdefault((runner.name, delay), []).append(carried)
    return _figures(found)


def ours(place: Path, delay: float, count: int) -> Carried:
    """One worker, and the ticker beside it, on a backlog that came in through the hook before they started."""
    with product(place, delay=delay) as service:
        with service.running("web"):
            service.deliver(range(1, count + 1))
        with service.running("ticker"), service.running("worker") as worker:
            service.wait_until_carried(count, [worker])
        return _seen(service.systems, count)


def batch_loop(place: Path, delay: float, count: int) -> Carried:
    with remote(place, delay=delay) as systems:
        command = python(
            "-m", "tests.bench.yardsticks.batch_loop", str(place / "loop.db"), systems.address, str(count)
        )
        with started("batch-loop", command, place, {}) as loop:
            until(lambda: _written(systems) == count, [], seconds=120)
            loop.process.wait(30)
        return _seen(systems, count)


def queued(role: str, job: str) -> Callable[[Path, float, int], Carried]:
    """One RQ worker of that role, on jobs that wait already."""

    def run(place: Path, delay: float, count: int) -> Carried:
        with remote(place, delay=delay) as systems, _redis(place) as url:
            queue = Queue(naive.QUEUE, connection=Redis.from_url(url))
            for number in range(1, count + 1):
                queue.enqueue(job, systems.address, books.payment_id(number))
            command = python("-m", "tests.bench.yardsticks.naive", role, url, systems.address)
            with started(role, command, place, {}) as worker:
                until(lambda: _written(systems) == count, [worker], seconds=120)
            return _seen(systems, count)

    return run


@contextmanager
def _redis(place: Path) -> Iterator[str]:
    server = EmbeddedServer(place)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


RUNNERS = (
    Runner("ours", (BACKLOG, 4000), ours),
    Runner("batch loop", (BACKLOG, 2000), batch_loop),
    Runner("well-written", (500, 50), queued("simple", naive.KEPT_JOB)),
    Runner("naive", (40, 20), queued("worker", naive.NAIVE_JOB)),
)


def _written(systems: Remote) -> int:
    return systems.count("written")


def _seen(systems: Remote, count: int) -> Carried:
    if systems.count("written") != count or systems.count("twice"):
        raise RuntimeError(f"not every payment once: {systems.ask('seen')}")
    return Carried(count, systems.seconds(), systems.count("calls"))


def _figures(found: dict[tuple[str, float], list[Carried]]) -> list[Figure]:
    def rate(name: str, delay: float) -> float:
        return median(one.rate for one in found[name, delay])

    def figure(delay: float, beside: str, least: float | None) -> Figure:
        name = f"carried by one worker, calls of {1000 * delay:g} ms"
        bound = at_least(least) if least else None
        return Figure("b", name, "payments/s", rate("ours", delay), beside, rate(beside, delay), bound)

    calls = median(one.calls / one.payments for one in found["ours", 0.0])
    return [
        figure(SLOW, "batch loop", 0.7),
        figure(SLOW, "well-written", 60),
        figure(SLOW, "naive", None),
        figure(0.0, "batch loop", 0.3),
        figure(0.0, "well-written", None),
        figure(0.0, "naive", None),
        Figure(
            "c", f"remote calls a payment at a backlog of {BACKLOG:,}", "calls", calls, bound=at_most(0.06)
        ),
    ]
