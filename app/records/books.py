"""What a payment touches in Intacct: customers, invoices, accounts, entities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Invoice:
    """`due` is what is still to be paid, in the invoice's own currency; `entity` is empty at the top level."""

    key: str
    number: str
    customer: str
    currency: str
    due: Decimal
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """
    What a batch of payments touches, read together in one call. `accounts` and `entities` are the whole lists, or
    None where Intacct would not tell them (a missing permission): then it is Intacct who says no.
    """

    customers: Mapping[str, Customer] = field(default_factory=dict)
    invoices: Mapping[str, Invoice] = field(default_factory=dict)
    accounts: frozenset[str] | None = None
    entities: frozenset[str] | None = None
