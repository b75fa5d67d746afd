"""Reading Intacct: whole lists or none, and originals and reversals told apart."""

import re
from datetime import date
from decimal import Decimal

import pytest

from app.errors import CallRefused, RemoteUnavailable
from app.intacct.fetch import fetch, whole
from app.intacct.posted import day, with_reversals
from app.intacct.requests import MOST_VALUES, Query
from app.records import Payment, PaymentLine, PostedLine, PostedPayment
from tests.unit.intacct.doubles import error, failed, page, scripted

INVOICE = {
    "RECORDNO": "101",
    "RECORDID": "INV-1",
    "CUSTOMERID": "C-100",
    "CURRENCY": "USD",
    "TRX_TOTALDUE": "125.5",
    "STATE": "Posted",
    "MEGAENTITYID": "100",
}
CUSTOMER = {"CUSTOMERID": "C-100", "NAME": "Acme", "STATUS": "active"}
HEADER = {
    "RECORDNO": "1234",
    "CUSTOMERID": "C-100",
    "CURRENCY": "USD",
    "TRX_TOTALENTERED": "125",
    "RECEIPTDATE": "01/15/2026",
    "STATE": "C",
    "DOCNUMBER": "ARP-000042",
}
DETAIL = {"RECORDNO": "127", "RECORDKEY": "101", "PAYMENTKEY": "1234", "TRX_PAYMENTAMOUNT": "125"}


def a_payment(*invoices: str, customer: str = "C-100") -> Payment:
    lines = tuple(PaymentLine(f"l{key}", key, key, key, Decimal(1)) for key in invoices)
    return Payment(
        id="a",
        key="ARP-1",
        account="001",
        account_name="Acme",
        customer=customer,
        amount=Decimal(1),
        currency="USD",
        receipt_date=date(2026, 1, 15),
        method="EFT",
        method_entered="EFT",
        status="Ready",
        lines=lines,
    )


def lists(*, first: int = 2) -> str:
    checking = page(f"q{first}", "CHECKINGACCOUNT", {"BANKACCOUNTID": "BANK01"})
    savings = page(f"q{first + 1}", "SAVINGSACCOUNT", {"BANKACCOUNTID": "SAVE01"})
    return checking + savings + page(f"q{first + 2}", "LOCATIONENTITY", {"LOCATIONID": "100"})


def unreadable(control_id: str, number: str = "PL04000005", text: str = "no") -> str:
    return failed(control_id, error(number, text), function="query")


def test_one_request_tells_all_that_payments_touch() -> None:
    around, company = scripted(page("q0", "ARINVOICE", INVOICE) + page("q1", "CUSTOMER", CUSTOMER) + lists())
    books = around.payments().look_around([a_payment("101", "999"), a_payment("101")])
    assert len(company.asked) == 1
    invoice = books.invoices["101"]
    assert (invoice.number, invoice.due, invoice.entity) == ("INV-1", Decimal("125.5"), "100")
    assert "999" not in books.invoices
    assert books.customers["C-100"].active
    assert books.accounts == {"BANK01", "SAVE01"}
    assert books.entities == {"100"}
    assert company.asked[0].count("<value>101</value>") == 1


@pytest.mark.parametrize(
    ("status", "active"), [("active", True), ("Active", True), ("inactive", False), ("", False)]
)
def test_only_an_active_customer_is_active(status: str, active: bool) -> None:
    answer = (
        page("q0", "ARINVOICE", INVOICE) + page("q1", "CUSTOMER", {**CUSTOMER, "STATUS": status}) + lists()
    )
    around, _ = scripted(answer)
    assert around.payments().look_around([a_payment("101")]).customers["C-100"].active is active


def test_lists_are_remembered_for_ten_minutes() -> None:
    now = [0.0]
    plain = page("q0", "ARINVOICE", INVOICE) + page("q1", "CUSTOMER", CUSTOMER)
    around, company = scripted(plain + lists(), plain, plain + lists())
    payments = around.payments(clock=lambda: now[0])
    payments.look_around([a_payment("101")])
    now[0] = 599.0
    assert payments.look_around([a_payment("101")]).accounts == {"BANK01", "SAVE01"}
    now[0] = 601.0
    payments.look_around([a_payment("101")])
    assert ["CHECKINGACCOUNT" in asked for asked in company.asked] == [True, False, True]


