"""`/_sim`: what a test or a person changes and looks at without going through the gateway."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from simulators.intacct import accountant, invoices, payments
from simulators.intacct.books import decimals
from simulators.intacct.gateway import Gateway, Seen
from simulators.intacct.parties import create_credit_memo
from simulators.intacct.records import Caller, Invoice, Payment
from simulators.intacct.refusals import Refused
from simulators.intacct.seed import reset

R = TypeVar("R")

_SEEN = TypeAdapter(list[Seen])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Period(_Body):
    entity: str
    open_from: date


class Activity(_Body):
    active: bool


class NewInvoice(_Body):
    customer: str
    entity: str = ""
    currency: str = "USD"
    total: Decimal = Field(gt=0)
    number: str = ""
    invoiced: date | None = None
    due: date | None = None


class NewLine(_Body):
    """`invoice` is a RECORDNO or an invoice number."""

    invoice: str | int
    amount: Decimal = Field(gt=0)


class NewPayment(_Body):
    """As the accountant enters one; what is left out is as on the page."""

    customer: str
    lines: list[NewLine]
    currency: str = ""
    received: date | None = None
    method: str = "EFT"
    document: str = ""
    bank: str = ""
    overpayment: Decimal = Decimal(0)
    overpayment_location: str = ""
    draft: bool = False


class Reversal(_Body):
    day: date | None = None


class NewCredit(_Body):
    customer: str
    entity: str = ""
    currency: str = "USD"
    total: Decimal = Field(gt=0)


class NewField(_Body):
    object: str = "ARPYMT"
    name: str


class Switch(_Body):
    on: bool


class Made(BaseModel):
    recordno: int


class BookedLine(BaseModel):
    recordno: int
    recordkey: int
    amount: str


class BookedPayment(BaseModel):
    """Money is text with the decimals of its currency. `amount` is cash, of a reversal below zero."""

    recordno: int
    docnumber: str
    customerid: str
    currency: str
    amount: str
    state: str
    entity: str
    received: date
    overpayment: str
    lines: list[BookedLine]
    reversal: bool


class BookedInvoice(BaseModel):
    recordno: int
    number: str
    customerid: str
    entity: str
    currency: str
    total: str
    paid: str
    due: str


class BookedAll(BaseModel):
    payments: list[BookedPayment]
    invoices: list[BookedInvoice]


class Controls:
    """The verbs behind the routes; each works as one more user of the books."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.books = gateway, gateway.books

    def listed(self) -> BookedAll:
        with self.books.store.reading():
            paid = [
                _booked(one) for one in sorted(self.books.payments.values(), key=lambda one: one.recordno)
            ]
            owed = [_owed(one) for one in sorted(self.books.invoices.values(), key=lambda one: one.recordno)]
        return BookedAll(payments=paid, invoices=owed)

    def requests(self, limit: int = 100) -> list[dict[str, object]]:
        return [dict(one) for one in _SEEN.dump_python(self.gateway.seen.latest(limit), mode="json")]

    def events(self, limit: int = 100) -> list[dict[str, object]]:
        return [
            {"event": one.event.kind, "recordno": one.event.recordno, "outcome": one.outcome}
            for one in self.books.events.sent.latest(limit)
        ]

    def switch_events(self, wanted: Switch) -> None:
        self.books.events.on = wanted.on

    def period(self, wanted: Period) -> None:
        entity = self.books.entities.get(wanted.entity)
        if entity is None:
            raise HTTPException(404, f"there is no entity {wanted.entity}")
        with self.books.work():
            self.books.entities.put(entity.id, replace(entity, open_from=wanted.open_from))

    def customer(self, customer_id: str, wanted: Activity) -> None:
        customer = self.books.customers.get(customer_id)
        if customer is None:
            raise HTTPException(404, f"there is no customer {customer_id}")
        with self.books.work():
            audit = self.books.changed(customer.audit, accountant.NAME)
            self.books.customers.put(customer_id, replace(customer, active=wanted.active, audit=audit))

    def invoice(self, wanted: NewInvoice) -> Made:
        bill = accountant.Bill(**dict(wanted))
        return Made(recordno=self._done(lambda caller: accountant.bill(self.books, bill, caller)).recordno)

    def delete_invoice(self, recordno: int) -> None:
        self._done(lambda caller: invoices.delete(self.books, recordno, caller))

    def payment(self, wanted: NewPayment) -> Made:
        lines = tuple((str(line.invoice), line.amount) for line in wanted.lines)
        entry = accountant.Entry(**{**dict(wanted), "lines": lines})
        return Made(recordno=self._done(lambda caller: accountant.record(self.books, entry, caller)).recordno)

    def reverse(self, recordno: int, wanted: Reversal | None = None) -> Made:
        day = (wanted.day if wanted else None) or self.books.today()
        return Made(
            recordno=self._done(
                lambda caller: payments.reverse(self.books, recordno, day, "", caller)
            ).recordno
        )

    def delete_payment(self, recordno: int) -> None:
        self._done(lambda caller: payments.delete(self.books, recordno, caller))

    def credit(self, wanted: NewCredit) -> Made:
        return Made(recordno=self._done(lambda caller: create_credit_memo(
            self.books, wanted.customer, wanted.entity, wanted.total, wanted.currency, caller
        )).recordno)  # fmt: skip

    def field(self, wanted: NewField) -> None:
        self.gateway.define_field(wanted.object, wanted.name)

    def expire_sessions(self) -> None:
        self.gateway.door.expire_all()

    def reset(self) -> None:
        """Everything as on the first day: books, control ids, sessions, faults, counts, requests seen."""
        with self.books.work():
            reset(self.books)
        self.gateway.forget()

    def _done(self, work: Callable[[Caller], R]) -> R:
        try:
            with self.books.work():
                return work(Caller(accountant.NAME))
        except Refused as refused:
            raise HTTPException(422, str(refused)) from refused


