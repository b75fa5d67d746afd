"""`ledgerline backup`: a copy of the ledger while everything goes on."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from app.cli import opening
from app.cli.console import complain, say
from app.errors import BadSetting

Target = Annotated[Path, typer.Argument(help="Where the copy goes.", dir_okay=False)]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]


def backup(file: Target, force: Force = False) -> None:
    """
    Copy the ledger into FILE while everything goes on. To restore: stop Ledgerline and put the file in its place.

    Example: ledgerline backup /backups/ledger-$(date +%F).db
    """
    from app.ledger import backup as copying
    from app.ledger.standing import is_missing_file

    settings = opening.prepared()
    url = settings.ledger_url
    if not url.startswith("sqlite"):
        complain(
            f"The ledger is in PostgreSQL, which makes its own backups. Run:\n  {dump_command(url, file)}"
        )
        raise typer.Exit(1)
    if is_missing_file(url):
        raise BadSetting("DATABASE_URL", f"there is no ledger at {_path(url)}", "See LEDGERLINE_HOME.")
    if file.exists() and not force:
        raise BadSetting("FILE", f"{file} is there already", "Name another, or use --force.")
    size = copying.copy(_path(url), file)
    say(f"{file}: {size:,} bytes, checked.")
    if (key := settings.ledgerline_home / "secret_key").exists():
        say(f"Keep {key} with it, in another place: what is sealed in the ledger opens with it.")


def dump_command(url: str, file: Path) -> str:
    """The command that backs up a PostgreSQL ledger. It asks for the password; we do not show it."""
    from sqlalchemy.engine import URL, make_url

    parsed = make_url(url)
    shown = URL.create(
        "postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query
    ).render_as_string()
    return f"pg_dump --format=custom --file={quote(str(file))} {quote(shown)}"


def _path(url: str) -> Path:
    from sqlalchemy.engine import make_url

    return Path(make_url(url).database or "")