@pytest.mark.parametrize("place", [2, 3, 4])
def test_a_list_that_may_not_be_read_is_unknown_and_nothing_else_suffers(place: int) -> None:
    kinds = {2: ("CHECKINGACCOUNT", "BANKACCOUNTID"), 3: ("SAVINGSACCOUNT", "BANKACCOUNTID")}
    kinds[4] = ("LOCATIONENTITY", "LOCATIONID")
    answers = [
        unreadable(f"q{n}") if n == place else page(f"q{n}", kind, {field: "X"})
        for n, (kind, field) in kinds.items()
    ]
    around, _ = scripted(
        page("q0", "ARINVOICE", INVOICE) + page("q1", "CUSTOMER", CUSTOMER) + "".join(answers)
    )
    books = around.payments().look_around([a_payment("101")])
    assert books.invoices
    assert books.accounts == (None if place < 4 else {"X"})
    assert books.entities == (None if place == 4 else {"X"})


def test_no_accounts_at_all_are_unknown_and_no_entities_at_all_are_none() -> None:
    empty = page("q2", "CHECKINGACCOUNT") + page("q3", "SAVINGSACCOUNT") + page("q4", "LOCATIONENTITY")
    around, _ = scripted(page("q0", "ARINVOICE", INVOICE) + page("q1", "CUSTOMER", CUSTOMER) + empty)
    books = around.payments().look_around([a_payment("101")])
    assert books.accounts is None
    assert books.entities == frozenset()


def test_a_list_that_was_only_busy_is_asked_for_again() -> None:
    plain = page("q0", "ARINVOICE", INVOICE) + page("q1", "CUSTOMER", CUSTOMER)
    busy = unreadable("q2", "X", "The Service is Temporarily Off-line") + page("q3", "SAVINGSACCOUNT")
    busy += page("q4", "LOCATIONENTITY")
    around, company = scripted(plain + busy, plain + busy, plain + busy, plain + lists())
    payments = around.payments()
    assert payments.look_around([a_payment("101")]).accounts is None
    assert payments.look_around([a_payment("101")]).accounts == {"BANK01", "SAVE01"}
    assert len(company.asked) == 4


def test_a_company_without_entities_is_asked_again_without_the_field_and_that_is_remembered() -> None:
    without = {name: value for name, value in INVOICE.items() if name != "MEGAENTITYID"}
    customers = page("q1", "CUSTOMER", CUSTOMER)
    around, company = scripted(
        unreadable("q0", "XL03000010", "no such field MEGAENTITYID") + customers + lists(),
        page("q0", "ARINVOICE", without),
        page("q0", "ARINVOICE", without) + customers,
    )
    payments = around.payments()
    assert payments.look_around([a_payment("101")]).invoices["101"].entity == ""
    payments.look_around([a_payment("101")])
    assert ["MEGAENTITYID" in asked for asked in company.asked] == [True, False, False]
    assert "CUSTOMER" not in company.asked[1].replace("CUSTOMERID", "")


def test_invoices_that_may_not_be_read_are_no_empty_list() -> None:
    around, _ = scripted(unreadable("q0") + page("q1", "CUSTOMER", CUSTOMER) + lists())
    with pytest.raises(CallRefused, match="permit"):
        around.payments().look_around([a_payment("101")])


def test_a_key_that_can_be_no_number_is_not_asked_for() -> None:
    around, company = scripted(page("q0", "ARINVOICE") + page("q1", "CUSTOMER", CUSTOMER) + lists())
    around.payments().look_around([a_payment("101", "1 or 1=1", "٣", "9" * 30)])
    assert re.findall(r"<value>([^<]*)</value>", company.asked[0]) == ["101", "C-100"]


def test_more_values_than_a_filter_takes_go_in_several_functions_of_one_request() -> None:
    values = tuple(str(n) for n in range(MOST_VALUES + 5))
    around, company = scripted(page("q0", "A", {"RECORDNO": "1"}) + page("q1", "A", {"RECORDNO": "2"}))
    (found,) = fetch(around.gateway, [Query("A", ("RECORDNO",), by="RECORDNO", values=values)])
    assert [one["RECORDNO"] for one in whole(found)] == ["1", "2"]
    assert len(company.asked) == 1
    first, second = re.findall(r"<in>(.*?)</in>", company.asked[0])
    assert (first.count("<value>"), second.count("<value>")) == (MOST_VALUES, 5)


