"""How the ledger at an address stands: whether it can be reached, and of which version it is."""

from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from app.errors import BadSetting
from app.ledger.engine import connect
from app.ledger.migrate import config

UPGRADE = "Run `ledgerline db upgrade`."


@dataclass(frozen=True, slots=True)
class Standing:
    """`revision` is the ledger's own, empty where it has no tables; `newest` what this version of the code needs."""

    revision: str
    newest: str
    unreachable: str = ""

    @property
    def is_current(self) -> bool:
        return not self.unreachable and self.revision == self.newest

    @property
    def said(self) -> str:
        if self.unreachable:
            return f"the ledger cannot be reached ({self.unreachable})."
        if self.is_current:
            return f"of this version ({self.revision})."
        if not self.revision:
            return "the ledger has no tables yet."
        return f"the ledger is of version {self.revision}, and this code needs {self.newest}."

    @property
    def remedy(self) -> str:
        if self.is_current:
            return ""
        return "See that it runs and lets us in." if self.unreachable else UPGRADE


def look(url: str) -> Standing:
    """
    Changes nothing; a SQLite file that is not there yet is not made.

    :raises BadSetting: the address is none
    """
    newest = ScriptDirectory.from_config(config(url)).get_current_head() or ""
    if is_missing_file(url):
        return Standing("", newest)
    ledger = connect(url)
    try:
        with ledger.engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return Standing("", newest, unreachable=reason)
    finally:
        ledger.engine.dispose()
    return Standing(revision or "", newest)


def is_missing_file(url: str) -> bool:
    """
    Whether the address names a SQLite file that nobody has made.

    :raises BadSetting: the address is none
    """
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise BadSetting(
            "DATABASE_URL",
            "is no address of a database",
            "It takes postgresql+psycopg://user:password@host/database, or sqlite:///file.",
        ) from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return False
    return not Path(parsed.database).exists()
