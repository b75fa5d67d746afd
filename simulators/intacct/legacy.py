"""The functions older than the generic ones: their elements come in a fixed order, checked before anything runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element

from simulators.intacct import invoices, payments
from simulators.intacct.books import Books
from simulators.intacct.invoices import WantedInvoice, WantedItem
from simulators.intacct.receipts import Wanted, key_of
from simulators.intacct.records import ZERO, Caller
from simulators.intacct.refusals import SCHEMA, Complaint, ControlRefused, refusal
from simulators.intacct.xml import child_of, children_of, text_of

Order = tuple[tuple[str, ...], ...]

_DATE: Order = (("year",), ("month",), ("day",))
_ORDERS: dict[str, Order] = {
    "login": (("userid",), ("companyid",), ("password",), ("clientid",), ("locationid",)),
    "datecreated": _DATE,
    "dateposted": _DATE,
    "datedue": _DATE,
    "datereceived": _DATE,
    "datereversed": _DATE,
    "exchratedate": _DATE,
    "arpaymentitem": (("invoicekey",), ("amount",)),
    "reverse_arpayment": (("datereversed",), ("description",), ("nsfclosedaccount",)),
    "reverse_invoice": (("datereversed",), ("description",)),
}
# The vendor's page and its SDK differ in where `batchkey` stands, so each may stand at either place.
_CREATE_PAYMENT = """
    customerid paymentamount translatedamount,batchkey bankaccountid,undepfundsacct refid overpaylocid overpaydeptid
    datereceived paymentmethod basecurr currency exchratedate exchratetype,exchrate cctype authcode arpaymentitem
    onlinecardpayment onlineachpayment
"""
_CREATE_INVOICE = """
    customerid datecreated dateposted datedue termname batchkey action invoiceno ponumber description externalid
    billto shipto basecurr currency exchratedate exchratetype,exchrate nogl supdocid customfields taxsolutionid
    invoiceitems
"""
_LINE_ITEM = """
    glaccountno,accountlabel offsetglaccountno amount allocationid memo locationid departmentid key totalpaid totaldue
    customfields revrectemplate defrevaccount revrecstartdate revrecenddate projectid taskid costtypeid customerid
    vendorid employeeid itemid classid contractid warehouseid taxentries
