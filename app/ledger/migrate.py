"""Bring the ledger's tables to this version's form."""

from pathlib import Path

from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def config(url: str) -> Config:
    alembic = Config()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    alembic.attributes["url"] = url
    return alembic


def upgrade(url: str) -> None:
    """Run every migration that the ledger at this SQLAlchemy URL has not seen. Safe to repeat."""
    command.upgrade(config(url), "head")
