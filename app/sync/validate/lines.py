"""Refusals of what a payment's lines apply, to which invoices."""

from app.records import Problem
from app.records.money import is_finer_than
from app.sync.validate.case import Case, Found, Item, listed, too_fine


def no_line(case: Case) -> Found:
    if case.items:
        return
    extra = (
        " Money on account is not switched on, so an overpayment alone cannot be posted."
        if case.payment.overpayment > 0
        else ""
    )
    yield Problem(
        "no_line", f"The payment says no invoice it pays.{extra}", "Apply it to an invoice.", field="lines"
    )


def line_amount(case: Case) -> Found:
    for item in case.items:
        amount = item.line.amount
        where = f"Line {item.number}, {item.name}," if item.line.invoice else f"Line {item.number}"
        remedy = "Enter what of the payment goes to the invoice, or delete the line."
        field = item.field("amount")
        if amount is None:
            yield Problem("line_amount_missing", f"{where} has no amount.", remedy, field=field)
        elif amount <= 0:
            yield Problem("line_not_positive", f"{where} applies {case.money(amount)}.", remedy, field=field)
        elif is_finer_than(amount, case.currency):
            text = too_fine(case, f"line {item.number} applies", amount)
            yield Problem("line_too_fine", text, "Round the amount of the line.", field=field)


def line_without_invoice(case: Case) -> Found:
    for item in case.items:
        if not item.line.invoice:
            yield Problem(
                "line_without_invoice",
                f"Line {item.number} names no invoice.",
                "Choose the invoice that it pays, or delete the line.",
                field=item.field("invoice"),
            )


def invoice_twice(case: Case) -> Found:
    if len(case.items) < 2:
        return
    by_invoice: dict[str, list[Item]] = {}
    for item in case.items:
        if item.line.invoice:
            by_invoice.setdefault(item.line.invoice_key or item.line.invoice, []).append(item)
    for items in by_invoice.values():
        if len(items) > 1:
            lines = listed([str(item.number) for item in items])
            yield Problem(
                "invoice_twice",
                f"{items[0].name} stands on lines {lines}.",
                "Put both amounts on one line." if len(items) == 2 else "Put the amounts on one line.",
                field=items[1].field("invoice"),
            )


def invoice_gone(case: Case) -> Found:
    for item in case.items:
        if item.line.invoice_key and item.invoice is None:
            yield Problem(
                "invoice_gone",
                f"{item.name} is no longer in Intacct.",
                "Apply the payment to another invoice, or ask accounting what became of this one.",
                field=item.field("invoice"),
            )


def other_customer(case: Case) -> Found:
    payer = case.payment.customer
    for item in case.items:
        invoice = item.invoice
        if not payer or invoice is None or invoice.customer == payer:
            continue
        owner = case.books.customers.get(invoice.customer)
        yield Problem(
            "invoice_of_another_customer",
            f"{item.name} belongs to {owner.name if owner else invoice.customer}; "
            f"the payment is from {case.customer_name}.",
            f"Choose an invoice of {case.customer_name}, or correct the account of the payment.",
            field=item.field("invoice"),
        )


def currency(case: Case) -> Found:
    if case.is_unread("currency"):
        return
    for item in case.items:
        invoice = item.invoice
        if invoice and invoice.currency and case.currency and invoice.currency != case.currency:
            yield Problem(
                "currency_differs",
                f"The payment is in {case.currency}, {item.name} in {invoice.currency}.",
                f"Take the payment in {invoice.currency}, or apply it to an invoice in {case.currency}.",
                field=item.field("invoice"),
            )


def above_due(case: Case) -> Found:
    for item in case.items:
        invoice, amount = item.invoice, item.line.amount
        if invoice is None or not case.is_sound(amount) or amount is None:
            continue
        if amount <= invoice.due or invoice.currency not in ("", case.currency):
            continue
        if invoice.due <= 0:
            remedy = "Apply it to another invoice."
        elif len(case.items) == 1:
            remedy = f"Lower the line, or book {case.money(amount - invoice.due)} as overpayment."
        else:
            remedy = f"Lower the line by {case.money(amount - invoice.due)}."
        yield Problem(
            "line_above_due",
            f"{item.name} owes {case.money(invoice.due)}; the line applies {case.money(amount)}.",
            remedy,
            field=item.field("amount"),
        )
