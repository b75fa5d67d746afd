"""SOQL, built: plain queries by id, and by what changed. Nothing that a person typed gets in unescaped."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import quote_plus

from app.errors import BadSetting
from app.records import Condition, Shape

IDS_PER_QUERY: Final = 200
_ADDRESS_BYTES: Final = 12_000
"""Address and headers together may have 16,384 bytes (Salesforce limits reference); this leaves room for a token."""
_BYTES_PER_ID: Final = len(quote_plus("'001000000000000AAA',"))
_NAME = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)
_OPERATORS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_LISTS: Final = {"in": "IN", "not in": "NOT IN"}
_NUMBERS: Final = frozenset({"currency", "double", "percent", "int", "long"})
_IN_ORDER: Final = "ORDER BY SystemModstamp, Id"
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)


def select(shape: Shape, ids: Sequence[str]) -> list[str]:
    """The queries that read these records, as few as fit into an address. The ids are in their 18-character form."""
    head = f"{_selection(shape)} FROM {_name(shape.object)} WHERE Id IN "
    room = (_ADDRESS_BYTES - len(quote_plus(head))) // _BYTES_PER_ID
    size = max(1, min(IDS_PER_QUERY, room))
    parts = (ids[at : at + size] for at in range(0, len(ids), size))
    return [f"{head}({','.join(text(one) for one in part)})" for part in parts]


def select_changed(
    shape: Shape, since: datetime, until: datetime, after_id: str = "", *, types: Mapping[str, str]
) -> str:
    """
    Ids changed from `since` up to `until`, oldest first; to go on after a record, `since` is its stamp.

    Both instants are cut to whole seconds, as the stamp has them: windows that touch leave nothing between them.
    `types` are the fields' own types, as describe tells them: a number must not be quoted, a text must.
    """
    start = instant(since)
    parts = [f"SystemModstamp >= {start}", f"SystemModstamp < {instant(until)}"]
    if after_id:
        parts.append(f"(SystemModstamp > {start} OR Id > {text(after_id)})")
    parts += [_condition(condition, types) for condition in shape.conditions]
    where = " AND ".join(parts)
    return f"SELECT Id, SystemModstamp FROM {_name(shape.object)} WHERE {where} {_IN_ORDER}"  # noqa: S608 # literals are escaped


def text(value: str) -> str:
    """A quoted literal."""
    return f"'{value.translate(_ESCAPES)}'"


def instant(moment: datetime) -> str:
    """A datetime literal: UTC, whole seconds, never quoted."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _selection(shape: Shape) -> str:
    names = _listed(shape.fields)
    if shape.children:
        names += f", (SELECT {_listed(shape.child_fields)} FROM {_name(shape.children)})"  # noqa: S608 # names are checked
    return f"SELECT {names}"


def _listed(fields: Sequence[str]) -> str:
    """`Id` first, and nothing twice: Salesforce refuses a doubled field, whatever its case."""
    once = {name.lower(): _name(name) for name in ("Id", *fields)}
    return ", ".join(once.values())


def _name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        remedy = "Use the API name: letters, digits and underscores, with dots to a parent."
        raise BadSetting(name or "field", "is no name of a Salesforce field or object", remedy)
    return name


def _condition(condition: Condition, types: Mapping[str, str]) -> str:
    field = _name(condition.field)
    kind = types.get(field.lower(), "")
    operator = condition.operator.strip().lower()
    if operator in _OPERATORS and len(condition.values) == 1:
        return f"{field} {operator} {_literal(field, condition.values[0], kind)}"
    if operator not in _LISTS or not condition.values:
        remedy = "Use in, not in, =, !=, <, <=, > or >=, with a value."
        raise BadSetting(field, f"the condition '{condition.operator}' cannot be asked", remedy)
    return _list_condition(field, operator, [_literal(field, value, kind) for value in condition.values])


def _list_condition(field: str, operator: str, literals: list[str]) -> str:
    """An empty value in a list means null, which SOQL asks for on its own."""
    parts = []
    if given := [literal for literal in literals if literal != "null"]:
        parts.append(f"{field} {_LISTS[operator]} ({', '.join(given)})")
    if "null" in literals:
        parts.append(f"{field} {'=' if operator == 'in' else '!='} null")
    joined = (" OR " if operator == "in" else " AND ").join(parts)
    return f"({joined})" if len(parts) > 1 else joined


def _literal(field: str, value: str, kind: str) -> str:
    if not value:
        return "null"
    try:
        if kind in _NUMBERS:
            return _number(value)
        if kind == "date":
            return date.fromisoformat(value).isoformat()
        if kind == "datetime":
            return instant(datetime.fromisoformat(value))
    except (ValueError, InvalidOperation):
        raise BadSetting(field, f"'{value}' is no {kind}", "Correct the value of the condition.") from None
    if kind == "boolean":
        return _boolean(field, value)
    return text(value)


def _number(value: str) -> str:
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(value)
    return format(number, "f")


def _boolean(field: str, value: str) -> str:
    if value.lower() not in ("true", "false"):
        raise BadSetting(field, f"'{value}' is neither true nor false", "Correct the value of the condition.")
    return value.lower()
