"""How we speak to the ledger: SQLite in WAL mode on one machine, PostgreSQL for many."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, TypeDecorator, create_engine, event
from sqlalchemy.engine import make_url

READ = {"ledger_read": True}


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps no zone, so it goes in and out as naive UTC there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Ledger:
    """
    The SQL database. `write()` is one transaction that commits at its end; `read()` a consistent look.

    Trap: SQLite's deferred transactions can fail with `database is locked` when a read turns into a write, however
    long the busy timeout is. So `write()` takes the write lock at once (BEGIN IMMEDIATE).
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(**READ) as connection:
            yield connection


def connect(url: str) -> Ledger:
    """Open the ledger at a SQLAlchemy URL; makes the folder of a SQLite file, not its tables (`migrate.upgrade`)."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return Ledger(
            create_engine(parsed, pool_size=10, max_overflow=10, pool_pre_ping=True, pool_use_lifo=True)
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, pool_size=10, max_overflow=30, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Ledger(engine)


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ARG001
    connection.isolation_level = None  # the driver opens no transaction of its own: _begin_sqlite does
    # A cache of 1 MiB for each connection (default 2): a worker holds a dozen, and the system caches the file anyway.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-1000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("ledger_read")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
