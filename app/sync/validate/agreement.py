"""Whether what stands in the books is what was sent."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from app.records import Payment, PostedPayment, Problem
from app.records.money import spoken

_NOTHING = Decimal(0)
_REMEDY = "Ask accounting to compare both payments before anything is changed."


def agrees(payment: Payment, posted: PostedPayment) -> list[Problem]:
    """
    How the payment as read back differs from the one that was sent; nothing = they agree. What either side does not
    say (a currency, a receipt date) is not compared. Several applications to one invoice count together.
    """
    return [*_header(payment, posted), *_lines(payment, posted)]


def _header(payment: Payment, posted: PostedPayment) -> Iterator[Problem]:
    if posted.customer != (payment.customer or ""):
        yield _differs(
            "customer", f"is from {posted.customer or 'no customer'}", f"is from {payment.customer}"
        )
    if payment.currency and posted.currency and payment.currency != posted.currency:
        yield _differs("currency", f"is in {posted.currency}", f"is in {payment.currency}")
    currency = payment.currency or posted.currency
    if payment.amount != posted.amount:
        here = "has no amount" if payment.amount is None else f"is {_money(payment.amount, currency)}"
        yield _differs("amount", f"is {_money(posted.amount, currency)}", here)
    if payment.receipt_date and posted.receipt_date and payment.receipt_date != posted.receipt_date:
        yield _differs(
            "receipt_date",
            f"was received on {posted.receipt_date}",
            f"was received on {payment.receipt_date}",
        )


def _lines(payment: Payment, posted: PostedPayment) -> Iterator[Problem]:
    sent = _totals((line.invoice_key or "", line.amount or _NOTHING) for line in payment.lines)
    stands = _totals((line.invoice_key, line.amount) for line in posted.lines)
    names = {line.invoice_key: line.invoice_name for line in payment.lines if line.invoice_name}
    currency = payment.currency or posted.currency
    for key in dict.fromkeys((*sent, *stands)):
        there, here = stands.get(key, _NOTHING), sent.get(key, _NOTHING)
        if there != here:
            name = names.get(key) or f"invoice {key}"
            yield _differs(
                "lines",
                f"applies {_money(there, currency)} to {name}",
                f"applies {_money(here, currency)} to it",
            )


def _totals(applied: Iterator[tuple[str, Decimal]]) -> Mapping[str, Decimal]:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for key, amount in applied:
        totals[key] += amount
    return totals


def _differs(field: str, there: str, here: str) -> Problem:
    return Problem(
        f"posted_{field}_differs", f"In Intacct the payment {there}; here it {here}.", _REMEDY, field=field
    )


def _money(amount: Decimal, currency: str) -> str:
    return spoken(amount, currency).strip()
