"""The table of what Intacct's errors mean, row by row, and what a person reads."""

import re

import pytest

from app.errors import CallRefused, OutcomeUnknown, RemoteUnavailable, SignInRefused
from app.intacct.answers import Complaint, clean
from app.intacct.faults import RULES, Next, as_error, judge

CLOSED = (
    "Periods are closed. Your transaction date (10/31/2026) is within a period that's been closed. You can add, "
    "modify, or delete a transaction only if the date is within a period that's open."
)
TRY_AGAIN = "Check the transaction for errors or inconsistencies, then try again."

CASES = [
    (Complaint("GW-0010", text="API rate limit exceeded"), Next.AGAIN),
    (Complaint("", text="API rate limit exceeded"), Next.AGAIN),
    (Complaint("GW-0003", text="upstream failed"), Next.UNCLEAR),
    (Complaint("GW-0099", text="never seen before"), Next.UNCLEAR),
    (Complaint("XX", text="The Service is Temporarily Off-line"), Next.AGAIN),
    (Complaint("BL01001973", text="Something", correction="Please Try Again Later"), Next.AGAIN),
    (
        Complaint("?", text="a SUCCESSFUL transaction has already been recorded with the control id x"),
        Next.REPEATED,
    ),
    (Complaint("?", text="There is a concurrent request in process"), Next.WAIT),
    (Complaint("XL03000006", text="Invalid session q...."), Next.SIGN_IN),
    (Complaint("XL03000006", text="Sign-in information is incorrect"), Next.STOP),
    (
        Complaint(
            "XL03000006",
            title="Invalid Web Services Authorization",
            text="The sender ID 'acme' is not authorized to make Web Services requests to company ID 'ACME'.",
        ),
        Next.STOP,
    ),
    (Complaint("GW-0011", text="Invalid Request"), Next.STOP),
    (
        Complaint("XMLGW_JPP0002", text="Sign-in information is incorrect. Please check your request."),
        Next.STOP,
    ),
    (Complaint("invalidRequest", text="no tenant"), Next.STOP),
    (
        Complaint("XL03000009", text="The entire transaction in this operation has been rolled back"),
        Next.SIBLING,
    ),
    (Complaint("DL03000005", text="No record exits for the invoicekey 55102"), Next.REFRESH),
    (Complaint("DL03000005", text="No record exits for the recordkey 55102"), Next.REFRESH),
    (Complaint("BL01001973", text=CLOSED), Next.RULE),
    (Complaint("PL04000005", text="You cannot"), Next.RULE),
    (Complaint("X", text="You do not have permission for API operation CREATE of ARPYMT"), Next.RULE),
    (
        Complaint("BL01001973", text="Currently, we can't create the transaction", correction=TRY_AGAIN),
        Next.FEW,
    ),
    (Complaint("XL03000006", text="The following fields cannot be queried: STATE"), Next.FIELD),
    (Complaint("XL03000010", text="no such field"), Next.FIELD),
    (Complaint("XL03000006", text="Incorrect Intacct XML Partner ID or password."), Next.STOP),
    (Complaint("Invalid fields list x", text="Invalid fields list x"), Next.FIELD),
    (
        Complaint("BL01001973", text="Cannot find customer with key 'C-9'", correction=TRY_AGAIN),
        Next.PERMANENT,
    ),
    (
        Complaint("BL34000061", text="Another Payment with the given value(s) X already exists"),
        Next.PERMANENT,
    ),
    (Complaint("PL99999999", text="never seen before"), Next.PERMANENT),
    (Complaint("BL99999999"), Next.PERMANENT),
    (Complaint("422", text="unprocessable"), Next.PERMANENT),
]


@pytest.mark.parametrize(("complaint", "expected"), CASES, ids=lambda case: str(case)[:60])
def test_each_error_says_what_happens_next(complaint: Complaint, expected: Next) -> None:
    assert judge([complaint]).next is expected


def test_every_rule_of_the_table_is_reached_by_a_case_or_a_text_below() -> None:
    """A rule that an earlier one hides would be dead: its action would never be taken."""
    reached = {judge([complaint]).next for complaint, _ in CASES}
    general = judge([Complaint("BL01001973", text="Could not create arpymt record!")]).next
    assert reached | {general} == {rule.next for rule in RULES} == set(Next)


def test_errorid_counts_before_the_catch_all_number() -> None:
    assert judge([Complaint("BL01001973", id="GW-0010", text="x")]).next is Next.AGAIN


