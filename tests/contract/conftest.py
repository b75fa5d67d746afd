"""Both simulated systems, shared by a module; each test begins with them as new."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from redis import Redis

from app import bootstrap
from app.bootstrap import Service
from app.config import Settings
from app.intacct import wire as intacct_wire
from app.salesforce import transport as salesforce_transport
from tests.crash.both import Both, both_running


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with both_running() as running:
        yield running


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Closes the connections that the clients open: a process keeps them for as long as it lives."""
    with ExitStack() as last:
        for module in (salesforce_transport, intacct_wire):
            opens = module.open_http
            monkeypatch.setattr(module, "open_http", lambda opens=opens: last.enter_context(opens()))
        yield


@pytest.fixture
def service(both: Both, opened: None, redis: Redis, redis_url: str, sqlite_url: str) -> Iterator[Service]:
    """The product as its environment describes it, with real clients of both systems."""
    both.reset()
    told = {name.lower(): value for name, value in both.environment.items()}
    settings = Settings(
        _env_file=None, database_url=sqlite_url, redis_url=redis_url, secret_key="tests", **told
    )
    made = bootstrap.build(settings)
    yield made
    made.ledger.engine.dispose()
    made.redis.close()
