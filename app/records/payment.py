"""A payment in our own words, and what it looks like once it stands in the books."""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.records.outcomes import Problem

Extra = tuple[tuple[str, str], ...]
"""Fields that only a mapping knows: (name in the destination, value as text), in the mapping's order."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """What of a payment goes to one invoice. `invoice_key` is the invoice's id in Intacct, None while not linked."""

    id: str
    invoice: str | None
    invoice_key: str | None
    invoice_name: str
    amount: Decimal | None
    extra: Extra = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """
    A payment as a person entered it. What may be missing or wrong is still here, so that all of it can be told at once.

    `key` is the business key that both systems show (`ARP-000042`). `customer` is the Intacct customer id, None while
    the account is not linked. `method` and `deposit_to` are already in the destination's words; `method_entered` is
    what the person chose. `unreadable` holds what could not be understood at all.
    """

    id: str
    key: str
    account: str | None
    account_name: str
    customer: str | None
    amount: Decimal | None
    currency: str
    receipt_date: date | None
    method: str | None
    method_entered: str
    status: str
    lines: tuple[PaymentLine, ...]
    wanted: bool = True
    reference: str = ""
    description: str = ""
    deposit_to: str = ""
    entity: str = ""
    overpayment: Decimal = Decimal(0)
    overpayment_location: str = ""
    overpayment_department: str = ""
    payer: str = ""
    exchange_rate: Decimal | None = None
    base_amount: Decimal | None = None
    reversal_date: date | None = None
    target_id: str = ""
    sync_status: str = ""
    extra: Extra = ()
    unreadable: tuple[Problem, ...] = ()

    def fingerprint(self) -> str:
        """
        A digest of the money: what, from whom, when, how, to which invoices. Not of status, texts or our own fields,
        so that our write coming back, or a new description, is no change of a posted payment.
        """
        lines = sorted((line.invoice or "", _text(line.amount)) for line in self.lines)
        money = (self.account, _text(self.amount), self.currency, self.receipt_date, self.method_entered)
        more = (self.deposit_to, self.entity, _text(self.overpayment), lines)
        return hashlib.sha256(repr((money, more)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class PostedLine:
    """One application as Intacct holds it: `id` is the detail's RECORDNO, `invoice_key` the invoice's."""

    id: str
    invoice_key: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PostedPayment:
    """A payment as it stands in Intacct's books. A reversal is a payment of its own that carries the original's key."""

    id: str
    key: str
    customer: str
    currency: str
    amount: Decimal
    receipt_date: date | None
    state: str
    lines: tuple[PostedLine, ...]
    is_reversal: bool = False
    is_reversed: bool = False

    def fingerprint(self) -> str:
        lines = sorted((line.invoice_key, _text(line.amount)) for line in self.lines)
        seen = (self.customer, self.currency, _text(self.amount), self.receipt_date, self.is_reversed, lines)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def _text(amount: Decimal | None) -> str:
    """One spelling per value: 10, 10.0 and 1E+1 are the same money."""
    return "" if amount is None else format(amount.normalize(), "f")
