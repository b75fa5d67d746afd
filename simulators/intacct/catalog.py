"""The objects of a company by name, each with its rows and the fields that find them quickly."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from simulators.intacct import fields
from simulators.intacct.books import Books
from simulators.intacct.invoice_fields import ItemRow, invoice_fields, item_fields
from simulators.intacct.objects import ObjectType, Owned
from simulators.intacct.payment_fields import LineRow, line_fields, payment_fields
from simulators.intacct.records import BankAccount, Customer, Deletion, Entity, Invoice, OpenCredit, Payment

R = TypeVar("R")

_CONTACTS = frozenset(("CONTACT", "SHIPTO", "BILLTO", "CUSTMESSAGE"))

Catalog = Mapping[str, ObjectType[Any]]
"""Objects of different rows under one name each; only the object itself touches its rows."""


def catalog_of(books: Books) -> Catalog:
    """Built once and again when a custom field is defined; the rows are always those of the moment."""
    customer = _customer(books)
    objects: Sequence[ObjectType[Any]] = (
        customer,
        _payment(books, customer),
        _line(books),
        _invoice(books, customer),
        _item(books),
        _advance(books, customer),
        _entity(books),
        _bank(books, "CHECKINGACCOUNT", "checking"),
        _bank(books, "SAVINGSACCOUNT", "savings"),
        _user(books),
        _deletion(books),
    )
    return {one.name: one for one in objects}


def _customer(books: Books) -> ObjectType[Customer]:
    return ObjectType(
        "CUSTOMER",
        fields.customer_fields(books),
        books.customers.values,
        natural_key="CUSTOMERID",
        found_by={
            "CUSTOMERID": _one(books.customers.get),
            "RECORDNO": _number(books.customers_by_recordno.of),
        },
    )


def _payment(books: Books, customer: ObjectType[Customer]) -> ObjectType[Payment]:
    return ObjectType(
        "ARPYMT",
        payment_fields(books),
        books.payments.values,
        entity=lambda payment: payment.entity,
        found_by={
            "RECORDNO": _by_key(books.payments.get),
            "DOCNUMBER": books.payments_by_document.of,
            "CUSTOMERID": books.payments_by_customer.of,
        },
        owned=(Owned("ARPYMTDETAILS", "arpymtdetail", line_fields(books), _lines),),
        related={"CUSTOMER": (customer, lambda payment: books.customers.get(payment.customer))},
    )


def _line(books: Books) -> ObjectType[LineRow]:
    payment = _by_key(books.payments.get)
    return ObjectType(
        "ARPYMTDETAIL",
        line_fields(books),
        lambda: [row for payment in books.payments.values() for row in _lines(payment)],
        entity=lambda row: row.payment.entity,
        found_by={"PAYMENTKEY": lambda text: [row for found in payment(text) for row in _lines(found)]},
    )


def _invoice(books: Books, customer: ObjectType[Customer]) -> ObjectType[Invoice]:
    return ObjectType(
        "ARINVOICE",
        invoice_fields(books),
        books.invoices.values,
        entity=lambda invoice: invoice.entity,
        found_by={
            "RECORDNO": _by_key(books.invoices.get),
            "RECORDID": books.invoices_by_number.of,
            "CUSTOMERID": books.invoices_by_customer.of,
        },
        owned=(Owned("ARINVOICEITEMS", "arinvoiceitem", item_fields(books), _items),),
        related={"CUSTOMER": (customer, lambda invoice: books.customers.get(invoice.customer))},
        blank_relations=_CONTACTS,
    )


def _item(books: Books) -> ObjectType[ItemRow]:
    invoice = _by_key(books.invoices.get)
    return ObjectType(
        "ARINVOICEITEM",
        item_fields(books),
        lambda: [row for invoice in books.invoices.values() for row in _items(invoice)],
        entity=lambda row: row.invoice.entity,
        found_by={"RECORDKEY": lambda text: [row for found in invoice(text) for row in _items(found)]},
    )


def _advance(books: Books, customer: ObjectType[Customer]) -> ObjectType[OpenCredit]:
    return ObjectType(
        "ARADVANCE",
        fields.advance_fields(books),
        lambda: [credit for credit in books.credits.values() if credit.kind == "ADVANCE"],
        entity=lambda credit: credit.entity,
        related={"CUSTOMER": (customer, lambda credit: books.customers.get(credit.customer))},
    )


def _entity(books: Books) -> ObjectType[Entity]:
    return ObjectType(
        "LOCATIONENTITY",
        fields.entity_fields(),
        books.entities.values,
        natural_key="LOCATIONID",
        found_by={"LOCATIONID": _one(books.entities.get)},
    )


def _bank(books: Books, name: str, kind: str) -> ObjectType[BankAccount]:
    return ObjectType(
        name,
        fields.bank_fields(),
        lambda: [bank for bank in books.banks.values() if bank.kind == kind],
        entity=lambda bank: bank.entity,
        natural_key="BANKACCOUNTID",
    )


def _user(books: Books) -> ObjectType[str]:
    return ObjectType(
        "USERINFO", fields.user_fields(), lambda: [books.settings.user_id], natural_key="LOGINID"
    )


def _deletion(books: Books) -> ObjectType[Deletion]:
    return ObjectType("AUDITHISTORY", fields.deletion_fields(), books.deletions.values, natural_key="ID")


def _lines(payment: Payment) -> list[LineRow]:
    return [LineRow(payment, line) for line in payment.lines]


def _items(invoice: Invoice) -> list[ItemRow]:
    return [ItemRow(invoice, item, place) for place, item in enumerate(invoice.items, start=1)]


def _one(get: Callable[[str], R | None]) -> Callable[[str], Sequence[R]]:
    return lambda text: [] if (found := get(text)) is None else [found]


def _by_key(get: Callable[[int], R | None]) -> Callable[[str], Sequence[R]]:
    return lambda text: [] if not text.isdigit() or (found := get(int(text))) is None else [found]


def _number(of: Callable[[int], Sequence[R]]) -> Callable[[str], Sequence[R]]:
    return lambda text: of(int(text)) if text.isdigit() else []
