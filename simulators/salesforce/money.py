"""Amounts as people read them: each with its currency's own decimals."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.numbers import get_currency_precision

from .values import Value

CORPORATE = "USD"


def plain(amount: Value, currency: str) -> str | None:
    """1284000 for yen, 18450.00 for dollars; None where there is no amount."""
    return f"{_rounded(amount, currency)}" if isinstance(amount, Decimal) else None


def grouped(amount: Value, currency: str) -> str:
    """1,284,000 for yen, 18,450.00 for dollars; empty where there is no amount."""
    return f"{_rounded(amount, currency):,}" if isinstance(amount, Decimal) else ""


def read(text: str) -> Decimal | None:
    """The amount that a person typed, with or without grouping commas; None where it is none."""
    try:
        amount = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def total(so_far: Value, amount: Value) -> Decimal:
    """The sum of two amounts of one currency, either of which may be missing."""
    return sum((a for a in (so_far, amount) if isinstance(a, Decimal)), Decimal(0))


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-get_currency_precision(currency)), ROUND_HALF_UP)
