"""The simulated company's books: its shelves, what is found on them quickly, and the rules every posting obeys."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal

from simulators.intacct.events import Event, Events
from simulators.intacct.records import (
    Audit,
    BankAccount,
    Completed,
    Customer,
    Deletion,
    Entity,
    Invoice,
    OpenCredit,
    Payment,
)
from simulators.intacct.refusals import Refused, no_record, period_closed, refusal
from simulators.intacct.settings import Settings
from simulators.store import Store

Clock = Callable[[], datetime]

BASE_CURRENCY = "USD"
FIRST_RECORDNO = 88_001
_WITHOUT_DECIMALS = frozenset({"JPY"})
_DAILY_RATES = {"USD": Decimal(1), "EUR": Decimal("1.08"), "GBP": Decimal("1.27"), "JPY": Decimal("0.0066")}


class Books:
    """Everything the company has recorded. Change it only inside `work`."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, events: Events) -> None:
        self.store, self.settings, self.events = store, settings, events
        self._clock = clock
        self.entities = store.shelf("entity", str, Entity)
        self.banks = store.shelf("bank", str, BankAccount)
        self.customers = store.shelf("customer", str, Customer)
        self.invoices = store.shelf("invoice", int, Invoice)
        self.payments = store.shelf("payment", int, Payment)
        self.credits = store.shelf("credit", int, OpenCredit)
        self.deletions = store.shelf("deletion", int, Deletion)
        self.completed = store.shelf("completed", str, Completed)
        self.custom_fields = store.shelf("field", str, str)
        self.numbers = store.shelf("number", str, int)
        self.payments_by_document = self.payments.index(lambda payment: payment.document)
        self.payments_by_customer = self.payments.index(lambda payment: payment.customer)
        self.invoices_by_number = self.invoices.index(lambda invoice: invoice.number)
        self.invoices_by_customer = self.invoices.index(lambda invoice: invoice.customer)
        self.customers_by_recordno = self.customers.index(lambda customer: customer.recordno)
        self._told: list[Event] = []

    @contextmanager
    def work(self) -> Iterator[None]:
        """All changes inside are kept together, and then told to whoever listens; or none is, when one fails."""
        with self.store.transaction():
            self._told = []
            yield
        for event in self._told:
            self.events.tell(event)

    def now(self) -> datetime:
        """Whole seconds, as the vendor keeps its stamps."""
        return self._clock().astimezone(UTC).replace(microsecond=0)

    def today(self) -> date:
        return self._clock().astimezone(self.settings.timezone).date()

    def new_recordno(self) -> int:
        """One sequence for all that is recorded: the vendor keeps payments and invoices in one table."""
        number = self.numbers.get("recordno") or FIRST_RECORDNO
        self.numbers.put("recordno", number + 1)
        return number

    def made(self, user: str) -> Audit:
        now = self.now()
        return Audit(now, user, now, user)

    def changed(self, audit: Audit, user: str) -> Audit:
        return replace(audit, modified=self.now(), modified_by=user)

    def deleted(self, kind: str, key: int, user: str) -> None:
        recordno = self.new_recordno()
        self.deletions.put(recordno, Deletion(recordno, kind, key, self.now(), user))

    def tell(self, kind: Literal["add", "set", "delete"], recordno: int, modified: datetime) -> None:
        """A Smart Event on ARPYMT, sent when the work is kept."""
        self._told.append(Event(kind, recordno, modified))

    # ---- what a posting refers to; each refuses in the gateway's words ----

    def customer(self, customer_id: str) -> Customer:
        found = self.customers.get(customer_id)
        if found is None:
            raise refusal(f"Invalid Customer '{customer_id}' specified.", errorid="SIM-NO-CUSTOMER")
        return found

    def paying_customer(self, customer_id: str) -> Customer:
        found = self.customer(customer_id)
        if not found.active:
            raise refusal(
                f"Customer '{customer_id}' is inactive.",
                "Set the customer to active, then try again.",
                "SIM-CUSTOMER-INACTIVE",
            )
        return found

    def bank(self, bank_id: str) -> BankAccount:
        found = self.banks.get(bank_id)
        if found is None:
            raise refusal(f"Invalid bank account '{bank_id}' specified.", errorid="SIM-NO-BANK")
        return found

    def entity_of_location(self, location: str) -> str:
        """Every location that the simulator knows is an entity."""
        if location not in self.entities:
            raise refusal(f"Invalid Location '{location}' specified.", errorid="SIM-NO-LOCATION")
        return location

    def posted_invoice(self, recordno: int, key_name: str) -> Invoice:
        found = self.invoices.get(recordno)
        if found is None:
            raise no_record(key_name, recordno)
        if found.draft or found.reversal or found.reversed_on:
            raise refusal(f"Invoice {found.number} is not open for payment.", errorid="SIM-NOT-OPEN")
        return found

    def require_open(self, entities: Iterable[str], day: date) -> None:
        """Raises Refused when the day falls into a closed period of any of the entities."""
        for entity_id in sorted(set(entities)):
            entity = self.entities.get(entity_id)
            if entity is not None and day < entity.open_from:
                raise period_closed(day.strftime("%m/%d/%Y"))

    # ---- money ----

    def base_currency(self, entity_id: str) -> str:
        entity = self.entities.get(entity_id)
        return BASE_CURRENCY if entity is None else entity.currency

    def money(self, text: str, currency: str, field: str) -> Decimal:
        """An amount as it was sent, rounded to what its currency has; the vendor rounds and does not refuse."""
        try:
            amount = Decimal(text)
        except InvalidOperation:
            raise refusal(
                f"Invalid value '{text}' for the field {field}.", errorid="SIM-BAD-AMOUNT"
            ) from None
        if not amount.is_finite():
            raise refusal(f"Invalid value '{text}' for the field {field}.", errorid="SIM-BAD-AMOUNT")
        return rounded(amount, currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    exponent = Decimal(1) if currency in _WITHOUT_DECIMALS else Decimal("0.01")
    return amount.quantize(exponent, ROUND_HALF_UP)


def decimals(currency: str) -> int:
    return 0 if currency in _WITHOUT_DECIMALS else 2


def daily_rate(currency: str, base: str) -> Decimal:
    """A fixed table in the place of the vendor's `Intacct Daily Rate`. Raises Refused for a currency it lacks."""
    for code in (currency, base):
        if code not in _DAILY_RATES:
            raise _no_currency(code)
    return (_DAILY_RATES[currency] / _DAILY_RATES[base]).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def known_currency(code: str) -> str:
    if code not in _DAILY_RATES:
        raise _no_currency(code)
    return code


def _no_currency(code: str) -> Refused:
    return refusal(f"Invalid currency '{code}' specified.", errorid="SIM-NO-CURRENCY")
