"""What a sales user does in the org: takes a payment and corrects it; and what then stands in the books."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from . import money, writing
from .catalogue import ACCOUNT, INVOICE, LINE, PAYMENT
from .org import Org
from .records import Record
from .values import Json


@dataclass(frozen=True)
class Line:
    """`invoice` is an id, a number or an Intacct key."""

    invoice: str
    amount: Decimal


@dataclass(frozen=True)
class Payment:
    """`account` is an id or an Intacct customer id; `fields` are the payment's other fields by API name."""

    account: str
    lines: Sequence[Line] = ()
    fields: Mapping[str, Json] = field(default_factory=dict)


@contextmanager
def saving(org: Org) -> Iterator[None]:
    """One save by a person: kept as a whole, or, where anything is raised, not at all."""
    with org.lock:
        mark = org.records.mark()
        try:
            yield
        except BaseException:
            org.records.rollback(mark)
            raise
        finally:
            org.commit(by_api=False)


def take(org: Org, payment: Payment) -> Record:
    """Save a new payment with its lines; its amount is the sum of the lines where none is given."""
    with saving(org):
        total: Json = sum((line.amount for line in payment.lines), Decimal(0))
        body = {"Account__c": account(org, payment.account).id, "Amount__c": total, **payment.fields}
        id = writing.create(org, org.schema[PAYMENT], body).id
        _add_lines(org, id, payment.lines)
    return found(org, PAYMENT, id)


def correct(org: Org, id: str, fields: Mapping[str, Json], lines: Sequence[Line] | None) -> Record:
    """Change a payment; where lines are given, they take the place of those it had."""
    with saving(org):
        payment = found(org, PAYMENT, id)
        if lines is not None:
            for line in lines_of(org, payment):
                writing.delete(org, org.schema[LINE], line.id)
            _add_lines(org, payment.id, lines)
        writing.update(org, org.schema[PAYMENT], payment.id, fields)
    return found(org, PAYMENT, payment.id)


def add_invoice(org: Org, account_named: str, fields: Mapping[str, Json]) -> Record:
    """Save an invoice as if it had come from Intacct."""
    with saving(org):
        body = {"Account__c": account(org, account_named).id, "State__c": "Posted", "Paid__c": 0, **fields}
        id = writing.create(org, org.schema[INVOICE], body).id
    return found(org, INVOICE, id)


def account(org: Org, named: str) -> Record:
    """The account of that id or Intacct customer id; raises Refused."""
    keyed = org.records.matching(ACCOUNT, "Intacct_Customer_Id__c", named)
    return keyed[0] if keyed else found(org, ACCOUNT, named)


def invoice(org: Org, named: str) -> Record:
    """The invoice of that id, Intacct key or number; raises Refused."""
    keyed = org.records.matching(INVOICE, "Intacct_Key__c", named)
    numbered = keyed or [r for r in org.records.of(INVOICE) if r["Name"] == named]
    return numbered[0] if numbered else found(org, INVOICE, named)


def found(org: Org, sobject: str, id: str) -> Record:
    """The live record; raises Refused (404)."""
    return writing.existing(org, org.schema[sobject], id)


def lines_of(org: Org, payment: Record) -> list[Record]:
    return org.records.matching(LINE, PAYMENT, payment.id)


def currency(record: Record) -> str:
    """The currency of a record; the corporate one where the org has only that."""
    return record.text("CurrencyIsoCode") or money.CORPORATE


def books(org: Org) -> dict[str, Json]:
    """All payments and invoices, amounts as text, for a test to compare with the other side."""
    with org.lock:
        payments: list[Json] = [payment_said(org, p) for p in org.records.of(PAYMENT)]
        invoices: list[Json] = [_invoice_said(i) for i in org.records.of(INVOICE)]
        return {"payments": payments, "invoices": invoices}


def payment_said(org: Org, payment: Record) -> dict[str, Json]:
    unit = currency(payment)
    lines: list[Json] = [
        {
            "id": line.id,
            "invoice": line.text(INVOICE) or None,
            "amount": money.plain(line["Amount__c"], unit),
            "intacct_key": line.text("Intacct_Key__c") or None,
        }
        for line in lines_of(org, payment)
    ]
    return {
        "id": payment.id,
        "name": payment.text("Name"),
        "account": payment.text("Account__c") or None,
        "amount": money.plain(payment["Amount__c"], unit),
        "currency": unit,
        "status": payment.text("Status__c"),
        "sync_status": payment.text("Sync_Status__c") or None,
        "sync_message": payment.text("Sync_Message__c") or None,
        "intacct_key": payment.text("Intacct_Key__c") or None,
        "origin": payment.text("Origin__c") or None,
        "lines": lines,
    }


def _invoice_said(invoice: Record) -> dict[str, Json]:
    unit = currency(invoice)
    amounts: dict[str, Json] = {
        name: money.plain(invoice[field], unit)
        for name, field in (("total", "Total__c"), ("paid", "Paid__c"), ("balance", "Balance__c"))
    }
    return {
        "id": invoice.id,
        "number": invoice.text("Name"),
        "account": invoice.text("Account__c") or None,
        "key": invoice.text("Intacct_Key__c") or None,
        "currency": unit,
        **amounts,
        "state": invoice.text("State__c") or None,
    }


def _add_lines(org: Org, payment: str, lines: Sequence[Line]) -> None:
    for line in lines:
        to = invoice(org, line.invoice).id
        body: dict[str, Json] = {PAYMENT: payment, INVOICE: to, "Amount__c": line.amount}
        writing.create(org, org.schema[LINE], body)
