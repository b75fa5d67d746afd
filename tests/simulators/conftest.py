"""Starts a simulator on a free port, and finds the captures of real systems where they are."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from simulators.server import background
from tests.simulators.intacct_company import Company, company

Serve = Callable[[ASGIApp], str]

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def served() -> Iterator[Serve]:
    """`served(app)` answers the address of the app on a real socket; all are stopped when the test ends."""
    stops: list[Callable[[], None]] = []

    def start(app: ASGIApp) -> str:
        url, stop = background(app)
        stops.append(stop)
        return url

    yield start
    for stop in stops:
        stop()


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of messages that real systems sent; it is kept beside the checkout, not in it."""
    found = CHECKOUT.parent / "shared" / "reference"
    if not (found / "real").is_dir():
        pytest.skip("the captures of real systems are not on this machine")
    return found


@pytest.fixture
def books() -> Iterator[Company]:
    """A company with the seed books, asked in this process."""
    made = company()
    yield made
    made.simulator.close()
