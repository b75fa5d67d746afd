"""ARPYMT: record a payment, change and delete a draft, reverse a posted one."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Literal

from simulators.intacct.books import Books, rounded
from simulators.intacct.receipts import Wanted, key_of, lines_of, receipt_of
from simulators.intacct.records import Caller, Payment, PaymentLine
from simulators.intacct.refusals import Refused, refusal
from simulators.intacct.worksheet import Worksheet


def create(books: Books, wanted: Wanted, caller: Caller) -> Payment:
    """Post a payment, or keep it as a draft. Raises Refused; then nothing has changed."""
    receipt = receipt_of(books, wanted.header, caller)
    lines = lines_of(books, wanted.details or (), receipt.currency)
    return _record(books, replace(receipt, recordno=0, lines=lines), caller)


def update(books: Books, wanted: Wanted, caller: Caller) -> Payment:
    """Change or submit a draft; details, where they are sent, take the place of all the old ones."""
    before = _draft(books, key_of(wanted.header.get("RECORDNO", ""), "RECORDNO"), "updated")
    header = {"ACTION": "Draft", **dict(before.fields), **wanted.header}
    receipt = receipt_of(books, header, caller)
    lines = before.lines if wanted.details is None else lines_of(books, wanted.details, receipt.currency)
    changed = replace(
        receipt, recordno=before.recordno, lines=lines, audit=before.audit, entity=before.entity
    )
    return _record(books, changed, caller, before)


def delete(books: Books, recordno: int, caller: Caller) -> None:
    draft = _draft(books, recordno, "deleted")
    sheet = Worksheet(books, caller)
    for line in draft.lines:
        sheet.release(line)
    sheet.keep()
    books.payments.remove(recordno)
    books.deleted("arpymt", recordno, caller.user)
    books.tell("delete", recordno, books.now())


def reverse(books: Books, recordno: int, day: date, description: str, caller: Caller) -> Payment:
    """
    The reversal: a new payment with negative amounts, the same document number and no pointer to the old one.

    What links them is that the old one's WHENMODIFIED is the new one's AUWHENCREATED
    [reference: reversal model, from a production client's matcher].
    """
    original = _reversible(books, recordno, day, caller)
    books.require_open((original.entity, *_entities(books, original.lines)), day)
    sheet = Worksheet(books, caller)
    for line in original.lines:
        sheet.take_back(line)
    sheet.keep()
    lines = tuple(_negative(line, books.new_recordno()) for line in original.lines)
    reversal = replace(
        original,
        recordno=books.new_recordno(),
        description=description or original.description,
        received=day,
        paid_on=day,
        lines=lines,
        overpayment=-original.overpayment,
        base_amount=None if original.base_amount is None else -original.base_amount,
        reversal=True,
        audit=books.made(caller.user),
    )
    voided = replace(original, state="V", reversed_on=day, audit=books.changed(original.audit, caller.user))
    _keep(books, voided, "set")
    return _keep(books, reversal, "add")


def _record(books: Books, wanted: Payment, caller: Caller, before: Payment | None = None) -> Payment:
    sheet = Worksheet(books, caller)
    for line in before.lines if before else ():
        sheet.release(line)
    for line in wanted.lines:
        _require_fit(sheet, line, wanted)
    apply = sheet.select if wanted.state == "D" else (lambda line: sheet.apply(line, wanted.customer))
    lines = tuple(apply(line) for line in wanted.lines)
    entities = _entities(books, lines)
    books.require_open((wanted.entity, *entities), wanted.received)
    entity = wanted.entity or (entities.pop() if len(entities) == 1 else "")
    payment = _with_base_amount(books, replace(wanted, lines=lines, entity=entity))
    sheet.keep()
    return _put(books, payment, caller, before)


def _put(books: Books, payment: Payment, caller: Caller, before: Payment | None) -> Payment:
    lines = tuple(
        line if line.recordno else replace(line, recordno=books.new_recordno()) for line in payment.lines
    )
    audit = payment.audit if before is None else books.changed(before.audit, caller.user)
    recordno = payment.recordno or books.new_recordno()
    put = replace(payment, recordno=recordno, lines=lines, audit=audit)
    return _keep(books, put, "add" if before is None else "set")


def _keep(books: Books, payment: Payment, kind: Literal["add", "set"]) -> Payment:
    books.payments.put(payment.recordno, payment)
    books.tell(kind, payment.recordno, payment.audit.modified)
    return payment


def _require_fit(sheet: Worksheet, line: PaymentLine, payment: Payment) -> None:
    invoice = sheet.invoice(line.invoice)
    if payment.customer and invoice.customer != payment.customer:
        raise refusal(
            f"Invoice {invoice.number} belongs to a different customer than the payment.",
            "Select an invoice of the customer of the payment.",
            "SIM-CROSS-CUSTOMER",
        )
    if invoice.currency != payment.currency:
        raise refusal(
            f"The currency of invoice {invoice.number} ({invoice.currency}) is not the currency of the payment "
            f"({payment.currency}).",
            "Use the currency of the invoice.",
            "SIM-CURRENCIES-DIFFER",
        )


def _with_base_amount(books: Books, payment: Payment) -> Payment:
    header = dict(payment.fields)
    named = header.get("TRX_AMOUNTTOPAY")
    if named and books.money(named, payment.currency, "TRX_AMOUNTTOPAY") != payment.amount:
        raise refusal(
            f"TRX_AMOUNTTOPAY ({named}) is not the total of the details and the overpayment ({payment.amount}).",
            errorid="SIM-TOTALS-DIFFER",
        )
    base = header.get("AMOUNTTOPAY") or header.get("AMOUNTOPAY")
    if base and books.settings.multi_currency:
        amount = books.money(base, payment.base_currency, "AMOUNTTOPAY")
    else:
        amount = rounded(payment.amount * payment.rate, payment.base_currency)
    return replace(payment, base_amount=amount)


def _entities(books: Books, lines: Iterable[PaymentLine]) -> set[str]:
    found = (books.invoices.get(line.invoice) for line in lines)
    return {invoice.entity for invoice in found if invoice is not None and invoice.entity}


def _draft(books: Books, recordno: int, verb: str) -> Payment:
    found = books.payments.get(recordno)
    if found is None:
        raise refusal(f"Cannot find ARPYMT with key '{recordno}'.", errorid="SIM-NO-PAYMENT")
    if found.state != "D":
        raise refusal(f"Only draft payments can be {verb}.", errorid="SIM-NOT-DRAFT")
    return found


def _reversible(books: Books, recordno: int, day: date, caller: Caller) -> Payment:
    found = books.payments.get(recordno)
    if found is None or (caller.entity and found.entity not in ("", caller.entity)):
        raise refusal(f"Cannot find payment with key '{recordno}'.", errorid="SIM-NO-PAYMENT")
    reason = _why_not_reversible(found, day)
    if reason:
        raise reason
    return found


def _why_not_reversible(payment: Payment, day: date) -> Refused | None:
    if payment.reversal or payment.state == "V":
        return refusal("The payment has already been reversed.", errorid="SIM-REVERSED")
    if payment.state == "D":
        return refusal("A draft payment cannot be reversed; delete it.", errorid="SIM-DRAFT")
    if payment.overpayment_applied:
        return refusal("The overpayment has been applied; reverse that payment first.", errorid="SIM-APPLIED")
    if day < payment.received:
        return refusal("The reversal date cannot be before the payment date.", errorid="SIM-REVERSAL-DATE")
    return None


def _negative(line: PaymentLine, recordno: int) -> PaymentLine:
    return replace(
        line,
        recordno=recordno,
        cash=-line.cash,
        credit=-line.credit,
        discount=-line.discount,
        shares=tuple((item, -share) for item, share in line.shares),
    )
