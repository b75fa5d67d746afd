"""Each row of a section compiled once into a function that reads it, and says what it could not understand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from app.mapping import words
from app.mapping.consistency import kind_of_format
from app.mapping.document import Document, FieldRow
from app.mapping.values import Unreadable, amount, day, number, one_line, text
from app.mapping.words import Kind
from app.records import Problem, Value

T = TypeVar("T")
Values = Mapping[str, Value]
Problems = list[Problem]
Amount = Callable[[Values, Problems], Decimal | None]
Day = Callable[[Values, Problems], date | None]
Text = Callable[[Values, Problems], str]

_ENTERED = 80
"""How much of what somebody entered a problem repeats."""


@dataclass(frozen=True)
class Readers:
    """Of one section: each word by its kind, and each custom field by where it goes."""

    amounts: tuple[tuple[str, Amount], ...]
    days: tuple[tuple[str, Day], ...]
    texts: tuple[tuple[str, Text], ...]
    custom: tuple[tuple[str, Text], ...]


def readers(document: Document, rows: tuple[FieldRow, ...], known: Mapping[str, Kind]) -> Readers:
    amounts: list[tuple[str, Amount]] = []
    days: list[tuple[str, Day]] = []
    texts: list[tuple[str, Text]] = []
    custom: list[tuple[str, Text]] = []
    for row in rows:
        if not row.word:
            custom.append((row.to or "", _custom(document, row)))
        elif known[row.word] is Kind.AMOUNT:
            amounts.append((row.word, _amount(row)))
        elif known[row.word] is Kind.DAY:
            days.append((row.word, _day(row)))
        else:
            texts.append((row.word, _text(document, row)))
    return Readers(tuple(amounts), tuple(days), tuple(texts), tuple(custom))


def _amount(row: FieldRow) -> Amount:
    return _parsed(row, amount, "Enter a number such as 1250.00.")


def _day(row: FieldRow) -> Day:
    return _parsed(row, day, "Enter a day.")


def _parsed(
    row: FieldRow, understand: Callable[[Value], T | None], remedy: str
) -> Callable[[Values, Problems], T | None]:
    source = row.source
    fallback = understand(row.constant or row.default)
    if source is None:
        return lambda _values, _problems: fallback

    def read(values: Values, problems: Problems) -> T | None:
        value = values.get(source)
        if value is None:
            return fallback
        try:
            found = understand(value)
        except Unreadable as error:
            said = f"{source} says “{text(value)[:_ENTERED]}”: that is {error}."
            problems.append(Problem("unreadable", said, remedy, field=row.word or source))
            return None
        return fallback if found is None else found

    return read


def _text(document: Document, row: FieldRow) -> Text:
    source = row.source
    fallback = (row.constant or row.default or "").strip()
    if source is None:
        return lambda _values, _problems: fallback
    translate = _translation(document, row)

    def read(values: Values, problems: Problems) -> str:
        value = values.get(source)
        entered = value.strip() if type(value) is str else text(value)
        if not entered:
            return fallback
        return translate(entered, problems) if translate else entered

    return read


def _translation(document: Document, row: FieldRow) -> Callable[[str, Problems], str] | None:
    """
    The row's value map as a function; the entry `*` is for every other value. Of a method that the map does not have
    nothing is left, for the judge to refuse in its own words.
    """
    entries = document.value_map(row)
    if entries is None:
        return None
    entries = dict(entries)
    otherwise = entries.pop("*", None)
    source = row.source or ""
    name = f"the value map “{row.values}”" if isinstance(row.values, str) else "its value map"

    def translate(entered: str, problems: Problems) -> str:
        found = entries.get(entered, otherwise)
        if found is not None:
            return found
        if row.word in words.PASS_UNMAPPED:
            return entered
        if row.word != "method":
            said = f"{source} says “{entered[:_ENTERED]}”, which {name} does not have."
            remedy = "Choose another value, or ask an administrator to add this one to the mapping."
            problems.append(Problem("value_unmapped", said, remedy, field=row.word or source))
        return ""

    return translate


def _custom(document: Document, row: FieldRow) -> Text:
    kind = kind_of_format(row.format)
    if kind is Kind.AMOUNT:
        return _spelled(_amount(row), number)
    if kind is Kind.DAY:
        return _spelled(_day(row), date.isoformat)
    return (
        _untouched(row)
        if row.format == "exact" and row.values is None
        else _spelled(_text(document, row), one_line)
    )


def _spelled(read: Callable[[Values, Problems], T | None], spell: Callable[[T], str]) -> Text:
    def spelled(values: Values, problems: Problems) -> str:
        value = read(values, problems)
        return "" if value is None else spell(value)

    return spelled


def _untouched(row: FieldRow) -> Text:
    source, fallback = row.source, row.constant or row.default or ""

    def read(values: Values, _problems: Problems) -> str:
        value = values.get(source) if source else None
        return (value if isinstance(value, str) else text(value)) or fallback

    return read
