"""The form in which a sales user takes or corrects a payment, read and added up on the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from . import desk, money
from .catalogue import INVOICE, METHODS
from .org import Org
from .records import Record
from .values import Json, Value

# What the form calls a field of the payment; "ACH Credit" shows what a method that Intacct does not know does.
_FIELDS = {
    "amount": "Amount__c",
    "currency": "CurrencyIsoCode",
    "receipt_date": "Receipt_Date__c",
    "method": "Payment_Method__c",
    "reference": "Reference__c",
    "description": "Description__c",
    "deposit_to": "Deposit_To__c",
    "entity": "Entity__c",
    "overpayment": "Overpayment_Amount__c",
    "overpayment_location": "Overpayment_Location__c",
}
_AMOUNTS = ("amount", "overpayment")
CHOICES = (*METHODS, "ACH Credit")


@dataclass(frozen=True)
class Row:
    """One invoice that the payment may be applied to, and what was typed beside it."""

    invoice: Record
    ticked: bool = False
    text: str = ""

    @property
    def amount(self) -> Decimal | None:
        """What is applied; None where the text is no amount."""
        return money.read(self.text) if self.ticked else Decimal(0)

    @property
    def problem(self) -> str:
        return f"“{self.text}” is not an amount." if self.amount is None else ""


@dataclass(frozen=True)
class PaymentForm:
    """What stands in the form; `texts` is keyed by the form's own names."""

    texts: Mapping[str, str]
    rows: Sequence[Row]
    refused: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        return self.texts.get("currency") or money.CORPORATE

    @property
    def applied(self) -> Decimal:
        return sum((row.amount or Decimal(0) for row in self.rows), Decimal(0))

    @property
    def overpayment(self) -> Decimal:
        return money.read(self.texts["overpayment"]) or Decimal(0)

    @property
    def gap(self) -> Decimal:
        """What the payment has over its lines and overpayment; zero where it adds up."""
        return (money.read(self.texts["amount"]) or Decimal(0)) - self.applied - self.overpayment

    @property
    def is_readable(self) -> bool:
        return not self.problems and not any(row.problem for row in self.rows)

    def lines(self) -> list[desk.Line]:
        return [desk.Line(row.invoice.id, row.amount) for row in self.rows if row.ticked and row.amount]

    def fields(self) -> dict[str, Json]:
        """The payment's fields as they were typed; what is empty is emptied."""
        given: dict[str, Json] = {_FIELDS[name]: text or None for name, text in self.texts.items()}
        for name in _AMOUNTS:
            given[_FIELDS[name]] = money.read(self.texts[name])
        return given


def blank(org: Org, account: Record, today: date) -> PaymentForm:
    """An empty form with the account's open invoices, in the currency of the first to fall due."""
    rows = [Row(invoice, text=_due(invoice)) for invoice in _open_invoices(org, account)]
    texts = dict.fromkeys(_FIELDS, "") | {"receipt_date": today.isoformat(), "method": "EFT"}
    texts["currency"] = desk.currency(rows[0].invoice) if rows else money.CORPORATE
    return PaymentForm(_known(org, texts), rows)


def of_payment(org: Org, payment: Record) -> PaymentForm:
    """The form as a payment fills it; invoices it pays already are offered even when they are paid."""
    unit = desk.currency(payment)
    lines = {line.text(INVOICE): line["Amount__c"] for line in desk.lines_of(org, payment)}
    account = org.records.find(payment.text("Account__c"))
    offered = _open_invoices(org, account) if account else []
    known = {invoice.id for invoice in offered}
    paid = (org.records.find(id) for id in lines if id not in known)
    rows = [
        Row(i, i.id in lines, money.grouped(lines[i.id], unit) if i.id in lines else _due(i))
        for i in (*offered, *(r for r in paid if r))
    ]
    return PaymentForm(_known(org, {n: _text(payment[f], unit) for n, f in _FIELDS.items()}), rows)


def read(org: Org, offered: PaymentForm, form: Mapping[str, Sequence[str]]) -> PaymentForm:
    """The form as it was sent; an amount left empty is what the ticked lines make."""
    ticked = set(form.get("apply", ()))
    rows = [
        Row(row.invoice, row.invoice.id in ticked, _sent(form, f"amount-{row.invoice.id}"))
        for row in offered.rows
    ]
    texts = _known(org, {name: _sent(form, name) for name in _FIELDS})
    sent = PaymentForm(texts, rows)
    if not texts["amount"] and sent.applied:
        total = money.grouped(sent.applied + sent.overpayment, sent.currency)
        sent = PaymentForm({**texts, "amount": total}, rows)
    wrong = {
        n: "This is not an amount." for n in _AMOUNTS if sent.texts[n] and money.read(sent.texts[n]) is None
    }
    return PaymentForm(sent.texts, rows, problems=wrong)


def _known(org: Org, texts: Mapping[str, str]) -> dict[str, str]:
    """Without the currency where the org has only one."""
    multi = org.settings.multi_currency
    return {name: text for name, text in texts.items() if multi or name != "currency"}


def _open_invoices(org: Org, account: Record) -> list[Record]:
    found = org.records.matching(INVOICE, "Account__c", account.id)
    return sorted((i for i in found if balance(i) > 0), key=lambda i: (str(i["Due_Date__c"]), i.text("Name")))


def balance(invoice: Record) -> Decimal:
    balance = invoice["Balance__c"]
    return balance if isinstance(balance, Decimal) else Decimal(0)


def _due(invoice: Record) -> str:
    return money.grouped(invoice["Balance__c"], desk.currency(invoice))


def _text(value: Value, unit: str) -> str:
    if isinstance(value, Decimal):
        return money.grouped(value, unit)
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _sent(form: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "").strip()
