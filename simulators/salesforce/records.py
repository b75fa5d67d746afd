"""The records in memory, found by id, unique key and parent; what is not committed can be undone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .schema import Schema
from .values import Value


@dataclass(frozen=True)
class Record:
    """One record; `values` is keyed by the field's own spelling, and what is null may be left out."""

    type: str
    id: str
    values: Mapping[str, Value]

    def __getitem__(self, name: str) -> Value:
        return self.values.get(name)

    def text(self, name: str) -> str:
        """A text field; empty where it is null."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    @property
    def deleted(self) -> bool:
        return self.values.get("IsDeleted") is True


_Index = dict[str, dict[str, None]]


class Records:
    """Unique, external-id and reference fields are indexed; a deleted record is in no index."""

    def __init__(self, schema: Schema) -> None:
        self._all: dict[str, dict[str, Record]] = {o.name: {} for o in schema.objects.values()}
        self._index: dict[tuple[str, str], _Index] = {
            (o.name, f.name): {}
            for o in schema.objects.values()
            for f in o.fields
            if f.unique or f.external_id or f.relationship
        }
        self._fields = {
            o.name: tuple(name for type_, name in self._index if type_ == o.name)
            for o in schema.objects.values()
        }
        self._type_of: dict[str, str] = {}
        self._undo: list[tuple[Record, Record | None]] = []

    def find(self, id18: str) -> Record | None:
        """The record, deleted or not."""
        type_ = self._type_of.get(id18)
        return self._all[type_].get(id18) if type_ else None

    def of(self, type_: str, *, deleted: bool = False) -> Iterable[Record]:
        """All live records of a type in the order they were made; the deleted ones too where asked."""
        return (r for r in self._all[type_].values() if deleted or not r.deleted)

    def indexed(self, type_: str, field: str) -> bool:
        return (type_, field) in self._index

    def matching(self, type_: str, field: str, value: Value) -> list[Record]:
        """The live records whose indexed field has this value, in the order they were made."""
        found = self._index[type_, field].get(_folded(value), {})
        return [self._all[type_][id] for id in sorted(found)]

    def put(self, record: Record) -> None:
        """Keep the record in place of what stood under its id."""
        self._undo.append((record, self._replace(record)))

    def mark(self) -> int:
        """Where to go back to with `rollback`."""
        return len(self._undo)

    def rollback(self, mark: int) -> None:
        """Undo every `put` since the mark."""
        while len(self._undo) > mark:
            record, before = self._undo.pop()
            if before is None:
                self._forget(record)
            else:
                self._replace(before)

    def saved(self) -> list[tuple[Record, bool]]:
        """Every `put` since the last call, in order, and whether it was new; none can be undone any more."""
        done = [(record, before is None) for record, before in self._undo]
        self._undo.clear()
        return done

    def _replace(self, record: Record) -> Record | None:
        before = self.find(record.id)
        if before is not None:
            self._unindex(before)
        self._all[record.type][record.id] = record
        self._type_of[record.id] = record.type
        if not record.deleted:
            for field in self._fields[record.type]:
                if (value := record[field]) is not None:
                    self._index[record.type, field].setdefault(_folded(value), {})[record.id] = None
        return before

    def _forget(self, record: Record) -> None:
        self._unindex(record)
        del self._all[record.type][record.id], self._type_of[record.id]

    def _unindex(self, record: Record) -> None:
        for field in self._fields[record.type]:
            if (value := record[field]) is not None:
                self._index[record.type, field].get(_folded(value), {}).pop(record.id, None)


def _folded(value: Value) -> str:
    return str(value).casefold()
