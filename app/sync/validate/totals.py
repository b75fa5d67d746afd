"""Refusals of what a payment makes in all: its overpayment, and the sum of its parts."""

from decimal import Decimal

from app.records import Problem
from app.records.money import is_finer_than
from app.sync.validate.case import Case, Found, too_fine

_NOTHING = Decimal(0)


def overpayment(case: Case) -> Found:
    over = case.payment.overpayment
    if over < 0:
        yield Problem(
            "overpayment_negative",
            f"The overpayment is {case.money(over)}.",
            "Enter what was received above the invoices, or leave it empty.",
            field="overpayment",
        )
    elif is_finer_than(over, case.currency):
        text = too_fine(case, "the overpayment is", over)
        yield Problem("overpayment_too_fine", text, "Round the overpayment.", field="overpayment")


def overpayment_place(case: Case) -> Found:
    payment, over = case.payment, case.payment.overpayment
    if over <= 0:
        return
    invoices = {item.line.invoice_key or item.line.invoice for item in case.items}
    if len(invoices) > 1:
        yield Problem(
            "overpayment_of_several_invoices",
            f"{case.money(over)} is overpaid, and the payment pays {len(invoices)} invoices.",
            "Take the invoice that is overpaid into a payment of its own, with the overpayment.",
            field="overpayment",
        )
    if case.books.entities and not payment.overpayment_location:
        yield Problem(
            "overpayment_without_location",
            f"{case.money(over)} is overpaid and has no location; this company has {len(case.books.entities)}.",
            "Choose the location it belongs to.",
            field="overpayment_location",
        )


def sum_of_parts(case: Case) -> Found:
    amount, over = case.payment.amount, case.payment.overpayment
    parts = [item.line.amount for item in case.items]
    if amount is None or not parts or not all(case.is_sound(part) for part in (amount, *parts)):
        return
    if case.is_unread("overpayment") or over < 0 or is_finer_than(over, case.currency):
        return
    lines = sum((part for part in parts if part is not None), _NOTHING)
    missing = amount - lines - over
    if not missing:
        return
    if missing < 0:
        remedy = f"Lower the lines by {case.money(-missing)} in all, or correct the amount."
    elif len(parts) == 1:
        remedy = f"Correct a line, or book {case.money(missing + over)} as overpayment."
    else:
        remedy = f"Raise the lines by {case.money(missing)} in all, or correct the amount."
    yield Problem(
        "sum_differs",
        f"Lines {case.money(lines)} and overpayment {case.money(over)} make {case.money(lines + over)}; "
        f"the payment is {case.money(amount)}.",
        remedy,
        field="amount",
    )
