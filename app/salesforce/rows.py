"""From the records of a query's answer to rows."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from app.records import Row, Shape, Value
from app.salesforce import wire
from app.salesforce.wire import AnswerNotUnderstood, Json

Record: TypeAlias = Mapping[str, Json]
Pages: TypeAlias = Callable[[Json], Iterable[Record]]
"""All records of a list, this page's and the following ones'."""

_SCALARS = (str, Decimal, bool)


def reader(shape: Shape, pages: Pages) -> Callable[[Record], Row]:
    """What turns one record of the shape's query into a row; made once for many records."""
    header = _values(shape.fields)
    line = _values(shape.child_fields)

    def lines(record: Record) -> tuple[Row, ...]:
        found = _member(record, shape.children)
        if found is None:  # what a payment without lines has
            return ()
        return tuple(Row(_id(child), line(child)) for child in pages(found))

    def row(record: Record) -> Row:
        return Row(_id(record), header(record), lines(record) if shape.children else ())

    return row


def _values(fields: tuple[str, ...]) -> Callable[[Record], dict[str, Value]]:
    flat = tuple(name for name in fields if "." not in name)
    deep = tuple((name, tuple(name.split("."))) for name in fields if "." in name)

    def values(record: Record) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name in flat:
            value = record[name] if name in record else _member(record, name)
            if value is None or isinstance(value, _SCALARS):
                found[name] = value
            else:
                raise AnswerNotUnderstood(f"{name} is no single value")
        for name, path in deep:
            found[name] = _at(record, path)
        return found

    return values


def _at(record: Record, path: tuple[str, ...]) -> Value:
    """The value at the end of a path over parents; None as soon as a parent is empty."""
    here: Json = record
    for step in path:
        if here is None:
            return None
        here = _member(wire.as_object(here, ".".join(path)), step)
    if here is None or isinstance(here, _SCALARS):
        return here
    raise AnswerNotUnderstood(f"{'.'.join(path)} is no single value")


def _member(record: Record, name: str) -> Json:
    """Salesforce takes a name in any case and answers in its own."""
    if name in record:
        return record[name]
    lower = name.lower()
    for own, value in record.items():
        if own.lower() == lower:
            return value
    raise AnswerNotUnderstood(f"{name} was asked for and is missing")


def _id(record: Record) -> str:
    return wire.as_text(record.get("Id"), "Id")
