"""`ledgerline token`: who may use the REST API."""

from __future__ import annotations

import typer

group = typer.Typer(help="Make, list and revoke tokens of the REST API.", no_args_is_help=True)
