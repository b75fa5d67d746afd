"""The SQLite file of a yardstick, as safe as ours: WAL, and every commit waits for the disk."""

import sqlite3
from pathlib import Path


def opened(path: Path) -> sqlite3.Connection:
    """Its one table, made where it is missing. Transactions are begun and committed by hand."""
    store = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute(
        "CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, delivery TEXT UNIQUE, record TEXT, state TEXT, posted TEXT)"
    )
    return store
