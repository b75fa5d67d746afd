"""The tree of commands, and what becomes of an error: one line that names the field and the remedy, and an exit code."""

import sys
from collections.abc import Callable, Sequence

import typer

from app.cli import (
    backup,
    database,
    demo,
    doctor,
    looking,
    mappings,
    operations,
    previewing,
    roles,
    settings,
    tokens,
)
from app.cli.console import complain
from app.errors import BadSetting, LedgerlineError, Malformed, NotOurs, RemoteError

StartRole = Callable[[str], int]
"""Runs a process of the service until it ends; answers its exit code."""

SERVICE, RECORDS, SETUP = "The service", "Payments", "Setting up and looking after"
WRONG, MISUSED = 1, 2


def main(start_role: StartRole, arguments: Sequence[str] | None = None) -> None:
    """
    Do what the arguments (by default those of this process) ask for.

    :raises SystemExit: always; 0, 1 when something is wrong, 2 when it was asked wrongly
    """
    try:
        _program()(
            args=None if arguments is None else list(arguments), obj=start_role, prog_name="ledgerline"
        )
    except (BadSetting, NotOurs, Malformed) as error:
        complain(str(error))
        sys.exit(MISUSED)
    except RemoteError as error:
        complain(f"{error}\n`ledgerline doctor` says what to do.")
        sys.exit(WRONG)
    except LedgerlineError as error:
        complain(str(error))
        sys.exit(WRONG)


def _program() -> typer.Typer:
    program = typer.Typer(
        name="ledgerline",
        help="Keeps Salesforce and Sage Intacct in agreement about payments.",
        epilog="Settings come from the environment and from .env; `ledgerline settings list` shows them all.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for role in (roles.run, roles.web, roles.worker, roles.ticker, demo.demo):
        program.command(rich_help_panel=SERVICE)(role)
    for look in (looking.messages, looking.links):
        program.command(rich_help_panel=RECORDS)(look)
    for verb in (operations.resync, operations.replay, operations.ignore, previewing.preview):
        program.command(rich_help_panel=RECORDS)(verb)
    program.command(rich_help_panel=SETUP)(doctor.doctor)
    for name, group in (
        ("mappings", mappings.group),
        ("settings", settings.group),
        ("token", tokens.group),
        ("db", database.group),
    ):
        program.add_typer(group, name=name, rich_help_panel=SETUP)
    program.command(rich_help_panel=SETUP)(backup.backup)
    return program
