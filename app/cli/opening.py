"""What commands need, opened when they need it: imports are inside, so that `--help` loads none of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app import config, home, log, simulated
from app.config import Settings
from app.errors import LedgerlineError

if TYPE_CHECKING:
    from app.bootstrap import Service


class LedgerNotReady(LedgerlineError):
    """The ledger cannot be used as it is; the text says what to do."""


def prepared() -> Settings:
    """
    The settings that a running `ledgerline run` of the same home works with, simulators included.

    :raises BadSetting: with the variable's name
    """
    return simulated.completed(home.prepare(config.load()))


@contextmanager
def opened() -> Iterator[Service]:
    """
    The service over a ledger that is reachable and of this version.

    :raises BadSetting, LedgerNotReady: with the remedy
    """
    from sqlalchemy.exc import DBAPIError

    from app import bootstrap
    from app.ledger import standing

    settings = prepared()
    with logged(settings):
        stands = standing.look(settings.ledger_url)
        if not stands.is_current:
            raise LedgerNotReady(f"DATABASE_URL: {stands.said} {stands.remedy}")
        service = bootstrap.build(settings)
        try:
            yield service
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise LedgerNotReady(
                f"DATABASE_URL: the ledger failed us ({reason}). Nothing was done; `ledgerline doctor` says more."
            ) from error
        finally:
            service.redis.close()
            service.ledger.engine.dispose()


@contextmanager
def logged(settings: Settings) -> Iterator[None]:
    """What is logged meanwhile goes under the home: the terminal is for answers."""
    with (settings.ledgerline_home / "logs" / "cli.log").open("a") as file:
        log.configure("cli", stream=file)
        yield
