"""What an ARPYMT request asks for: its header and its lines, read, checked and rounded."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from xml.etree.ElementTree import Element

from simulators.company import UNDEPOSITED_ACCOUNT
from simulators.intacct.books import BASE_CURRENCY, Books, daily_rate, known_currency
from simulators.intacct.records import ZERO, BankAccount, Caller, Credit, Payment, PaymentLine
from simulators.intacct.refusals import location_missing, refusal, unknown_field
from simulators.intacct.xml import child_of, children_of

METHODS = ("Printed Check", "Cash", "EFT", "Credit Card")
_RETIRED = ("Online Charge Card", "Online ACH Debit")

_HEADER_NAMES = """
    FINANCIALENTITY UNDEPOSITEDACCOUNTNO PRBATCH PAYMENTMETHOD CUSTOMERID PAYERNAME DOCNUMBER DESCRIPTION
    EXCH_RATE_TYPE_ID EXCHANGE_RATE RECEIPTDATE PAYMENTDATE AMOUNTTOPAY AMOUNTOPAY TRX_AMOUNTTOPAY ACTION WHENPAID
    CURRENCY BASECURR OVERPAYMENTAMOUNT OVERPAYMENTLOCATIONID OVERPAYMENTDEPARTMENTID BILLTOPAYTONAME BILLTOPAYNAME
    RECORDNO SUPDOCID
"""
_HEADER = frozenset(_HEADER_NAMES.split())


@dataclass(frozen=True)
class Wanted:
    """
    What was asked for, as it was sent: header fields by upper-case name, and the lines.

    The two ways to ask, `create` and the legacy function, meet here. No lines means: keep those of the draft.
    """

    header: dict[str, str]
    details: tuple[dict[str, str], ...] | None


def wanted_from(books: Books, element: Element) -> Wanted:
    """Reads a generic ARPYMT element. Raises Refused for a field that the object does not have."""
    header: dict[str, str] = {}
    for child in element:
        name = child.tag.upper()
        if name in ("ARPYMTDETAILS", "ONLINECARDPAYMENT"):
            continue
        if name not in _HEADER and f"ARPYMT.{name}" not in books.custom_fields:
            raise unknown_field(name, "ARPYMT")
        header[name] = child.text or ""
    details = child_of(element, "ARPYMTDETAILS")
    if details is None:
        return Wanted(header, None)
    lines = children_of(details, "ARPYMTDETAIL")
    return Wanted(header, tuple({field.tag.upper(): field.text or "" for field in line} for line in lines))


# ---- the header ----


def receipt_of(books: Books, header: dict[str, str], caller: Caller) -> Payment:
    """The payment without its lines, every field of the header checked."""
    draft = _action(header) == "Draft"
    customer = _payer(books, header)
    received = day_of(header, "RECEIPTDATE")
    bank = account_of(books, header, caller)
    entity = caller.entity or (bank.entity if bank else "")
    currency = currency_of(books, header, bank, entity)
    base = known_currency(header.get("BASECURR") or books.base_currency(entity))
    receipt = Payment(
        recordno=0,
        state="D" if draft else "C",
        customer=customer,
        method=method_of(header),
        currency=currency,
        base_currency=base,
        rate=_rate(header, currency, base),
        received=received,
        paid_on=day_of(header, "PAYMENTDATE") if header.get("PAYMENTDATE") else books.today(),
        lines=(),
        audit=books.made(caller.user),
        bank=bank.id if bank else "",
        undeposited=header.get("UNDEPOSITEDACCOUNTNO", ""),
        batch=header.get("PRBATCH", ""),
        payer=header.get("PAYERNAME", ""),
        document=header.get("DOCNUMBER", ""),
        description=header.get("DESCRIPTION", ""),
        entity=entity,
        rate_type=header.get("EXCH_RATE_TYPE_ID", ""),
        fields=tuple(header.items()),
    )
    return _with_overpayment(books, receipt, header)


def _action(header: dict[str, str]) -> Literal["Draft", "Submit"]:
    action = header.get("ACTION") or "Submit"
    if action == "Draft":
        return "Draft"
    if action == "Submit":
        return "Submit"
    raise refusal(f"Invalid value '{action}' for the field ACTION.", errorid="SIM-BAD-ACTION")


def _payer(books: Books, header: dict[str, str]) -> str:
    customer = header.get("CUSTOMERID", "")
    if customer:
        return books.paying_customer(customer).id
    if not header.get("PAYERNAME"):
        raise refusal("Customer ID or payer name is required.", errorid="SIM-NO-PAYER")
    return ""


def method_of(header: dict[str, str]) -> str:
    method = header.get("PAYMENTMETHOD", "")
    if method in METHODS:
        return method
    if method in _RETIRED:
        raise refusal(f"Payment method '{method}' is no longer available.", errorid="SIM-METHOD-RETIRED")
    raise refusal(f"Invalid value '{method}' for the field PAYMENTMETHOD.", errorid="SIM-BAD-METHOD")


def account_of(books: Books, header: dict[str, str], caller: Caller) -> BankAccount | None:
    """Exactly one of a bank account, undeposited funds or a summary says where the money goes."""
    given = [name for name in ("FINANCIALENTITY", "UNDEPOSITEDACCOUNTNO", "PRBATCH") if header.get(name)]
    if len(given) != 1:
        raise refusal(
            "Specify exactly one of FINANCIALENTITY, UNDEPOSITEDACCOUNTNO and PRBATCH.",
            errorid="SIM-NO-ACCOUNT",
        )
    if given == ["UNDEPOSITEDACCOUNTNO"] and header["UNDEPOSITEDACCOUNTNO"] != UNDEPOSITED_ACCOUNT:
        number = header["UNDEPOSITEDACCOUNTNO"]
        raise refusal(f"Invalid undeposited funds account '{number}' specified.", errorid="SIM-NO-BANK")
    if given != ["FINANCIALENTITY"]:
        return None
    bank = books.bank(header["FINANCIALENTITY"])
    if caller.entity and bank.entity not in ("", caller.entity):
        raise refusal(f"Invalid bank account '{bank.id}' specified.", errorid="SIM-NO-BANK")
    return bank


def currency_of(books: Books, header: dict[str, str], bank: BankAccount | None, entity: str) -> str:
    return allowed_currency(
        books, header.get("CURRENCY") or (bank.currency if bank else books.base_currency(entity))
    )


def allowed_currency(books: Books, currency: str) -> str:
    """Raises Refused for a currency that the company does not have. The correction is the vendor's, by way of Scoro."""
    if not books.settings.multi_currency and currency != BASE_CURRENCY:
        raise refusal(
            f"Currency '{currency}' is not the company's currency.",
            "Enable foreign-currency transactions, and try again.",
            "SIM-FOREIGN-CURRENCY",
        )
    return known_currency(currency)


