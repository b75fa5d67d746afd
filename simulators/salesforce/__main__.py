"""`python -m simulators.salesforce`: a Salesforce org on a port, which goes on where it stopped."""

import argparse
import logging
import os
from collections.abc import Sequence
from dataclasses import replace

from simulators.server import serve

from .app import application
from .delivering import Courier, Sender
from .seed import opened
from .settings import Settings, from_environment


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop; the state file is made and filled at the first start."""
    given = _parser().parse_args(arguments)
    # httpx logs the address of every post, and the hook's address contains a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    org = opened(_settings(given), given.state)
    courier = Courier(org)
    with Sender(org, courier):
        serve(application(org, courier), host=given.host, port=given.port)


def _settings(given: argparse.Namespace) -> Settings:
    settings = from_environment(os.environ)
    retry = replace(settings.retry, first=given.retry_seconds)
    return replace(
        settings,
        multi_currency=not given.single_currency,
        empty=given.empty,
        session_seconds=given.session_seconds,
        daily_requests=given.daily_requests,
        retry=retry,
    )


def _parser() -> argparse.ArgumentParser:
    plain = Settings()
    parser = argparse.ArgumentParser(prog="python -m simulators.salesforce", description=__doc__)
    port = int(os.environ.get("SIM_SALESFORCE_PORT") or 8101)
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", default=":memory:", help="the state file; without one, all is forgotten")
    parser.add_argument("--single-currency", action="store_true", help="an org without CurrencyIsoCode")
    parser.add_argument("--empty", action="store_true", help="no accounts and no invoices to begin with")
    parser.add_argument(
        "--retry-seconds", type=float, default=plain.retry.first, help="first wait of a message"
    )
    parser.add_argument("--session-seconds", type=float, default=plain.session_seconds)
    parser.add_argument("--daily-requests", type=int, default=plain.daily_requests)
    return parser


if __name__ == "__main__":
    main()
