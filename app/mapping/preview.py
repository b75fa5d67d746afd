"""A payment field by field: what was read, what it means, and what would be written. Sends nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from app.mapping import words
from app.mapping.document import FieldRow
from app.mapping.plan import Plan
from app.mapping.values import text
from app.mapping.writers import Defaults
from app.records import Extra, Payment, Posting, Row, Value

_INLINE = "its own"


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """
    One row of the mapping on one record. `line` counts from 1, 0 for the header; `value_map` is the name of the one
    applied; `problem` is what could not be understood. Nothing in `to` = the value steers, and is not written.
    """

    source: str
    read: str
    word: str
    value_map: str
    to: str
    written: str
    line: int = 0
    problem: str = ""


def preview(
    plan: Plan, row: Row, payment: Payment, posting: Posting, *, defaults: Defaults
) -> list[PreviewRow]:
    """In the document's order, header first; what a rule fills stands at its word, or at the end of the header."""
    document = plan.document
    problems = {problem.field: problem.text for problem in payment.unreadable}
    written = dict(posting.header)
    places = _places(document.header, written, defaults)
    shown = [_shown(each, to, row, written, problems) for each, to in places]
    shown += [PreviewRow("", "", "", "", to, written[to]) for to in _unsaid(places, written)]
    for number, (line, pairs) in enumerate(zip(row.lines, posting.lines, strict=True), 1):
        shown += _line(plan, number, line, pairs, problems)
    return shown


def _places(
    rows: tuple[FieldRow, ...], written: Mapping[str, str], defaults: Defaults
) -> list[tuple[FieldRow, str]]:
    """Where each row's value goes: as it says, or as the rules of `app.mapping.writers` choose."""
    described = next((row.to for row in rows if row.word == "description" and row.to), words.DESCRIPTION)
    ruled = {
        "key": defaults.key_field,
        "reference": described if defaults.key_field == words.DOCUMENT else words.DOCUMENT,
        "deposit_to": words.DEPOSIT_ACCOUNT
        if words.DEPOSIT_ACCOUNT in written
        else words.UNDEPOSITED_ACCOUNT,
    }
    by_rule = (None, words.KEY_PLACE, words.DOCUMENT)
    return [(row, (ruled.get(row.word, "") if row.to in by_rule else row.to) or "") for row in rows]


def _unsaid(places: list[tuple[FieldRow, str]], written: Mapping[str, str]) -> Iterator[str]:
    said = {to for _, to in places}
    return (to for to in written if to not in said)


def _line(
    plan: Plan, number: int, row: Row, pairs: Extra, problems: Mapping[str, str]
) -> Iterator[PreviewRow]:
    written = dict(pairs)
    own = {
        field.removeprefix(f"lines[{number}]."): told
        for field, told in problems.items()
        if field.startswith(f"lines[{number}].")
    }
    for each in plan.document.lines:
        yield replace(_shown(each, each.to or "", row, written, own), line=number)


def _shown(
    each: FieldRow, to: str, row: Row, written: Mapping[str, str], problems: Mapping[str, str]
) -> PreviewRow:
    value_map = each.values if isinstance(each.values, str) else _INLINE if each.values else ""
    return PreviewRow(
        source=each.source or "",
        read=_entered(row.values.get(each.source)) if each.source else each.constant or "",
        word=each.word,
        value_map=value_map or "",
        to=to,
        written=written.get(to, "") if to else "",
        problem=problems.get(each.word or each.source or "", ""),
    )


def _entered(value: Value) -> str:
    """As it was entered: `950.00` stays so."""
    return format(value, "f") if isinstance(value, Decimal) else text(value)