def _rate(header: dict[str, str], currency: str, base: str) -> Decimal:
    if header.get("EXCHANGE_RATE") and header.get("EXCH_RATE_TYPE_ID"):
        raise refusal(
            "EXCHANGE_RATE and EXCH_RATE_TYPE_ID cannot both be specified.", errorid="SIM-TWO-RATES"
        )
    if not header.get("EXCHANGE_RATE"):
        return daily_rate(currency, base)
    rate = Decimal(header["EXCHANGE_RATE"]) if header["EXCHANGE_RATE"].replace(".", "", 1).isdigit() else ZERO
    if rate <= 0:
        raise refusal(f"Invalid value '{header['EXCHANGE_RATE']}' for the field EXCHANGE_RATE.")
    return rate


def day_of(header: dict[str, str], name: str) -> date:
    text = header.get(name, "")
    if not text:
        raise refusal(f"Required field {name} is missing.", errorid="SIM-MISSING-FIELD")
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 # a day has no zone
    except ValueError:
        raise refusal(f"Invalid date '{text}' for the field {name}; use mm/dd/yyyy.") from None


def _with_overpayment(books: Books, receipt: Payment, header: dict[str, str]) -> Payment:
    amount = books.money(header.get("OVERPAYMENTAMOUNT") or "0", receipt.currency, "OVERPAYMENTAMOUNT")
    location = header.get("OVERPAYMENTLOCATIONID", "")
    if amount < 0:
        raise refusal("OVERPAYMENTAMOUNT cannot be negative.", errorid="SIM-BAD-AMOUNT")
    if amount > 0 and books.settings.multi_entity:
        if not location:
            raise location_missing()
        books.entity_of_location(location)
    department = header.get("OVERPAYMENTDEPARTMENTID", "")
    return replace(
        receipt, overpayment=amount, overpayment_location=location, overpayment_department=department
    )


