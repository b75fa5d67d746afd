"""Each row of a section compiled once into a function that says what it writes, in the document's order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

from app.mapping import words
from app.mapping.document import FieldRow
from app.mapping.values import number, one_line, written_day
from app.mapping.words import Kind
from app.records import Payment, PaymentLine
from app.records.money import plain

BETWEEN = " · "
"""Stands between the reference and the description where both go into one field."""
_EXACT = frozenset({"exchange_rate", "base_amount"})
"""Not in the payment's currency, so its decimals say nothing about them."""
_WITH_OVERPAYMENT = frozenset({"overpayment", "overpayment_location", "overpayment_department"})


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a connection adds to its payments. Empty = not set; `entity` empty = the top level."""

    connection: str
    key_field: str = words.DOCUMENT
    deposit_account: str = ""
    undeposited_account: str = ""
    currency: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one record is written with: its currency, its custom fields as they were read, its connection's defaults."""

    defaults: Defaults
    currency: str
    custom: Mapping[str, str]


Pair = tuple[str, str]
"""A field of the destination and what it gets; no text means that the field is left out."""
HeaderWriter = Callable[[Payment, Terms], Pair]
LineWriter = Callable[[PaymentLine, Terms], Pair]


def header_writers(rows: tuple[FieldRow, ...]) -> tuple[HeaderWriter, ...]:
    """The rules for the money's place and for the reference stand where their words stand, or at the end."""
    said = {row.word: row for row in rows if row.word}
    reference, description = said.get("reference"), said.get("description")
    by_rule = reference is None or reference.to is None or reference.to.upper() == words.DOCUMENT
    place = (description and description.to) or words.DESCRIPTION
    ruled: dict[str, HeaderWriter] = {"key": _key, "deposit_to": money_place}
    if by_rule:
        ruled |= {"reference": _reference, "description": _description(place)}
    written = [
        ruled.pop(row.word) if row.word in ruled else _header_row(row)
        for row in rows
        if row.to or row.word in ruled
    ]
    return (*written, *ruled.values())


def line_writers(rows: tuple[FieldRow, ...]) -> tuple[LineWriter, ...]:
    return tuple(_custom(row) if not row.word else _word(row, words.LINE[row.word]) for row in rows if row.to)


def money_place(payment: Payment, terms: Terms) -> Pair:
    """The account that the payment names, else the connection's account, else its undeposited funds: never two."""
    defaults = terms.defaults
    if account := payment.deposit_to or defaults.deposit_account:
        return words.DEPOSIT_ACCOUNT, account
    return words.UNDEPOSITED_ACCOUNT, defaults.undeposited_account


def _key(payment: Payment, terms: Terms) -> Pair:
    return terms.defaults.key_field, payment.key


def _reference(payment: Payment, terms: Terms) -> Pair:
    return words.DOCUMENT, "" if _holds_key(terms) else one_line(payment.reference)


def _description(place: str) -> HeaderWriter:
    def write(payment: Payment, terms: Terms) -> Pair:
        parts = (payment.reference if _holds_key(terms) else "", payment.description)
        return place, BETWEEN.join(one_line(part) for part in parts if part)

    return write


def _holds_key(terms: Terms) -> bool:
    return terms.defaults.key_field == words.DOCUMENT


def _header_row(row: FieldRow) -> HeaderWriter:
    to = row.to or ""
    if not row.word:
        return _custom(row)
    if row.word == "currency":
        return lambda _payment, terms: (to, terms.currency)
    write = _word(row, words.HEADER[row.word])
    if row.word in _WITH_OVERPAYMENT:
        return lambda payment, terms: write(payment, terms) if payment.overpayment > 0 else (to, "")
    return write


def _word(row: FieldRow, kind: Kind) -> Callable[[Payment | PaymentLine, Terms], Pair]:
    to = row.to or ""
    value = attrgetter(row.word)
    spell = _speller(row, kind)

    def write(record: Payment | PaymentLine, terms: Terms) -> Pair:
        found = value(record)
        return to, "" if found is None else spell(found, terms.currency)

    return write


def _custom(row: FieldRow) -> Callable[[Payment | PaymentLine, Terms], Pair]:
    to = row.to or ""
    if row.format == "amount":
        return lambda _record, terms: (to, _in_currency(terms.custom.get(to), terms.currency))
    if row.format == "date":
        return lambda _record, terms: (to, _as_day(terms.custom.get(to)))
    return lambda _record, terms: (to, terms.custom.get(to, ""))


def _speller(row: FieldRow, kind: Kind) -> Callable[[Any, str], str]:
    if kind is Kind.DAY:
        return lambda when, _currency: written_day(when)
    if kind is Kind.TEXT:
        return (
            (lambda text, _currency: text)
            if row.format == "exact"
            else (lambda text, _currency: one_line(text))
        )
    if row.format == "exact" or (row.format is None and row.word in _EXACT):
        return lambda amount, _currency: number(amount)
    return plain


def _in_currency(written: str | None, currency: str) -> str:
    return plain(Decimal(written), currency) if written else ""


def _as_day(written: str | None) -> str:
    return written_day(date.fromisoformat(written)) if written else ""
