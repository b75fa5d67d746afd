"""The fields of the objects a payment refers to, under the vendor's names, and the table they are built with."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from simulators.intacct.books import Books
from simulators.intacct.objects import Field, Kind, Value
from simulators.intacct.records import (
    Audit,
    BankAccount,
    Customer,
    Deletion,
    Entity,
    Fields,
    OpenCredit,
)

R = TypeVar("R")


class Table(dict[str, Field[R]]):
    """Collects fields by name; the helpers below say a kind of field in one line."""

    def add(self, name: str, kind: Kind, of: Callable[[R], Value], *, queryable: bool = True) -> None:
        self[name] = Field(name, kind, of, queryable)

    def texts(self, **named: Callable[[R], Value]) -> None:
        for name, of in named.items():
            self.add(name, "TEXT", of)

    def amounts(self, **named: Callable[[R], Value]) -> None:
        for name, of in named.items():
            self.add(name, "CURRENCY", of)

    def integers(self, **named: Callable[[R], Value]) -> None:
        for name, of in named.items():
            self.add(name, "INTEGER", of)

    def days(self, **named: Callable[[R], Value]) -> None:
        for name, of in named.items():
            self.add(name, "DATE", of)

    def blank(self, names: str) -> None:
        """Fields the object has and the simulator leaves empty."""
        for name in names.split():
            self.add(name, "TEXT", lambda _: None)

    def audit(self, books: Books, of: Callable[[R], Audit], created: str = "WHENCREATED") -> None:
        def modified(row: R) -> Value:
            audit = of(row)
            never = books.settings.null_whenmodified and audit.modified == audit.created
            return None if never else audit.modified

        self.add(created, "TIMESTAMP", lambda row: of(row).created)
        self.add("WHENMODIFIED", "TIMESTAMP", modified)
        self.texts(CREATEDBY=lambda row: of(row).created_by, MODIFIEDBY=lambda row: of(row).modified_by)

    def entity(self, books: Books, of: Callable[[R], str]) -> None:
        def known(row: R) -> Entity | None:
            return books.entities.get(of(row))

        self.integers(MEGAENTITYKEY=lambda row: found.recordno if (found := known(row)) else None)
        self.texts(
            MEGAENTITYID=lambda row: of(row) or None,
            MEGAENTITYNAME=lambda row: found.name if (found := known(row)) else None,
        )

    def customer(self, books: Books, of: Callable[[R], str]) -> None:
        def name(row: R) -> Value:
            found = books.customers.get(of(row))
            return None if found is None else found.name

        self.texts(CUSTOMERID=lambda row: of(row) or None, CUSTOMERNAME=name)

    def custom(self, books: Books, kind: str, of: Callable[[R], Fields]) -> None:
        """The custom fields that are defined for the object, as text."""
        for full in (key for key in books.custom_fields.values() if key.startswith(f"{kind}.")):
            name = full.partition(".")[2]
            self[name] = Field(name, "TEXT", _kept(of, name), custom=True)


def _kept(of: Callable[[R], Fields], name: str) -> Callable[[R], Value]:
    return lambda row: dict(of(row)).get(name) or None


def customer_fields(books: Books) -> dict[str, Field[Customer]]:
    table: Table[Customer] = Table()
    table.integers(RECORDNO=lambda c: c.recordno)
    table.texts(
        CUSTOMERID=lambda c: c.id,
        NAME=lambda c: c.name,
        ENTITY=lambda c: f"C{c.id}",
        STATUS=lambda c: "active" if c.active else "inactive",
        CURRENCY=lambda c: dict(c.fields).get("CURRENCY") or None,
        TERMNAME=lambda c: dict(c.fields).get("TERMNAME") or None,
        PARENTID=lambda c: dict(c.fields).get("PARENTID") or None,
    )
    table.amounts(TOTALDUE=lambda c: sum((i.due for i in books.invoices_by_customer.of(c.id)), Decimal(0)))
    table.add("ONHOLD", "BOOLEAN", lambda c: dict(c.fields).get("ONHOLD") == "true")
    table.add("ONETIME", "BOOLEAN", lambda _: False)
    table.audit(books, lambda c: c.audit)
    table.blank("PARENTKEY PARENTNAME CUSTREPNAME GLGRPKEY GLGROUP OBJECTRESTRICTION CUSTTYPE RECORD_URL")
    table.custom(books, "CUSTOMER", lambda c: c.fields)
    return table


def advance_fields(books: Books) -> dict[str, Field[OpenCredit]]:
    table: Table[OpenCredit] = Table()
    table.integers(RECORDNO=lambda a: a.recordno)
    table.texts(
        RECORDTYPE=lambda a: "rr" if a.kind == "ADVANCE" else "ra",
        STATE=lambda _: "A",
        PAYMENTMETHOD=lambda a: a.method or None,
        FINANCIALENTITY=lambda a: a.bank or None,
        UNDEPOSITEDACCOUNTNO=lambda a: a.undeposited or None,
        DOCNUMBER=lambda a: a.document or None,
        DESCRIPTION=lambda a: a.description or None,
        CURRENCY=lambda a: a.currency,
        BASECURR=lambda a: books.base_currency(a.entity),
    )
    table.customer(books, lambda a: a.customer)
    table.days(RECEIPTDATE=lambda a: a.dated, WHENCREATED=lambda a: a.dated)
    for prefix in ("", "TRX_"):
        table.amounts(**{
            f"{prefix}TOTALENTERED": lambda a: a.amount,
            f"{prefix}TOTALPAID": lambda a: a.applied,
            f"{prefix}TOTALDUE": lambda a: a.amount - a.applied,
        })  # fmt: skip
    table.audit(books, lambda a: a.audit, created="AUWHENCREATED")
    table.entity(books, lambda a: a.entity)
    return table


def entity_fields() -> dict[str, Field[Entity]]:
    table: Table[Entity] = Table()
    table.integers(RECORDNO=lambda e: e.recordno)
    table.texts(
        LOCATIONID=lambda e: e.id,
        NAME=lambda e: e.name,
        CURRENCY=lambda e: e.currency,
        STATUS=lambda _: "active",
    )
    table.days(STARTDATE=lambda _: None, ENDDATE=lambda _: None)
    table.blank(
        "REPORTPRINTAS SUPERVISORID FIRSTMONTH FIRSTMONTHTAX WEEKSTART FEDERALID HAS_IE_RELATION CUSTOMERID "
        "CUSTOMERNAME VENDORID VENDORNAME TAXID ENABLELEGALCONTACT LEGALNAME LEGALADDRESS1 LEGALADDRESS2 LEGALCITY "
        "LEGALSTATE LEGALZIPCODE LEGALCOUNTRY OPCOUNTRY ADDRESSCOUNTRYDEFAULT RECORD_URL"
    )
    return table


def bank_fields() -> dict[str, Field[BankAccount]]:
    """CHECKINGACCOUNT and SAVINGSACCOUNT."""
    table: Table[BankAccount] = Table()
    table.integers(RECORDNO=lambda b: b.recordno)
    table.texts(
        BANKACCOUNTID=lambda b: b.id,
        BANKNAME=lambda b: b.name,
        CURRENCY=lambda b: b.currency,
        BANKACCOUNTTYPE=lambda b: b.kind,
        LOCATIONID=lambda b: b.entity or None,
        STATUS=lambda _: "active",
    )
    table.blank("BANKACCOUNTNO GLACCOUNTNO ROUTINGNO BRANCHID DEPARTMENTID ACHBANKID COMPANYNAME")
    return table


def user_fields() -> dict[str, Field[str]]:
    """USERINFO: the web-services user is the only one."""
    table: Table[str] = Table()
    table.integers(RECORDNO=lambda _: 1)
    table.texts(LOGINID=lambda user: user, USERNAME=lambda user: user, DESCRIPTION=lambda user: user)
    table.texts(STATUS=lambda _: "active", USERTYPE=lambda _: "business user")
    return table


def deletion_fields() -> dict[str, Field[Deletion]]:
    """AUDITHISTORY, of which deletions are kept. OBJECTKEY comes with `--REC`, as a production capture has it."""
    table: Table[Deletion] = Table()
    table.integers(RECORDNO=lambda d: d.recordno)
    table.texts(
        ID=lambda d: str(d.recordno),
        OBJECTTYPE=lambda d: d.kind,
        OBJECTKEY=lambda d: f"{d.key}--REC",
        ACCESSMODE=lambda _: "D",
        SOURCE=lambda _: "XML",
        USERID=lambda d: d.user,
    )
    table.add("ACCESSTIME", "TIMESTAMP", lambda d: d.at)
    return table
