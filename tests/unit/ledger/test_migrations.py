"""The migrations make the tables that the code speaks of."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.ledger import migrate
from app.ledger.engine import Ledger
from app.ledger.tables import Base


def test_the_migrated_ledger_is_the_one_in_the_code(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_migrating_again_changes_nothing(ledger_url: str, ledger: Ledger) -> None:
    migrate.upgrade(ledger_url)

    with ledger.read() as reading:
        assert reading.dialect.has_table(reading, "messages")
