"""Working copies of what one payment touches: nothing changes in the books until all of it is right."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from simulators.intacct.books import Books
from simulators.intacct.records import (
    ZERO,
    Caller,
    Credit,
    Invoice,
    InvoiceItem,
    OpenCredit,
    Payment,
    PaymentLine,
)
from simulators.intacct.refusals import Refused, no_record, over_due, refusal

_KEY_NAMES = {
    "ADVANCE": "advancekey",
    "OVERPAYMENT": "overpaymentkey",
    "ADJUSTMENT": "adjustmentkey",
    "NEGATIVEINVOICE": "negativeinvoicekey",
}


class Worksheet:
    """Apply and take back lines here, then `keep` the outcome."""

    def __init__(self, books: Books, caller: Caller) -> None:
        self._books, self._caller = books, caller
        self._invoices: dict[int, Invoice] = {}
        self._payments: dict[int, Payment] = {}
        self._credits: dict[int, OpenCredit] = {}

    def keep(self) -> None:
        for invoice in self._invoices.values():
            audit = self._books.changed(invoice.audit, self._caller.user)
            self._books.invoices.put(invoice.recordno, replace(invoice, audit=audit))
        for payment in self._payments.values():
            self._books.payments.put(payment.recordno, payment)
        for credit in self._credits.values():
            self._books.credits.put(credit.recordno, credit)

    def invoice(self, recordno: int) -> Invoice:
        """Raises Refused for an invoice that is not there, or that this entity does not see."""
        found = self._invoices.get(recordno) or self._books.posted_invoice(recordno, "recordkey")
        if self._caller.entity and found.entity not in ("", self._caller.entity):
            raise no_record("recordkey", recordno)
        return found

    def apply(self, line: PaymentLine, customer: str) -> PaymentLine:
        """The line with what each item of the invoice got. Raises Refused when more is applied than is due."""
        invoice = self.invoice(line.invoice)
        shares = _shares(invoice, line)
        self._invoices[invoice.recordno] = _with(invoice, shares, _pay)
        if line.credit_kind is not None:
            self._use_credit(line.credit_kind, line.credit_key, line.credit, customer or invoice.customer)
        return replace(line, shares=shares)

    def select(self, line: PaymentLine) -> PaymentLine:
        """As `apply`, for a draft: the amount is set aside, and no credit is used yet."""
        invoice = self.invoice(line.invoice)
        shares = _shares(invoice, line)
        self._invoices[invoice.recordno] = _with(invoice, shares, _select)
        return replace(line, shares=shares)

    def release(self, line: PaymentLine) -> None:
        """Take back what `select` set aside."""
        if (invoice := self._held(line.invoice)) is not None:
            self._invoices[invoice.recordno] = _with(invoice, _negated(line.shares), _select)

    def take_back(self, line: PaymentLine) -> None:
        """Take back what `apply` did, of the invoice and of the credit."""
        if (invoice := self._held(line.invoice)) is not None:
            self._invoices[invoice.recordno] = _with(invoice, _negated(line.shares), _pay)
        if line.credit_kind is not None:
            self._use_credit(line.credit_kind, line.credit_key, -line.credit, None)

    def _held(self, recordno: int) -> Invoice | None:
        return self._invoices.get(recordno) or self._books.invoices.get(recordno)

    def _use_credit(self, kind: Credit, key: int, amount: Decimal, customer: str | None) -> None:
        if kind == "OVERPAYMENT":
            self._use_overpayment(key, amount, customer)
        elif kind == "NEGATIVEINVOICE":
            self._use_negative_invoice(key, amount, customer)
        else:
            self._use_open_credit(kind, key, amount, customer)

    def _use_overpayment(self, key: int, amount: Decimal, customer: str | None) -> None:
        payment = self._payments.get(key) or self._books.payments.get(key)
        if payment is None or payment.state != "C" or payment.reversal:
            raise no_record(_KEY_NAMES["OVERPAYMENT"], key)
        _require_owner(payment.customer, customer)
        if amount > payment.overpayment - payment.overpayment_applied:
            raise _not_enough(key)
        audit = self._books.changed(payment.audit, self._caller.user)
        applied = payment.overpayment_applied + amount
        self._payments[key] = replace(payment, overpayment_applied=applied, audit=audit)

    def _use_negative_invoice(self, key: int, amount: Decimal, customer: str | None) -> None:
        invoice = self._held(key)
        if invoice is None or invoice.total >= ZERO:
            raise no_record(_KEY_NAMES["NEGATIVEINVOICE"], key)
        _require_owner(invoice.customer, customer)
        if amount > -invoice.due:
            raise _not_enough(key)
        first, *rest = invoice.items
        self._invoices[key] = replace(invoice, items=(replace(first, paid=first.paid - amount), *rest))

    def _use_open_credit(self, kind: Credit, key: int, amount: Decimal, customer: str | None) -> None:
        credit = self._credits.get(key) or self._books.credits.get(key)
        if credit is None or credit.kind != kind:
            raise no_record(_KEY_NAMES[kind], key)
        _require_owner(credit.customer, customer)
        if amount > credit.amount - credit.applied:
            raise _not_enough(key)
        audit = self._books.changed(credit.audit, self._caller.user)
        self._credits[key] = replace(credit, applied=credit.applied + amount, audit=audit)


def _shares(invoice: Invoice, line: PaymentLine) -> tuple[tuple[int, Decimal], ...]:
    """The waterfall: items are paid in their order, each in full before the next; or the one that is named."""
    named = [item for item in invoice.items if item.recordno == line.item]
    if line.item and not named:
        raise no_record("entrykey", line.item)
    free = min(invoice.due - invoice.selected, sum((item.free for item in named or invoice.items), ZERO))
    if line.applied > free:
        raise over_due(invoice.number, line.applied, free, invoice.currency)
    left, shares = line.applied, []
    for item in named or invoice.items:
        share = min(left, item.free)
        if share > 0:
            shares.append((item.recordno, share))
            left -= share
    return tuple(shares)


def _with(
    invoice: Invoice,
    shares: tuple[tuple[int, Decimal], ...],
    change: Callable[[InvoiceItem, Decimal], InvoiceItem],
) -> Invoice:
    by_item = dict(shares)
    items = (
        change(item, by_item[item.recordno]) if item.recordno in by_item else item for item in invoice.items
    )
    return replace(invoice, items=tuple(items))


def _pay(item: InvoiceItem, share: Decimal) -> InvoiceItem:
    return replace(item, paid=item.paid + share)


def _select(item: InvoiceItem, share: Decimal) -> InvoiceItem:
    return replace(item, selected=item.selected + share)


def _negated(shares: tuple[tuple[int, Decimal], ...]) -> tuple[tuple[int, Decimal], ...]:
    return tuple((item, -share) for item, share in shares)


def _require_owner(owner: str, customer: str | None) -> None:
    if customer is not None and owner != customer:
        raise refusal("The credit belongs to a different customer.", errorid="SIM-CREDIT-CUSTOMER")


def _not_enough(key: int) -> Refused:
    return refusal(
        f"The amount applied is more than what is left of credit {key}.", errorid="SIM-CREDIT-SPENT"
    )
