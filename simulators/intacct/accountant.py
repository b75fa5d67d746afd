"""What the accountant does by hand, on the page or through a control: the same rules as the gateway's."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from simulators.company import UNDEPOSITED_ACCOUNT
from simulators.intacct import invoices, payments
from simulators.intacct.books import Books, rounded
from simulators.intacct.invoices import WantedInvoice, WantedItem
from simulators.intacct.receipts import Wanted
from simulators.intacct.records import Caller, Invoice, Payment
from simulators.intacct.refusals import no_record

NAME = "jdoyle"
_NET_DAYS = 30


@dataclass(frozen=True)
class Entry:
    """A payment as it is typed in. A line names an invoice by RECORDNO or number; empty fields take the usual."""

    customer: str
    lines: tuple[tuple[str, Decimal], ...]
    currency: str = ""
    received: date | None = None
    method: str = "EFT"
    document: str = ""
    bank: str = ""
    overpayment: Decimal = Decimal(0)
    overpayment_location: str = ""
    draft: bool = False


def record(books: Books, entry: Entry, caller: Caller) -> Payment:
    """Inside `work`. Raises Refused as the gateway does."""
    paid = [(_invoice(books, named), amount) for named, amount in entry.lines]
    currency = entry.currency or (paid[0][0].currency if paid else "")
    entity = paid[0][0].entity if paid else ""
    received = (entry.received or books.today()).strftime("%m/%d/%Y")
    header = {
        "CUSTOMERID": entry.customer,
        "PAYMENTMETHOD": entry.method,
        "RECEIPTDATE": received,
        "CURRENCY": currency,
        "DOCNUMBER": entry.document,
        "ACTION": "Draft" if entry.draft else "Submit",
        "OVERPAYMENTAMOUNT": str(entry.overpayment),
        "OVERPAYMENTLOCATIONID": entry.overpayment_location or (entity if entry.overpayment else ""),
        **_account(books, entry.bank, currency, entity),
    }
    details = tuple(
        {"RECORDKEY": str(invoice.recordno), "TRX_PAYMENTAMOUNT": str(amount)} for invoice, amount in paid
    )
    return payments.create(books, Wanted(header, details), caller)


@dataclass(frozen=True)
class Bill:
    """An invoice as it is typed in: of today, due in thirty days, where nothing else is said."""

    customer: str
    entity: str
    total: Decimal
    currency: str
    number: str = ""
    invoiced: date | None = None
    due: date | None = None


def bill(books: Books, wanted: Bill, caller: Caller) -> Invoice:
    """Inside `work`. Raises Refused."""
    invoiced = wanted.invoiced or books.today()
    return invoices.create(
        books,
        WantedInvoice(
            customer=wanted.customer,
            currency=wanted.currency,
            invoiced=invoiced,
            due_on=wanted.due or invoiced + timedelta(days=_NET_DAYS),
            items=(WantedItem(rounded(wanted.total, wanted.currency), location=wanted.entity),),
            number=wanted.number,
            entity=wanted.entity,
        ),
        caller,
    )


def _invoice(books: Books, named: str) -> Invoice:
    found = books.invoices.get(int(named)) if named.isdigit() else None
    by_number = books.invoices_by_number.of(named)
    if found is None and not by_number:
        raise no_record("recordkey", named)
    return found or by_number[0]


def _account(books: Books, bank: str, currency: str, entity: str) -> dict[str, str]:
    """The bank that is named, else one of the entity in this currency, else undeposited funds."""
    fitting = [one.id for one in books.banks.values() if (one.currency, one.entity) == (currency, entity)]
    chosen = bank or next(iter(fitting), "")
    return {"FINANCIALENTITY": chosen} if chosen else {"UNDEPOSITEDACCOUNTNO": UNDEPOSITED_ACCOUNT}
