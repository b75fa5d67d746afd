"""How the pages say things: money, days, and states in words."""

from datetime import date, datetime
from decimal import Decimal

from simulators.intacct import invoice_fields
from simulators.intacct.books import decimals
from simulators.intacct.records import Invoice, Payment


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.{decimals(currency)}f}".replace("-", "−")


def day(one: date) -> str:
    return f"{one.day} {one:%b %Y}"


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def payment_state(payment: Payment) -> tuple[str, str]:
    """The class of the status, and its words."""
    if payment.reversal:
        return "skip", "Reversal"
    if payment.state == "V" and payment.reversed_on is not None:
        return "ign", f"Reversed {day(payment.reversed_on)}"
    return ("wait", "Draft") if payment.state == "D" else ("ok", "Confirmed")


_INVOICE_STATES = {
    "Paid": ("ok", "Paid"),
    "Partially Paid": ("run", "Part paid"),
    "Posted": ("wait", "Open"),
    "Selected": ("run", "In a draft payment"),
    "Draft": ("wait", "Draft"),
    "Reversed": ("ign", "Reversed"),
    "Reversal": ("skip", "Reversal"),
}


def invoice_state(invoice: Invoice) -> tuple[str, str]:
    return _INVOICE_STATES[invoice_fields.invoice_state(invoice)]


_LEVELS = {"control": "Refused", "sign-in": "Not signed in", "failure": "Failed", "aborted": "Rolled back"}


def outcome(outcome: str) -> tuple[str, str, str]:
    """The class of the status, its word, and what the gateway said."""
    level, _, text = outcome.partition(": ")
    if level == "success":
        return "ok", "Done", ""
    return ("warn", "Fault", text) if level == "fault" else ("bad", _LEVELS[level], text)
