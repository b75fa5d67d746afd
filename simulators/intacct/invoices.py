"""ARINVOICE: record, reverse and delete, as the legacy functions do; the generic `create` does not know it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from simulators.intacct.books import Books
from simulators.intacct.receipts import allowed_currency
from simulators.intacct.records import ZERO, Caller, Invoice, InvoiceItem
from simulators.intacct.refusals import Complaint, Refused, location_missing, no_record, refusal

_DAYS = re.compile(r"(\d{1,3})\s*$")


@dataclass(frozen=True)
class WantedItem:
    amount: Decimal
    account: str = "4000"
    memo: str = ""
    location: str = ""


@dataclass(frozen=True)
class WantedInvoice:
    """An empty `number` is given by the company's sequence; `entity` falls back to the location of the items."""

    customer: str
    currency: str
    invoiced: date
    due_on: date
    items: tuple[WantedItem, ...]
    number: str = ""
    entity: str = ""
    document: str = ""
    description: str = ""
    draft: bool = False


def create(books: Books, wanted: WantedInvoice, caller: Caller) -> Invoice:
    """Raises Refused; then nothing has changed."""
    customer = books.paying_customer(wanted.customer)
    entity = _entity(books, wanted, caller)
    currency = allowed_currency(books, wanted.currency)
    if not wanted.items or sum((item.amount for item in wanted.items), ZERO) == 0:
        raise refusal("An invoice needs at least one line with an amount.", errorid="SIM-NO-LINES")
    _require_new(books, wanted.number)
    books.require_open((entity,), wanted.invoiced)
    items = tuple(
        InvoiceItem(books.new_recordno(), item.amount, item.account, item.memo, item.location or entity)
        for item in wanted.items
    )
    recordno = books.new_recordno()
    invoice = Invoice(
        recordno=recordno,
        number=wanted.number or f"INV-S-{recordno}",
        customer=customer.id,
        entity=entity,
        currency=currency,
        invoiced=wanted.invoiced,
        due_on=wanted.due_on,
        items=items,
        audit=books.made(caller.user),
        draft=wanted.draft,
        document=wanted.document,
        description=wanted.description,
    )
    books.invoices.put(recordno, invoice)
    return invoice


def reverse(books: Books, recordno: int, day: date, caller: Caller) -> Invoice:
    """The reversing entry. A paid invoice is refused: its payments are reversed first."""
    invoice = books.posted_invoice(recordno, "invoicekey")
    if invoice.paid or invoice.selected:
        raise refusal("The invoice has payments; reverse them first.", errorid="SIM-INVOICE-PAID")
    books.require_open((invoice.entity,), day)
    audit = books.changed(invoice.audit, caller.user)
    books.invoices.put(recordno, replace(invoice, reversed_on=day, audit=audit))
    items = tuple(
        replace(item, recordno=books.new_recordno(), amount=-item.amount, paid=ZERO) for item in invoice.items
    )
    number = books.new_recordno()
    entry = replace(
        invoice,
        recordno=number,
        invoiced=day,
        due_on=day,
        items=items,
        reversal=True,
        audit=books.made(caller.user),
    )
    books.invoices.put(number, entry)
    return entry


def delete(books: Books, recordno: int, caller: Caller) -> None:
    """Gone, with a line in the audit trail; a payment that has its key keeps a key to nothing, as with the vendor."""
    if recordno not in books.invoices:
        raise no_record("recordkey", recordno)
    books.invoices.remove(recordno)
    books.deleted("arinvoice", recordno, caller.user)


def delete_unpaid(books: Books, recordno: int, caller: Caller) -> None:
    """As `delete`, for whoever comes through the gateway: a paid invoice is refused."""
    invoice = books.invoices.get(recordno)
    if invoice is not None and (invoice.paid or invoice.selected):
        raise refusal("The invoice has payments and cannot be deleted.", errorid="SIM-INVOICE-PAID")
    delete(books, recordno, caller)


def due_from_term(invoiced: date, term: str) -> date:
    """`N30`, `Net 30`: the days at the end of the term's name. Raises Refused for a term without any."""
    days = _DAYS.search(term)
    if days is None:
        raise refusal(f"Invalid term '{term}' specified.", errorid="SIM-NO-TERM")
    return invoiced + timedelta(days=int(days[1]))


def _entity(books: Books, wanted: WantedInvoice, caller: Caller) -> str:
    if not books.settings.multi_entity:
        return ""
    locations = _known(books, (wanted.entity, *(item.location for item in wanted.items)))
    if caller.entity:
        return caller.entity
    if not locations:
        raise location_missing()
    return wanted.entity or locations[0]


def _known(books: Books, locations: Iterable[str]) -> list[str]:
    return [books.entity_of_location(location) for location in locations if location]


def _require_new(books: Books, number: str) -> None:
    if number and books.invoices_by_number.of(number):
        text = f"A transaction with the number {number} already exists."
        raise Refused(Complaint("BL03002185", text, "Use a unique number.", errorid="SIM-DUPLICATE-NUMBER"))
