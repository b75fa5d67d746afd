"""Both simulated systems as the demo sees them from outside: what a person does there, and what stands in the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter

from app.cli.demo.stage import Stage


class _Seen(BaseModel):
    model_config = ConfigDict(frozen=True)


class SalesforceLine(_Seen):
    invoice: str
    amount: Decimal


class SalesforcePayment(_Seen):
    id: str
    name: str
    amount: Decimal
    currency: str
    status: str
    sync_status: str | None
    sync_message: str | None
    intacct_key: str | None
    lines: tuple[SalesforceLine, ...]


class SalesforceInvoice(_Seen):
    id: str
    number: str
    key: str | None


class SalesforceBooks(_Seen):
    payments: tuple[SalesforcePayment, ...]
    invoices: tuple[SalesforceInvoice, ...]


class Notice(_Seen):
    record: str
    state: str


class Notices(_Seen):
    messages: tuple[Notice, ...]


class IntacctLine(_Seen):
    recordkey: int
    amount: Decimal


class IntacctPayment(_Seen):
    recordno: int
    docnumber: str
    currency: str
    amount: Decimal
    lines: tuple[IntacctLine, ...]


class IntacctInvoice(_Seen):
    recordno: int
    number: str
    paid: Decimal
    due: Decimal


class IntacctBooks(_Seen):
    payments: tuple[IntacctPayment, ...]
    invoices: tuple[IntacctInvoice, ...]


class Request(_Seen):
    """One request to the gateway; a function that writes carries the payment's name in its control id."""

    controlids: tuple[str, ...]


_REQUESTS = TypeAdapter(tuple[Request, ...])
"""Latest first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the user enters: the customer's id, and how much goes to which invoice."""

    customer: str
    name: str
    lines: Sequence[tuple[str, Decimal]]


class Desks:
    """The user's desk in Salesforce, and a look over the accountant's shoulder in Intacct."""

    def __init__(self, stage: Stage, http: httpx.Client) -> None:
        self._salesforce = f"{stage.salesforce}/_sim"
        self._intacct = f"{stage.intacct}/_sim"
        self._http = http

    def draft(self, entry: Entry, day: str) -> SalesforcePayment:
        lines = [{"invoice": invoice, "amount": str(amount)} for invoice, amount in entry.lines]
        given = {"account": entry.customer, "receipt_date": day, "currency": "USD", "method": "EFT"}
        made = self._http.post(
            f"{self._salesforce}/payments", json={**given, "status": "Draft", "lines": lines}
        )
        return SalesforcePayment.model_validate_json(made.raise_for_status().content)

    def press_ready(self, payment: SalesforcePayment) -> None:
        self._http.patch(
            f"{self._salesforce}/payments/{payment.id}", json={"status": "Ready"}
        ).raise_for_status()

    def cut_the_next_answer(self) -> None:
        """Intacct does what the next payment asks for, and its answer is lost on the way."""
        fault = {"kind": "cut_after", "match": "create", "count": 1}
        self._http.post(f"{self._intacct}/faults", json=fault).raise_for_status()

    def salesforce(self) -> SalesforceBooks:
        return SalesforceBooks.model_validate_json(self._got(f"{self._salesforce}/books"))

    def intacct(self) -> IntacctBooks:
        return IntacctBooks.model_validate_json(self._got(f"{self._intacct}/books"))

    def was_told(self, payment: SalesforcePayment) -> bool:
        """Whether Ledgerline has acknowledged a notice of the payment."""
        notices = Notices.model_validate_json(self._got(f"{self._salesforce}/messages")).messages
        return any(one.record == payment.id and one.state == "delivered" for one in notices)

    def asked_since(self, payment: SalesforcePayment) -> int:
        """How many requests Intacct has had since the payment was sent to it; -1 while it was not."""
        told = _REQUESTS.validate_json(self._got(f"{self._intacct}/requests"))
        mark = f":{payment.name}:"
        places = (
            place for place, one in enumerate(told) if any(mark in control for control in one.controlids)
        )
        return next(places, -1)

    def _got(self, address: str) -> bytes:
        return self._http.get(address).raise_for_status().content
