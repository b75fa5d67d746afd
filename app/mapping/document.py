"""The mapping document: what an administrator edits, keeps as JSON and compares between versions."""

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import BadSetting
from app.records import Condition

FieldPath = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}$", max_length=255)
]
"""A field of the origin, or of a parent (`Account__r.Name`). Strict, because it becomes part of a query."""
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=80)]
Place = Annotated[str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_.]*|\{key\})$", max_length=80)]
"""A field of the destination, or `{key}`. Strict, because it becomes the name of an element."""
Format = Literal["amount", "date", "text", "exact"]
Operator = Literal["in", "not in", "=", "!=", "<", "<=", ">", ">="]
ValueMap = Mapping[str, str]

REMEDY = "Correct the document and import it again."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_max_length=4000)


class FieldRow(_Part):
    """
    One line of the mapping. `source` is read, `values` translated, `default` stands in where nothing was entered;
    `constant` needs no source. A row with a `word` tells the pipeline what its value means; one without is a custom
    field, carried as it is. `optional`: left out in an org that lacks the field.
    """

    word: str = ""
    source: FieldPath | None = Field(default=None, alias="from")
    to: Place | None = None
    values: str | ValueMap | None = None
    constant: str | None = None
    default: str | None = None
    format: Format | None = None
    optional: bool = False

    def __str__(self) -> str:
        ends = (self.source or ("constant" if self.constant is not None else ""), self.word, self.to or "")
        return " → ".join(end for end in ends if end)


class Where(_Part):
    """One line of the filter; all of them must hold."""

    field: FieldPath
    operator: Operator
    values: tuple[str, ...] = Field(min_length=1)

    @property
    def condition(self) -> Condition:
        return Condition(self.field, self.operator, self.values)


class Children(_Part):
    """The child relationship whose records are the lines, and their object."""

    relationship: FieldName
    object: FieldName


class OriginShape(_Part):
    object: FieldName
    lines: Children
    filter: tuple[Where, ...] = ()


class WriteBack(_Part):
    """
    The fields in which the origin's people read what became of a record; an absent optional one is not written.
    `posted_status` and `reversed_status` are that org's words for our `Posted` and `Reversed`.
    """

    status: FieldName
    posted_status: str = Field(default="Posted", min_length=1)
    reversed_status: str = Field(default="Reversed", min_length=1)
    sync_status: FieldName
    sync_message: FieldName
    synced_at: FieldName | None = None
    target_id: FieldName | None = None
    target_state: FieldName | None = None
    line_target_id: FieldName | None = None


class Document(_Part):
    """`name` is the flow that it steers, `version` counts up, `note` says who changed what and why."""

    name: str = Field(min_length=1)
    version: int = Field(ge=1)
    note: str = ""
    origin: OriginShape
    header: tuple[FieldRow, ...]
    lines: tuple[FieldRow, ...]
    value_maps: Mapping[str, ValueMap] = Field(default_factory=dict)
    write_back: WriteBack

    def value_map(self, row: FieldRow) -> ValueMap | None:
        """The row's value map, inline or by name; None where it has none, or names one that is not there."""
        return self.value_maps.get(row.values) if isinstance(row.values, str) else row.values


def parse(text: str) -> Document:
    """
    Read a document that was exported, and perhaps edited. Its form only:
    `app.mapping.consistency` finds what contradicts itself.

    :raises BadSetting: names the row and the field, says what is wrong with it
    """
    try:
        return Document.model_validate(json.loads(text, object_pairs_hook=_unique))
    except json.JSONDecodeError as error:
        raise BadSetting("mapping", f"line {error.lineno} is not JSON: {error.msg}", REMEDY) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSetting(_spoken_path(first["loc"]), _spoken(first["type"], first["msg"]), REMEDY) from None


def to_json(document: Document) -> str:
    """The document as JSON in a stable order, one row a line, so that two versions compare line by line."""
    return _written(document.model_dump(mode="json", by_alias=True, exclude_defaults=True), "") + "\n"


def _written(value: object, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        members = [f"{deeper}{_compact(name)}: {_written(member, deeper)}" for name, member in value.items()]
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(deeper + _compact(item) for item in value) + f"\n{indent}]"
    return _compact(value)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    """JSON takes a name twice and keeps the last: an entry of a value map would vanish without a word."""
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadSetting("mapping", f"“{twice}” is written twice in one place", REMEDY)
    return found


def _spoken_path(path: tuple[int | str, ...]) -> str:
    """`header row 3, to` for ("header", 2, "to"): rows count from 1, as people do."""
    places: list[str] = []
    for step in path:
        if isinstance(step, int) and places:
            places[-1] += f" row {step + 1}"
        elif step not in ("str", "nullable"):
            places.append(str(step))
    return ", ".join(places) or "mapping"


_SPOKEN = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_pattern_mismatch": "is not the name of a field",
    "string_too_short": "is empty",
    "string_type": "must be text, in quotes",
    "int_type": "must be a number",
    "too_short": "is empty",
}


def _spoken(kind: str, message: str) -> str:
    return _SPOKEN.get(kind, message)
