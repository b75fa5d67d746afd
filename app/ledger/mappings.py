"""Mappings as saved, each version for ever; the newest of a name is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from app.ledger.tables import MappingVersion


@dataclass(frozen=True, slots=True)
class Saved:
    """One version. `document` is JSON as `app.mapping.document` writes it; the ledger does not look into it."""

    version: int
    document: Mapping[str, Any]
    saved_at: datetime
    saved_by: str
    note: str


def newest(ledger: Connection, connection: str, name: str) -> Saved | None:
    """The version in force; None while nobody has saved one, and then the preset holds."""
    rows = ledger.execute(
        select(MappingVersion)
        .where(MappingVersion.connection == connection, MappingVersion.name == name)
        .order_by(MappingVersion.version.desc())
        .limit(1)
    )
    found = rows.mappings().first()
    return None if found is None else _saved(found)


def save(ledger: Connection, connection: str, name: str, saved: Saved) -> int:
    """Add a version after the newest (`saved.version` is not looked at); answers its number."""
    last = ledger.scalar(
        select(func.max(MappingVersion.version)).where(
            MappingVersion.connection == connection, MappingVersion.name == name
        )
    )
    version = (last or 1) + 1  # version 1 is the preset, which is in no ledger
    ledger.execute(
        insert(MappingVersion).values(
            connection=connection,
            name=name,
            version=version,
            document={**saved.document, "version": version},
            saved_at=saved.saved_at,
            saved_by=saved.saved_by,
            note=saved.note,
        )
    )
    return version


def versions(ledger: Connection, connection: str, name: str) -> list[Saved]:
    """Every version that was saved, oldest first; the preset, version 1, is not among them."""
    rows = ledger.execute(
        select(MappingVersion)
        .where(MappingVersion.connection == connection, MappingVersion.name == name)
        .order_by(MappingVersion.version)
    )
    return [_saved(row) for row in rows.mappings()]


def _saved(row: RowMapping) -> Saved:
    return Saved(row["version"], row["document"], row["saved_at"], row["saved_by"], row["note"])