"""
for _name, _words in (
    ("create_arpayment", _CREATE_PAYMENT),
    ("create_invoice", _CREATE_INVOICE),
    ("lineitem", _LINE_ITEM),
):
    _ORDERS[_name] = tuple(tuple(slot.split(",")) for slot in _words.split())


def require_order(element: Element) -> None:
    """
    Raises ControlRefused where a legacy element, or one inside it, stands out of order or is not known.

    The vendor validates against a schema, so the whole request fails as if it could not be parsed (INFERRED from
    its libxml2 wording; the level is not documented).
    """
    order = _ORDERS.get(element.tag)
    if order is not None:
        place = 0
        for child in element:
            slot = next((at for at in range(place, len(order)) if child.tag in order[at]), None)
            if slot is None:
                raise _out_of_order(element.tag, child.tag)
            place = slot
    for child in element:
        require_order(child)


def _out_of_order(parent: str, child: str) -> ControlRefused:
    text = (
        f"XML Parse schema error: Error 1871: Element '{child}': This element is not expected in '{parent}'."
    )
    return ControlRefused(Complaint(SCHEMA, text, errorid="SIM-ORDER"))


@dataclass(frozen=True)
class LegacyFunction:
    """Answers the key of what it made; `what` names it in the generic error."""

    what: str
    run: Callable[[Books, Element, Caller], int]


def _create_arpayment(books: Books, element: Element, caller: Caller) -> int:
    currency = text_of(element, "currency") or books.base_currency(caller.entity)
    paid = books.money(text_of(element, "paymentamount"), currency, "paymentamount")
    items = list(children_of(element, "arpaymentitem"))
    applied = sum((books.money(text_of(item, "amount"), currency, "amount") for item in items), ZERO)
    if applied > paid:
        raise refusal("The items apply more than the payment amount.", errorid="SIM-TOTALS-DIFFER")
    if not items:
        raise refusal(
            "A payment without items makes an advance, which this company enters with ARADVANCE.",
            errorid="SIM-NO-LINES",
        )
    details = tuple(
        {"RECORDKEY": text_of(item, "invoicekey"), "TRX_PAYMENTAMOUNT": text_of(item, "amount")}
        for item in items
    )
    header = _header(element) | {"OVERPAYMENTAMOUNT": str(paid - applied)}
    return payments.create(books, Wanted(header, details), caller).recordno


_RENAMED = {
    "customerid": "CUSTOMERID",
    "translatedamount": "AMOUNTTOPAY",
    "batchkey": "PRBATCH",
    "bankaccountid": "FINANCIALENTITY",
    "undepfundsacct": "UNDEPOSITEDACCOUNTNO",
    "refid": "DOCNUMBER",
    "overpaylocid": "OVERPAYMENTLOCATIONID",
    "overpaydeptid": "OVERPAYMENTDEPARTMENTID",
    "paymentmethod": "PAYMENTMETHOD",
    "basecurr": "BASECURR",
    "currency": "CURRENCY",
    "exchratetype": "EXCH_RATE_TYPE_ID",
    "exchrate": "EXCHANGE_RATE",
}


def _header(element: Element) -> dict[str, str]:
    header = {_RENAMED[child.tag]: child.text or "" for child in element if child.tag in _RENAMED}
    received = _date(child_of(element, "datereceived"), "datereceived")
    return header | {
        "RECEIPTDATE": received.strftime("%m/%d/%Y"),
        "PAYMENTDATE": received.strftime("%m/%d/%Y"),
    }


def _reverse_arpayment(books: Books, element: Element, caller: Caller) -> int:
    key, day = key_of(element.get("key", ""), "key"), _date(child_of(element, "datereversed"), "datereversed")
    return payments.reverse(books, key, day, text_of(element, "description"), caller).recordno


def _create_invoice(books: Books, element: Element, caller: Caller) -> int:
    invoiced = _date(child_of(element, "datecreated"), "datecreated")
    currency = text_of(element, "currency") or books.base_currency(caller.entity)
    items = tuple(
        WantedItem(
            books.money(text_of(item, "amount"), currency, "amount"),
            text_of(item, "glaccountno") or text_of(item, "accountlabel"),
            text_of(item, "memo"),
            text_of(item, "locationid"),
        )
        for item in children_of(child_of(element, "invoiceitems"), "lineitem")
    )
    wanted = WantedInvoice(
        customer=text_of(element, "customerid"),
        currency=currency,
        invoiced=invoiced,
        due_on=_due(element, invoiced),
        items=items,
        number=text_of(element, "invoiceno"),
        document=text_of(element, "ponumber"),
        description=text_of(element, "description"),
        draft=text_of(element, "action") == "Draft",
    )
    return invoices.create(books, wanted, caller).recordno


def _due(element: Element, invoiced: date) -> date:
    due = child_of(element, "datedue")
    if due is not None:
        return _date(due, "datedue")
    return invoices.due_from_term(invoiced, text_of(element, "termname"))


def _reverse_invoice(books: Books, element: Element, caller: Caller) -> int:
    day = _date(child_of(element, "datereversed"), "datereversed")
    return invoices.reverse(books, key_of(element.get("key", ""), "key"), day, caller).recordno


def _date(element: Element | None, name: str) -> date:
    parts = [text_of(element, part) for part in ("year", "month", "day")]
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        raise refusal(f"Invalid date {'-'.join(parts)} for {name}.", errorid="SIM-BAD-DATE") from None


FUNCTIONS = {
    "create_arpayment": LegacyFunction("arpayment", _create_arpayment),
    "reverse_arpayment": LegacyFunction("arpayment", _reverse_arpayment),
    "create_invoice": LegacyFunction("invoice", _create_invoice),
    "reverse_invoice": LegacyFunction("invoice", _reverse_invoice),
}
