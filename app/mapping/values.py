"""What stands in a field, understood: amounts, days and texts, and how each is written."""

import re
from datetime import date
from decimal import Decimal

from app.records import Value

INTEGER_DIGITS = 20
DIGITS = 28
"""Python's decimal context works with 28 digits: more would be rounded in a sum without a word."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CONTROL = re.compile(r"\s*[\x00-\x1f\x7f]+\s*")


class Unreadable(ValueError):
    """The value is not of its kind; the text says what it should be."""


def amount(value: Value) -> Decimal | None:
    """
    The number, however it is spelled (`1.25E3`); None where nothing was entered.

    :raises Unreadable: it is no number, or has more digits than any amount of money
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | str):
        raise Unreadable("not an amount")
    if isinstance(value, str):
        written = value.strip()
        if not written:
            return None
        if not _NUMBER.fullmatch(written):
            raise Unreadable("not an amount")
        value = Decimal(written)
    return _bounded(value)


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise Unreadable("not an amount")
    if number == 0:
        return Decimal(0)
    _, digits, exponent = number.as_tuple()
    if len(digits) > DIGITS or number.adjusted() >= INTEGER_DIGITS or int(exponent) < -DIGITS:
        raise Unreadable("more digits than an amount can have")
    return number


def day(value: Value) -> date | None:
    """
    :raises Unreadable: it is no day. An instant is none either: which day it falls on depends on a time zone
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        written = value.strip()
        if not written:
            return None
        if _DAY.fullmatch(written):
            try:
                return date.fromisoformat(written)
            except ValueError:
                raise Unreadable("not a day of the calendar") from None
    raise Unreadable("not a day")


def text(value: Value) -> str:
    """The value as text: numbers without exponent and without trailing zeros, `true` and `false`."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value)


def number(value: Decimal) -> str:
    """All its digits, without exponent: 10, 10.0 and 1E+1 are `10`."""
    if not value.is_finite() or abs(value.adjusted()) > 2 * DIGITS:
        return str(value)
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def one_line(written: str) -> str:
    """Line breaks, tabs and control characters become a space: no field of a payment takes them."""
    return written if written.isprintable() else _CONTROL.sub(" ", written).strip()


def written_day(when: date) -> str:
    """`mm/dd/yyyy`, the gateway's form of a date. Source: ARPYMT, RECEIPTDATE [XDOC:accounts-receivable-ar-payments]."""
    return f"{when.month:02}/{when.day:02}/{when.year:04}"
