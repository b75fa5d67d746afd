"""Conditions of a query, compiled to tests on a record."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from . import ids
from .naming import Column, Read, column
from .org import Org
from .records import Record
from .refusals import Refused
from .schema import Field, SObject
from .soql import Comparison, Condition, Joined, Literal, Not, Path, Query, SemiJoin, malformed
from .values import Value

Test = Callable[[Record], bool]
Run = Callable[[Query], tuple[SObject, Sequence[Record]]]


def test(org: Org, sobject: SObject, condition: Condition, run: Run) -> Test:
    """What tells whether a record meets the condition; `run` answers the query inside a semi-join."""
    match condition:
        case Joined():
            tests = [test(org, sobject, part, run) for part in condition.conditions]
            return _joined(condition.every, tests)
        case Not():
            inner = test(org, sobject, condition.condition, run)
            return lambda record: not inner(record)
        case SemiJoin():
            return _semi_join(org, sobject, condition, run)
        case _:
            return _comparison(org, sobject, condition)


def _joined(every: bool, tests: Sequence[Test]) -> Test:
    if every:
        return lambda record: all(test(record) for test in tests)
    return lambda record: any(test(record) for test in tests)


def _semi_join(org: Org, sobject: SObject, condition: SemiJoin, run: Run) -> Test:
    inner, records = run(condition.query)
    items = condition.query.items
    if len(items) != 1 or not isinstance(items[0], Path):
        raise malformed("semi join sub-selects can only select one field")
    wanted = column(org, inner, items[0]).read
    found = {wanted(record) for record in records}
    outer = column(org, sobject, condition.path).read
    return lambda record: (outer(record) in found) is condition.inside


def _comparison(org: Org, sobject: SObject, condition: Comparison) -> Test:
    asked = column(org, sobject, condition.path)
    if asked.field.kind == "textarea":
        name = asked.field.name
        raise Refused("INVALID_FIELD", f"field '{name}' can not be filtered in a query call")
    wanted = [comparable(asked.field, value) for value in condition.values]
    values = frozenset(wanted)
    read = folding(asked)
    match condition.operator:
        case "in" | "=":
            return lambda record: read(record) in values
        case "not in" | "!=":
            return lambda record: read(record) not in values
        case "like":
            return _like(asked, wanted[0])
        case _:
            return _ordered(condition.operator, read, wanted[0])


def folding(asked: Column) -> Read:
    """Texts are compared without regard to case, ids with it."""
    if asked.field.kind in ("string", "picklist"):
        return lambda record: _fold(asked.read(record))
    return asked.read


def _fold(value: Value) -> Value:
    return value.casefold() if isinstance(value, str) else value


def comparable(field: Field, literal: Literal) -> Value:
    """The literal as the field's values are kept; raises Refused where the kinds do not go together."""
    if literal is None:
        return False if field.kind == "boolean" else None
    match field.kind:
        case "boolean":
            fits = isinstance(literal, bool)
        case "currency" | "double":
            fits = isinstance(literal, Decimal)
        case "date":
            fits = isinstance(literal, date) and not isinstance(literal, datetime)
        case "datetime":
            fits = isinstance(literal, datetime)
        case "id" | "reference":
            return _id(literal)
        case _:
            fits = isinstance(literal, str)
    if not fits:
        raise _wrong_kind(field)
    return _fold(literal)


def _id(literal: Literal) -> str:
    found = ids.full(literal) if isinstance(literal, str) else None
    if found is None:
        raise Refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal}")
    return found


def _wrong_kind(field: Field) -> Refused:
    kind = {"datetime": "dateTime", "picklist": "string"}.get(field.kind, field.kind)
    quotes = "should be enclosed in quotes" if kind == "string" else "should not be enclosed in quotes"
    text = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quotes}"
    return Refused("INVALID_FIELD", text)


def _like(asked: Column, pattern: Value) -> Test:
    if not isinstance(pattern, str) or asked.field.kind not in ("string", "picklist"):
        raise Refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {asked.field.kind} field")
    wild = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
    compiled = re.compile(wild, re.IGNORECASE | re.DOTALL)
    return lambda record: isinstance(text := asked.read(record), str) and bool(compiled.fullmatch(text))


_ORDERS: Mapping[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


def _ordered(operator: str, read: Read, wanted: Value) -> Test:
    holds = _ORDERS[operator]

    def test(record: Record) -> bool:
        value = read(record)
        return value is not None and wanted is not None and holds(sign(value, wanted))

    return test


def sign(one: Value, other: Value) -> int:
    """-1, 0 or 1; both are of the field's one kind."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return (one > other) - (one < other)
    if isinstance(one, date) and isinstance(other, date):
        return (one > other) - (one < other)
    return (str(one) > str(other)) - (str(one) < str(other))