def test_no_error_at_all_is_for_a_person() -> None:
    verdict = judge([])
    assert verdict.next is Next.PERMANENT
    assert verdict.problem.text == "Intacct refuses it and gives no reason."


def test_the_root_cause_is_told_and_not_the_general_error_after_or_before_it() -> None:
    cause = Complaint("BL34000061", text="Another Payment with the given value(s) ARP-1 already exists")
    general = Complaint("BL01001973", text="Could not create arpymt record!")
    for order in ([cause, general], [general, cause]):
        verdict = judge(order)
        assert verdict.problem.code == "already_exists"
        assert verdict.problem.text == cause.text + "."
        assert general.text in verdict.problem.support


def test_a_roll_back_is_classified_by_the_error_beside_it() -> None:
    sibling = Complaint(
        "XL03000009", text="The entire transaction in this operation has been rolled back due to an error."
    )
    assert judge([Complaint("BL01001973", text=CLOSED), sibling]).problem.code == "period_closed"
    assert judge([sibling, Complaint("GW-0010")]).next is Next.AGAIN


def test_done_before_counts_wherever_it_stands() -> None:
    before = Complaint("?", text="A successful transaction has already been recorded with the control id x")
    assert judge([Complaint("BL1", text="Could not create arpymt record!"), before]).next is Next.REPEATED
    assert judge([Complaint("BL34000061", text="already exists"), before]).next is Next.REPEATED


def test_a_closed_period_names_the_day_and_what_to_do() -> None:
    problem = judge([Complaint("BL01001973", id="AR-0123", text=CLOSED, support="abc~def")]).problem
    assert problem.code == "period_closed"
    assert problem.text == "The receipt date 2026-10-31 is in a period that is closed in Intacct."
    assert problem.remedy == (
        "Choose a receipt date in an open period, or ask the Intacct administrator to open that one."
    )
    assert problem.field == "receipt_date"
    assert "BL01001973 AR-0123" in problem.support
    assert "[Support ID: abc~def]" in problem.support
    assert CLOSED in problem.support


def test_a_closed_period_without_a_day_keeps_the_words_of_intacct() -> None:
    assert judge([Complaint("BL1", text="Periods are closed")]).problem.text == "Periods are closed."


def test_the_text_of_a_smart_rule_reaches_the_person_with_its_correction() -> None:
    rule = Complaint(
        "BL99000001", text="Payments above 50,000 need a {reference}", correction="Enter the bank reference"
    )
    problem = judge([rule, Complaint("BL01001973", text="Could not create arpymt record!")]).problem
    assert problem.text == "Payments above 50,000 need a {reference}."
    assert problem.remedy == "Enter the bank reference."


@pytest.mark.parametrize(("complaint", "_expected"), CASES, ids=lambda case: str(case)[:60])
def test_no_vendor_code_stands_in_what_a_person_reads(complaint: Complaint, _expected: Next) -> None:
    problem = judge([complaint]).problem
    assert not re.search(r"\b[A-Z]{2}\d{6,}|\bGW-\d", f"{problem.text} {problem.remedy}")
    assert complaint.number in problem.support
    assert problem.remedy
    assert problem.code


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "The account number &#039;5000.11&#039; already exists",
            "The account number '5000.11' already exists",
        ),
        ("Bad <b>amount</b><br/>for 3 < 4", "Bad amount for 3 < 4"),
        ("No record [Support ID: Espp%7EZE]", "No record"),
        ("BL03000018: Illegal format", "Illegal format"),
        ("AR-0123 The period is closed", "The period is closed"),
        ("  two\n lines ", "two lines"),
    ],
)
def test_texts_are_cleaned(said: str, expected: str) -> None:
    assert clean(said) == expected


@pytest.mark.parametrize(
    ("complaint", "raised"),
    [
        (Complaint("GW-0011"), SignInRefused),
        (Complaint("GW-0010"), RemoteUnavailable),
        (Complaint("GW-0003"), OutcomeUnknown),
        (Complaint("XL03000003", text="XML Parse schema error"), CallRefused),
        (Complaint("PL04000055", text="This company is a demo company and has expired."), CallRefused),
        (Complaint("unheard of"), CallRefused),
    ],
)
def test_a_refusal_of_the_whole_call_is_raised_by_its_meaning(
    complaint: Complaint, raised: type[Exception]
) -> None:
    assert type(as_error(judge([complaint]))) is raised
