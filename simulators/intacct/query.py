"""The `query` function: select, filter, order, page; and its aggregates."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from xml.etree.ElementTree import Element

from simulators.intacct.asking import Desk
from simulators.intacct.filters import Filter, check_of, filter_from, query_failed, rows_of
from simulators.intacct.objects import Field, ObjectType, Value, plain, written
from simulators.intacct.refusals import refusal
from simulators.intacct.xml import Tag, child_of, text_of

R = TypeVar("R")

_PARTS = frozenset(("object", "select", "filter", "orderby", "options", "pagesize", "offset", "docparid"))
_AGGREGATES: dict[str, Callable[[list[Any]], Value]] = {
    "count": lambda values: len(values),
    "min": lambda values: min(values) if values else None,
    "max": lambda values: max(values) if values else None,
    "sum": lambda values: sum(values, Decimal(0)),
    "avg": lambda values: sum(values, Decimal(0)) / len(values) if values else None,
}


@dataclass(frozen=True)
class Found:
    """The page that was asked for: each row as names and texts, in the order of the select."""

    named: str
    rows: list[list[tuple[str, str]]]
    total: int
    offset: int
    as_json: bool


def query(desk: Desk, element: Element) -> Found:
    """Raises Refused for what the vendor's schema or the object's fields do not allow."""
    if unknown := [child.tag for child in element if child.tag not in _PARTS]:
        raise query_failed(f"Unknown element '{unknown[0]}' in query.")
    named = text_of(element, "object")
    kind = desk.readable(named)
    options = child_of(element, "options")
    size, offset = _number(element, "pagesize", 100, 1, 2000), _number(element, "offset", 0, 0, None)
    rows = _matching(desk, kind, _filter(element), options)
    rows = _ordered(kind, rows, child_of(element, "orderby"))
    select = child_of(element, "select")
    written_rows = _written(desk, kind, select, rows, (offset, offset + size))
    total = len(written_rows) if _aggregates(select) else len(rows)
    return Found(named, written_rows, total, offset, _as_json(options))


def as_data(found: Found) -> Tag:
    shown = len(found.rows)
    attributes = (
        ("listtype", found.named),
        ("totalcount", str(found.total)),
        ("offset", str(found.offset)),
        ("count", str(shown)),
        ("numremaining", str(max(0, found.total - found.offset - shown))),
    )
    return Tag("data", [Tag(found.named, [Tag(*pair) for pair in row]) for row in found.rows], attributes)


def as_json(found: Found) -> bytes:
    """A bare list of flat objects without envelope or counts, as a production client reads it [EST]."""
    return json.dumps([dict(row) for row in found.rows]).encode()


def _filter(element: Element) -> Filter | None:
    filtered = child_of(element, "filter")
    if filtered is None or len(filtered) == 0:
        return None
    if len(filtered) > 1:
        raise query_failed("A filter has one condition; put several into 'and' or 'or'.")
    return filter_from(filtered[0])


def _matching(desk: Desk, kind: ObjectType[R], wanted: Filter | None, options: Element | None) -> list[R]:
    private = text_of(options, "showprivate").lower() == "true"
    caseless = text_of(options, "caseinsensitive").lower() == "true"
    rows = [row for row in rows_of(kind, wanted, caseless) if desk.sees(kind, row, private)]
    if wanted is None:
        return rows
    check = check_of(wanted, kind, desk.books.settings.timezone, caseless)
    return [row for row in rows if check(row)]


def _ordered(kind: ObjectType[R], rows: list[R], orderby: Element | None) -> list[R]:
    """Nothing comes last. Without `orderby` the vendor promises no order."""
    for order in reversed(list(orderby) if orderby is not None else []):
        of = kind.field(text_of(order, "field")).of
        present = [row for row in rows if of(row) is not None]
        absent = [row for row in rows if of(row) is None]
        rows = sorted(present, key=_sortable(of), reverse=child_of(order, "descending") is not None) + absent
    return rows


def _sortable(of: Callable[[R], Value]) -> Callable[[R], Any]:
    """Any: the values of one field are of one type, which the type of a Value cannot say."""
    return of


def _written(
    desk: Desk, kind: ObjectType[R], select: Element | None, rows: list[R], window: tuple[int, int]
) -> list[list[tuple[str, str]]]:
    if _aggregates(select):
        return _grouped(desk, kind, select, rows)[slice(*window)]
    fields = [_selectable(kind, child.text or "") for child in select or () if child.tag == "field"]
    if not fields:
        raise query_failed("At least one field is to be selected; returning all fields is not supported.")
    return [[(field.name, desk.text(field, row, False)) for field in fields] for row in rows[slice(*window)]]


def _selectable(kind: ObjectType[R], name: str) -> Field[R]:
    field = kind.field(name)
    if not field.queryable:
        raise refusal(f"The following fields cannot be queried: {field.name}", errorid="SIM-NOT-QUERYABLE")
    return field


def _aggregates(select: Element | None) -> bool:
    return select is not None and any(child.tag in _AGGREGATES for child in select)


def _grouped(
    desk: Desk, kind: ObjectType[R], select: Element | None, rows: list[R]
) -> list[list[tuple[str, str]]]:
    """One row for each combination of the plain fields; a single one where there are none."""
    chosen = [(child.tag, _selectable(kind, child.text or "")) for child in select or ()]
    plain_fields = [field for how, field in chosen if how == "field"]
    groups: dict[tuple[Value, ...], list[R]] = {} if plain_fields else {(): []}
    for row in rows:
        groups.setdefault(tuple(field.of(row) for field in plain_fields), []).append(row)
    return [[_cell(desk, how, field, members) for how, field in chosen] for members in groups.values()]


def _cell(desk: Desk, how: str, field: Field[R], members: Sequence[R]) -> tuple[str, str]:
    if how == "field":
        return field.name, desk.text(field, members[0], False)
    values = [value for row in members if (value := field.of(row)) not in (None, "")]
    if how in ("sum", "avg") and field.kind not in ("CURRENCY", "DECIMAL", "INTEGER"):
        raise query_failed(f"'{how}' needs a number; {field.name} is none.")
    made = _AGGREGATES[how](values)
    text = plain(made) if isinstance(made, Decimal) else written(made, desk.books.settings.timezone, False)
    return f"{how.upper()}.{field.name}", text


def _number(element: Element, name: str, default: int, least: int, most: int | None) -> int:
    text = text_of(element, name)
    if not text:
        return default
    if not text.isdigit() or int(text) < least or (most is not None and int(text) > most):
        raise query_failed(f"'{name}' is out of range.")
    return int(text)


def _as_json(options: Element | None) -> bool:
    wanted = text_of(options, "returnformat") or "xml"
    if wanted not in ("xml", "json"):
        raise query_failed(f"The return format '{wanted}' is not available.")
    return wanted == "json"
