"""A copy of a SQLite ledger while it is in use."""

import os
import sqlite3
from pathlib import Path

from app.errors import LedgerlineError

PAGES_A_STEP = 1000
"""Between two steps the ledger can be written; at 4 KiB a page a step takes milliseconds."""


class BackupFailed(LedgerlineError):
    """There is no new backup; an older one of the same name is as it was."""


def copy(source: Path, target: Path) -> int:
    """
    Copy all that is committed now, check the copy, and only then give it its name; answers its bytes.

    :raises BackupFailed: says why
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _copied(source, draft)
        os.replace(draft, target)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(
            f"{target}: the backup was not made ({error}). The ledger is as it was."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def _copied(source: Path, draft: Path) -> None:
    ledger = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
    copied = sqlite3.connect(draft)
    try:
        ledger.backup(copied, pages=PAGES_A_STEP)
        # A copy carries the mode of the original. Without its log beside it, it is one file that can be moved about.
        copied.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = copied.execute("PRAGMA quick_check").fetchone()
    finally:
        copied.close()
        ledger.close()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {verdict}")
    with draft.open("rb") as file:
        os.fsync(file.fileno())