# ---- the lines ----


def lines_of(books: Books, details: Iterable[dict[str, str]], currency: str) -> tuple[PaymentLine, ...]:
    lines = tuple(_line(books, detail, currency) for detail in details)
    if not lines:
        raise refusal("At least one ARPYMTDETAIL is required.", errorid="SIM-NO-LINES")
    return lines


_CREDITS: tuple[tuple[Credit, str], ...] = (
    ("ADVANCE", "TRX_POSTEDADVANCEAMOUNT"),
    ("OVERPAYMENT", "TRX_POSTEDOVERPAYMENTAMOUNT"),
    ("ADJUSTMENT", "TRX_ADJUSTMENTAMOUNT"),
    ("NEGATIVEINVOICE", "TRX_NEGATIVEINVOICEAMOUNT"),
)
_LINE_NAMES = """
    RECORDNO RECORDKEY ENTRYKEY POSADJKEY POSADJENTRYKEY TRX_PAYMENTAMOUNT INLINEKEY INLINEENTRYKEY
    TRX_INLINEAMOUNT DISCOUNTDATE TRX_TOTALDISCOUNTTOAPPLY
"""
_CREDIT_NAMES = (name for kind, amount in _CREDITS for name in (f"{kind}KEY", f"{kind}ENTRYKEY", amount))
_LINE_FIELDS = frozenset((*_LINE_NAMES.split(), *_CREDIT_NAMES))


def _line(books: Books, detail: dict[str, str], currency: str) -> PaymentLine:
    for name in detail:
        if name not in _LINE_FIELDS:
            raise unknown_field(name, "ARPYMTDETAIL")
    _require_supported(detail)
    line = PaymentLine(
        recordno=0,
        invoice=key_of(detail.get("RECORDKEY", ""), "RECORDKEY"),
        item=key_of(detail["ENTRYKEY"], "ENTRYKEY") if detail.get("ENTRYKEY") else 0,
        cash=_amount(books, detail, "TRX_PAYMENTAMOUNT", currency),
        discount=_amount(books, detail, "TRX_TOTALDISCOUNTTOAPPLY", currency),
    )
    credits = [(kind, name) for kind, name in _CREDITS if detail.get(f"{kind}KEY")]
    if len(credits) > 1:
        raise refusal("Use one ARPYMTDETAIL for each type of credit.", errorid="SIM-TWO-CREDITS")
    for kind, name in credits:
        key, credit = key_of(detail[f"{kind}KEY"], f"{kind}KEY"), _amount(books, detail, name, currency)
        line = replace(line, credit=credit, credit_kind=kind, credit_key=key)
    if line.cash + line.credit <= 0:
        raise refusal("The payment amount must be greater than zero.", errorid="SIM-NOTHING-APPLIED")
    return line


def _require_supported(detail: dict[str, str]) -> None:
    if detail.get("RECORDKEY") and detail.get("POSADJKEY"):
        raise refusal("RECORDKEY and POSADJKEY cannot both be specified.", errorid="SIM-TWO-KEYS")
    if detail.get("POSADJKEY"):
        raise refusal("This company has no debit memos.", errorid="SIM-NO-DEBIT-MEMO")
    if detail.get("TRX_INLINEAMOUNT"):
        raise refusal("Inline credits are not enabled in this company.", errorid="SIM-NO-INLINE")
    if detail.get("DISCOUNTDATE") and detail.get("TRX_TOTALDISCOUNTTOAPPLY"):
        raise refusal("DISCOUNTDATE and TRX_TOTALDISCOUNTTOAPPLY cannot both be specified.")
    if detail.get("DISCOUNTDATE"):
        raise refusal("The invoice has no discount term.", errorid="SIM-NO-DISCOUNT")


def _amount(books: Books, detail: dict[str, str], name: str, currency: str) -> Decimal:
    amount = books.money(detail.get(name) or "0", currency, name)
    if amount < 0:
        raise refusal(f"{name} cannot be negative.", errorid="SIM-BAD-AMOUNT")
    return amount


def key_of(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise refusal(f"Invalid value '{text}' for the field {name}.", errorid="SIM-BAD-KEY")
    return int(text)
