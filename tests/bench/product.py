"""Ledgerline as it ships: its own processes, its embedded Redis, a ledger of its own, beside the benchmark's remote."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped] # its stubs are a package of their own, which we do not need

from app.ledger import migrate
from app.redis_server import EmbeddedServer
from tests.bench import books, messages
from tests.bench.intacct_answers import GATEWAY_PATH
from tests.bench.processes import Remote, Started, free_port, listens, remote, started, until
from workers.supervisor import role

HOOK_TOKEN = "bench-hook-token"
CARRY_SECONDS = 240.0


@dataclass(frozen=True)
class Product:
    """One home, and the processes that are at work in it."""

    home: Path
    port: int
    systems: Remote
    environment: dict[str, str]

    @property
    def hook(self) -> str:
        return f"/hooks/main/salesforce/outbound-message/{HOOK_TOKEN}"

    def deliver(self, numbers: Sequence[int], *, connections: int = 4) -> None:
        """Tell of these payments in full messages, while nothing else is measured."""
        bodies = [messages.body(numbers[at : at + 100]) for at in range(0, len(numbers), 100)]
        messages.send(self.port, self.hook, bodies, connections=connections)

    @contextmanager
    def running(self, name: str) -> Iterator[Started]:
        """One process of that role, started as `ledgerline run` starts it."""
        with started(name, role(name), self.home, self.environment) as process:
            if name == "web":
                until(lambda: listens(self.port), [process], seconds=60)
            yield process

    def ask(self, statement: str) -> tuple[object, ...]:
        """One row of the ledger."""
        with sqlite3.connect(f"file:{self.home / 'ledger.db'}?mode=ro", uri=True, timeout=30) as ledger:
            row: tuple[object, ...] = ledger.execute(statement).fetchone()
        ledger.close()
        return row

    def wait_until_carried(self, count: int, watched: Sequence[Started]) -> None:
        """
        Until so many payments are carried.

        :raises RuntimeError: one was refused, failed or was posted twice: then no figure is worth anything
        """

        def carried() -> bool:
            (closed,) = self.ask("SELECT coalesce(sum(count), 0) FROM tallies WHERE state = 'carried'")
            return closed == count

        until(carried, watched, seconds=CARRY_SECONDS, pause=0.1)
        (others,) = self.ask("SELECT count(*) FROM messages WHERE state != 'carried'")
        seen = self.systems.ask("seen")
        if others or (seen["posted"], seen["written"], seen["twice"]) != (count, count, 0):
            raise RuntimeError(f"{others} messages were not carried; the remote systems saw {seen}")


@contextmanager
def product(folder: Path, *, delay: float = 0.0) -> Iterator[Product]:
    """A new home under `folder`, with Redis and the remote systems at work; each remote call takes `delay` seconds."""
    with ExitStack() as stack:
        systems = stack.enter_context(remote(folder, delay=delay))
        home = folder / f"home-{systems.port}"
        home.mkdir()
        redis = EmbeddedServer(home)
        redis.start()
        stack.callback(redis.stop)
        migrate.upgrade(f"sqlite:///{home / 'ledger.db'}")
        port = free_port()
        yield Product(home, port, systems, _environment(home, port, redis.url, systems))


def memory(process: Started) -> float:
    """MiB that it has in memory, shared pages included."""
    resident: int = psutil.Process(process.pid).memory_info().rss
    return resident / 2**20


def _environment(home: Path, port: int, redis_url: str, systems: Remote) -> dict[str, str]:
    return {
        "LEDGERLINE_HOME": str(home), "HOST": "127.0.0.1", "PORT": str(port), "REDIS_URL": redis_url,
        "SECRET_KEY": "bench", "API_TOKEN": "bench-api-token", "SALESFORCE_HOOK_TOKEN": HOOK_TOKEN,
        "SALESFORCE_LOGIN_URL": systems.address, "SALESFORCE_CLIENT_ID": "bench",
        "SALESFORCE_CLIENT_SECRET": "bench-secret", "SALESFORCE_ORG_ID": books.ORG_ID,
        "INTACCT_ENDPOINT": systems.address + GATEWAY_PATH, "INTACCT_SENDER_ID": "bench",
        "INTACCT_SENDER_PASSWORD": "bench-sender", "INTACCT_COMPANY_ID": "BENCH", "INTACCT_USER_ID": "bench",
        "INTACCT_USER_PASSWORD": "bench-user", "INTACCT_DEPOSIT_ACCOUNT": books.ACCOUNT,
    }  # fmt: skip
