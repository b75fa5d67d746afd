"""Frozen values on named shelves: all in memory, all in one SQLite file, kept or undone together."""

import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter

K = TypeVar("K", int, str)
V = TypeVar("V")
H = TypeVar("H", bound=Hashable)

_TABLES = """
    pragma journal_mode = wal;
    pragma synchronous = normal;
    create table if not exists shelf (name text not null, key not null, body blob not null, primary key (name, key));
"""
_PUT = "insert into shelf values (?, ?, ?) on conflict (name, key) do update set body = excluded.body"


@dataclass(frozen=True)
class Change:
    """One key of one shelf that the transaction changed: how to undo it, and what the key holds now."""

    place: tuple[str, int | str]
    undo: Callable[[], None]
    now: Callable[[], bytes | None]


class Index(Generic[H, V]):
    """The values of a shelf by something they have in common; kept by the shelf."""

    def __init__(self, by: Callable[[V], H]) -> None:
        self.by = by
        self._found: dict[H, dict[int | str, V]] = {}

    def of(self, common: H) -> list[V]:
        return list(self._found.get(common, {}).values())

    def add(self, key: int | str, value: V) -> None:
        self._found.setdefault(self.by(value), {})[key] = value

    def drop(self, key: int | str, value: V) -> None:
        common = self.by(value)
        rest = self._found[common]
        del rest[key]
        if not rest:
            del self._found[common]


@cache
def _adapter(values_are: type[V]) -> TypeAdapter[V]:
    return TypeAdapter(values_are)


class Shelf(Generic[K, V]):
    """A dictionary whose changes belong to the store's current transaction. Values must be frozen."""

    def __init__(self, name: str, values_are: type[V], changed: Callable[[Change], None]) -> None:
        self.name = name
        self.adapter: TypeAdapter[V] = _adapter(values_are)  # type: ignore[arg-type] # a class is hashable, which mypy cannot say of type[V]
        self._values: dict[K, V] = {}
        self._indexes: list[Index[Hashable, V]] = []
        self._changed = changed

    def __getitem__(self, key: K) -> V:
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        return self._values.get(key)

    def values(self) -> list[V]:
        return list(self._values.values())

    def put(self, key: K, value: V) -> None:
        self._changed(self._change(key))
        self.place(key, value)

    def remove(self, key: K) -> None:
        self._changed(self._change(key))
        self.place(key, None)

    def clear(self) -> None:
        for key in list(self._values):
            self.remove(key)

    def index(self, by: Callable[[V], H]) -> Index[H, V]:
        made: Index[H, V] = Index(by)
        for key, value in self._values.items():
            made.add(key, value)
        self._indexes.append(made)  # type: ignore[arg-type] # an index is asked only for its own kind of key
        return made

    def place(self, key: K, value: V | None) -> None:
        """Set or take away without a word to the transaction; for the store, which loads and undoes."""
        before = self._values.get(key)
        for index in self._indexes:
            if before is not None:
                index.drop(key, before)
            if value is not None:
                index.add(key, value)
        if value is not None:
            self._values[key] = value
        elif before is not None:
            del self._values[key]

    def _change(self, key: K) -> Change:
        before = self._values.get(key)

        def now() -> bytes | None:
            value = self._values.get(key)
            return None if value is None else self.adapter.dump_json(value)

        return Change((self.name, key), lambda: self.place(key, before), now)


class Store:
    """
    Every shelf of a simulator, and the one file behind them.

    A committed transaction survives the death of the process (not of the machine: `synchronous` is normal, which is
    what lets a hundred payments be kept in milliseconds). Without a path all is forgotten at the end.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._file.executescript(_TABLES)
        self._lock = threading.RLock()
        self._changes: dict[tuple[str, int | str], Change] = {}
        self._clears: list[Callable[[], None]] = []

    def shelf(self, name: str, keys_are: type[K], values_are: type[V]) -> Shelf[K, V]:
        """The shelf of this name with what the file holds for it, in the order it was first put there."""
        made: Shelf[K, V] = Shelf(name, values_are, self._note)
        for key, body in self._file.execute(
            "select key, body from shelf where name = ? order by rowid", (name,)
        ):
            made.place(keys_are(key), made.adapter.validate_json(body))
        self._clears.append(made.clear)
        return made

    def clear(self) -> None:
        """Empty every shelf, as one more change of the current transaction."""
        for clear in self._clears:
            clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the store; keep all changes at the end, or undo all of them when an exception passes."""
        with self._lock:
            try:
                yield
            except BaseException:
                self._undo()
                raise
            self._keep()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the store, so that what is read belongs together."""
        with self._lock:
            yield

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _note(self, change: Change) -> None:
        self._changes.setdefault(change.place, change)

    def _undo(self) -> None:
        for change in self._changes.values():
            change.undo()
        self._changes.clear()

    def _keep(self) -> None:
        if not self._changes:
            return
        self._file.execute("begin immediate")
        for (name, key), change in self._changes.items():
            body = change.now()
            if body is None:
                self._file.execute("delete from shelf where name = ? and key = ?", (name, key))
            else:
                self._file.execute(_PUT, (name, key, body))
        self._file.execute("commit")
        self._changes.clear()
