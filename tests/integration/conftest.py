"""The service on a socket with its world behind it, for the tests of the API."""

from collections.abc import Iterator

import pytest

from app.ledger.engine import connect
from tests.serving import Desk, opened


@pytest.fixture
def desk(ledger, redis, clock) -> Iterator[Desk]:
    with opened(ledger, redis, clock) as made:
        yield made


@pytest.fixture
def alone(sqlite_url, redis, clock) -> Iterator[Desk]:
    """On SQLite only: for what is decided before the ledger is asked anything of its own."""
    ledger = connect(sqlite_url)
    with opened(ledger, redis, clock) as made:
        yield made
    ledger.engine.dispose()
