"""Which rows a filter takes: its tree, how `query` writes one in XML, and how it is tested."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from simulators.intacct.objects import ObjectType, Value, read_as
from simulators.intacct.refusals import Complaint, Refused, refusal
from simulators.intacct.xml import children_of, text_of

R = TypeVar("R")

Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "between", "in", "not in", "like", "not like", "null", "not null"
]


@dataclass(frozen=True)
class Test:
    field: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Both:
    parts: tuple["Filter", ...]


@dataclass(frozen=True)
class Either:
    parts: tuple["Filter", ...]


Filter = Test | Both | Either
Check = Callable[[R], bool]

_OPERATORS: dict[str, Operator] = {
    "equalto": "=",
    "notequalto": "!=",
    "lessthan": "<",
    "lessthanorequalto": "<=",
    "greaterthan": ">",
    "greaterthanorequalto": ">=",
    "between": "between",
    "in": "in",
    "notin": "not in",
    "like": "like",
    "notlike": "not like",
    "isnull": "null",
    "isnotnull": "not null",
}
_COUNTS = {"between": (2, 2), "in": (1, 1000), "not in": (1, 1000), "null": (0, 0), "not null": (0, 0)}


def filter_from(element: Element) -> Filter:
    """The tree of one node of a `<filter>`. Raises Refused where the vendor's schema would."""
    if element.tag in ("and", "or"):
        parts = tuple(filter_from(child) for child in element)
        if len(parts) < 2:
            raise query_failed(f"'{element.tag}' needs at least two conditions.")
        return Both(parts) if element.tag == "and" else Either(parts)
    operator = _OPERATORS.get(element.tag)
    if operator is None:
        raise query_failed(f"Unknown operator '{element.tag}'.")
    values = tuple(child.text or "" for child in children_of(element, "value"))
    least, most = _COUNTS.get(operator, (1, 1))
    if not least <= len(values) <= most:
        raise query_failed(f"'{element.tag}' has {len(values)} values.")
    return Test(text_of(element, "field"), operator, values)


def query_failed(text: str) -> Refused:
    """`errorno` is not a code here, as captured."""
    return Refused(Complaint("Query Failed", text, errorid="SIM-QUERY"))


def check_of(wanted: Filter, kind: ObjectType[R], zone: ZoneInfo, caseless: bool = False) -> Check[R]:
    """A test of one row. As in SQL, a comparison with nothing is false; an empty text is nothing."""
    if isinstance(wanted, Both):
        checks = [check_of(part, kind, zone, caseless) for part in wanted.parts]
        return lambda row: all(check(row) for check in checks)
    if isinstance(wanted, Either):
        checks = [check_of(part, kind, zone, caseless) for part in wanted.parts]
        return lambda row: any(check(row) for check in checks)
    field = kind.field(wanted.field)
    if not field.queryable:
        raise refusal(f"The following fields cannot be queried: {field.name}", errorid="SIM-NOT-QUERYABLE")
    of = field.of
    if wanted.operator == "null":
        return lambda row: of(row) in (None, "")
    if wanted.operator == "not null":
        return lambda row: of(row) not in (None, "")
    values = [_folded(read_as(field.kind, text, zone), caseless) for text in wanted.values]
    compare = _comparison(wanted.operator, values)

    def check(row: R) -> bool:
        value = of(row)
        return value is not None and value != "" and compare(_folded(value, caseless))

    return check


def rows_of(kind: ObjectType[R], wanted: Filter | None, caseless: bool = False) -> Sequence[R]:
    """The rows to look through: few, where one condition that must hold names an indexed field."""
    tests = () if caseless else wanted.parts if isinstance(wanted, Both) else (wanted,)
    for test in tests:
        if isinstance(test, Test) and test.operator in ("=", "in"):
            find = kind.found_by.get(test.field.upper())
            if find is not None:
                return [row for value in dict.fromkeys(test.values) for row in find(value)]
    return kind.rows()


def _folded(value: Value, caseless: bool) -> Value:
    return value.lower() if caseless and isinstance(value, str) else value


def _comparison(operator: Operator, values: list[Value]) -> Callable[[Any], bool]:
    """Any: the values were read as the kind of the field, so both sides are of one type."""
    wanted: Any = values[0]
    if operator in ("like", "not like"):
        pattern = _pattern(str(wanted))
        return lambda value: (pattern.fullmatch(str(value)) is not None) == (operator == "like")
    if operator in ("in", "not in"):
        return lambda value: (value in values) == (operator == "in")
    if operator == "between":
        upper: Any = values[1]
        return lambda value: bool(wanted <= value <= upper)
    tests: dict[str, Callable[[Any], bool]] = {
        "=": lambda value: bool(value == wanted),
        "!=": lambda value: bool(value != wanted),
        "<": lambda value: bool(value < wanted),
        "<=": lambda value: bool(value <= wanted),
        ">": lambda value: bool(value > wanted),
        ">=": lambda value: bool(value >= wanted),
    }
    return tests[operator]


def _pattern(like: str) -> re.Pattern[str]:
    return re.compile("".join(_LIKE.get(letter, re.escape(letter)) for letter in like), re.DOTALL)


_LIKE = {"%": ".*", "_": "."}
