"""The preset's payment as an org shows it, and what it is written against."""

from dataclasses import replace
from decimal import Decimal

from app.mapping.document import Document, FieldRow
from app.mapping.preset import preset
from app.mapping.writers import Defaults
from app.records import Books, Customer, FieldFacts, Invoice, ObjectFacts, Row, Value

DEFAULTS = Defaults("main", deposit_account="CHASE-4471")


def line(number: int, amount: Value, **values: Value) -> Row:
    names: dict[str, Value] = {
        "AR_Invoice__c": f"a02-{number}",
        "AR_Invoice__r.Intacct_Key__c": str(number),
        "AR_Invoice__r.Name": f"INV-{number}",
        "Amount__c": amount,
    }
    return Row(f"a03-{number}", names | values)


ROW = Row(
    "a01",
    {
        "Name": "ARP-000412",
        "Account__c": "001",
        "Account__r.Name": "Castellan Freight & Forwarding LLC",
        "Account__r.Intacct_Customer_Id__c": "C-10233",
        "Amount__c": Decimal("18450.00"),
        "CurrencyIsoCode": "USD",
        "Receipt_Date__c": "2026-11-24",
        "Payment_Method__c": "EFT",
        "Reference__c": "CFF-88140",
        "Description__c": "November, part 2",
        "Status__c": "Ready",
    },
    (line(55160, Decimal("9000.00")), line(55171, Decimal("9450.00"))),
)


def row(**values: Value) -> Row:
    """The example with other values; a dotted name is spelled with `___` for its dot."""
    return replace(
        ROW, values={**ROW.values, **{name.replace("___", "."): value for name, value in values.items()}}
    )


BOOKS = Books(
    customers={"C-10233": Customer("C-10233", "Castellan Freight & Forwarding LLC", True)},
    invoices={
        "55160": Invoice("55160", "INV-10533", "C-10233", "USD", Decimal(9000), "100"),
        "55171": Invoice("55171", "INV-10540", "C-10233", "USD", Decimal(9450), "100"),
    },
)


def with_rows(*rows: FieldRow, document: Document | None = None) -> Document:
    """The preset with further header rows; a row whose word is there already takes its place."""
    base = document or preset()
    words = {row.word for row in rows if row.word}
    kept = tuple(row for row in base.header if row.word not in words)
    return base.model_copy(update={"header": (*kept, *rows)})


def field_row(**parts: object) -> FieldRow:
    return FieldRow.model_validate(parts)


def facts(without: str = "") -> tuple[ObjectFacts, ObjectFacts]:
    """What an org that fits the preset says of its payment and its line."""
    texts = {row.source for row in preset().header if row.source and "." not in row.source}
    texts |= {"Id", "Intacct_State__c", "Sync_Message__c", "Synced_At__c"}
    types = {"Receipt_Date__c": "date", "Reversal_Date__c": "date"}
    types |= dict.fromkeys(("Amount__c", "Overpayment_Amount__c", "Base_Amount__c"), "currency")
    types = dict.fromkeys(texts, "string") | types | {"Exchange_Rate__c": "double"}
    header = {name: FieldFacts(name, kind) for name, kind in types.items() if name != without}
    lines = {name: FieldFacts(name, "string") for name in ("Id", "AR_Invoice__c", "Intacct_Key__c")}
    lines["Amount__c"] = FieldFacts("Amount__c", "currency")
    children = {"AR_Payment_Lines__r": "AR_Payment_Line__c"}
    return ObjectFacts("AR_Payment__c", header, children), ObjectFacts("AR_Payment_Line__c", lines)
