"""The fields of ARPYMT and of its owned ARPYMTDETAIL."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from simulators.intacct.books import Books, rounded
from simulators.intacct.fields import Table
from simulators.intacct.objects import Field
from simulators.intacct.records import BankAccount, Payment, PaymentLine


@dataclass(frozen=True)
class LineRow:
    payment: Payment
    line: PaymentLine


def _base(amount: Decimal, payment: Payment) -> Decimal:
    return rounded(amount * payment.rate, payment.base_currency)


def payment_fields(books: Books) -> dict[str, Field[Payment]]:
    """ARPYMT. OVERPAYMENT… are no columns of the vendor's known field lists, so only `read` shows them (INFERRED)."""
    table: Table[Payment] = Table()
    table.integers(RECORDNO=lambda p: p.recordno)
    _payment_texts(table, books)
    table.customer(books, lambda p: p.customer)
    table.days(
        WHENCREATED=lambda p: p.received, RECEIPTDATE=lambda p: p.received, WHENPAID=lambda p: p.received,
        EXCH_RATE_DATE=lambda p: p.received if p.currency != p.base_currency else None, CLRDATE=lambda _: None,
    )  # fmt: skip
    table.add("EXCHANGE_RATE", "DECIMAL", lambda p: p.rate)
    table.amounts(
        TOTALENTERED=_base_total,
        TOTALPAID=lambda p: _base_total(p) - _base(p.overpayment - p.overpayment_applied, p),
        TOTALDUE=lambda p: _base(p.overpayment - p.overpayment_applied, p),
        TRX_TOTALENTERED=lambda p: p.amount,
        TRX_TOTALPAID=lambda p: p.amount - (p.overpayment - p.overpayment_applied),
        TRX_TOTALDUE=lambda p: p.overpayment - p.overpayment_applied,
    )
    table.audit(books, lambda p: p.audit, created="AUWHENCREATED")
    table.entity(books, lambda p: p.entity)
    table.add("CLEARED", "BOOLEAN", lambda _: False)
    table.blank(
        "PRBATCHKEY SUMMARYTITLE PAYMENTMETHODKEY BILLTOPAYTOKEY RECORDID PARENTPAYMENTKEY TAXSOLUTIONID SUPDOCID "
        "MULTIENTITYPYMTKEY RECORD_URL"
    )
    table.add("OVERPAYMENTAMOUNT", "CURRENCY", lambda p: p.overpayment, queryable=False)
    table.add("OVERPAYMENTLOCATIONID", "TEXT", lambda p: p.overpayment_location or None, queryable=False)
    table.add("OVERPAYMENTDEPARTMENTID", "TEXT", lambda p: p.overpayment_department or None, queryable=False)
    table.custom(books, "ARPYMT", lambda p: p.fields)
    return table


def _base_total(payment: Payment) -> Decimal:
    return _base(payment.amount, payment) if payment.base_amount is None else payment.base_amount


_DISPLAYED = {"D": "Draft", "C": "Complete", "V": "Voided"}


def _payment_texts(table: Table[Payment], books: Books) -> None:
    def bank(payment: Payment) -> BankAccount | None:
        return books.banks.get(payment.bank)

    table.texts(
        RECORDTYPE=lambda _: "rp",
        FINANCIALENTITY=lambda p: p.bank or None,
        FINANCIALENTITYTYPE=lambda p: "ba" if p.bank else None,
        FINANCIALACCOUNTNAME=lambda p: found.name if (found := bank(p)) else None,
        FINANCIALACCOUNTCURRENCY=lambda p: found.currency if (found := bank(p)) else None,
        STATE=lambda p: p.state,
        RAWSTATE=lambda p: p.state,
        DISPLAYSTATE=lambda p: _DISPLAYED[p.state],
        PAYMENTMETHOD=lambda p: p.method,
        PAYERNAME=lambda p: p.payer or None,
        DOCNUMBER=lambda p: p.document or None,
        DESCRIPTION=lambda p: p.description or None,
        BASECURR=lambda p: p.base_currency,
        CURRENCY=lambda p: p.currency,
        EXCH_RATE_TYPE_ID=lambda p: p.rate_type or None,
        BILLTOPAYTONAME=lambda p: dict(p.fields).get("BILLTOPAYTONAME") or None,
        PRBATCH=lambda p: p.batch or None,
        UNDEPOSITEDACCOUNTNO=lambda p: p.undeposited or None,
    )


def line_fields(books: Books) -> dict[str, Field[LineRow]]:
    """ARPYMTDETAIL."""
    table: Table[LineRow] = Table()
    table.integers(
        RECORDNO=lambda r: r.line.recordno,
        RECORDKEY=lambda r: r.line.invoice,
        ENTRYKEY=lambda r: r.line.item or (r.line.shares[0][0] if r.line.shares else None),
        PAYMENTKEY=lambda r: r.payment.recordno,
    )
    table.amounts(
        PAYMENTAMOUNT=lambda r: _base(r.line.cash, r.payment),
        TRX_PAYMENTAMOUNT=lambda r: r.line.cash,
        DISCOUNTAMOUNT=lambda r: _base(r.line.discount, r.payment) if r.line.discount else None,
        TRX_DISCOUNTAMOUNT=lambda r: r.line.discount or None,
    )
    _credit_fields(table, "POSTEDADVANCE", "ADVANCE", ("ADVANCEKEY", "POSTEDADVANCEKEY"))
    _credit_fields(table, "POSTEDOVERPAYMENT", "OVERPAYMENT", ("OVERPAYMENTKEY", "POSTEDOVERPAYMENTKEY"))
    _credit_fields(table, "ADJUSTMENT", "ADJUSTMENT", ("ADJUSTMENTKEY",))
    _credit_fields(table, "NEGATIVEINVOICE", "NEGATIVEINVOICE", ("NEGATIVEINVOICEKEY",))
    table.days(PAYMENTDATE=lambda r: r.payment.paid_on)
    table.texts(CURRENCY=lambda r: r.payment.currency, STATE=lambda r: r.payment.state)
    table.audit(books, lambda r: r.payment.audit)
    table.blank(
        "POSADJKEY POSADJENTRYKEY INLINEKEY INLINEENTRYKEY INLINEAMOUNT TRX_INLINEAMOUNT DISCOUNTKEY "
        "DISCOUNTENTRYKEY DISCOUNTDATE ADVANCEENTRYKEY POSTEDADVANCEENTRYKEY OVERPAYMENTENTRYKEY "
        "POSTEDOVERPAYMENTENTRYKEY NEGATIVEINVOICEENTRYKEY ADJUSTMENTENTRYKEY PAYMENTENTRYKEY PARENTPAYMENTKEY"
    )
    return table


def _credit_fields(table: Table[LineRow], prefix: str, kind: str, keys: Iterable[str]) -> None:
    def amount(row: LineRow) -> Decimal | None:
        return row.line.credit if row.line.credit_kind == kind else None

    def base(row: LineRow) -> Decimal | None:
        return None if (trx := amount(row)) is None else _base(trx, row.payment)

    table.amounts(**{f"{prefix}AMOUNT": base, f"TRX_{prefix}AMOUNT": amount})
    for key in keys:
        table.integers(**{key: lambda row: row.line.credit_key if row.line.credit_kind == kind else None})
