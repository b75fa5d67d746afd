"""Alembic's entry: the URL comes from `app.ledger.migrate`, never from a file."""

from typing import Literal

from alembic import context

from app.ledger.engine import Instant, connect
from app.ledger.tables import Base


def _render(kind: str, item: object, autogen: object) -> str | Literal[False]:  # noqa: ARG001
    """Migrations name the plain type: they must still run when our own class has moved on."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


ledger = connect(context.config.attributes["url"])
with ledger.engine.begin() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=ledger.is_sqlite,
        compare_type=False,
        render_item=_render,
    )
    context.run_migrations()
ledger.engine.dispose()
