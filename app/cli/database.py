"""`ledgerline db`: the form of the ledger's tables."""

import typer

from app.cli import opening
from app.cli.console import Json, complain, say, say_json
from app.errors import LedgerlineError

group = typer.Typer(
    help="Bring the ledger's tables to this version, or see where they stand.", no_args_is_help=True
)


class UpgradeFailed(LedgerlineError):
    """The ledger could not be upgraded, and is as it was."""


@group.command()
def upgrade() -> None:
    """
    Bring the ledger's tables to this version's form. Safe to repeat. `ledgerline run` does it by itself.

    Example: ledgerline db upgrade
    """
    from sqlalchemy.exc import SQLAlchemyError

    from app.ledger import migrate, standing

    url = opening.prepared().ledger_url
    before = standing.look(url)
    if before.unreachable:
        raise UpgradeFailed(f"DATABASE_URL: {before.said} {before.remedy}")
    try:
        migrate.upgrade(url)
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise UpgradeFailed(
            f"DATABASE_URL: the upgrade failed ({reason}). The ledger is as it was; mend the reason and repeat it."
        ) from error
    after = standing.look(url)
    say(f"The ledger is {after.said}" + (" Nothing was to do." if before.revision == after.revision else ""))


@group.command()
def status(as_json: Json = False) -> None:
    """
    Say of which version the ledger is. Ends with 1 where an upgrade is needed or the ledger cannot be reached.

    Example: ledgerline db status
    """
    from app.ledger import standing

    found = standing.look(opening.prepared().ledger_url)
    if as_json:
        say_json(
            {
                "current": found.is_current,
                "revision": found.revision,
                "newest": found.newest,
                "unreachable": found.unreachable,
            }
        )
    elif found.is_current:
        say(f"The ledger is {found.said}")
    else:
        complain(f"DATABASE_URL: {found.said} {found.remedy}")
    raise typer.Exit(0 if found.is_current else 1)
