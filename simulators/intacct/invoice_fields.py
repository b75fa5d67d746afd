"""The fields of ARINVOICE and of its owned ARINVOICEITEM."""

from dataclasses import dataclass

from simulators.intacct.books import Books
from simulators.intacct.fields import Table
from simulators.intacct.objects import Field
from simulators.intacct.records import Invoice, InvoiceItem


@dataclass(frozen=True)
class ItemRow:
    invoice: Invoice
    item: InvoiceItem
    place: int


def invoice_state(invoice: Invoice) -> str:
    """Posted, Paid and Selected are the vendor's own words; the others are INFERRED from its screens."""
    if invoice.draft:
        return "Draft"
    if invoice.reversal or invoice.reversed_on:
        return "Reversal" if invoice.reversal else "Reversed"
    if invoice.paid and not invoice.due:
        return "Paid"
    if invoice.selected:
        return "Selected"
    return "Partially Paid" if invoice.paid else "Posted"


def invoice_fields(books: Books) -> dict[str, Field[Invoice]]:
    """ARINVOICE. Base amounts are the transaction's own: the seed books keep each invoice in its entity's currency."""
    table: Table[Invoice] = Table()
    table.integers(
        RECORDNO=lambda i: i.recordno,
        CUSTREC=lambda i: found.recordno if (found := books.customers.get(i.customer)) else None,
        DUE_IN_DAYS=lambda i: (i.due_on - books.today()).days,
    )
    table.texts(
        RECORDID=lambda i: i.number, RECORDTYPE=lambda _: "ri", STATE=invoice_state, RAWSTATE=lambda _: "A",
        DOCNUMBER=lambda i: i.document or None, DESCRIPTION=lambda i: i.description or None,
        BASECURR=lambda i: books.base_currency(i.entity), CURRENCY=lambda i: i.currency, MODULEKEY=lambda _: "4.AR",
    )  # fmt: skip
    table.customer(books, lambda i: i.customer)
    table.days(
        WHENCREATED=lambda i: i.invoiced, WHENPOSTED=lambda i: i.invoiced, WHENDUE=lambda i: i.due_on,
        WHENDISCOUNT=lambda _: None, EXCH_RATE_DATE=lambda _: None,
        WHENPAID=lambda i: books.today() if i.paid and not i.due else None,
    )  # fmt: skip
    for prefix in ("", "TRX_"):
        table.amounts(**{
            f"{prefix}TOTALENTERED": lambda i: i.total,
            f"{prefix}TOTALSELECTED": lambda i: i.selected,
            f"{prefix}TOTALPAID": lambda i: i.paid,
            f"{prefix}TOTALDUE": lambda i: i.due,
        })  # fmt: skip
    table.audit(books, lambda i: i.audit, created="AUWHENCREATED")
    table.entity(books, lambda i: i.entity)
    table.add("SYSTEMGENERATED", "BOOLEAN", lambda _: False)
    table.blank(
        "CUSTMESSAGEID DESCRIPTION2 TERMNAME EXCH_RATE_TYPE_ID EXCHANGE_RATE BILLTOPAYTOCONTACTNAME PRBATCH "
        "SHIPTORETURNTOCONTACTNAME TAXSOLUTIONID TAXMETHOD RETAINAGEPERCENTAGE TRX_TOTALRETAINED TRX_TOTALRELEASED "
        "TOTALRETAINED RECORD_URL"
    )
    return table


def item_fields(books: Books) -> dict[str, Field[ItemRow]]:
    """ARINVOICEITEM."""
    table: Table[ItemRow] = Table()
    table.integers(
        RECORDNO=lambda r: r.item.recordno, RECORDKEY=lambda r: r.invoice.recordno, LINE_NO=lambda r: r.place
    )
    table.texts(
        ACCOUNTNO=lambda r: r.item.account,
        ENTRYDESCRIPTION=lambda r: r.item.memo or None,
        LOCATIONID=lambda r: r.item.location or None,
        CURRENCY=lambda r: r.invoice.currency,
        BASECURR=lambda r: books.base_currency(r.invoice.entity),
        RECORDTYPE=lambda _: "ri",
        STATE=lambda r: invoice_state(r.invoice),
    )
    table.customer(books, lambda r: r.invoice.customer)
    for prefix in ("", "TRX_"):
        table.amounts(**{
            f"{prefix}AMOUNT": lambda r: r.item.amount,
            f"{prefix}TOTALPAID": lambda r: r.item.paid,
            f"{prefix}TOTALSELECTED": lambda r: r.item.selected,
        })  # fmt: skip
    table.audit(books, lambda r: r.invoice.audit)
    table.blank(
        "ACCOUNTLABEL ACCOUNTTITLE OFFSETGLACCOUNTNO DEPARTMENTID PROJECTID ITEMID CLASSID CONTRACTID "
        "BILLABLECONTRACTSCHENTRYKEY"
    )
    return table
