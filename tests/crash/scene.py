"""A fresh ledger between the two systems, with a crew of workers, and what a test does there."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from sqlalchemy import func, select

from app.flows import PAYMENT_TO_INTACCT
from app.ledger.engine import Ledger, connect
from app.ledger.tables import Message
from app.queue import Doorbell
from app.records import Notice, Ref, System
from app.records.lane import lane_of
from app.sync import intake
from tests.crash.both import Both, Row, a_payment
from tests.crash.processes import Crew, Zygote
from workers import ticker
from workers.ticker import Rounds

WAITS = {
    "LEASE_SECONDS": "1",
    "LOOKUP_SECONDS": "0.2,0.3",
    "RETRY_SECONDS": "0.2,0.4,0.8,1,1,1,1,1,1,1",
    "SWEEP_SECONDS": "1",
}
ROUTES = {(System.SALESFORCE, "AR_Payment__c"): PAYMENT_TO_INTACCT}


@dataclass
class Scene:
    """One connection at work."""

    both: Both
    ledger: Ledger
    redis: Redis
    crew: Crew
    folder: Path
    _told: int = 0

    def told(self, ids: Iterable[str], *, ring: bool = False) -> None:
        """Salesforce tells of these records, once more."""
        notices = []
        for id in ids:
            self._told += 1
            notices.append(Notice("test", f"n{self._told}", Ref(System.SALESFORCE, "AR_Payment__c", id)))
        intake.accept(
            notices,
            ledger=self.ledger,
            doorbell=Doorbell(self.redis) if ring else _Deaf(),
            routes=ROUTES,
            connection="main",
            now=ticker.utc_now(),
        )

    def tick(self) -> None:
        """One round of the ticker, which outlives whatever is away just now."""
        doorbell = Doorbell(self.redis)
        rounds = Rounds(self.ledger, doorbell.ring, lambda lane, now: True, None, 300)
        ticker.Beat("ring", lambda now: ticker.run_once(rounds, now)).once(ticker.utc_now())

    def is_quiet(self) -> bool:
        with self.ledger.read() as reading:
            return reading.scalar(select(Message.id).where(Message.due_at.is_not(None)).limit(1)) is None

    def closed(self) -> int:
        with self.ledger.read() as reading:
            return reading.scalar(select(func.count()).where(Message.due_at.is_(None))) or 0

    def states(self) -> dict[str, int]:
        with self.ledger.read() as reading:
            rows = reading.execute(select(Message.state, func.count()).group_by(Message.state))
            return {state: count for state, count in rows}  # noqa: C416 - a Row is no pair to `dict`

    def ten_seconds_pass_in_redis(self) -> None:
        """
        The lock of a sign-in, and a bell that nobody answered, outlive who was killed by 10 s. Rather than wait for
        it, see that they would end by themselves, and end them.
        """
        for pattern in ("ledgerline:shelf-lock:*", "ledgerline:rung:*"):
            for left in self.redis.scan_iter(pattern):
                assert 0 < self.redis.pttl(left) <= 10_000
                self.redis.delete(left)


class _Deaf:
    def ring(self, lanes: object) -> None:
        """Nobody hears: whoever works here looks into the ledger by itself."""


def three_of_one_lane(both: Both) -> tuple[list[str], list[str]]:
    """
    Ids of payments that go through, one for one invoice and one for two, and of one that is refused. All fall into
    one lane, so that they travel as one batch.
    """
    drafts: list[Row] = both.pay_all([a_payment(status="Draft") for _ in range(9)])
    by_lane: dict[str, list[str]] = {}
    for draft in drafts:
        by_lane.setdefault(lane_of("main", PAYMENT_TO_INTACCT, draft["id"]), []).append(draft["id"])
    one, two, wrong = next(ids for ids in by_lane.values() if len(ids) >= 3)[:3]
    both.correct(one, status="Ready")
    lines = [{"invoice": "INV-10482", "amount": "40.25"}, {"invoice": "INV-10507", "amount": "9.50"}]
    both.correct(two, lines=lines, amount="49.75", status="Ready")
    both.correct(wrong, amount="7.00", status="Ready")
    return [one, two], [wrong]


def in_one_lane(ids: Sequence[str]) -> bool:
    return len({lane_of("main", PAYMENT_TO_INTACCT, id) for id in ids}) == 1


@contextmanager
def scene(both: Both, zygote: Zygote, redis_url: str, ledger_url: str, folder: Path) -> Iterator[Scene]:
    """Both systems as new, Redis empty, the ledger as it is; nobody works yet."""
    folder.mkdir(parents=True, exist_ok=True)
    both.reset()
    redis = Redis.from_url(redis_url)
    redis.flushall()
    environment = {
        **both.environment,
        **WAITS,
        "PATH": os.environ["PATH"],
        "LEDGERLINE_HOME": str(folder),
        "DATABASE_URL": ledger_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a key of tests",
    }
    ledger = connect(ledger_url)
    crew = Crew(zygote, environment, folder / "worker.log")
    try:
        yield Scene(both, ledger, redis, crew, folder)
    finally:
        crew.dismiss()
        ledger.engine.dispose()
        redis.close()