def test_every_page_is_fetched() -> None:
    around, company = scripted(
        page("q0", "A", {"RECORDNO": "1"}, {"RECORDNO": "2"}, remaining=3)
        + page("q1", "B", {"RECORDNO": "9"}),
        page("q0", "A", {"RECORDNO": "3"}, {"RECORDNO": "4"}, remaining=1),
        page("q0", "A", {"RECORDNO": "5"}),
    )
    first, second = fetch(around.gateway, [Query("A", ("RECORDNO",)), Query("B", ("RECORDNO",))])
    assert [one["RECORDNO"] for one in whole(first)] == ["1", "2", "3", "4", "5"]
    assert [one["RECORDNO"] for one in whole(second)] == ["9"]
    assert re.findall(r"<offset>(\d+)</offset>", "".join(company.asked)) == ["0", "0", "2", "4"]


def test_half_a_list_is_no_list() -> None:
    around, _ = scripted(page("q0", "A", {"RECORDNO": "1"}, remaining=3), page("q0", "A", remaining=3))
    with pytest.raises(RemoteUnavailable, match="keeps back"):
        fetch(around.gateway, [Query("A", ("RECORDNO",))])


def test_read_takes_payments_and_lines_in_one_request() -> None:
    around, company = scripted(page("q0", "ARPYMT", HEADER) + page("q1", "ARPYMTDETAIL", DETAIL))
    found = around.payments().read(["1234", "77", "not a number"])
    assert found == {
        "1234": PostedPayment(
            id="1234",
            key="ARP-000042",
            customer="C-100",
            currency="USD",
            amount=Decimal(125),
            receipt_date=date(2026, 1, 15),
            state="C",
            lines=(PostedLine("127", "101", Decimal(125)),),
        )
    }
    assert len(company.asked) == 1


def test_details_that_cannot_be_queried_come_with_the_payments_from_then_on() -> None:
    nested = (
        "<result><status>success</status><function>read</function><controlid>r0</controlid>"
        '<data listtype="ARPYMT" count="1"><ARPYMT><RECORDNO>1234</RECORDNO><ARPYMTDETAILS><arpymtdetail>'
        "<RECORDNO>127</RECORDNO><RECORDKEY>101</RECORDKEY><TRX_PAYMENTAMOUNT>125</TRX_PAYMENTAMOUNT></arpymtdetail>"
        "</ARPYMTDETAILS></ARPYMT></data></result>"
    )
    header = page("q0", "ARPYMT", HEADER)
    around, company = scripted(
        header + unreadable("q1", "Query Failed", "Object definition ARPYMTDETAIL not found"),
        nested,
        header,
        nested,
    )
    payments = around.payments()
    for _ in range(2):
        assert payments.read(["1234", "1235"])["1234"].lines == (PostedLine("127", "101", Decimal(125)),)
    assert ["ARPYMTDETAIL" in asked for asked in company.asked] == [True, False, False, False]
    assert "<keys>1234</keys>" in company.asked[1]


def test_details_that_are_only_busy_are_no_reason_to_ask_another_way() -> None:
    busy = unreadable("q1", "X", "The Service is Temporarily Off-line")
    around, company = scripted(*[page("q0", "ARPYMT", HEADER) + busy] * 3)
    with pytest.raises(RemoteUnavailable):
        around.payments().read(["1234"])
    assert len(company.asked) == 3


def test_find_answers_under_the_key_that_was_asked_and_leaves_out_what_is_not_there() -> None:
    around, company = scripted(
        page("q0", "ARPYMT", {**HEADER, "DOCNUMBER": "arp-000042"}), page("q0", "D", DETAIL)
    )
    found = around.payments().find(["ARP-000042", "ARP-000043", ""])
    assert list(found) == ["ARP-000042"]
    assert re.findall(r"<value>([^<]*)</value>", company.asked[0]) == ["ARP-000042", "ARP-000043"]


