"""Whether a mapping can work in an org: what `ledgerline mappings check` says."""

from collections.abc import Iterator

from app.errors import BadSetting
from app.mapping import words
from app.mapping.consistency import Section, contradictions, sections
from app.mapping.document import Document, FieldRow
from app.mapping.fields import facts_of, unreadable_field
from app.mapping.words import Kind
from app.records import ObjectFacts

_NO_AMOUNT = frozenset({"boolean", "date", "datetime", "id", "reference"})
_NO_DAY = frozenset({"boolean", "currency", "datetime", "double", "id", "int", "percent", "reference"})
"""Types of describe that can never hold an amount, or a day. An instant is no day: which one depends on a time zone."""


def check(
    document: Document,
    facts: ObjectFacts | None = None,
    child_facts: ObjectFacts | None = None,
    *,
    key_field: str = words.DOCUMENT,
) -> list[BadSetting]:
    """All that is wrong with it, in the document's order; without facts only what contradicts itself."""
    found = contradictions(document, key_field=key_field)
    header, lines = sections(document)
    if facts:
        found += [*_relationship(document, facts), *_filter(document, facts), *_rows(header, facts)]
        found += _written_back(document, facts)
    if child_facts:
        found += _rows(lines, child_facts)
        found += _writable("write_back, line_target_id", document.write_back.line_target_id, child_facts)
    return found


def _relationship(document: Document, facts: ObjectFacts) -> Iterator[BadSetting]:
    lines = document.origin.lines
    known = {name.casefold(): child for name, child in facts.children.items()}
    child = known.get(lines.relationship.casefold())
    if child is None:
        names = ", ".join(sorted(facts.children)) or "none"
        yield BadSetting(
            "origin, lines",
            f"{facts.name} has no child relationship {lines.relationship}",
            f"It has: {names}.",
        )
    elif child.casefold() != lines.object.casefold():
        yield BadSetting(
            "origin, lines",
            f"{lines.relationship} leads to {child}, not to {lines.object}",
            "Correct the object.",
        )


def _filter(document: Document, facts: ObjectFacts) -> Iterator[BadSetting]:
    for number, where in enumerate(document.origin.filter, 1):
        if lack := unreadable_field(f"origin, filter row {number} ({where.field})", where.field, facts):
            yield lack


def _rows(section: Section, facts: ObjectFacts) -> Iterator[BadSetting]:
    for name, row in section.numbered():
        if row.source is None:
            continue
        if lack := unreadable_field(name, row.source, facts):
            if not row.optional:
                yield lack
        elif "." not in row.source:
            yield from _type(section, name, row, facts)


def _type(section: Section, name: str, row: FieldRow, facts: ObjectFacts) -> Iterator[BadSetting]:
    field = facts_of(row.source or "", facts)
    kind = section.kind_of(row)
    if field and kind is Kind.AMOUNT and field.type in _NO_AMOUNT:
        yield BadSetting(
            name, f"{field.name} is a {field.type} and holds no amount", "Read a number or currency field."
        )
    if field and kind is Kind.DAY and field.type in _NO_DAY:
        yield BadSetting(name, f"{field.name} is a {field.type} and holds no day", "Read a date field.")


def _written_back(document: Document, facts: ObjectFacts) -> Iterator[BadSetting]:
    fields = document.write_back
    for name in ("status", "sync_status", "sync_message", "synced_at", "target_id", "target_state"):
        yield from _writable(f"write_back, {name}", getattr(fields, name), facts)


def _writable(name: str, field: str | None, facts: ObjectFacts) -> Iterator[BadSetting]:
    known = facts_of(field, facts) if field else None
    if field and known is None:
        yield BadSetting(name, f"{facts.name} has no field {field}", "Correct the name, or add the field.")
    elif known and not known.writable:
        yield BadSetting(
            name,
            f"{field} of {facts.name} can be read, not written",
            "Give the permission set that field to edit.",
        )
