"""Both systems and the process that forks workers, shared by a module; a scene of its own for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crash.both import Both, both_running
from tests.crash.processes import Zygote
from tests.crash.scene import Scene, scene

NewScene = Callable[[], Scene]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with both_running() as running:
        yield running


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    made = Zygote()
    yield made
    made.close()


@pytest.fixture
def set_scene(
    both: Both, zygote: Zygote, redis_url: str, sqlite_template: Path, tmp_path: Path
) -> Iterator[NewScene]:
    """A fresh scene on SQLite at each call; the one before is over then."""
    with ExitStack() as last:
        count = 0

        def fresh() -> Scene:
            nonlocal count
            last.close()
            count += 1
            folder = tmp_path / str(count)
            folder.mkdir()
            ledger = folder / "ledger.db"
            ledger.write_bytes(sqlite_template.read_bytes())
            return last.enter_context(scene(both, zygote, redis_url, f"sqlite:///{ledger}", folder))

        yield fresh
