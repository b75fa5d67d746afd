"""The shape of an org: objects and fields, typed as describe tells them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

Kind = Literal[
    "id", "string", "textarea", "picklist", "currency", "double", "date", "datetime", "boolean", "reference"
]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Field:
    """One column; `kind` is describe's `type`, `auto_number` the format of the number, such as ARP-{000000}."""

    name: str
    label: str
    kind: Kind
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    unique: bool = False
    external_id: bool = False
    createable: bool = True
    updateable: bool = True
    auto_number: str = ""
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    default: str | bool | None = None
    refers_to: str = ""
    relationship: str = ""
    master: bool = False

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")


@dataclass(frozen=True)
class SObject:
    """An object; `children` maps a child relationship's name to (child object, its reference field)."""

    name: str
    label: str
    plural: str
    prefix: str
    fields: tuple[Field, ...]
    children: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    event: bool = False
    by_name: Mapping[str, Field] = field(default_factory=dict, compare=False, repr=False)
    by_relationship: Mapping[str, Field] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {f.name.lower(): f for f in self.fields})
        parents = {f.relationship.lower(): f for f in self.fields if f.relationship}
        object.__setattr__(self, "by_relationship", parents)

    def named(self, name: str) -> Field | None:
        """Its field of that name, in any case."""
        return self.by_name.get(name.lower())

    @property
    def master(self) -> Field | None:
        return next((f for f in self.fields if f.master), None)


@dataclass(frozen=True)
class Schema:
    """All objects by lower-cased name, because the API takes names in any case."""

    objects: Mapping[str, SObject]

    def named(self, name: str) -> SObject | None:
        return self.objects.get(name.lower())

    def __getitem__(self, name: str) -> SObject:
        return self.objects[name.lower()]

    def of_id(self, id18: str) -> SObject | None:
        return next((o for o in self.objects.values() if id18.startswith(o.prefix)), None)

    def adding(self, sobject: str, custom: Field) -> "Schema":
        """The same org with one more custom field."""
        found = self[sobject]
        return Schema({**self.objects, found.name.lower(): replace(found, fields=(*found.fields, custom))})


def schema_of(objects: Iterable[SObject]) -> Schema:
    return Schema({o.name.lower(): o for o in objects})