def test_find_looks_in_the_field_that_holds_the_key() -> None:
    around, company = scripted(page("q0", "ARPYMT"))
    assert around.payments(key_field="LEDGERLINE_KEY").find(["ARP-1"]) == {}
    assert "<in><field>LEDGERLINE_KEY</field>" in company.asked[0]
    assert len(company.asked) == 1


def test_nothing_asked_is_nothing_sent() -> None:
    around, company = scripted()
    assert around.payments().find([]) == {}
    assert around.payments().read(["x"]) == {}
    assert company.asked == []


def test_an_amount_that_is_none_is_not_taken_for_zero() -> None:
    around, _ = scripted(page("q0", "ARPYMT", {**HEADER, "TRX_TOTALENTERED": "NaN"}) + page("q1", "D"))
    with pytest.raises(CallRefused, match="NaN"):
        around.payments().read(["1234"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01/15/2026", date(2026, 1, 15)),
        ("2026-01-15", date(2026, 1, 15)),
        ("2026-01-15T10:00:05Z", date(2026, 1, 15)),
        ("01/15/2026 10:00:00", date(2026, 1, 15)),
        ("", None),
        (" ", None),
    ],
)
def test_both_spellings_of_a_day_are_read(text: str, expected: date | None) -> None:
    assert day(text) == expected


@pytest.mark.parametrize("text", ["15/01/2026", "2026/01/15", "15.01.2026", "01/15/20261"])
def test_a_day_in_another_order_names_the_remedy(text: str) -> None:
    with pytest.raises(CallRefused, match="mm/dd/yyyy"):
        day(text)


def stands(
    number: str, amount: str = "100", *, reversal: bool = False, reversed_: bool = False, key: str = "K"
):
    return PostedPayment(
        id=number,
        key=key,
        customer="C-1",
        currency="USD",
        amount=Decimal(amount),
        receipt_date=None,
        state="C",
        lines=(),
        is_reversal=reversal,
        is_reversed=reversed_,
    )


@pytest.mark.parametrize(
    ("payments", "marked"),
    [
        ([stands("1")], []),
        ([stands("1"), stands("2", "-100.00", reversal=True)], ["1"]),
        ([stands("1", reversed_=True), stands("2", "-100", reversal=True), stands("3")], ["1"]),
        ([stands("1"), stands("2", "-100", reversal=True), stands("3")], ["1"]),
        ([stands("1", "90"), stands("2", "-100", reversal=True)], []),
        ([stands("1", key=""), stands("2", "-100", reversal=True, key="")], []),
        ([stands("1", "-100", reversal=True), stands("2")], []),
        ([stands("1"), stands("2"), stands("3", "-100", reversal=True)], ["1"]),
        ([stands("1"), stands("2", reversed_=True), stands("3", "-100", reversal=True)], ["2"]),
        ([stands("1", key="other"), stands("2", "-100", reversal=True)], []),
    ],
)
def test_a_reversal_marks_one_original_and_a_payment_posted_again_stands(
    payments: list[PostedPayment], marked: list[str]
) -> None:
    assert [one.id for one in with_reversals(payments) if one.is_reversed] == marked


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ({"STATE": "V"}, "125", (False, True)),
        ({"STATE": "Reversed"}, "125", (False, True)),
        ({"STATE": "C", "TRX_TOTALENTERED": "-125"}, "-125", (True, False)),
        ({"STATE": "C"}, "-125", (True, False)),
        ({"STATE": "V", "TRX_TOTALENTERED": "-125"}, "-125", (True, False)),
        ({"STATE": "reversal"}, "125", (True, False)),
        ({"STATE": "D"}, "125", (False, False)),
    ],
)
def test_reversal_and_reversed_are_told_by_state_or_sign(
    header: dict[str, str], line: str, expected: tuple[bool, bool]
) -> None:
    answer = page("q0", "ARPYMT", {**HEADER, **header}) + page(
        "q1", "D", {**DETAIL, "TRX_PAYMENTAMOUNT": line}
    )
    around, _ = scripted(answer)
    found = around.payments().read(["1234"])["1234"]
    assert (found.is_reversal, found.is_reversed) == expected
