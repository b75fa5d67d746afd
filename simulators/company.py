"""
The books both simulators are seeded with: Harborlight, four entities, four currencies.

One table, so that an Account's `Intacct_Customer_Id__c` and an invoice's `Intacct_Key__c` agree from the
first second. The simulators share this data and nothing else.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

COMPANY_ID = "HARBORLIGHT-SIM"
ORG_ID = "00D5g00000HrbSmEAJ"


@dataclass(frozen=True)
class Entity:
    id: str
    name: str
    currency: str


@dataclass(frozen=True)
class BankAccount:
    id: str
    name: str
    currency: str
    entity: str


@dataclass(frozen=True)
class Customer:
    id: str
    name: str
    active: bool = True


@dataclass(frozen=True)
class Invoice:
    """`key` is the ARINVOICE RECORDNO; `total` is in the invoice's own currency."""

    key: int
    number: str
    customer: str
    entity: str
    currency: str
    total: Decimal
    invoiced: date
    due: date


ENTITIES = (
    Entity("100", "Harborlight Inc.", "USD"),
    Entity("200", "Harborlight Europe B.V.", "EUR"),
    Entity("300", "Harborlight UK Ltd", "GBP"),
    Entity("400", "Harborlight Japan K.K.", "JPY"),
)

BANK_ACCOUNTS = (
    BankAccount("CHASE-4471", "Chase operating", "USD", "100"),
    BankAccount("ING-0091", "ING operating", "EUR", "200"),
    BankAccount("BARC-2210", "Barclays operating", "GBP", "300"),
    BankAccount("MUFG-7703", "MUFG operating", "JPY", "400"),
)

UNDEPOSITED_ACCOUNT = "1030"

CUSTOMERS = (
    Customer("C-10233", "Castellan Freight & Forwarding LLC"),
    Customer("C-10241", "Pemberton & Hale Surveying"),
    Customer("C-10258", "Osei Marine Supply"),
    Customer("C-20418", "Nordwind Präzisionsoptik GmbH & Co. KG"),
    Customer("C-20431", "Delacroix Frères S.A."),
    Customer("C-30077", "Thistledown Estates Ltd"),
    Customer("C-40012", "Kyokuto Optical Trading"),
    Customer("C-10299", "Brightwater Desalination Partners of the Greater Southern Coastal Region"),
)


def _invoice(
    key: int, number: str, customer: str, entity: str, total: str, dates: tuple[str, str]
) -> Invoice:
    currency = next(e.currency for e in ENTITIES if e.id == entity)
    invoiced, due = (date.fromisoformat(day) for day in dates)
    return Invoice(key, number, customer, entity, currency, Decimal(total), invoiced, due)


INVOICES = (
    _invoice(55102, "INV-10482", "C-10233", "100", "14900.00", ("2026-10-12", "2026-11-11")),
    _invoice(55131, "INV-10507", "C-10233", "100", "9640.00", ("2026-11-07", "2026-12-07")),
    _invoice(55160, "INV-10533", "C-10233", "100", "9000.00", ("2026-10-31", "2026-11-30")),
    _invoice(55167, "INV-10540", "C-10233", "100", "7450.00", ("2026-11-04", "2026-12-04")),
    _invoice(55172, "INV-10551", "C-10241", "100", "1900.00", ("2026-11-10", "2026-12-10")),
    _invoice(55173, "INV-10552", "C-10241", "100", "640.25", ("2026-11-12", "2026-12-12")),
    _invoice(55180, "INV-10560", "C-10258", "100", "740.00", ("2026-11-14", "2026-12-14")),
    _invoice(55181, "INV-10561", "C-10258", "100", "2318.40", ("2026-11-15", "2026-12-15")),
    _invoice(55182, "INV-10562", "C-10258", "100", "88.10", ("2026-11-16", "2026-12-16")),
    _invoice(55183, "INV-10563", "C-10258", "100", "415.95", ("2026-11-17", "2026-12-17")),
    _invoice(55190, "INV-E-0412", "C-20418", "200", "18250.00", ("2026-11-02", "2026-12-02")),
    _invoice(55191, "INV-E-0419", "C-20418", "200", "3310.00", ("2026-11-09", "2026-12-09")),
    _invoice(55192, "INV-E-0420", "C-20431", "200", "3310.00", ("2026-11-10", "2026-12-10")),
    _invoice(55195, "INV-G-0207", "C-30077", "300", "1125.50", ("2026-11-03", "2026-12-03")),
    _invoice(55201, "INV-J-0088", "C-40012", "400", "1284000", ("2026-11-05", "2026-12-05")),
    _invoice(55202, "INV-J-0089", "C-40012", "400", "640000", ("2026-11-11", "2026-12-11")),
    _invoice(55210, "INV-10570", "C-10299", "100", "52300.00", ("2026-11-18", "2026-12-18")),
    _invoice(55211, "INV-10571", "C-10299", "100", "12000.00", ("2026-11-20", "2026-12-20")),
)
