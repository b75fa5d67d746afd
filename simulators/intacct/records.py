"""The records of a simulated company; frozen, so that a change is always a new value put on its shelf."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

ZERO = Decimal(0)

Fields = tuple[tuple[str, str], ...]
"""Fields that the simulator keeps without giving them a meaning: name and text, custom fields among them."""

Credit = Literal["ADVANCE", "OVERPAYMENT", "ADJUSTMENT", "NEGATIVEINVOICE"]


@dataclass(frozen=True)
class Audit:
    """Who made and who last changed a record, and when (aware, UTC, whole seconds)."""

    created: datetime
    created_by: str
    modified: datetime
    modified_by: str


@dataclass(frozen=True)
class Entity:
    """`open_from` is the first day that takes postings."""

    recordno: int
    id: str
    name: str
    currency: str
    open_from: date


@dataclass(frozen=True)
class BankAccount:
    recordno: int
    id: str
    name: str
    currency: str
    entity: str
    kind: Literal["checking", "savings"]


@dataclass(frozen=True)
class Customer:
    recordno: int
    id: str
    name: str
    active: bool
    audit: Audit
    fields: Fields = ()


@dataclass(frozen=True)
class InvoiceItem:
    """`selected` is what draft payments have set aside; it is not paid yet."""

    recordno: int
    amount: Decimal
    account: str = "4000"
    memo: str = ""
    location: str = ""
    paid: Decimal = ZERO
    selected: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        return self.amount - self.paid - self.selected


@dataclass(frozen=True)
class Invoice:
    """An invoice, or with `reversal` the entry that takes a reversed one back. Amounts are in `currency`."""

    recordno: int
    number: str
    customer: str
    entity: str
    currency: str
    invoiced: date
    due_on: date
    items: tuple[InvoiceItem, ...]
    audit: Audit
    draft: bool = False
    reversed_on: date | None = None
    reversal: bool = False
    document: str = ""
    description: str = ""
    fields: Fields = ()

    @property
    def total(self) -> Decimal:
        return sum((item.amount for item in self.items), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((item.paid for item in self.items), ZERO)

    @property
    def selected(self) -> Decimal:
        return sum((item.selected for item in self.items), ZERO)

    @property
    def due(self) -> Decimal:
        return ZERO if self.reversal or self.reversed_on else self.total - self.paid


@dataclass(frozen=True)
class PaymentLine:
    """
    One application to one invoice: cash, or one kind of credit, or both, and perhaps a discount.

    `item` is 0 where the payer left it to the waterfall; `shares` says what each item of the invoice got.
    """

    recordno: int
    invoice: int
    item: int = 0
    cash: Decimal = ZERO
    credit: Decimal = ZERO
    credit_kind: Credit | None = None
    credit_key: int = 0
    discount: Decimal = ZERO
    shares: tuple[tuple[int, Decimal], ...] = ()

    @property
    def applied(self) -> Decimal:
        return self.cash + self.credit + self.discount


@dataclass(frozen=True)
class Payment:
    """
    A receipt. `state` is the vendor's code: D draft, C complete, V voided.

    A reversal is a payment of its own with negative amounts and no pointer to the one it takes back, as the vendor
    keeps it. `overpayment_applied` is how much of the overpayment later payments have used.
    """

    recordno: int
    state: Literal["D", "C", "V"]
    customer: str
    method: str
    currency: str
    base_currency: str
    rate: Decimal
    received: date
    paid_on: date
    lines: tuple[PaymentLine, ...]
    audit: Audit
    bank: str = ""
    undeposited: str = ""
    batch: str = ""
    payer: str = ""
    document: str = ""
    description: str = ""
    entity: str = ""
    rate_type: str = ""
    base_amount: Decimal | None = None
    overpayment: Decimal = ZERO
    overpayment_applied: Decimal = ZERO
    overpayment_location: str = ""
    overpayment_department: str = ""
    reversal: bool = False
    reversed_on: date | None = None
    fields: Fields = ()

    @property
    def applied_cash(self) -> Decimal:
        return sum((line.cash for line in self.lines), ZERO)

    @property
    def amount(self) -> Decimal:
        """Cash received: what the lines apply and what is left over. Credits are not cash."""
        return self.applied_cash + self.overpayment


@dataclass(frozen=True)
class OpenCredit:
    """An advance (money on account) or a credit memo, and how much of it has been used."""

    recordno: int
    kind: Literal["ADVANCE", "ADJUSTMENT"]
    customer: str
    entity: str
    currency: str
    amount: Decimal
    dated: date
    audit: Audit
    applied: Decimal = ZERO
    method: str = ""
    bank: str = ""
    undeposited: str = ""
    document: str = ""
    description: str = ""


@dataclass(frozen=True)
class Deletion:
    """A line of the audit trail: the record of this kind and key was deleted."""

    recordno: int
    kind: str
    key: int
    at: datetime
    user: str


@dataclass(frozen=True)
class Completed:
    """A function that was executed and completed under `uniqueid`; its control id is never taken again."""

    controlid: str
    at: datetime


@dataclass(frozen=True)
class Caller:
    """Who asks, and from which entity; an empty entity is the top level."""

    user: str
    entity: str = ""
