"""(f) What web and worker hold in memory after many payments."""

from collections.abc import Callable
from contextlib import ExitStack

from tests.bench.figures import Figure, at_most, ratio_at_most
from tests.bench.processes import Started, folder
from tests.bench.product import Product, memory, product

PAYMENTS, SLICE = 50_000, 2_500
MOST_MIB = 120

Say = Callable[[str], None]


def measure(say: Say) -> list[Figure]:
    """The start is after the first payment: by then a process has imported and opened what it works with."""
    with ExitStack() as stack:
        service = stack.enter_context(product(stack.enter_context(folder())))
        running = {role: stack.enter_context(service.running(role)) for role in ("web", "worker", "ticker")}
        _carry(service, running, 0, 1)
        start = {role: memory(running[role]) for role in ("web", "worker")}
        most = dict(start)
        for at in range(1, PAYMENTS, SLICE):
            say(f"memory: {at - 1:,} of {PAYMENTS:,} payments")
            _carry(service, running, at, at + SLICE)
            most = {role: max(most[role], memory(running[role])) for role in most}
        end = {role: memory(running[role]) for role in start}
    return [figure for role in start for figure in _figures(role, start[role], end[role], most[role])]


def _carry(service: Product, running: dict[str, Started], done: int, until: int) -> None:
    service.deliver(range(done + 1, until + 1))
    service.wait_until_carried(until, list(running.values()))


def _figures(role: str, start: float, end: float, most: float) -> list[Figure]:
    after = f"after {PAYMENTS:,} payments"
    return [
        Figure("f", f"memory of {role}, the most", "MiB", most, bound=at_most(MOST_MIB)),
        Figure("f", f"memory of {role} {after}", "MiB", end, "at the start", start, ratio_at_most(1.1)),
    ]
