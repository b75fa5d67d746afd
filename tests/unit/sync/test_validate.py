"""What the judge refuses, in which words; what it lets wait; and what it lets through."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records import Books, Customer, Invoice, Payment, PaymentLine, PostedLine, PostedPayment, Problem
from app.sync.flow import Later
from app.sync.validate import RULES, JudgeDefaults, agrees, judge

DEFAULTS = JudgeDefaults(deposit_account="CHASE-4471")
D = Decimal


def line(number: int, amount: str, *, key: str | None = "") -> PaymentLine:
    return PaymentLine(
        id=f"line-{number}",
        invoice=f"invoice-{number}",
        invoice_key=str(number) if key == "" else key,
        invoice_name=f"INV-{number}",
        amount=D(amount),
    )


PAYMENT = Payment(
    id="a01",
    key="ARP-000042",
    account="001",
    account_name="Osei Marine",
    customer="C-1",
    amount=D("950.00"),
    currency="USD",
    receipt_date=date(2026, 11, 24),
    method="EFT",
    method_entered="EFT",
    status="Ready",
    lines=(line(10482, "700.00"), line(10507, "250.00")),
)
ONE_LINE = replace(PAYMENT, lines=(line(10482, "950.00"),))
BOOKS = Books(
    customers={"C-1": Customer("C-1", "Osei Marine", True), "C-2": Customer("C-2", "Castellan", True)},
    invoices={
        "10482": Invoice("10482", "INV-10482", "C-1", "USD", D("2430.00")),
        "10507": Invoice("10507", "INV-10507", "C-1", "USD", D("2430.00")),
        "10533": Invoice("10533", "INV-10533", "C-2", "USD", D("9000.00")),
        "10540": Invoice("10540", "INV-10540", "C-1", "EUR", D("9000.00")),
    },
    accounts=frozenset({"CHASE-4471", "BARC-2207"}),
    entities=frozenset({"100", "200", "300", "400"}),
)


def refusals(payment: Payment, books: Books = BOOKS, defaults: JudgeDefaults = DEFAULTS) -> list[Problem]:
    judged = judge(payment, books, defaults=defaults)
    assert not isinstance(judged, Later), judged.reason
    return judged


def only(payment: Payment, books: Books = BOOKS, defaults: JudgeDefaults = DEFAULTS) -> Problem:
    (problem,) = refusals(payment, books, defaults)
    return problem


def codes(payment: Payment, books: Books = BOOKS, defaults: JudgeDefaults = DEFAULTS) -> list[str]:
    return [problem.code for problem in refusals(payment, books, defaults)]


def in_yen(amount: str) -> tuple[Payment, Books]:
    yen = {"10482": replace(BOOKS.invoices["10482"], currency="JPY", due=D(99999))}
    return replace(ONE_LINE, amount=D(amount), currency="JPY", lines=(line(10482, amount),)), replace(
        BOOKS, invoices=yen
    )


def test_a_payment_in_order_is_let_through() -> None:
    assert judge(PAYMENT, BOOKS, defaults=DEFAULTS) == []


@pytest.mark.parametrize(
    ("change", "code", "field", "text", "remedy"),
    [
        (
            {"amount": D("0.00")},
            "amount_not_positive",
            "amount",
            "The amount is USD 0.00.",
            "Enter what was received, or set the payment back to Draft.",
        ),
        (
            {"amount": D("-1250")},
            "amount_not_positive",
            "amount",
            "The amount is USD -1,250.00.",
            "Enter what was received,",
        ),
        (
            {"amount": None},
            "amount_missing",
            "amount",
            "The payment has no amount.",
            "Enter what was received,",
        ),
        (
            {"amount": D("950.005")},
            "amount_too_fine",
            "amount",
            "USD has 2 decimals; the amount is USD 950.005.",
            "Round the amount.",
        ),
        (
            {"amount": D("962.00")},
            "sum_differs",
            "amount",
            "Lines USD 950.00 and overpayment USD 0.00 make USD 950.00; the payment is USD 962.00.",
            "Raise the lines by USD 12.00 in all, or correct the amount.",
        ),
        (
            {"amount": D("900.00")},
            "sum_differs",
            "amount",
            "Lines USD 950.00 and overpayment USD 0.00 make USD 950.00; the payment is USD 900.00.",
            "Lower the lines by USD 50.00 in all, or correct the amount.",
        ),
        (
            {"lines": ()},
            "no_line",
            "lines",
            "The payment says no invoice it pays.",
            "Apply it to an invoice.",
        ),
        (
            {"lines": (line(10482, "0"), line(10507, "950"))},
            "line_not_positive",
            "lines[1].amount",
            "Line 1, INV-10482, applies USD 0.00.",
            "Enter what of the payment goes to the invoice, or delete the line.",
        ),
        (
            {"lines": (line(10507, "950"), replace(line(10482, "0"), amount=None))},
            "line_amount_missing",
            "lines[2].amount",
            "Line 2, INV-10482, has no amount.",
            "Enter what of the payment goes to the invoice, or delete the line.",
        ),
        (
            {"lines": (line(10507, "949.999"), line(10482, "0.001"))},
            "line_too_fine",
            "lines[1].amount",
            "USD has 2 decimals; line 1 applies USD 949.999.",
            "Round the amount of the line.",
        ),
        (
            {"lines": (line(10482, "500"), line(10507, "250"), line(10482, "200"))},
            "invoice_twice",
            "lines[3].invoice",
            "INV-10482 stands on lines 1 and 3.",
            "Put both amounts on one line.",
        ),
        (
            {"lines": (line(10482, "100"), line(10482, "800"), line(10482, "50"))},
            "invoice_twice",
            "lines[2].invoice",
            "INV-10482 stands on lines 1, 2 and 3.",
            "Put the amounts on one line.",
        ),
        (
            {"lines": (line(10482, "500"), line(10611, "450"))},
            "invoice_gone",
            "lines[2].invoice",
            "INV-10611 is no longer in Intacct.",
            "Apply the payment to another invoice, or ask accounting what became of this one.",
        ),
        (
            {"lines": (line(10482, "500"), line(10533, "450"))},
            "invoice_of_another_customer",
            "lines[2].invoice",
            "INV-10533 belongs to Castellan; the payment is from Osei Marine.",
            "Choose an invoice of Osei Marine, or correct the account of the payment.",
        ),
        (
            {"lines": (line(10482, "500"), line(10540, "450"))},
            "currency_differs",
            "lines[2].invoice",
            "The payment is in USD, INV-10540 in EUR.",
            "Take the payment in EUR, or apply it to an invoice in USD.",
        ),
        (
            {"amount": D(3000), "lines": (line(10507, "3000"),)},
            "line_above_due",
            "lines[1].amount",
            "INV-10507 owes USD 2,430.00; the line applies USD 3,000.00.",
            "Lower the line, or book USD 570.00 as overpayment.",
        ),
        (
            {"amount": D(3100), "lines": (line(10507, "3000"), line(10482, "100"))},
            "line_above_due",
            "lines[1].amount",
            "INV-10507 owes USD 2,430.00; the line applies USD 3,000.00.",
            "Lower the line by USD 570.00.",
        ),
        (
            {"method": None, "method_entered": "ACH Credit"},
            "method_unknown",
            "method",
            "Intacct has no payment method “ACH Credit”.",
            "Choose another method, or ask an administrator to say in the mapping which one it means.",
        ),
        (
            {"method": None, "method_entered": ""},
            "method_missing",
            "method",
            "The payment has no payment method.",
            "Choose how the money came in.",
        ),
        (
            {"deposit_to": "CHASE-4417"},
            "deposit_account_unknown",
            "deposit_to",
            "Intacct has no bank account “CHASE-4417”. Close to it: CHASE-4471.",
            "Choose the account that the money went to.",
        ),
        (
            {"entity": "99"},
            "entity_unknown",
            "entity",
            "Intacct has no entity “99”.",
            "Choose the entity that received the money, or leave it empty for that of the invoices.",
        ),
        (
            {"receipt_date": None},
            "receipt_date_missing",
            "receipt_date",
            "The payment has no receipt date.",
            "Enter the day on which the money came in.",
        ),
        (
            {"overpayment": D(-5)},
            "overpayment_negative",
            "overpayment",
            "The overpayment is USD -5.00.",
            "Enter what was received above the invoices, or leave it empty.",
        ),
        (
            {"amount": D(1150), "overpayment": D(200), "overpayment_location": "100"},
            "overpayment_of_several_invoices",
            "overpayment",
            "USD 200.00 is overpaid, and the payment pays 2 invoices.",
            "Take the invoice that is overpaid into a payment of its own, with the overpayment.",
        ),
        ({"account": None}, "account_missing", "account", "The payment has no account.", "Choose who paid."),
        (
            {"key": ""},
            "key_missing",
            "key",
            "The payment has no number, by which it could be found again in Intacct.",
            "Ask an administrator which field the mapping takes as its number.",
        ),
    ],
)
def test_one_thing_wrong_is_refused_alone_and_in_its_own_words(
    change: dict[str, object], code: str, field: str, text: str, remedy: str
) -> None:
    problems = refusals(replace(PAYMENT, **change))  # type: ignore[arg-type]  # a table of fields of several types
    if code == "line_too_fine":  # both lines are
        problems = problems[:1]
    (problem,) = problems
    assert (problem.code, problem.field, problem.text) == (code, field, text)
    assert problem.remedy.startswith(remedy)
    assert problem.remedy.endswith(".")


def test_one_line_may_take_what_is_missing_as_overpayment() -> None:
    problem = only(replace(ONE_LINE, amount=D(962)))
    assert problem.remedy == "Correct a line, or book USD 12.00 as overpayment."
    again = only(replace(ONE_LINE, amount=D(962), overpayment=D(2), overpayment_location="100"))
    assert again.remedy == "Correct a line, or book USD 12.00 as overpayment."


def test_an_overpayment_without_location_is_refused_where_the_company_has_entities() -> None:
    over = replace(ONE_LINE, amount=D(1150), overpayment=D(200))
    problem = only(over)
    assert problem.code == "overpayment_without_location"
    assert str(problem) == (
        "USD 200.00 is overpaid and has no location; this company has 4. Choose the location it belongs to."
    )
    assert codes(over, replace(BOOKS, entities=frozenset())) == []
    assert codes(over, replace(BOOKS, entities=None)) == []
    assert codes(replace(over, overpayment_location="100")) == []


def test_an_overpayment_finer_than_its_currency_is_refused() -> None:
    over = replace(ONE_LINE, amount=D("950.01"), overpayment=D("0.005"), overpayment_location="100")
    assert only(over).text == "USD has 2 decimals; the overpayment is USD 0.005."


def test_an_overpayment_alone_is_money_on_account_which_is_not_switched_on() -> None:
    alone = replace(PAYMENT, lines=(), overpayment=D(950), overpayment_location="100")
    assert only(alone).text == (
        "The payment says no invoice it pays. Money on account is not switched on, so an overpayment alone cannot be posted."
    )


def test_an_amount_in_a_currency_without_decimals_may_have_none() -> None:
    payment, books = in_yen("1284.50")
    first, second = refusals(payment, books)
    assert first.text == "JPY has no decimals; the amount is JPY 1,284.50."
    assert second.text == "JPY has no decimals; line 1 applies JPY 1,284.50."
    assert refusals(*in_yen("1284.0")) == []


def test_an_inactive_customer_is_refused_with_whom_to_ask() -> None:
    books = replace(BOOKS, customers={"C-1": Customer("C-1", "Osei Marine", False)})
    problem = only(PAYMENT, books)
    assert (problem.code, problem.field) == ("customer_inactive", "customer")
    assert problem.text == "“Osei Marine” (C-1) is inactive in Intacct."
    assert problem.remedy.startswith("Ask accounting to set the customer active there")


def test_a_customer_that_is_gone_is_refused() -> None:
    problem = only(PAYMENT, replace(BOOKS, customers={}))
    assert problem.code == "customer_gone"
    assert problem.text == "Intacct has no customer C-1, to which the account “Osei Marine” is linked."


def test_another_customer_is_named_by_id_where_the_books_do_not_tell_its_name() -> None:
    books = replace(BOOKS, customers={"C-1": BOOKS.customers["C-1"]})
    payment = replace(PAYMENT, lines=(line(10482, "500"), line(10533, "450")))
    assert only(payment, books).text == "INV-10533 belongs to C-2; the payment is from Osei Marine."


def test_a_paid_invoice_cannot_be_paid_again() -> None:
    paid = replace(BOOKS, invoices={"10482": replace(BOOKS.invoices["10482"], due=D(0))})
    problem = only(ONE_LINE, paid)
    assert problem.text == "INV-10482 owes USD 0.00; the line applies USD 950.00."
    assert problem.remedy == "Apply it to another invoice."


def test_a_line_without_invoice_is_refused_not_waited_for() -> None:
    nameless = replace(line(10507, "250", key=None), invoice=None, invoice_name="")
    problem = only(replace(PAYMENT, lines=(line(10482, "700"), nameless)))
    assert (problem.code, problem.text) == ("line_without_invoice", "Line 2 names no invoice.")


class TestWhereTheMoneyGoes:
    def test_none_given_and_no_default_is_refused(self) -> None:
        problem = only(PAYMENT, BOOKS, JudgeDefaults())
        assert problem.code == "deposit_account_missing"
        assert problem.text == (
            "The payment does not say which bank account the money went to, and this connection has no default."
        )

    def test_undeposited_funds_are_a_default(self) -> None:
        assert codes(PAYMENT, BOOKS, JudgeDefaults(undeposited_account="1030")) == []

    def test_accounts_that_intacct_would_not_list_are_left_for_it_to_refuse(self) -> None:
        assert codes(replace(PAYMENT, deposit_to="ANY"), replace(BOOKS, accounts=None)) == []

    def test_a_default_that_does_not_exist_is_the_administrators_to_mend(self) -> None:
        problem = only(PAYMENT, BOOKS, JudgeDefaults(deposit_account="OLD"))
        assert problem.text == "Intacct has no bank account “OLD”, the default of this connection."
        assert problem.remedy == "Ask an administrator to correct the default."


class TestWhoseCurrencyHolds:
    def test_a_payment_without_currency_takes_the_connections(self) -> None:
        silent = replace(PAYMENT, currency="")
        assert codes(silent, BOOKS, replace(DEFAULTS, currency="USD")) == []
        assert "currency_differs" in codes(silent, BOOKS, replace(DEFAULTS, currency="EUR"))

    def test_without_any_the_invoices_say_it(self) -> None:
        silent = replace(PAYMENT, currency="", lines=(line(10540, "950"),))
        assert codes(silent) == []
        assert only(replace(silent, amount=D(0))).text == "The amount is EUR 0.00."

    def test_where_nobody_says_it_amounts_stand_alone(self) -> None:
        assert refusals(replace(PAYMENT, currency="", lines=(), amount=D(0)))[0].text == "The amount is 0.00."
        assert refusals(replace(PAYMENT, currency="", lines=(), amount=D("0.001")))[0].text == (
            "Amounts have 2 decimals; the amount is 0.001."
        )

    def test_a_currency_that_could_not_be_read_is_not_guessed(self) -> None:
        unread = Problem("value_unmapped", "Currency says “Dollars”.", "Mend it.", field="currency")
        assert codes(
            replace(PAYMENT, currency="", unreadable=(unread,)), BOOKS, replace(DEFAULTS, currency="EUR")
        ) == ["value_unmapped"]


class TestWhatWaits:
    def test_an_account_that_is_not_linked_is_waited_for_by_name(self) -> None:
        judged = judge(replace(PAYMENT, customer=None, account_name="Nordwind"), BOOKS, defaults=DEFAULTS)
        assert judged == Later("Waiting for the account “Nordwind” to be linked with Intacct.")

    def test_all_that_is_waited_for_is_named(self) -> None:
        unlinked = (line(1, "500", key=None), line(2, "250", key=None), line(10482, "200"))
        judged = judge(replace(PAYMENT, customer=None, lines=unlinked), BOOKS, defaults=DEFAULTS)
        assert judged == Later(
            "Waiting for the account “Osei Marine” and the invoices INV-1 and INV-2 to be linked with Intacct."
        )

    def test_one_invoice_is_spoken_of_as_one(self) -> None:
        judged = judge(replace(PAYMENT, lines=(line(1, "950", key=None),)), BOOKS, defaults=DEFAULTS)
        assert judged == Later("Waiting for the invoice INV-1 to be linked with Intacct.")

    def test_a_payment_that_is_wrong_anyway_does_not_wait(self) -> None:
        assert codes(replace(PAYMENT, customer=None, receipt_date=None)) == ["receipt_date_missing"]

    def test_the_same_unlinked_invoice_twice_is_wrong_already(self) -> None:
        lines = (line(1, "500", key=None), line(1, "450", key=None))
        assert codes(replace(PAYMENT, lines=lines)) == ["invoice_twice"]


class TestAllAtOnce:
    def test_independent_faults_are_found_together_in_a_fixed_order(self) -> None:
        wrong = replace(
            PAYMENT,
            amount=D(0),
            receipt_date=None,
            method=None,
            method_entered="ACH Credit",
            deposit_to="NOWHERE",
            lines=(line(10533, "10"), line(10540, "-1"), line(10611, "5"), line(10507, "9999")),
            overpayment=D(-1),
        )
        assert codes(wrong) == [
            "amount_not_positive",
            "receipt_date_missing",
            "method_unknown",
            "deposit_account_unknown",
            "line_not_positive",
            "invoice_gone",
            "invoice_of_another_customer",
            "currency_differs",
            "line_above_due",
            "overpayment_negative",
        ]

    def test_what_could_not_be_read_stands_first_and_is_not_said_twice(self) -> None:
        unread = (
            Problem(
                "unreadable",
                "Amount__c says “ten”: that is not an amount.",
                "Enter a number.",
                field="amount",
            ),
            Problem("unreadable", "Line 2: Amount__c says “x”.", "Enter a number.", field="lines[2].amount"),
        )
        lines = (line(10482, "0"), replace(line(10507, "1"), amount=None))
        judged = refusals(replace(PAYMENT, amount=None, lines=lines, unreadable=unread, receipt_date=None))
        assert judged[:2] == list(unread)
        assert [problem.field for problem in judged[2:]] == ["receipt_date", "lines[1].amount"]

    def test_a_sum_is_not_judged_while_the_overpayment_could_not_be_read(self) -> None:
        unread = Problem("unreadable", "Overpayment__c says “x”.", "Enter a number.", field="overpayment")
        assert codes(replace(ONE_LINE, amount=D(1150), unreadable=(unread,))) == ["unreadable"]

    def test_every_rule_is_in_the_table_once(self) -> None:
        assert len(set(RULES)) == len(RULES)


amounts = st.integers(1, 10**18).map(lambda cents: D(cents).scaleb(-2))


@st.composite
def valid(draw: st.DrawFn) -> tuple[Payment, Books]:
    parts = draw(st.lists(amounts, min_size=1, max_size=6))
    over = draw(st.sampled_from([D(0), D("0.01"), D("12.50")])) if len(parts) == 1 else D(0)
    lines = tuple(line(number, str(part)) for number, part in enumerate(parts, 1))
    spare = draw(st.sampled_from([D(0), D("0.01"), D(10**6)]))
    invoices = {
        str(number): Invoice(str(number), f"INV-{number}", "C-1", "USD", part + spare)
        for number, part in enumerate(parts, 1)
    }
    payment = replace(
        PAYMENT, amount=sum(parts, over), lines=lines, overpayment=over, overpayment_location="100"
    )
    return payment, replace(BOOKS, invoices=invoices)


@given(valid())
def test_a_valid_payment_is_never_refused(case: tuple[Payment, Books]) -> None:
    payment, books = case
    assert judge(payment, books, defaults=DEFAULTS) == []


BREAKS = {
    "key_missing": {"key": ""},
    "account_missing": {"account": None},
    "receipt_date_missing": {"receipt_date": None},
    "method_missing": {"method": None, "method_entered": ""},
    "method_unknown": {"method": None, "method_entered": "Barter"},
    "amount_missing": {"amount": None},
    "amount_not_positive": {"amount": D("-0.01")},
    "deposit_account_unknown": {"deposit_to": "NOWHERE"},
    "entity_unknown": {"entity": "900"},
    "overpayment_negative": {"overpayment": D("-0.01")},
    "no_line": {"lines": ()},
}


@given(valid(), st.sampled_from(sorted(BREAKS)))
def test_breaking_one_thing_of_a_valid_payment_finds_exactly_it(
    case: tuple[Payment, Books], code: str
) -> None:
    payment, books = case
    broken = replace(payment, **BREAKS[code])  # type: ignore[arg-type]  # a table of fields of several types
    assert codes(broken, books) == [code]


@given(valid(), st.sampled_from(sorted(BREAKS)), st.sampled_from(sorted(BREAKS)))
def test_two_things_broken_are_both_found(case: tuple[Payment, Books], one: str, other: str) -> None:
    if one.split("_")[0] == other.split("_")[0]:
        return
    payment, books = case
    broken = replace(payment, **(BREAKS[one] | BREAKS[other]))  # type: ignore[arg-type]  # as above
    assert set(codes(broken, books)) == {one, other}


@given(valid(), st.data())
def test_any_cent_too_much_on_the_payment_is_found(case: tuple[Payment, Books], data: st.DataObject) -> None:
    payment, books = case
    assert payment.amount is not None
    off = data.draw(st.sampled_from([D("0.01"), D("1"), D(10**12)]))
    assert codes(replace(payment, amount=payment.amount + off), books) == ["sum_differs"]


def test_sums_are_exact_where_floats_are_not() -> None:
    lines = (line(10482, "0.1"), line(10507, "0.2"))
    assert codes(replace(PAYMENT, amount=D("0.3"), lines=lines)) == []
    big = D("99999999999999999999.99")
    rich = replace(BOOKS, invoices={"10482": replace(BOOKS.invoices["10482"], due=big)})
    exact = replace(ONE_LINE, amount=big, lines=(line(10482, str(big)),))
    assert codes(exact, rich) == []
    assert codes(replace(exact, amount=big - D("0.01")), rich) == ["sum_differs"]


POSTED = PostedPayment(
    id="77",
    key="ARP-000042",
    customer="C-1",
    currency="USD",
    amount=D("950"),
    receipt_date=date(2026, 11, 24),
    state="Complete",
    lines=(PostedLine("5", "10482", D("700.0")), PostedLine("6", "10507", D(250))),
)


class TestAgreement:
    def test_the_same_payment_agrees_however_its_amounts_are_spelled(self) -> None:
        assert agrees(PAYMENT, POSTED) == []

    def test_an_invoice_paid_in_parts_counts_in_all(self) -> None:
        parts = (
            PostedLine("5", "10482", D(300)),
            PostedLine("6", "10482", D(400)),
            PostedLine("7", "10507", D(250)),
        )
        assert agrees(PAYMENT, replace(POSTED, lines=parts)) == []

    def test_what_one_side_does_not_say_is_not_compared(self) -> None:
        assert agrees(PAYMENT, replace(POSTED, currency="", receipt_date=None)) == []
        assert agrees(replace(PAYMENT, currency=""), POSTED) == []

    def test_the_overpayment_is_part_of_the_total(self) -> None:
        over = replace(PAYMENT, amount=D(1000), overpayment=D(50))
        assert [problem.code for problem in agrees(over, POSTED)] == ["posted_amount_differs"]
        assert agrees(over, replace(POSTED, amount=D(1000))) == []

    @pytest.mark.parametrize(
        ("posted", "text"),
        [
            (replace(POSTED, customer="C-2"), "In Intacct the payment is from C-2; here it is from C-1."),
            (replace(POSTED, currency="EUR"), "In Intacct the payment is in EUR; here it is in USD."),
            (replace(POSTED, amount=D(940)), "In Intacct the payment is USD 940.00; here it is USD 950.00."),
            (
                replace(POSTED, receipt_date=date(2026, 11, 23)),
                "In Intacct the payment was received on 2026-11-23; here it was received on 2026-11-24.",
            ),
            (
                replace(POSTED, lines=POSTED.lines[:1]),
                "In Intacct the payment applies USD 0.00 to INV-10507; here it applies USD 250.00 to it.",
            ),
            (
                replace(POSTED, lines=(*POSTED.lines, PostedLine("8", "9", D(5)))),
                "In Intacct the payment applies USD 5.00 to invoice 9; here it applies USD 0.00 to it.",
            ),
        ],
    )
    def test_each_difference_is_told_in_words(self, posted: PostedPayment, text: str) -> None:
        (problem,) = agrees(PAYMENT, posted)
        assert problem.text == text
        assert problem.remedy == "Ask accounting to compare both payments before anything is changed."