def control_routes(controls: Controls) -> APIRouter:
    router = APIRouter(prefix="/_sim")
    router.add_api_route("/books", controls.listed, methods=["GET"])
    router.add_api_route("/requests", controls.requests, methods=["GET"])
    router.add_api_route("/events", controls.events, methods=["GET"])
    router.add_api_route("/events", controls.switch_events, methods=["POST"], status_code=204)
    router.add_api_route("/periods", controls.period, methods=["POST"], status_code=204)
    router.add_api_route("/customers/{customer_id}", controls.customer, methods=["POST"], status_code=204)
    router.add_api_route("/invoices", controls.invoice, methods=["POST"], status_code=201)
    router.add_api_route("/invoices/{recordno}", controls.delete_invoice, methods=["DELETE"], status_code=204)
    router.add_api_route("/payments", controls.payment, methods=["POST"], status_code=201)
    router.add_api_route("/payments/{recordno}", controls.delete_payment, methods=["DELETE"], status_code=204)
    router.add_api_route("/payments/{recordno}/reverse", controls.reverse, methods=["POST"], status_code=201)
    router.add_api_route("/credits", controls.credit, methods=["POST"], status_code=201)
    router.add_api_route("/fields", controls.field, methods=["POST"], status_code=204)
    router.add_api_route("/sessions", controls.expire_sessions, methods=["DELETE"], status_code=204)
    router.add_api_route("/reset", controls.reset, methods=["POST"], status_code=204)
    return router


def _text(amount: Decimal, currency: str) -> str:
    return f"{amount:.{decimals(currency)}f}"


def _booked(payment: Payment) -> BookedPayment:
    currency = payment.currency
    return BookedPayment(
        recordno=payment.recordno,
        docnumber=payment.document,
        customerid=payment.customer,
        currency=currency,
        amount=_text(payment.amount, currency),
        state=payment.state,
        entity=payment.entity,
        received=payment.received,
        overpayment=_text(payment.overpayment, currency),
        lines=[
            BookedLine(recordno=line.recordno, recordkey=line.invoice, amount=_text(line.cash, currency))
            for line in payment.lines
        ],
        reversal=payment.reversal,
    )


def _owed(invoice: Invoice) -> BookedInvoice:
    amounts = {"total": invoice.total, "paid": invoice.paid, "due": invoice.due}
    return BookedInvoice(
        recordno=invoice.recordno,
        number=invoice.number,
        customerid=invoice.customer,
        entity=invoice.entity,
        currency=invoice.currency,
        **{name: _text(amount, invoice.currency) for name, amount in amounts.items()},
    )
