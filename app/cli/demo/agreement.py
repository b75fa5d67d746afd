"""Whether both books say the same, cent by cent. Says each difference in a sentence."""

from collections.abc import Iterator
from decimal import Decimal

from app.cli.demo.books import IntacctBooks, SalesforceBooks, SalesforcePayment


def differences(salesforce: SalesforceBooks, intacct: IntacctBooks) -> list[str]:
    found = [text for payment in salesforce.payments for text in _payment(payment, salesforce, intacct)]
    known = {payment.name for payment in salesforce.payments}
    found += [
        f"Intacct has a payment {one.docnumber} that Salesforce does not know."
        for one in intacct.payments
        if one.docnumber not in known
    ]
    return found + list(_invoices(salesforce, intacct))


def _payment(payment: SalesforcePayment, salesforce: SalesforceBooks, intacct: IntacctBooks) -> Iterator[str]:
    there = [one for one in intacct.payments if one.docnumber == payment.name]
    wanted = 1 if payment.sync_status == "Synced" else 0
    if len(there) != wanted:
        yield f"{payment.name} stands {len(there)} times in Intacct, and {wanted} is right."
        return
    keys = {invoice.id: invoice.key for invoice in salesforce.invoices}
    lines = sorted((str(keys[line.invoice]), line.amount) for line in payment.lines)
    for one in there:
        if (one.amount, one.currency) != (payment.amount, payment.currency):
            yield f"{payment.name} is {payment.amount} in Salesforce and {one.amount} in Intacct."
        if sorted((str(line.recordkey), line.amount) for line in one.lines) != lines:
            yield f"{payment.name} pays other invoices in Intacct than in Salesforce."
        if payment.intacct_key != str(one.recordno):
            yield f"{payment.name} is linked to {payment.intacct_key}, and Intacct has it as {one.recordno}."


def _invoices(salesforce: SalesforceBooks, intacct: IntacctBooks) -> Iterator[str]:
    """What is paid of each invoice in Intacct is what our payments gave it: all began unpaid."""
    keys = {invoice.id: invoice.key for invoice in salesforce.invoices}
    given: dict[str, Decimal] = {}
    for payment in salesforce.payments:
        for line in payment.lines if payment.sync_status == "Synced" else ():
            key = str(keys[line.invoice])
            given[key] = given.get(key, Decimal(0)) + line.amount
    for invoice in intacct.invoices:
        paid = given.get(str(invoice.recordno), Decimal(0))
        if invoice.paid != paid:
            yield f"{invoice.number}: {invoice.paid} is paid in Intacct, and {paid} was given to it."
