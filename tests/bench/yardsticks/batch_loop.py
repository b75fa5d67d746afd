"""
The least that carries payments in batches: `python -m tests.bench.yardsticks.batch_loop FILE REMOTE COUNT`.

A hundred at a time, three calls, one commit a step; no queue, no checks, no read-back, no attempts, nothing that
survives a lost answer. Whoever is faster leaves out one of these. Prints the seconds that it took.
"""

import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.bench import books
from tests.bench.yardsticks import three_calls
from tests.bench.yardsticks.store import opened

BATCH = 100


def main(path: Path, remote: str, count: int) -> float:
    store = opened(path)
    fresh = [(f"d{number}", books.payment_id(number), "due") for number in range(1, count + 1)]
    store.execute("BEGIN IMMEDIATE")
    store.executemany("INSERT INTO inbox (delivery, record, state) VALUES (?, ?, ?)", fresh)
    store.execute("COMMIT")
    with httpx.Client() as http:
        three_calls.read(http, remote, [])  # the connection and the templates of the remote stand
        began = time.perf_counter()
        while _carry(store, http, remote):
            pass
        return time.perf_counter() - began


def _carry(store: sqlite3.Connection, http: httpx.Client, remote: str) -> bool:
    due = store.execute(
        "SELECT id, record FROM inbox WHERE state = 'due' ORDER BY id LIMIT ?", (BATCH,)
    ).fetchall()
    if not due:
        return False
    ids = {record: id for id, record in due}
    _step(store, "taken", [(None, id) for id in ids.values()])
    rows = three_calls.read(http, remote, list(ids))
    posted = three_calls.post(http, remote, rows)
    pairs = list(zip([row["Id"] for row in rows], posted, strict=True))
    _step(store, "posted", [(number, ids[record]) for record, number in pairs])
    three_calls.write_back_all(http, remote, pairs)
    _step(store, "done", [(number, ids[record]) for record, number in pairs])
    return True


def _step(store: sqlite3.Connection, state: str, rows: Sequence[tuple[str | None, int]]) -> None:
    store.execute("BEGIN IMMEDIATE")
    store.executemany(f"UPDATE inbox SET state = '{state}', posted = ? WHERE id = ?", rows)
    store.execute("COMMIT")


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))}\n")
