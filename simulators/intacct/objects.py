"""How an object looks through the gateway: its fields, their types, and how values are written and compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from simulators.intacct.refusals import Refused, refusal, unknown_field

Value = int | str | bool | Decimal | date | datetime | None
Kind = Literal["INTEGER", "TEXT", "ENUM", "BOOLEAN", "CURRENCY", "DECIMAL", "DATE", "TIMESTAMP"]

R = TypeVar("R")


@dataclass(frozen=True)
class Field(Generic[R]):
    """One field. One that is not `queryable` is seen by `read` alone."""

    name: str
    kind: Kind
    of: Callable[[R], Value]
    queryable: bool = True
    custom: bool = False


@dataclass(frozen=True)
class Owned(Generic[R]):
    """Rows that live inside another record, and come nested in a `read`."""

    wrapper: str
    element: str
    fields: Mapping[str, Field[Any]]  # rows of another type than R, told apart by their wrapper alone
    of: Callable[[R], Sequence[Any]]


@dataclass(frozen=True)
class ObjectType(Generic[R]):
    """
    One object. `found_by` answers quickly the rows whose field has exactly a text; the rest are looked through.

    `entity` says to whom a row belongs: an entity's session sees its own rows and those of the top level.
    """

    name: str
    fields: Mapping[str, Field[R]]
    rows: Callable[[], Sequence[R]]
    entity: Callable[[R], str] = lambda _: ""
    natural_key: str = "RECORDNO"
    found_by: Mapping[str, Callable[[str], Sequence[R]]] = field(default_factory=dict)
    owned: tuple[Owned[R], ...] = ()
    related: Mapping[str, tuple["ObjectType[Any]", Callable[[R], object]]] = field(default_factory=dict)
    blank_relations: frozenset[str] = frozenset()

    def field(self, name: str) -> Field[R]:
        """By its name, in any case; `CUSTOMER.NAME` reaches over a relation. Raises Refused for an unknown one."""
        upper = name.strip().upper()
        found = self.fields.get(upper)
        if found is not None:
            return found
        head, _, rest = upper.partition(".")
        if rest and head in self.blank_relations:
            return Field(upper, "TEXT", lambda _: None)
        if rest and head in self.related:
            return _over(upper, *self.related[head], rest)
        raise unknown_field(name, self.name)


def _over(name: str, target: ObjectType[Any], step: Callable[[R], object], rest: str) -> Field[R]:
    inner = target.field(rest)

    def of(row: R) -> Value:
        other = step(row)
        return None if other is None else inner.of(other)

    return Field(name, inner.kind, of)


def plain(value: Decimal) -> str:
    """Without trailing zeros, as captured answers have it: 155, 2.51."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def written(value: Value, zone: ZoneInfo, iso: bool) -> str:
    """
    A value as text. `query` and `readByQuery` write days and times in the user's own format and zone; `read`
    (`iso`) writes yyyy-mm-dd, and stamps in UTC with a Z.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        if iso:
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return value.astimezone(zone).strftime("%m/%d/%Y %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat() if iso else value.strftime("%m/%d/%Y")
    return str(value)


def read_as(kind: Kind, text: str, zone: ZoneInfo) -> Value:
    """What the text of a filter means for a field of this kind. Raises Refused where it means nothing."""
    try:
        if kind == "TIMESTAMP":
            shape = "%m/%d/%Y %H:%M:%S" if ":" in text else "%m/%d/%Y"
            return datetime.strptime(text, shape).replace(tzinfo=zone).astimezone(UTC)
        if kind == "DATE":
            return datetime.strptime(text[:10], "%m/%d/%Y").date()  # noqa: DTZ007 # a day has no zone
        if kind in ("INTEGER", "CURRENCY", "DECIMAL"):
            return _number(text)
    except (ValueError, InvalidOperation):
        raise _unreadable(text) from None
    return text.lower() == "true" if kind == "BOOLEAN" else text


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise _unreadable(text)
    return number


def _unreadable(text: str) -> Refused:
    return refusal(f"The value '{text}' does not fit the field it is compared with.", errorid="SIM-BAD-VALUE")
