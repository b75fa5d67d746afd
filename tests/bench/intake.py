"""(a) How many messages a second one web process acknowledges, beside the probe and the naive service."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from app.channels import salesforce_outbound_message as outbound_message
from app.redis_server import EmbeddedServer
from tests.bench import messages
from tests.bench.figures import Figure, at_least
from tests.bench.processes import folder, free_port, listens, python, started, until
from tests.bench.product import product
from tests.bench.yardsticks import naive, probe

ROUNDS = 5
CONNECTIONS = 8
"""That send at once: an org delivers its messages side by side."""
FULL, SINGLE = 100, 1
SENT = {("ours", FULL): 150, ("probe", FULL): 150, ("naive", FULL): 15}
SINGLES = 800

Say = Callable[[str], None]


@dataclass(frozen=True)
class Door:
    """A hook that is served."""

    name: str
    port: int
    path: str


def measure(say: Say) -> list[Figure]:
    rates: dict[tuple[str, int], list[float]] = {}
    numbers = count(1)
    with ExitStack() as stack:
        doors = _doors(stack)
        for round in range(ROUNDS):
            for size in (FULL, SINGLE):
                for door in doors:
                    say(f"intake, round {round + 1} of {ROUNDS}: {door.name}, messages of {size}")
                    rates.setdefault((door.name, size), []).append(_rate(door, size, numbers))
    return _figures({key: median(values) for key, values in rates.items()})


def _rate(door: Door, size: int, numbers: Iterator[int]) -> float:
    sent = SENT.get((door.name, size), SINGLES)
    bodies = [messages.body([next(numbers) for _ in range(size)]) for _ in range(sent)]
    return sent / messages.send(door.port, door.path, bodies, connections=CONNECTIONS)


def _doors(stack: ExitStack) -> list[Door]:
    """All three at once, each idle while another is measured; nobody drains what they take."""
    home = stack.enter_context(folder())
    ours = stack.enter_context(product(home))
    stack.enter_context(ours.running("web"))
    return [
        Door("ours", ours.port, ours.hook),
        Door("probe", _probe(stack, home), probe.HOOK),
        Door("naive", _naive(stack, home, ours.systems.address), probe.HOOK),
    ]


def _probe(stack: ExitStack, home: Path) -> int:
    port = free_port()
    command = python("-m", "tests.bench.yardsticks.probe", str(port), str(home / "probe.db"))
    process = stack.enter_context(started("probe", command, home, {}))
    until(lambda: listens(port), [process], seconds=60)
    return port


def _naive(stack: ExitStack, home: Path, remote: str) -> int:
    (home / "naive").mkdir()
    redis = EmbeddedServer(home / "naive")
    redis.start()
    stack.callback(redis.stop)
    port = free_port()
    command = python("-m", "tests.bench.yardsticks.naive", "web", redis.url, remote, str(port))
    process = stack.enter_context(started("naive", command, home, {}))
    until(lambda: listens(port), [process], seconds=60)
    return port


def _figures(rate: dict[tuple[str, int], float]) -> list[Figure]:
    def figure(name: str, size: int, beside: str, least: float | None) -> Figure:
        bound = at_least(least) if least else None
        return Figure("a", name, "messages/s", rate["ours", size], beside, rate[beside, size], bound)

    body = messages.body(range(1, FULL + 1))
    ours = _milliseconds(lambda: outbound_message.parse(body))
    usual = _milliseconds(lambda: naive.records(body))
    return [
        figure("intake, messages of 100", FULL, "probe", 0.6),
        figure("intake, messages of 100", FULL, "naive", 10),
        figure("intake, messages of 1", SINGLE, "probe", None),
        figure("intake, messages of 1", SINGLE, "naive", 1),
        Figure("a", "parsing a message of 100", "ms", ours, "xmltodict", usual),
    ]


def _milliseconds(action: Callable[[], object]) -> float:
    spent: list[float] = []
    for _ in range(40):
        began = time.perf_counter()
        action()
        spent.append(time.perf_counter() - began)
    return 1000 * median(spent)
