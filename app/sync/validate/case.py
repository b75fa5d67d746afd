"""A payment with all that it is judged against, and how refusals speak of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from app.records import Books, Customer, Invoice, Payment, PaymentLine, Problem
from app.records.money import decimals, is_finer_than, spoken


@dataclass(frozen=True, slots=True)
class JudgeDefaults:
    """What holds where a payment does not say it; empty = not set."""

    deposit_account: str = ""
    undeposited_account: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A line with its number, from 1, and its invoice in the books, None while not linked or gone."""

    number: int
    line: PaymentLine
    invoice: Invoice | None

    @property
    def name(self) -> str:
        """The invoice's number as people know it."""
        return (
            (self.invoice.number if self.invoice else "")
            or self.line.invoice_name
            or f"the invoice of line {self.number}"
        )

    def field(self, name: str) -> str:
        return f"lines[{self.number}].{name}"


@dataclass(frozen=True, slots=True)
class Case:
    """A payment, and all that it is judged against."""

    payment: Payment
    books: Books
    defaults: JudgeDefaults
    currency: str
    items: tuple[Item, ...]
    customer: Customer | None

    def money(self, amount: Decimal) -> str:
        return spoken(amount, self.currency).strip()

    def is_unread(self, field: str) -> bool:
        """Whether the field says something that could not be understood; its empty value then means nothing."""
        return any(problem.field == field for problem in self.payment.unreadable)

    def is_sound(self, amount: Decimal | None) -> bool:
        return amount is not None and amount > 0 and not is_finer_than(amount, self.currency)

    @property
    def customer_name(self) -> str:
        name = self.customer.name if self.customer else self.payment.account_name
        return name or self.payment.customer or "the account"


Found = Iterator[Problem]
Rule = Callable[[Case], Found]


def case_of(payment: Payment, books: Books, defaults: JudgeDefaults) -> Case:
    items = tuple(
        Item(number, line, books.invoices.get(line.invoice_key) if line.invoice_key else None)
        for number, line in enumerate(payment.lines, 1)
    )
    currency = payment.currency or defaults.currency
    if not currency:
        currency = next(
            (item.invoice.currency for item in items if item.invoice and item.invoice.currency), ""
        )
    customer = books.customers.get(payment.customer) if payment.customer else None
    return Case(payment, books, defaults, currency, items, customer)


def too_fine(case: Case, what: str, amount: Decimal) -> str:
    """`JPY has no decimals; the amount is JPY 1,284.50.`: with its decimals as they were entered."""
    places = decimals(case.currency) or "no"
    has = f"{case.currency} has" if case.currency else "Amounts have"
    return f"{has} {places} decimals; {what} {f'{case.currency} {amount:,f}'.strip()}."


def quoted(name: str) -> str:
    return f"“{name}”"


def listed(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def close_to(entered: str, known: frozenset[str]) -> str:
    """A sentence naming what was probably meant, with a space before it; empty where nothing is close."""
    close = get_close_matches(entered, sorted(known), n=3)
    return f" Close to it: {', '.join(close)}." if close else ""
