"""The state file: rows of JSON by kind and id, kept at each commit so that a killed org goes on."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import cast

from .values import Json

_TABLE = (
    "CREATE TABLE IF NOT EXISTS rows (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID"
)


class State:
    """
    One SQLite file. The caller holds the org's lock.

    WAL with `synchronous=NORMAL`: what was committed survives the death of the process.
    """

    def __init__(self, path: str) -> None:
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.execute(_TABLE)
        self._staged: dict[tuple[str, str], str | None] = {}

    def rows(self, kind: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
        """All rows of a kind, by id; what is staged and not committed is not among them."""
        for id, body in self._file.execute("SELECT id, body FROM rows WHERE kind = ? ORDER BY id", (kind,)):
            yield id, cast(Mapping[str, Json], json.loads(body))

    def row(self, kind: str, id: str) -> Mapping[str, Json] | None:
        """One committed row."""
        wanted = "SELECT body FROM rows WHERE kind = ? AND id = ?"
        found = self._file.execute(wanted, (kind, id)).fetchone()
        return cast(Mapping[str, Json], json.loads(found[0])) if found else None

    def stage(self, kind: str, id: str, body: Mapping[str, Json] | None) -> None:
        """Keep the row at the next commit; None takes it away."""
        self._staged[kind, id] = None if body is None else json.dumps(body, ensure_ascii=False)

    def commit(self) -> None:
        if not self._staged:
            return
        kept = [(*key, body) for key, body in self._staged.items() if body is not None]
        gone = [key for key, body in self._staged.items() if body is None]
        self._file.execute("BEGIN IMMEDIATE")
        try:
            self._file.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", kept)
            self._file.executemany("DELETE FROM rows WHERE kind = ? AND id = ?", gone)
            self._file.execute("COMMIT")
        except sqlite3.Error:
            self._file.execute("ROLLBACK")  # what is staged stays staged, for the next commit
            raise
        self._staged.clear()

    def wipe(self) -> None:
        """Forget everything, staged or kept."""
        self._staged.clear()
        self._file.execute("DELETE FROM rows")

    def close(self) -> None:
        self._file.close()
