"""Fills empty books with the company that both simulators share."""

from datetime import date
from typing import Literal

from simulators import company
from simulators.intacct.books import BASE_CURRENCY, Books, rounded
from simulators.intacct.records import BankAccount, Customer, Entity, Invoice, InvoiceItem

OPEN_FROM = date(2024, 1, 1)
SAVINGS = company.BankAccount("CHASE-SAV", "Chase reserve", "USD", "100")
_ITEMS_FROM = 100_000


def seed(books: Books) -> None:
    """Everything a fresh company has. A company with one currency has the same figures, all in dollars."""
    for place, entity in enumerate(company.ENTITIES if books.settings.multi_entity else (), start=1):
        currency = _currency(books, entity.currency)
        books.entities.put(entity.id, Entity(place, entity.id, entity.name, currency, OPEN_FROM))
    for place, bank in enumerate((*company.BANK_ACCOUNTS, SAVINGS), start=1):
        kind: Literal["savings", "checking"] = "savings" if bank is SAVINGS else "checking"
        currency, owner = _currency(books, bank.currency), _entity(books, bank.entity)
        books.banks.put(bank.id, BankAccount(place, bank.id, bank.name, currency, owner, kind))
    if books.settings.empty:
        return
    audit = books.made("seed")
    for place, customer in enumerate(company.CUSTOMERS, start=1):
        books.customers.put(customer.id, Customer(place, customer.id, customer.name, customer.active, audit))
    for invoice in company.INVOICES:
        books.invoices.put(invoice.key, _invoice(books, invoice))


def reset(books: Books) -> None:
    """Forget everything, completed control ids too, and begin again."""
    books.store.clear()
    start(books)


def start(books: Books) -> None:
    """Seed books that hold nothing yet; the sequence of record numbers is there from the first second."""
    if "recordno" not in books.numbers:
        books.new_recordno()
        seed(books)


def _invoice(books: Books, invoice: company.Invoice) -> Invoice:
    currency, entity = _currency(books, invoice.currency), _entity(books, invoice.entity)
    item = InvoiceItem(invoice.key + _ITEMS_FROM, rounded(invoice.total, currency), location=entity)
    dates = (invoice.invoiced, invoice.due)
    return Invoice(
        invoice.key, invoice.number, invoice.customer, entity, currency, *dates, (item,), books.made("seed")
    )


def _currency(books: Books, currency: str) -> str:
    return currency if books.settings.multi_currency else BASE_CURRENCY


def _entity(books: Books, entity: str) -> str:
    return entity if books.settings.multi_entity else ""
