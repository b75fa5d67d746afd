"""What in a mapping document contradicts itself, each named by its row and said in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.errors import BadSetting
from app.mapping import words
from app.mapping.document import Document, FieldRow
from app.mapping.values import Unreadable, amount, day
from app.mapping.words import Kind

_FORMATS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("text", "exact"),
    Kind.AMOUNT: ("amount", "exact"),
    Kind.DAY: ("date",),
}


@dataclass(frozen=True)
class Section:
    """The header's or the lines' rows, with the words that stand there."""

    name: str
    rows: tuple[FieldRow, ...]
    known: Mapping[str, Kind]
    required: tuple[str, ...]
    placed: frozenset[str]

    def numbered(self) -> Iterator[tuple[str, FieldRow]]:
        for number, row in enumerate(self.rows, 1):
            yield f"{self.name} row {number} ({row})", row

    def kind_of(self, row: FieldRow) -> Kind:
        return self.known.get(row.word, Kind.TEXT) if row.word else kind_of_format(row.format)


def sections(document: Document) -> tuple[Section, Section]:
    return (
        Section("header", document.header, words.HEADER, words.REQUIRED_HEADER, words.PLACED_HEADER),
        Section("lines", document.lines, words.LINE, words.REQUIRED_LINE, words.PLACED_LINE),
    )


def contradictions(document: Document, *, key_field: str = words.DOCUMENT) -> list[BadSetting]:
    """
    Everything at once, in the order of the document. `key_field` is what `{key}` stands for in this connection.
    """
    found = list(_filter(document))
    for section in sections(document):
        found += _rows(document, section)
        found += _twice(section, key_field)
        found += _missing(section)
    return [*found, *_written_back(document)]


def _filter(document: Document) -> Iterator[BadSetting]:
    if not document.origin.filter:
        yield BadSetting(
            "origin, filter",
            "has no condition, so that drafts would be posted too",
            "Add one, such as a status.",
        )
    for number, where in enumerate(document.origin.filter, 1):
        if len(where.values) > 1 and where.operator not in ("in", "not in"):
            yield BadSetting(
                f"origin, filter row {number} ({where.field})",
                f"“{where.operator}” takes one value and has {len(where.values)}",
                "Use “in”, or keep one value.",
            )


def _rows(document: Document, section: Section) -> Iterator[BadSetting]:
    for name, row in section.numbered():
        if row.word and row.word not in section.known:
            known = ", ".join(section.known)
            yield BadSetting(
                name, f"“{row.word}” is no word of ours", f"Use one of {known}, or leave the word out."
            )
            continue
        yield from _ends(name, row)
        yield from _value_map(document, section, name, row)
        yield from _place(section, name, row)
        yield from _kind(section, name, row)


def _ends(name: str, row: FieldRow) -> Iterator[BadSetting]:
    if row.source is None and row.constant is None:
        yield BadSetting(
            name, "has neither a field to read nor a constant", "Give it a “from” or a “constant”."
        )
    if row.source is not None and row.constant is not None:
        yield BadSetting(
            name, "has a field to read and a constant", "Keep one; “default” fills an empty field."
        )
    if row.constant is not None and (row.default is not None or row.values is not None):
        yield BadSetting(name, "has a constant, which takes no default and no value map", "Remove these.")
    if not row.word and row.to is None:
        yield BadSetting(name, "goes nowhere", "Give it a “to”, a “word”, or remove it.")


def _value_map(document: Document, section: Section, name: str, row: FieldRow) -> Iterator[BadSetting]:
    if isinstance(row.values, str) and row.values not in document.value_maps:
        known = ", ".join(document.value_maps) or "none yet"
        yield BadSetting(name, f"there is no value map “{row.values}”", f"Value maps are: {known}.")
    kind = section.kind_of(row)
    if row.values is not None and kind is not Kind.TEXT:
        yield BadSetting(
            name, f"a value map cannot translate an {kind}".replace("an day", "a day"), "Remove “values”."
        )


def _place(section: Section, name: str, row: FieldRow) -> Iterator[BadSetting]:
    if row.word in section.placed and row.to is None:
        yield BadSetting(name, "every payment carries this, and it goes nowhere", "Give it a “to”.")
    if (row.to == words.KEY_PLACE) is not (row.word == "key"):
        yield BadSetting(
            name,
            "a payment is looked up by its key, and only by it",
            "Let the word “key” go to “{key}”, alone.",
        )
    if section.known is not words.HEADER:
        return
    if row.word == "deposit_to" and row.to is not None:
        yield BadSetting(name, "where money goes is a rule, not a row", "Remove “to” from the row.")
    owner = words.OWNED.get((row.to or "").upper())
    if owner and owner != row.word:
        yield BadSetting(
            name, f"{row.to} is filled from “{owner}”", f"Use the word “{owner}” for what goes there."
        )


def _kind(section: Section, name: str, row: FieldRow) -> Iterator[BadSetting]:
    kind = section.kind_of(row)
    if row.word and row.format and row.format not in _FORMATS[kind]:
        yield BadSetting(
            name, f"“{row.word}” cannot be written as “{row.format}”", f"Use {' or '.join(_FORMATS[kind])}."
        )
    for what, written in (("constant", row.constant), ("default", row.default)):
        if written is None:
            continue
        if not written.strip():
            yield BadSetting(name, f"the {what} is empty", f"Fill it in, or remove “{what}”.")
        elif not _is_readable(kind, written):
            yield BadSetting(name, f"the {what} “{written}” is no {kind}", "Write 1250.00, or 2026-11-24.")


def _is_readable(kind: Kind, written: str) -> bool:
    try:
        if kind is Kind.AMOUNT:
            amount(written)
        elif kind is Kind.DAY:
            day(written)
    except Unreadable:
        return False
    return True


def kind_of_format(written: str | None) -> Kind:
    """What a custom field is read as: what its row's format says, else text."""
    return {"amount": Kind.AMOUNT, "date": Kind.DAY}.get(written or "", Kind.TEXT)


def _twice(section: Section, key_field: str) -> Iterator[BadSetting]:
    places: dict[str, str] = {}
    spoken: dict[str, str] = {}
    for name, row in section.numbered():
        to = key_field if row.to == words.KEY_PLACE else row.to
        ruled = section.known is words.HEADER and (row.to or "").upper() in words.OWNED
        if to and not ruled and (first := places.setdefault(to.upper(), name)) is not name:
            yield BadSetting(name, f"{to} is filled by {first} already", "Let one row fill a field.")
        if row.word and (first := spoken.setdefault(row.word, name)) is not name:
            yield BadSetting(name, f"“{row.word}” is said by {first} already", "Let one row say a word.")


def _missing(section: Section) -> Iterator[BadSetting]:
    said = {row.word for row in section.rows}
    for word in section.required:
        if word not in said:
            yield BadSetting(section.name, f"no row says “{word}”", f"Add a row with the word “{word}”.")


def _written_back(document: Document) -> Iterator[BadSetting]:
    fields = document.write_back
    names = ("status", "sync_status", "sync_message", "synced_at", "target_id", "target_state")
    places: dict[str, str] = {}
    for name in names:
        field: str | None = getattr(fields, name)
        if field and (first := places.setdefault(field.upper(), name)) != name:
            yield BadSetting(
                f"write_back, {name}", f"{field} is written by “{first}” already", "Use a field for each."
            )
