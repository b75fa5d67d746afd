"""`ledgerline settings`: what is set, and where it comes from."""

import typer

from app.cli.console import Json, out, say_json, table
from app.cli.variables import variables

group = typer.Typer(help="See the settings, and where each comes from.", no_args_is_help=True)


@group.command("list")
def list_all(as_json: Json = False) -> None:
    """
    Show every variable with its value and its source. Of a secret only whether it is set. `doctor` says what is wrong.

    Example: ledgerline settings list --json
    """
    found = variables()
    if as_json:
        say_json(
            [
                {"name": one.name, "value": one.value, "source": one.source, "problem": one.problem}
                for one in found
            ]
        )
    else:
        out.print(table(["VARIABLE", "VALUE", "FROM"], [[one.name, one.value, one.source] for one in found]))
    if any(one.problem for one in found):
        raise typer.Exit(1)
