"""(d) How long one payment takes on an idle system, from its delivery to its posting and to the write-back."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from app.redis_server import EmbeddedServer
from tests.bench import messages
from tests.bench.figures import Figure, at_most, quantile
from tests.bench.processes import Remote, folder, free_port, listens, python, remote, started, until
from tests.bench.product import product
from tests.bench.yardsticks import probe

SAMPLES, NAIVE_SAMPLES, WARM_UP = 200, 40, 10
QUIET_SECONDS = 0.1
"""Between two payments: whoever was woken by the one has gone back to sleep before the other comes."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Sample:
    """Milliseconds since the message began to be sent."""

    posted: float
    written: float


def measure(say: Say) -> list[Figure]:
    say("latency: ours")
    ours = _ours()
    say("latency: naive")
    usual = _naive()
    posted, written = [one.posted for one in ours], [one.written for one in ours]
    naive_posted, naive_written = median(one.posted for one in usual), median(one.written for one in usual)
    return [
        Figure("d", "delivery to posted, p50", "ms", median(posted), "naive", naive_posted, at_most(80)),
        Figure("d", "delivery to posted, p99", "ms", quantile(posted, 0.99), bound=at_most(250)),
        Figure(
            "d", "delivery to written back, p50", "ms", median(written), "naive", naive_written, at_most(120)
        ),
    ]


def _ours() -> list[Sample]:
    with ExitStack() as stack:
        service = stack.enter_context(product(stack.enter_context(folder())))
        for role in ("web", "worker", "ticker"):
            stack.enter_context(service.running(role))
        return _samples(service.port, service.hook, service.systems, SAMPLES)


def _naive() -> list[Sample]:
    with ExitStack() as stack:
        home = stack.enter_context(folder())
        systems = stack.enter_context(remote(home))
        redis = EmbeddedServer(home)
        redis.start()
        stack.callback(redis.stop)
        port = free_port()
        for role in ("web", "worker"):
            command = python(
                "-m", "tests.bench.yardsticks.naive", role, redis.url, systems.address, str(port)
            )
            process = stack.enter_context(started(role, command, home, {}))
            if role == "web":
                until(lambda: listens(port), [process], seconds=60)
        return _samples(port, probe.HOOK, systems, NAIVE_SAMPLES)


def _samples(port: int, hook: str, systems: Remote, count: int) -> list[Sample]:
    """The first few make the connections and sign in; an idle system has that behind it."""
    return [_sample(port, hook, systems, number) for number in range(1, WARM_UP + count + 1)][WARM_UP:]


def _sample(port: int, hook: str, systems: Remote, number: int) -> Sample:
    time.sleep(QUIET_SECONDS)
    body = messages.body([number])
    began = time.monotonic()
    messages.send(port, hook, [body], connections=1)
    until(lambda: systems.times(number), [], seconds=30, pause=0.01)
    times = systems.times(number)
    assert times is not None
    return Sample(*(1000 * (at - began) for at in times))
