"""Opens an org, and fills a new one with the books that both simulators share."""

from simulators import company

from . import writing
from .catalogue import ACCOUNT, INVOICE
from .org import Clock, Org, wall_clock
from .settings import Settings
from .values import Json


def opened(settings: Settings, path: str = ":memory:", clock: Clock = wall_clock) -> Org:
    """The org of a state file; a new one has every customer and invoice of the books, unless asked for empty."""
    org = Org(settings, path, clock)
    if org.is_new():
        fill(org)
    return org


def start_over(org: Org) -> None:
    """Forget everything, and fill the org as if it were new."""
    with org.lock:
        org.reset()
        fill(org)


def fill(org: Org) -> None:
    """Every customer as an account and every invoice, linked to their records in Intacct; unless asked for empty."""
    if org.settings.empty:
        return
    accounts = {customer.id: _account(org, customer) for customer in company.CUSTOMERS}
    for invoice in company.INVOICES:
        _invoice(org, accounts[invoice.customer], invoice)
    org.commit()


def _account(org: Org, customer: company.Customer) -> str:
    body: dict[str, Json] = {"Name": customer.name, "Intacct_Customer_Id__c": customer.id}
    return writing.create(org, org.schema[ACCOUNT], body).id


def _invoice(org: Org, account: str, invoice: company.Invoice) -> None:
    body: dict[str, Json] = {
        "Name": invoice.number,
        "Account__c": account,
        "Invoice_Date__c": invoice.invoiced.isoformat(),
        "Due_Date__c": invoice.due.isoformat(),
        "Total__c": invoice.total,
        "Paid__c": 0,
        "Balance__c": invoice.total,
        "State__c": "Posted",
        "Entity__c": invoice.entity,
        "Intacct_Key__c": str(invoice.key),
        "Sync_Status__c": "Synced",
    }
    if org.schema[INVOICE].named("CurrencyIsoCode"):
        body["CurrencyIsoCode"] = invoice.currency
    writing.create(org, org.schema[INVOICE], body)
