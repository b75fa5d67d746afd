"""`ledgerline token`: who may use the REST API."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli import opening
from app.cli.console import Json, complain, out, say, say_json, table
from app.errors import BadSetting, LedgerlineError

group = typer.Typer(help="Make, list and revoke tokens of the REST API.", no_args_is_help=True)


class NoSuchToken(LedgerlineError):
    """There is no token of that number that still opens anything."""


@group.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it; for the list.")],
    role: Annotated[
        str, typer.Option(help="reader (asks and previews) or operator (also resyncs, replays, ignores).")
    ] = "operator",
    as_json: Json = False,
) -> None:
    """
    Make a token and show it, this once. It is kept only as a digest.

    Example: ledgerline token create nightly-report --role reader
    """
    from app.ledger import tokens

    if role not in tokens.ROLES:
        raise BadSetting("--role", f"there is no role {role}", f"Roles are: {', '.join(tokens.ROLES)}.")
    with opening.opened() as service, service.ledger.write() as writing:
        text = tokens.create(writing, name, role, datetime.now(UTC))
    if as_json:
        say_json({"name": name, "role": role, "token": text})
        return
    typer.echo(text)
    complain(f"It has the role {role} and is not shown again. Use it as `Authorization: Bearer …`.")


@group.command("list")
def list_all(as_json: Json = False) -> None:
    """
    Show every token that was made, without its text.

    Example: ledgerline token list
    """
    from app.ledger import tokens

    with opening.opened() as service, service.ledger.read() as reading:
        kept = tokens.listed(reading)
    if as_json:
        say_json(
            [
                {
                    "id": one.id,
                    "name": one.name,
                    "role": one.role,
                    "created_at": one.created_at.isoformat(),
                    "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
                }
                for one in kept
            ]
        )
    elif not kept:
        say("None was made yet. `ledgerline token create NAME` makes one.")
    else:
        rows = [[str(one.id), one.name, one.role, _day(one.created_at), _day(one.revoked_at)] for one in kept]
        out.print(table(["ID", "NAME", "ROLE", "MADE", "REVOKED"], rows))


@group.command()
def revoke(token_id: Annotated[int, typer.Argument(metavar="ID", help="As `token list` shows it.")]) -> None:
    """
    Let a token open nothing from now on.

    Example: ledgerline token revoke 3
    """
    from app.ledger import tokens

    with opening.opened() as service, service.ledger.write() as writing:
        if not tokens.revoke(writing, token_id, datetime.now(UTC)):
            raise NoSuchToken(
                f"ID: no token {token_id} is in use. `ledgerline token list` shows which there are."
            )
    say(f"Token {token_id} opens nothing any more.")


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""
