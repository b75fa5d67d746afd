"""Names in a query: the field or child relationship that a dotted name means, in any case."""

from collections.abc import Callable
from dataclasses import dataclass

from .org import Org
from .records import Record
from .refusals import Refused
from .schema import Field, SObject
from .soql import Path
from .values import Value

Read = Callable[[Record], Value]

_USE_THE_WSDL = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(frozen=True)
class Column:
    """A field as seen from the object of the query; `parents` are the reference fields on the way to it."""

    field: Field
    parents: tuple[Field, ...]
    read: Read


@dataclass(frozen=True)
class Child:
    """A child relationship: its spelling, the object below, and that object's field that points up."""

    relationship: str
    sobject: SObject
    reference: str


def column(org: Org, sobject: SObject, path: Path) -> Column:
    """The field that a dotted name means; raises Refused (INVALID_FIELD)."""
    *relationships, name = path.text.split(".")
    parents: list[Field] = []
    here = sobject
    for relationship in relationships:
        parent = parent_of(here, relationship)
        parents.append(parent)
        here = org.schema[parent.refers_to]
    field = here.named(name)
    if field is None:
        raise _no_column(name, here)
    return Column(field, tuple(parents), _reader(org, tuple(parents), field.name))


def child_of(org: Org, sobject: SObject, relationship: str) -> Child:
    """The child relationship of that name; raises Refused (INVALID_FIELD)."""
    for name, (child, reference) in sobject.children.items():
        if name.lower() == relationship.lower():
            return Child(name, org.schema[child], reference)
    raise Refused(
        "INVALID_FIELD",
        f"Didn't understand relationship '{relationship}' in FROM part of query call. If you are attempting to "
        f"use a custom relationship, be sure to append the '__r' after the custom relationship name. {_USE_THE_WSDL}",
    )


def _reader(org: Org, parents: tuple[Field, ...], name: str) -> Read:
    if not parents:
        return lambda record: record.values.get(name)

    def read(record: Record) -> Value:
        for parent in parents:
            above = record.values.get(parent.name)
            found = org.records.find(above) if isinstance(above, str) else None
            if found is None:
                return None
            record = found
        return record.values.get(name)

    return read


def parent_of(sobject: SObject, relationship: str) -> Field:
    """The reference field of a parent relationship; raises Refused (INVALID_FIELD)."""
    found = sobject.by_relationship.get(relationship.lower())
    if found is None:
        raise Refused(
            "INVALID_FIELD",
            f"Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom "
            f"relationship, be sure to append the '__r' after the custom relationship name. {_USE_THE_WSDL}",
        )
    return found


def _no_column(name: str, sobject: SObject) -> Refused:
    return Refused(
        "INVALID_FIELD",
        f"No such column '{name}' on entity '{sobject.name}'. If you are attempting to use a custom field, be "
        f"sure to append the '__c' after the custom field name. {_USE_THE_WSDL}",
    )
