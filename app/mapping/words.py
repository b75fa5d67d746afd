"""Our words for the fields of a payment and of its lines, and what a mapping owes each of them."""

from enum import StrEnum


class Kind(StrEnum):
    """What a word's value is: decides how it is read, and how it is written where a row does not say."""

    TEXT = "text"
    AMOUNT = "amount"
    DAY = "day"


HEADER: dict[str, Kind] = {
    "key": Kind.TEXT,
    "account": Kind.TEXT,
    "account_name": Kind.TEXT,
    "customer": Kind.TEXT,
    "amount": Kind.AMOUNT,
    "currency": Kind.TEXT,
    "receipt_date": Kind.DAY,
    "method": Kind.TEXT,
    "reference": Kind.TEXT,
    "description": Kind.TEXT,
    "deposit_to": Kind.TEXT,
    "entity": Kind.TEXT,
    "overpayment": Kind.AMOUNT,
    "overpayment_location": Kind.TEXT,
    "overpayment_department": Kind.TEXT,
    "payer": Kind.TEXT,
    "exchange_rate": Kind.AMOUNT,
    "base_amount": Kind.AMOUNT,
    "status": Kind.TEXT,
    "reversal_date": Kind.DAY,
    "target_id": Kind.TEXT,
    "sync_status": Kind.TEXT,
}
LINE: dict[str, Kind] = {
    "invoice": Kind.TEXT,
    "invoice_key": Kind.TEXT,
    "invoice_name": Kind.TEXT,
    "amount": Kind.AMOUNT,
}

REQUIRED_HEADER = ("key", "account", "customer", "amount", "receipt_date", "method", "status", "sync_status")
REQUIRED_LINE = ("invoice", "invoice_key", "amount")
PLACED_HEADER = frozenset({"key", "customer", "receipt_date", "method"})
"""Words that every posted payment carries: their rows must say where they go."""
PLACED_LINE = frozenset({"invoice_key", "amount"})

PASS_UNMAPPED = frozenset({"deposit_to", "status", "sync_status"})
"""
Words whose value stays as it is where their value map does not have it. People enter account ids as they are, and a
status that asks for nothing (`Draft`) is not wrong. Any other value that a map does not have needs a person.
"""

KEY_PLACE = "{key}"
"""Stands in a row's `to` for the field that the connection keeps our key in (`INTACCT_KEY_FIELD`)."""

# Where the rules of `app.mapping.writing` put what no row can place.
# Source: ARPYMT, "create" [XDOC:accounts-receivable-ar-payments].
DEPOSIT_ACCOUNT = "FINANCIALENTITY"
UNDEPOSITED_ACCOUNT = "UNDEPOSITEDACCOUNTNO"
DOCUMENT = "DOCNUMBER"
DESCRIPTION = "DESCRIPTION"

OWNED = {
    DOCUMENT: "reference",
    DESCRIPTION: "description",
    DEPOSIT_ACCOUNT: "deposit_to",
    UNDEPOSITED_ACCOUNT: "deposit_to",
}
"""Fields that a rule may fill, and the only word whose row may name them."""
