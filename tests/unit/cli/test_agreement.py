"""The demo ends well only if the books agree, so each way of disagreeing is found."""

from decimal import Decimal

import pytest

from app.cli.demo.agreement import differences
from app.cli.demo.books import (
    IntacctBooks,
    IntacctInvoice,
    IntacctLine,
    IntacctPayment,
    SalesforceBooks,
    SalesforceInvoice,
    SalesforceLine,
    SalesforcePayment,
)

PAID = SalesforcePayment(
    id="a0B1",
    name="ARP-000001",
    amount=Decimal("12.50"),
    currency="USD",
    status="Posted",
    sync_status="Synced",
    sync_message="Intacct payment 900.",
    intacct_key="900",
    lines=(SalesforceLine(invoice="a0A1", amount=Decimal("12.50")),),
)
SALESFORCE = SalesforceBooks(
    payments=(PAID,), invoices=(SalesforceInvoice(id="a0A1", number="INV-1", key="55"),)
)
POSTED = IntacctPayment(
    recordno=900,
    docnumber="ARP-000001",
    currency="USD",
    amount=Decimal("12.50"),
    lines=(IntacctLine(recordkey=55, amount=Decimal("12.50")),),
)
OWED = IntacctInvoice(recordno=55, number="INV-1", paid=Decimal("12.50"), due=Decimal(0))
INTACCT = IntacctBooks(payments=(POSTED,), invoices=(OWED,))


def test_books_that_say_the_same_agree():
    assert differences(SALESFORCE, INTACCT) == []


def posted(**changed) -> IntacctBooks:
    return INTACCT.model_copy(update={"payments": (POSTED.model_copy(update=changed),)})


@pytest.mark.parametrize(
    ("intacct", "said"),
    [
        (INTACCT.model_copy(update={"payments": ()}), "ARP-000001 stands 0 times"),
        (INTACCT.model_copy(update={"payments": (POSTED, POSTED)}), "ARP-000001 stands 2 times"),
        (posted(amount=Decimal("12.51")), "is 12.50 in Salesforce and 12.51 in Intacct"),
        (posted(lines=(IntacctLine(recordkey=56, amount=Decimal("12.50")),)), "pays other invoices"),
        (posted(recordno=901), "is linked to 900, and Intacct has it as 901"),
        (posted(docnumber="ARP-000009"), "has a payment ARP-000009 that Salesforce does not know"),
        (
            INTACCT.model_copy(update={"invoices": (OWED.model_copy(update={"paid": Decimal("12.49")}),)}),
            "INV-1: 12.49 is paid in Intacct, and 12.50 was given to it",
        ),
    ],
)
def test_a_difference_is_said(intacct, said):
    assert any(said in text for text in differences(SALESFORCE, intacct))


def test_a_refused_payment_that_was_posted_all_the_same_is_a_difference():
    refused = PAID.model_copy(update={"sync_status": "Needs Attention"})
    found = differences(SALESFORCE.model_copy(update={"payments": (refused,)}), INTACCT)
    assert "ARP-000001 stands 1 times in Intacct, and 0 is right." in found
