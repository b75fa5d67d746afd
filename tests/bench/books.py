"""
The payments of the benchmark, known to everyone by number alone: payment 7 has the same id, key, customer and amount
wherever it is spoken of, so the remote systems need keep next to nothing.

One line a payment, on an invoice of its own: the commonest payment, and of two lines the write-back of a hundred no
longer fits into one call of 200 records.
"""

from typing import Final

ORG_ID: Final = "00D5g00000HrbSmEAJ"
RECEIVED: Final = "2026-11-20"
ACCOUNT: Final = "CHASE-4471"
CUSTOMERS: Final = 250

_INVOICES: Final = 10_000_000
_POSTED: Final = 200_000_000


def payment_id(number: int) -> str:
    return f"a0B5g{number:010d}EAA"


def key(number: int) -> str:
    return f"ARP-{number:06d}"


def customer(number: int) -> int:
    """The number in its customer's id."""
    return 10_000 + number % CUSTOMERS


def amount(number: int) -> str:
    return f"{100 + number % 900}.25"


def invoice_key(number: int) -> int:
    return _INVOICES + number


def of_invoice(recordno: int) -> int:
    return recordno - _INVOICES


def posted_key(number: int) -> int:
    """The ARPYMT's RECORDNO; its one detail has the number before."""
    return _POSTED + 2 * number + 1


def of_posted(recordno: int) -> int:
    return (recordno - _POSTED - 1) // 2
