"""Money: a Decimal with its currency's exponent. No float comes near it."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.core import get_global


@cache
def decimals(currency: str) -> int:
    """How many decimals the currency has (CLDR): USD 2, JPY 0, KWD 3. Unknown codes have 2."""
    fractions = get_global("currency_fractions")
    return int(fractions.get(currency, fractions["DEFAULT"])[0])


def is_finer_than(amount: Decimal, currency: str) -> bool:
    """Whether the amount has more decimals than its currency; trailing zeros do not count."""
    exponent = amount.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent > decimals(currency)


def plain(amount: Decimal, currency: str) -> str:
    """The amount with its currency's own decimals, as the wire and the API want it: `1250.00`."""
    return str(amount.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_HALF_UP))


def spoken(amount: Decimal, currency: str) -> str:
    """The amount as people read it: `USD 1,250.00`. Shows excess decimals rather than hiding them."""
    places = max(decimals(currency), -int(amount.normalize().as_tuple().exponent))
    return f"{currency} {amount:,.{places}f}"
