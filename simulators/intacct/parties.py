"""CUSTOMER and ARADVANCE: the generic objects besides the payment that can be created."""

from dataclasses import replace
from decimal import Decimal
from typing import Literal
from xml.etree.ElementTree import Element

from simulators.intacct.books import Books, known_currency
from simulators.intacct.receipts import account_of, currency_of, day_of, method_of
from simulators.intacct.records import ZERO, Caller, Customer, Fields, OpenCredit
from simulators.intacct.refusals import NOT_UNIQUE, Complaint, Refused, refusal, unknown_field
from simulators.intacct.xml import child_of, children_of, text_of

_CUSTOMER_NAMES = """
    RECORDNO CUSTOMERID NAME STATUS CUSTTYPE PARENTID TERMNAME OFFSETGLACCOUNTNO ARACCOUNT CREDITLIMIT ONHOLD CURRENCY
    ONETIME TAXID COMMENTS GLGROUP CUSTREPID OBJECTRESTRICTION RESTRICTEDLOCATIONS RESTRICTEDDEPARTMENTS
    DISPLAYCONTACT CONTACTINFO BILLTO SHIPTO CUSTOMERCONTACTS CUSTOMERENTITYCONTACTS
"""
_CUSTOMER = frozenset(_CUSTOMER_NAMES.split())
_OWN = frozenset(("RECORDNO", "CUSTOMERID", "NAME", "STATUS"))


def create_customer(books: Books, element: Element, caller: Caller) -> Customer:
    """Raises Refused for a customer that is there already, in the words of the captured answer."""
    fields = _fields(books, element)
    recordno = books.new_recordno()
    customer_id = text_of(element, "CUSTOMERID") or f"C-{recordno}"
    if customer_id in books.customers:
        text = f"Another Customer with the given value(s) {customer_id}  already exists"
        raise Refused(Complaint(NOT_UNIQUE, text, "Use a unique value instead.", errorid="SIM-DUPLICATE"))
    name = text_of(element, "NAME")
    if not name:
        raise refusal("Required field NAME is missing.", errorid="SIM-MISSING-FIELD")
    made = Customer(recordno, customer_id, name, _active(element, True), books.made(caller.user), fields)
    books.customers.put(customer_id, made)
    return made


def update_customer(books: Books, element: Element, caller: Caller) -> Customer:
    before = _customer(books, element)
    fields = dict(before.fields) | dict(_fields(books, element))
    changed = replace(
        before,
        name=text_of(element, "NAME") or before.name,
        active=_active(element, before.active),
        audit=books.changed(before.audit, caller.user),
        fields=tuple(fields.items()),
    )
    books.customers.put(changed.id, changed)
    return changed


def create_advance(books: Books, element: Element, caller: Caller) -> OpenCredit:
    """Money on account, which later payments apply with ADVANCEKEY."""
    header = {child.tag.upper(): child.text or "" for child in element if len(child) == 0}
    bank = account_of(books, header, caller)
    currency = currency_of(books, header, bank, caller.entity)
    items = list(children_of(child_of(element, "ARADVANCEITEMS"), "ARADVANCEITEM"))
    amounts = [books.money(text_of(item, "TRX_AMOUNT") or "0", currency, "TRX_AMOUNT") for item in items]
    if not amounts or min(amounts) <= 0:
        raise refusal("An advance needs items with an amount above zero.", errorid="SIM-NO-LINES")
    locations = [books.entity_of_location(text) for item in items if (text := text_of(item, "LOCATIONID"))]
    entity = caller.entity or (bank.entity if bank else "") or next(iter(locations), "")
    received = day_of(header, "RECEIPTDATE")
    books.require_open((entity,), received)
    credit = OpenCredit(
        recordno=books.new_recordno(),
        kind="ADVANCE",
        customer=books.paying_customer(header.get("CUSTOMERID", "")).id,
        entity=entity,
        currency=currency,
        amount=sum(amounts, ZERO),
        dated=received,
        audit=books.made(caller.user),
        method=method_of(header),
        bank=bank.id if bank else "",
        undeposited=header.get("UNDEPOSITEDACCOUNTNO", ""),
        document=header.get("DOCNUMBER", ""),
        description=header.get("DESCRIPTION", ""),
    )
    books.credits.put(credit.recordno, credit)
    return credit


def create_credit_memo(
    books: Books, customer: str, entity: str, amount: Decimal, currency: str, caller: Caller
) -> OpenCredit:
    """A credit memo, as the accountant enters one; payments apply it with ADJUSTMENTKEY."""
    kind: Literal["ADJUSTMENT"] = "ADJUSTMENT"
    known = books.paying_customer(customer).id, books.entity_of_location(entity) if entity else ""
    dated, audit = books.today(), books.made(caller.user)
    memo = OpenCredit(books.new_recordno(), kind, *known, known_currency(currency), amount, dated, audit)
    books.credits.put(memo.recordno, memo)
    return memo


def _customer(books: Books, element: Element) -> Customer:
    recordno = text_of(element, "RECORDNO")
    if recordno.isdigit():
        for found in books.customers_by_recordno.of(int(recordno)):
            return found
    return books.customer(text_of(element, "CUSTOMERID"))


def _active(element: Element, before: bool) -> bool:
    status = text_of(element, "STATUS")
    if status not in ("", "active", "inactive"):
        raise refusal(f"Invalid value '{status}' for the field STATUS.", errorid="SIM-BAD-STATUS")
    return before if not status else status == "active"


def _fields(books: Books, element: Element) -> Fields:
    kept: list[tuple[str, str]] = []
    for child in element:
        name = child.tag.upper()
        if name not in _CUSTOMER and f"CUSTOMER.{name}" not in books.custom_fields:
            raise unknown_field(name, "CUSTOMER")
        if name not in _OWN:
            kept.extend(_leaves(child, name))
    return tuple(kept)


def _leaves(element: Element, name: str) -> list[tuple[str, str]]:
    if len(element) == 0:
        return [(name, element.text or "")]
    return [leaf for child in element for leaf in _leaves(child, f"{name}.{child.tag.upper()}")]
