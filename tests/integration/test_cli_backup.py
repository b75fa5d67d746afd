"""A backup is whole, restores, and is never half there."""

import shutil
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.ledger import backup
from app.ledger.arrivals import Arrival, record
from app.ledger.backup import BackupFailed
from app.ledger.engine import connect
from tests.integration.commands import Terminal
from tests.waiting import until

NOW = datetime(2026, 11, 24, 14, 32, tzinfo=UTC)


def arrival(number: int) -> Arrival:
    return Arrival(
        channel="test",
        delivery_id=str(number),
        flow="payment-to-intacct",
        lane="main/payment-to-intacct/1",
        system="salesforce",
        object="AR_Payment__c",
        record_id=f"a0B5g00000{number:08d}",
    )


def messages(file: Path) -> int:
    opened = sqlite3.connect(file)
    try:
        (count,) = opened.execute("SELECT count(*) FROM messages").fetchone()
        return int(count)
    finally:
        opened.close()


def test_a_backup_taken_while_the_ledger_is_written_is_whole(sqlite_url: str, tmp_path: Path) -> None:
    ledger, stop, written = connect(sqlite_url), threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            with ledger.write() as transaction:  # two in one transaction: never one without the other
                number = 2 * len(written)
                record(transaction, "main", [arrival(number), arrival(number + 1)], now=NOW)
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until(lambda: len(written) > 5)
        backup.copy(tmp_path / "ledger.db", tmp_path / "copy.db")
        before = 2 * len(written)
        until(lambda: 2 * len(written) > before)
    finally:
        stop.set()
        writer.join()
        ledger.engine.dispose()
    copied = messages(tmp_path / "copy.db")
    assert copied % 2 == 0
    assert 10 <= copied <= before
    assert not list(tmp_path.glob(".copy.db*"))


def test_a_backup_that_fails_leaves_the_older_one(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database, and long enough to look like one" * 100)
    (tmp_path / "copy.db").write_text("the older one")
    with pytest.raises(BackupFailed):
        backup.copy(tmp_path / "ledger.db", tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "the older one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "ledger.db"]


def test_the_command_copies_and_what_it_copied_can_be_put_in_place(
    tmp_path: Path, sqlite_template: Path
) -> None:
    terminal = Terminal(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(sqlite_template, home / "ledger.db")
    assert terminal.run("token", "create", "kept").code == 0
    assert terminal.run("backup", "copy.db").code == 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    refused = terminal.run("backup", "copy.db")
    assert refused.code == 2
    assert "--force" in refused.complained
    assert terminal.run("token", "create", "lost").code == 0
    for file in home.glob("ledger.db*"):
        file.unlink()
    shutil.copy(tmp_path / "copy.db", home / "ledger.db")
    assert [one["name"] for one in terminal.run("token", "list", "--json").json] == ["kept"]


def test_of_postgresql_it_says_what_to_run(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, {"DATABASE_URL": "postgresql+psycopg://ledger:hush@db/books"})
    answer = terminal.run("backup", "b.dump")
    assert answer.code == 1
    assert "pg_dump --format=custom --file=b.dump postgresql://ledger@db/books" in answer.complained
    assert "hush" not in answer.complained
