"""A record in a system's own field names: what a mapping reads, and what it asks to be written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Value = str | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a header filter: `Status__c in (Ready, Reversal Requested)`. Operators: in, not in, =, !=, <, <=, >, >=."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """
    Which fields of which object to read. Dots go to a parent (`Account__r.Name`); `children` is the name of the child
    relationship whose `child_fields` come along as lines. All `conditions` must hold for `changed` to list a record.
    """

    object: str
    fields: tuple[str, ...]
    children: str = ""
    child_object: str = ""
    child_fields: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Values by field name as asked for (dotted where dotted); numbers are Decimal, dates and instants text."""

    id: str
    values: Mapping[str, Value]
    lines: tuple["Row", ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Fields to write on one record; None empties a field."""

    object: str
    id: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What a system says of one of its fields."""

    name: str
    type: str
    readable: bool = True
    writable: bool = True
    choices: tuple[str, ...] = ()
    length: int = 0


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What a system says of one of its objects: fields by name, child relationships by relationship name."""

    name: str
    fields: Mapping[str, FieldFacts]
    children: Mapping[str, str] = field(default_factory=dict)
