"""`python -m simulators.intacct`: a Sage Intacct company on this machine."""

import os
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from simulators.intacct.settings import Settings, from_environment
from simulators.intacct.web import Simulator
from simulators.server import serve


def main() -> None:
    asked = _arguments()
    simulator = Simulator(_settings(asked), asked.state)
    for name in asked.custom_field:
        simulator.gateway.define_field("ARPYMT", name)
    try:
        serve(simulator.app, host=asked.host, port=asked.port)
    finally:
        simulator.close()


def _arguments() -> Namespace:
    parser = ArgumentParser("python -m simulators.intacct", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("SIM_INTACCT_PORT") or 8102))
    parser.add_argument("--state", type=Path, help="SQLite file; without it all is forgotten at the end")
    parser.add_argument(
        "--seconds-per-record", type=float, default=0.0, help="time each written record takes"
    )
    parser.add_argument("--single-currency", action="store_true", help="a company in dollars only")
    parser.add_argument("--single-entity", action="store_true", help="a company without entities")
    parser.add_argument("--empty", action="store_true", help="no customers and no invoices")
    parser.add_argument(
        "--null-whenmodified", action="store_true", help="WHENMODIFIED is empty until a change"
    )
    parser.add_argument("--private-entity", action="append", default=[], metavar="ENTITY")
    parser.add_argument(
        "--deny", action="append", default=[], metavar="OBJECT", help="no permission to read it"
    )
    parser.add_argument("--expired", action="store_true", help="a demo company whose time is over")
    parser.add_argument("--custom-field", action="append", default=[], metavar="NAME", help="of ARPYMT")
    return parser.parse_args()


def _settings(asked: Namespace) -> Settings:
    return replace(
        from_environment(os.environ),
        seconds_per_record=asked.seconds_per_record,
        multi_currency=not asked.single_currency,
        multi_entity=not asked.single_entity,
        empty=asked.empty,
        null_whenmodified=asked.null_whenmodified,
        private_entities=frozenset(asked.private_entity),
        denied=frozenset(name.upper() for name in asked.deny),
        expired=asked.expired,
    )


if __name__ == "__main__":
    main()
