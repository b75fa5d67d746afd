"""What posting, drafting, deleting and reversing a payment do to the books, and what is refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.intacct.parties import create_credit_memo
from simulators.intacct.records import ZERO, Caller
from simulators.intacct.settings import Settings
from tests.simulators.intacct_company import (
    Ask,
    at,
    company,
    day,
    line,
    numbers,
    payment,
    reverse,
    said,
)

EURO = {"CUSTOMERID": "C-20418", "CURRENCY": "EUR", "FINANCIALENTITY": "ING-0091"}
YEN = {"CUSTOMERID": "C-40012", "CURRENCY": "JPY", "FINANCIALENTITY": "MUFG-7703"}


def invoice_of(books, recordno: int) -> dict[str, str]:
    return {child.tag: child.text or "" for child in books.read("ARINVOICE", recordno)}


# ---- posting ----


def test_a_payment_lowers_what_its_invoices_owe_and_reads_back_as_it_was_sent(books):
    recordno = books.create(payment(line(55102, "14900.00"), line(55131, "7210.00"), DESCRIPTION="CFF-88140"))
    read = books.read("ARPYMT", recordno)
    shown = {child.tag: child.text or "" for child in read}
    assert shown["STATE"] == "C"
    assert shown["RECORDTYPE"] == "rp"
    assert shown["CUSTOMERNAME"] == "Castellan Freight & Forwarding LLC"
    assert shown["DOCNUMBER"] == "ARP-000017"
    assert shown["DESCRIPTION"] == "CFF-88140"
    assert shown["RECEIPTDATE"] == "2026-11-20"
    assert shown["TRX_TOTALENTERED"] == "22110"
    assert shown["MEGAENTITYID"] == "100"
    assert shown["AUWHENCREATED"] == "2026-11-24T19:32:05Z"
    lines = read.findall("ARPYMTDETAILS/arpymtdetail")
    assert [(one.findtext("RECORDKEY"), one.findtext("TRX_PAYMENTAMOUNT")) for one in lines] == [
        ("55102", "14900"),
        ("55131", "7210"),
    ]
    assert {one.findtext("PAYMENTKEY") for one in lines} == {str(recordno)}
    full, part = invoice_of(books, 55102), invoice_of(books, 55131)
    assert (full["STATE"], full["TRX_TOTALPAID"], full["TRX_TOTALDUE"]) == ("Paid", "14900", "0")
    assert (part["STATE"], part["TRX_TOTALPAID"], part["TRX_TOTALDUE"]) == ("Partially Paid", "7210", "2430")


def test_elements_may_come_in_any_order_and_in_lower_case(books):
    books.create(payment(line(55102, "10")).lower().replace("arp-000017", "x").replace("eft", "EFT")
                 .replace("chase", "CHASE").replace("c-10233", "C-10233").replace("usd", "USD"))  # fmt: skip
    assert books.due(55102) == 14890


def test_amounts_are_rounded_to_what_the_currency_has(books):
    books.create(payment(line(55102, "10.005")))
    assert books.due(55102) == Decimal("14889.99")
    books.create(payment(line(55201, "1000.4"), **YEN))
    assert str(books.due(55201)) == "1283000"


def test_an_invoice_is_paid_line_by_line_in_order_unless_a_line_is_named(books):
    made = books.run(
        "<create_invoice><customerid>C-10233</customerid>"
        + day("datecreated", "2026-11-01")
        + "<termname>N30</termname><invoiceno>INV-2L</invoiceno><currency>USD</currency><invoiceitems>"
        "<lineitem><glaccountno>4000</glaccountno><amount>100</amount><locationid>100</locationid></lineitem>"
        "<lineitem><glaccountno>4000</glaccountno><amount>50</amount><locationid>100</locationid></lineitem>"
        "</invoiceitems></create_invoice>"
    )
    invoice = int(made.findtext("key"))
    first, second = books.simulator.books.invoices[invoice].items
    books.create(payment(line(invoice, "20", ENTRYKEY=str(second.recordno))))
    books.create(payment(line(invoice, "110")))
    assert [item.paid for item in books.simulator.books.invoices[invoice].items] == [100, 30]
    assert "more than the amount due" in books.refused(payment(line(invoice, "21")))
    assert books.refused(payment(line(invoice, "1", ENTRYKEY="1"))) == "No record exits for the entrykey 1"
    assert books.simulator.books.invoices[invoice].due_on.isoformat() == "2026-12-01"


def test_undeposited_funds_take_the_place_of_a_bank(books):
    recordno = books.create(payment(line(55102, "5"), FINANCIALENTITY="", UNDEPOSITEDACCOUNTNO="1030"))
    read = books.read("ARPYMT", recordno)
    assert read.findtext("UNDEPOSITEDACCOUNTNO") == "1030"
    assert read.findtext("MEGAENTITYID") == "100", "its only invoice says whose it is"


def test_one_payer_may_pay_for_several_customers(books):
    books.create(payment(line(55102, "5"), line(55172, "6"), CUSTOMERID="", PAYERNAME="Castellan Group"))
    assert (books.due(55102), books.due(55172)) == (14895, 1894)


def test_a_foreign_payment_keeps_both_totals(books):
    recordno = books.create(
        payment(line(55190, "100"), BASECURR="USD", EXCHANGE_RATE="1.5", TRX_AMOUNTTOPAY="100", **EURO)
    )
    read = books.read("ARPYMT", recordno)
    assert (read.findtext("TRX_TOTALENTERED"), read.findtext("TOTALENTERED")) == ("100", "150")
    daily = books.create(payment(line(55190, "100"), BASECURR="USD", AMOUNTTOPAY="107.31", **EURO))
    assert books.read("ARPYMT", daily).findtext("TOTALENTERED") == "107.31"


def test_a_custom_field_is_taken_and_read_once_it_is_defined(books):
    asked = payment(line(55102, "5"), LEDGERLINE_KEY="ARP-9")
    assert "Unknown field LEDGERLINE_KEY" in books.refused(asked)
    books.simulator.gateway.define_field("ARPYMT", "LEDGERLINE_KEY")
    assert books.read("ARPYMT", books.create(asked)).findtext("LEDGERLINE_KEY") == "ARP-9"


# ---- refused ----


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (payment(line(55102, "14900.01")), "more than the amount due (USD 14900.00)"),
        (payment(line(55172, "1")), "belongs to a different customer"),
        (payment(line(55190, "1"), CUSTOMERID="C-20418"), "is not the currency of the payment"),
        (payment(line(55102, "1"), CUSTOMERID="C-404"), "Invalid Customer 'C-404' specified."),
        (payment(line(55102, "1"), CUSTOMERID=""), "Customer ID or payer name is required."),
        (payment(line(55102, "1"), FINANCIALENTITY="CHASE-4417"), "Invalid bank account 'CHASE-4417'"),
        (payment(line(55102, "1"), UNDEPOSITEDACCOUNTNO="1030"), "exactly one of"),
        (payment(line(55102, "1"), FINANCIALENTITY=""), "exactly one of"),
        (
            payment(line(55102, "1"), FINANCIALENTITY="", UNDEPOSITEDACCOUNTNO="9"),
            "undeposited funds account",
        ),
        (payment(line(55102, "1"), PAYMENTMETHOD="ACH Credit"), "Invalid value 'ACH Credit'"),
        (payment(line(55102, "1"), PAYMENTMETHOD="Online ACH Debit"), "no longer available"),
        (payment(line(55102, "1"), CURRENCY="XXX"), "Invalid currency 'XXX'"),
        (payment(line(55102, "1"), RECEIPTDATE=""), "RECEIPTDATE is missing"),
        (payment(line(55102, "1"), RECEIPTDATE="2026-11-20"), "use mm/dd/yyyy"),
        (payment(line(55102, "1"), ACTION="Post"), "Invalid value 'Post' for the field ACTION"),
        (payment(line(55102, "1"), COLOUR="red"), "Unknown field COLOUR"),
        (payment(line(55102, "1", COLOUR="red")), "Unknown field COLOUR"),
        (payment(line(55102, "1"), EXCHANGE_RATE="2", EXCH_RATE_TYPE_ID="Daily"), "cannot both be specified"),
        (payment(line(55102, "1"), TRX_AMOUNTTOPAY="2"), "is not the total of the details"),
        (payment(line(55102, "0")), "greater than zero"),
        (payment(line(55102, "-5")), "cannot be negative"),
        (payment(line(55102, "NaN")), "Invalid value 'NaN'"),
        (payment(line(55102, "ten")), "Invalid value 'ten'"),
        (payment(line(404, "1")), "No record exits for the recordkey 404"),
        (payment(), "At least one ARPYMTDETAIL is required."),
        (payment(line(55102, "1", POSADJKEY="3")), "cannot both be specified"),
        (payment(line(55102, "1", TRX_INLINEAMOUNT="3")), "not enabled"),
        (payment(line(55102, "1", DISCOUNTDATE="11/20/2026")), "no discount term"),
        (payment(line(55102, "1", ADVANCEKEY="1", OVERPAYMENTKEY="2")), "each type of credit"),
        (payment(line(55102, "1"), OVERPAYMENTAMOUNT="5"), "Use of empty Location is invalid."),
        (payment(line(55102, "1"), OVERPAYMENTAMOUNT="5", OVERPAYMENTLOCATIONID="9"), "Invalid Location '9'"),
        (payment(line(55102, "14000"), line(55102, "901")), "more than the amount due (USD 900.00)"),
    ],
)
def test_a_payment_that_is_wrong_is_refused_in_words_and_changes_nothing(books, wanted, reason):
    assert reason in books.refused(wanted)


def test_a_customer_who_is_inactive_cannot_pay(books):
    books.run(
        "<update><CUSTOMER><CUSTOMERID>C-10233</CUSTOMERID><STATUS>inactive</STATUS></CUSTOMER></update>"
    )
    assert "'C-10233' is inactive" in books.refused(payment(line(55102, "1")))


def test_an_empty_location_has_its_own_number(books):
    result = books.run(f"<create>{payment(line(55102, '1'), OVERPAYMENTAMOUNT='5')}</create>")
    assert numbers(result)[0] == "BL03001994"


def test_a_company_with_one_currency_takes_no_other():
    books = company(Settings(multi_currency=False))
    assert "is not the company's currency" in books.refused(payment(line(55190, "1"), **EURO))
    books.create(payment(line(55190, "1"), CUSTOMERID="C-20418", CURRENCY=""))
    assert books.due(55190) == 18249
    books.simulator.close()


def test_a_company_without_entities_asks_for_no_location():
    books = company(Settings(multi_entity=False))
    recordno = books.create(payment(line(55102, "1"), OVERPAYMENTAMOUNT="5"))
    assert books.read("ARPYMT", recordno).findtext("MEGAENTITYID") == ""
    books.simulator.close()


def test_an_entity_cannot_pay_another_ones_invoice_or_into_its_bank(books):
    ask = Ask(auth=at("100"))
    assert books.refused(payment(line(55190, "1"), CUSTOMERID="C-20418", CURRENCY="EUR"), ask).startswith(
        "No record"
    )
    assert "Invalid bank account" in books.refused(payment(line(55102, "1"), FINANCIALENTITY="ING-0091"), ask)
    assert (
        books.read("ARPYMT", books.create(payment(line(55102, "1")), ask)).findtext("MEGAENTITYID") == "100"
    )


# ---- periods ----


def close(books, entity: str, open_from: str) -> None:
    shelf = books.simulator.books.entities
    with books.simulator.books.work():
        shelf.put(entity, replace(shelf[entity], open_from=date.fromisoformat(open_from)))


def test_a_closed_period_refuses_postings_and_reversals_of_its_entity_and_of_no_other(books):
    old = books.create(payment(line(55102, "1")))
    close(books, "100", "2026-11-21")
    assert books.refused(payment(line(55102, "1"))) == (
        "Periods are closed. Your transaction date (11/20/2026) is within a period that's been closed. You can add, "
        "modify, or delete a transaction only if the date is within a period that's open."
    )
    assert "Periods are closed" in said(books.run(reverse(old, "2026-11-20")))[0]
    books.create(payment(line(55102, "1"), RECEIPTDATE="11/21/2026"))
    books.create(payment(line(55190, "1"), **EURO))
    assert books.run(reverse(old, "2026-11-21")).findtext("status") == "success"


# ---- overpayments and other credits ----


def test_an_overpayment_waits_on_its_payment_until_a_later_one_applies_it(books):
    over = books.create(
        payment(line(55160, "9000"), OVERPAYMENTAMOUNT="200", OVERPAYMENTLOCATIONID="100", DOCNUMBER="A")
    )
    read = books.read("ARPYMT", over)
    assert (read.findtext("TRX_TOTALENTERED"), read.findtext("TRX_TOTALDUE")) == ("9200", "200")
    assert (read.findtext("OVERPAYMENTAMOUNT"), read.findtext("OVERPAYMENTLOCATIONID")) == ("200", "100")
    use = {"OVERPAYMENTKEY": str(over), "TRX_POSTEDOVERPAYMENTAMOUNT": "150"}
    applied = books.create(payment(line(55167, "", **use), DOCNUMBER="B"))
    assert books.due(55167) == 7300
    shown = books.read("ARPYMT", applied)
    assert shown.findtext("TRX_TOTALENTERED") == "0"
    assert shown.findtext("ARPYMTDETAILS/arpymtdetail/TRX_POSTEDOVERPAYMENTAMOUNT") == "150"
    assert books.read("ARPYMT", over).findtext("TRX_TOTALDUE") == "50"
    assert "more than what is left" in books.refused(payment(line(55167, "", **use)))
    assert "The overpayment has been applied" in said(books.run(reverse(over)))[0]
    books.run(reverse(applied))
    assert books.read("ARPYMT", over).findtext("TRX_TOTALDUE") == "200"
    assert books.run(reverse(over)).findtext("status") == "success"


def test_an_advance_is_money_on_account_that_a_payment_applies(books):
    made = books.run(
        "<create><ARADVANCE><CUSTOMERID>C-10233</CUSTOMERID><PAYMENTMETHOD>EFT</PAYMENTMETHOD>"
        "<RECEIPTDATE>11/20/2026</RECEIPTDATE><FINANCIALENTITY>CHASE-4471</FINANCIALENTITY><ARADVANCEITEMS>"
        "<ARADVANCEITEM><ACCOUNTNO>2400</ACCOUNTNO><TRX_AMOUNT>75</TRX_AMOUNT><LOCATIONID>100</LOCATIONID>"
        "</ARADVANCEITEM></ARADVANCEITEMS></ARADVANCE></create>"
    )
    key = made.findtext("data/aradvance/RECORDNO")
    use = {"ADVANCEKEY": key, "TRX_POSTEDADVANCEAMOUNT": "60"}
    books.create(payment(line(55102, "40", **use)))
    assert books.due(55102) == 14800
    assert books.read("ARADVANCE", key).findtext("TRX_TOTALDUE") == "15"
    other = payment(line(55172, "", **use), CUSTOMERID="C-10241")
    assert "different customer" in books.refused(other)


def test_a_credit_memo_pays_like_cash(books):
    with books.simulator.books.work():
        memo = create_credit_memo(
            books.simulator.books, "C-10233", "100", Decimal("30.00"), "USD", Caller("jdoyle")
        )
    use = {"ADJUSTMENTKEY": str(memo.recordno), "TRX_ADJUSTMENTAMOUNT": "30"}
    recordno = books.create(payment(line(55102, "", **use)))
    assert books.due(55102) == 14870
    books.run(reverse(recordno))
    assert books.due(55102) == 14900


def test_a_custom_discount_closes_the_rest_of_an_invoice(books):
    recordno = books.create(payment(line(55180, "700", TRX_TOTALDISCOUNTTOAPPLY="40"), CUSTOMERID="C-10258"))
    assert books.due(55180) == 0
    assert books.read("ARPYMT", recordno).findtext("TRX_TOTALENTERED") == "700"
    books.run(reverse(recordno))
    assert books.due(55180) == 740


# ---- drafts ----


def test_a_draft_sets_money_aside_and_pays_nothing_until_it_is_submitted(books):
    draft = books.create(payment(line(55180, "700"), CUSTOMERID="C-10258", ACTION="Draft"))
    invoice = invoice_of(books, 55180)
    assert (invoice["STATE"], invoice["TRX_TOTALSELECTED"], invoice["TRX_TOTALDUE"]) == (
        "Selected",
        "700",
        "740",
    )
    assert "more than the amount due (USD 40.00)" in books.refused(
        payment(line(55180, "41"), CUSTOMERID="C-10258")
    )
    assert "cannot be reversed" in said(books.run(reverse(draft)))[0]
    submitted = books.run(
        f"<update><ARPYMT><RECORDNO>{draft}</RECORDNO><ACTION>Submit</ACTION></ARPYMT></update>"
    )
    assert submitted.findtext("data/arpymt/RECORDNO") == str(draft)
    invoice = invoice_of(books, 55180)
    assert (invoice["TRX_TOTALSELECTED"], invoice["TRX_TOTALDUE"]) == ("0", "40")
    assert books.read("ARPYMT", draft).findtext("STATE") == "C"
    again = books.run(
        f"<update><ARPYMT><RECORDNO>{draft}</RECORDNO><DESCRIPTION>x</DESCRIPTION></ARPYMT></update>"
    )
    assert said(again)[0] == "Only draft payments can be updated."


def test_a_header_alone_keeps_the_lines_of_a_draft_and_details_replace_them_all(books):
    draft = books.create(payment(line(55102, "10"), line(55131, "20"), ACTION="Draft"))
    books.run(
        f"<update><ARPYMT><RECORDNO>{draft}</RECORDNO><DESCRIPTION>kept</DESCRIPTION></ARPYMT></update>"
    )
    read = books.read("ARPYMT", draft)
    assert (read.findtext("DESCRIPTION"), read.findtext("STATE")) == ("kept", "D")
    assert len(read.findall("ARPYMTDETAILS/arpymtdetail")) == 2
    books.run(
        f"<update><ARPYMT><RECORDNO>{draft}</RECORDNO><ARPYMTDETAILS>{line(55160, '5')}</ARPYMTDETAILS></ARPYMT></update>"
    )
    lines = books.read("ARPYMT", draft).findall("ARPYMTDETAILS/arpymtdetail")
    assert [one.findtext("RECORDKEY") for one in lines] == ["55160"]
    assert books.simulator.books.invoices[55102].selected == 0


def test_a_deleted_draft_is_gone_and_stands_in_the_audit_trail(books):
    draft = books.create(payment(line(55102, "10"), ACTION="Draft"))
    assert (
        books.run(f"<delete><object>ARPYMT</object><keys>{draft}</keys></delete>").findtext("status")
        == "success"
    )
    assert books.simulator.books.invoices[55102].selected == 0
    trail = books.run(
        "<query><object>AUDITHISTORY</object><select><field>OBJECTKEY</field><field>ACCESSTIME</field></select>"
        "<filter><and><equalto><field>OBJECTTYPE</field><value>arpymt</value></equalto>"
        "<equalto><field>ACCESSMODE</field><value>D</value></equalto></and></filter></query>"
    )
    assert trail.findtext("data/AUDITHISTORY/OBJECTKEY") == f"{draft}--REC"
    posted = books.create(payment(line(55102, "10")))
    kept = books.run(f"<delete><object>ARPYMT</object><keys>{posted}</keys></delete>")
    assert said(kept)[0] == "Only draft payments can be deleted."


# ---- reversal ----


def test_a_reversal_is_a_new_payment_that_points_to_nothing_and_gives_the_balances_back(books):
    original = books.create(payment(line(55102, "100"), line(55131, "50")))
    books.clock.turn(minutes=5)
    result = books.run(reverse(original))
    reversal = result.findtext("key")
    assert result.find("data") is None
    old, new = books.read("ARPYMT", original), books.read("ARPYMT", reversal)
    assert (old.findtext("STATE"), old.findtext("TRX_TOTALENTERED")) == ("V", "150")
    assert (new.findtext("STATE"), new.findtext("TRX_TOTALENTERED")) == ("C", "-150")
    assert new.findtext("DOCNUMBER") == old.findtext("DOCNUMBER") == "ARP-000017"
    assert new.findtext("PARENTPAYMENTKEY") == ""
    assert new.findtext("AUWHENCREATED") == old.findtext("WHENMODIFIED") == "2026-11-24T19:37:05Z"
    assert new.findtext("RECEIPTDATE") == "2026-11-24"
    amounts = [one.findtext("TRX_PAYMENTAMOUNT") for one in new.findall("ARPYMTDETAILS/arpymtdetail")]
    assert amounts == ["-100", "-50"]
    assert (books.due(55102), books.due(55131)) == (14900, 9640)
    assert invoice_of(books, 55102)["STATE"] == "Posted"


@pytest.mark.parametrize("again", ["original", "reversal"])
def test_nothing_is_reversed_twice(books, again):
    original = books.create(payment(line(55102, "100")))
    reversal = int(books.run(reverse(original)).findtext("key"))
    result = books.run(reverse(original if again == "original" else reversal))
    assert said(result) == ["The payment has already been reversed.", "Could not reverse arpayment record!"]
    assert books.due(55102) == 14900


def test_a_reversal_before_its_payment_or_of_nothing_is_refused(books):
    original = books.create(payment(line(55102, "100")))
    assert "cannot be before" in said(books.run(reverse(original, "2026-11-19")))[0]
    assert "Cannot find payment" in said(books.run(reverse(404)))[0]


# ---- legacy ----


def legacy(*items: str, paid: str, more: str = "") -> str:
    return (
        f"<create_arpayment><customerid>C-10233</customerid><paymentamount>{paid}</paymentamount>"
        f"<bankaccountid>CHASE-4471</bankaccountid><refid>ARP-7</refid>{more}"
        + day("datereceived", "2026-11-20")
        + "<paymentmethod>EFT</paymentmethod><currency>USD</currency>"
        + "".join(items)
        + "</create_arpayment>"
    )


def item(invoice: int, amount: str) -> str:
    return f"<arpaymentitem><invoicekey>{invoice}</invoicekey><amount>{amount}</amount></arpaymentitem>"


def test_the_legacy_function_makes_an_arpymt_and_its_rest_is_an_overpayment(books):
    made = books.run(
        legacy(item(55102, "75"), item(55131, "20"), paid="100", more="<overpaylocid>100</overpaylocid>")
    )
    read = books.read("ARPYMT", made.findtext("key"))
    assert (read.findtext("DOCNUMBER"), read.findtext("TRX_TOTALENTERED")) == ("ARP-7", "100")
    assert read.findtext("OVERPAYMENTAMOUNT") == "5"
    assert (books.due(55102), books.due(55131)) == (14825, 9620)


def test_the_legacy_function_refuses_more_than_was_paid_and_an_overpayment_without_a_location(books):
    assert "apply more than" in said(books.run(legacy(item(55102, "75"), paid="70")))[0]
    assert "empty Location" in said(books.run(legacy(item(55102, "75"), paid="80")))[0]


def test_an_unpaid_invoice_is_reversed_and_a_paid_one_is_not(books):
    books.create(payment(line(55102, "1")))
    asked = '<reverse_invoice key="{}">' + day("datereversed", "2026-11-24") + "</reverse_invoice>"
    assert "has payments" in said(books.run(asked.format(55102)))[0]
    entry = books.run(asked.format(55131)).findtext("key")
    assert invoice_of(books, 55131)["TRX_TOTALDUE"] == "0"
    assert invoice_of(books, int(entry))["TRX_TOTALENTERED"] == "-9640"
    assert "not open for payment" in books.refused(payment(line(55131, "1")))


def test_the_number_of_an_invoice_is_taken_once(books):
    asked = (
        "<create_invoice><customerid>C-10233</customerid>"
        + day("datecreated", "2026-11-01")
        + day("datedue", "2026-11-30")
        + "<invoiceno>INV-10482</invoiceno><currency>USD</currency><invoiceitems><lineitem>"
        "<glaccountno>4000</glaccountno><amount>1</amount><locationid>100</locationid></lineitem></invoiceitems></create_invoice>"
    )
    assert numbers(books.run(asked))[0] == "BL03002185"


# ---- whatever happens, the books add up ----

STEP = st.tuples(
    st.sampled_from(["pay", "draft", "submit", "delete", "reverse"]),
    st.sampled_from([55180, 55181, 55182, 55183]),
    st.decimals(min_value=Decimal("0.01"), max_value=900, places=2),
    st.integers(min_value=0, max_value=5),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_after_any_history_an_invoice_has_been_paid_exactly_what_its_payments_apply(steps):
    books = company()
    made: list[int] = []
    for verb, invoice, amount, which in steps:
        chosen = made[which % len(made)] if made else 0
        wanted = payment(
            line(invoice, str(amount)), CUSTOMERID="C-10258", ACTION="Draft" if verb == "draft" else ""
        )
        inside = {
            "pay": f"<create>{wanted}</create>",
            "draft": f"<create>{wanted}</create>",
            "submit": f"<update><ARPYMT><RECORDNO>{chosen}</RECORDNO><ACTION>Submit</ACTION></ARPYMT></update>",
            "delete": f"<delete><object>ARPYMT</object><keys>{chosen}</keys></delete>",
            "reverse": reverse(chosen),
        }[verb]
        made += [int(key) for one in books.run(inside).iterfind("data/arpymt/RECORDNO") if (key := one.text)]
    held = books.simulator.books
    for invoice in (held.invoices[key] for key in (55180, 55181, 55182, 55183)):
        lines = [
            (one, line)
            for one in held.payments.values()
            for line in one.lines
            if line.invoice == invoice.recordno
        ]
        assert invoice.paid == sum((line.applied for one, line in lines if one.state != "D"), ZERO)
        assert invoice.selected == sum((line.applied for one, line in lines if one.state == "D"), ZERO)
        assert 0 <= invoice.paid + invoice.selected <= invoice.total
    books.simulator.close()
