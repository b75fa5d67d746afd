"""Writing payments: each at most once, an outcome for each in its place, and nothing more after a doubt."""

from dataclasses import replace

import httpx
import pytest

from app.errors import BadSetting, CallRefused, RemoteUnavailable, SignInRefused
from app.intacct.xml import KEPT_BYTES
from app.records import Again, Refused, Repeated, Unclear, Written
from tests.unit.intacct import doubles
from tests.unit.intacct.doubles import control_ids, created, error, failed, posting, scripted

HTML = httpx.Response(503, text="<html>Maintenance</html>")


def written(*keys: str, first: int = 1) -> str:
    return "".join(created(posting(key).control_id, str(number)) for number, key in enumerate(keys, first))


def keys(count: int, *, first: int = 0) -> list[str]:
    return [f"ARP-{number:06}" for number in range(first, first + count)]


def test_the_function_is_the_contracts_and_describe_shows_the_same() -> None:
    around, company = scripted(written("ARP-000042"))
    payments = around.payments()
    (outcome,) = payments.write([posting()])
    assert isinstance(outcome, Written)
    assert outcome.id == "1"
    expected = (
        '<function controlid="main:ARP-000042:create:1"><create><ARPYMT><FINANCIALENTITY>BANK01</FINANCIALENTITY>'
        "<PAYMENTMETHOD>EFT</PAYMENTMETHOD><CUSTOMERID>C-100</CUSTOMERID><DOCNUMBER>ARP-000042</DOCNUMBER>"
        "<RECEIPTDATE>01/15/2026</RECEIPTDATE><CURRENCY>USD</CURRENCY><ARPYMTDETAILS><ARPYMTDETAIL>"
        "<RECORDKEY>101</RECORDKEY><TRX_PAYMENTAMOUNT>125.00</TRX_PAYMENTAMOUNT></ARPYMTDETAIL></ARPYMTDETAILS>"
        "</ARPYMT></create></function>"
    )
    assert payments.describe(posting()) == expected
    assert outcome.exchange.sent == expected
    assert expected in company.asked[0]
    assert outcome.exchange.received == written("ARP-000042")


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        (error("BL01001973", "Periods are closed. (10/31/2026)"), Refused),
        (error("?", "A successful transaction has already been recorded with the control id x"), Repeated),
        (error("?", "concurrent request in process"), Repeated),
        (error("X", "The Service is Temporarily Off-line"), Again),
        (error("GW-0010", "API rate limit exceeded"), Again),
        (error("GW-0003", "upstream"), Unclear),
        (error("DL03000005", "No record exits for the invoicekey 101"), Again),
        (
            error(
                "XL03000009", "The entire transaction in this operation has been rolled back due to an error."
            ),
            Again,
        ),
        (
            error(
                "BL01001973",
                "Currently, we can't create the transaction",
                correction="Check the transaction for errors or inconsistencies, then try again.",
            ),
            Again,
        ),
        (error("BL01001973", "Could not create arpymt record!"), Refused),
        (error("unheard-of", "Something new"), Refused),
        ("", Refused),
    ],
)
def test_an_error_of_one_payment_is_its_outcome(errors: str, kind: type) -> None:
    around, _ = scripted(failed(posting().control_id, errors))
    (outcome,) = around.payments().write([posting()])
    assert type(outcome) is kind
    assert outcome.exchange.received.startswith("<result>")


def test_a_refusal_keeps_the_vendors_codes_for_support_only() -> None:
    around, _ = scripted(failed(posting().control_id, error("BL01001973", "Bad thing [Support ID: a%7Eb]")))
    (outcome,) = around.payments().write([posting()])
    assert isinstance(outcome, Refused)
    assert outcome.problem.text == "Bad thing."
    assert outcome.problem.support == "BL01001973: Bad thing [Support ID: a~b]"


def test_mixed_results_stand_in_the_order_asked() -> None:
    one, two, three = (posting(key) for key in keys(3))
    around, _ = scripted(
        created(three.control_id, "30")
        + failed(two.control_id, error("BL1", "no"))
        + created(one.control_id, "10")
    )
    outcomes = around.payments().write([one, two, three])
    assert [type(outcome) for outcome in outcomes] == [Written, Refused, Written]
    assert [outcomes[0].id, outcomes[2].id] == ["10", "30"]  # type: ignore[union-attr]  # just seen


def test_done_without_a_number_is_looked_up_and_not_lost() -> None:
    around, _ = scripted(created(posting().control_id, ""))
    (outcome,) = around.payments().write([posting()])
    assert isinstance(outcome, Unclear)


def test_failed_with_a_number_is_looked_up_and_not_sent_again() -> None:
    made = '<data listtype="objects" count="1"><arpymt><RECORDNO>9</RECORDNO></arpymt></data>'
    around, _ = scripted(failed(posting().control_id, error("BL1", "no"), data=made))
    (outcome,) = around.payments().write([posting()])
    assert isinstance(outcome, Unclear)
    assert "9" in outcome.reason


def test_after_a_lost_answer_nothing_more_is_sent() -> None:
    wanted = [posting(key) for key in keys(60)]
    around, company = scripted(written(*keys(25)), HTML)
    outcomes = around.payments().write(wanted)
    assert [type(one) for one in outcomes] == [Written] * 25 + [Unclear] * 25 + [Again] * 10
    assert len(company.asked) == 2


def test_after_a_missing_result_nothing_more_is_sent_of_any_entity() -> None:
    wanted = [*(posting(key) for key in keys(25)), posting("ARP-9", entity="200")]
    around, company = scripted(written(*keys(24)))
    outcomes = around.payments().write(wanted)
    assert [type(one) for one in outcomes] == [Written] * 24 + [Unclear, Again]
    assert len(company.asked) == 1


def test_unavailable_before_anything_was_sent_is_raised() -> None:
    around, _ = scripted(httpx.ConnectError("refused"))
    with pytest.raises(RemoteUnavailable):
        around.payments().write([posting()])


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.Response(429),
        doubles.refused_sign_in("Sign-in information is incorrect"),
        doubles.refused_control("XL03000003", "schema"),
    ],
    ids=["refused", "429", "sign-in", "schema"],
)
def test_trouble_after_the_first_request_spoils_no_outcome(trouble: httpx.Response | Exception) -> None:
    around, company = scripted(written(*keys(25)), trouble)
    outcomes = around.payments().write([posting(key) for key in keys(60)])
    assert [type(one) for one in outcomes] == [Written] * 25 + [Again] * 35
    assert len(company.asked) == 2


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (doubles.refused_sign_in("Sign-in information is incorrect"), SignInRefused),
        (doubles.refused_control("XL03000003", "schema"), CallRefused),
    ],
)
def test_trouble_with_the_whole_call_is_raised_while_nothing_was_sent(
    trouble: httpx.Response, raised: type[Exception]
) -> None:
    around, _ = scripted(trouble)
    with pytest.raises(raised):
        around.payments().write([posting()])


@pytest.mark.parametrize(
    ("seconds", "sizes"),
    [(0.0, [25, 25, 25]), (0.1, [75]), (0.3, [66, 9]), (1.0, [20, 20, 20, 15]), (90.0, [1] * 75)],
)
def test_requests_are_sized_by_the_time_that_a_record_takes(seconds: float, sizes: list[int]) -> None:
    wanted = keys(75)
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    around, company = scripted(
        *(written(*wanted[at : at + size]) for at, size in zip(starts, sizes, strict=True))
    )
    around.pace.seconds = seconds
    outcomes = around.payments().write([posting(key) for key in wanted])
    assert all(isinstance(one, Written) for one in outcomes)
    assert [len(control_ids(one)) for one in company.asked] == sizes
    assert [records for records, _ in around.pace.measures] == sizes


def test_never_more_than_a_hundred_at_once() -> None:
    around, company = scripted(written(*keys(100)), written(*keys(20, first=100)))
    around.pace.seconds = 0.001
    around.payments().write([posting(key) for key in keys(120)])
    assert [len(control_ids(one)) for one in company.asked] == [100, 20]


def test_a_lost_answer_teaches_the_pace_only_that_it_is_slower() -> None:
    around, _ = scripted(HTML)
    around.pace.seconds = 5.0
    around.payments().write([posting()])
    assert around.pace.measures == []


def test_payments_of_several_entities_go_in_a_request_each_and_come_back_in_order() -> None:
    wanted = [
        posting(key, entity=entity) for key, entity in zip(keys(4), ("", "200", "", "200"), strict=True)
    ]
    around, company = scripted(
        created(wanted[0].control_id, "1") + created(wanted[2].control_id, "3"),
        created(wanted[1].control_id, "2") + created(wanted[3].control_id, "4"),
    )
    outcomes = around.payments().write(wanted)
    assert [one.id for one in outcomes if isinstance(one, Written)] == ["1", "2", "3", "4"]
    assert len(company.asked) == 2


def test_an_entity_that_cannot_be_entered_refuses_its_own_payments_only() -> None:
    first, second = posting("ARP-1", entity="nowhere"), posting("ARP-2")
    asked: list[str] = []

    def company(request: httpx.Request) -> httpx.Response:
        body = request.content.decode()
        asked.append(body)
        if "<getAPISession><locationid>nowhere" in body:
            return doubles.answer(
                failed("session", error("BL01001973", "Invalid location"), function="getAPISession")
            )
        if "<getAPISession/>" in body:
            return doubles.answer(doubles.session_result("s"))
        return doubles.answer(created(second.control_id, "5"))

    around = doubles.plugged(httpx.Client(transport=httpx.MockTransport(company)))
    refused, done = around.payments().write([first, second])
    assert isinstance(refused, Refused)
    assert refused.problem.code == "entity_refused"
    assert "nowhere" in refused.problem.text
    assert isinstance(done, Written)
    assert not any("ARP-1" in body for body in asked)


def test_a_field_that_no_company_has_refuses_its_own_payment_only() -> None:
    wrong = replace(posting("ARP-1"), header=(("A><B", "x"),))
    around, _ = scripted(written("ARP-2"))
    refused, done = around.payments().write([wrong, posting("ARP-2")])
    assert isinstance(refused, Refused)
    assert "A><B" in refused.problem.text
    assert isinstance(done, Written)
    with pytest.raises(BadSetting):
        around.payments().describe(wrong)


def test_what_is_kept_of_an_exchange_is_bounded() -> None:
    long = replace(posting(), header=(("DESCRIPTION", "x" * 3 * KEPT_BYTES),))
    around, _ = scripted(failed(long.control_id, error("BL1", "y" * 3 * KEPT_BYTES)))
    (outcome,) = around.payments().write([long])
    assert len(outcome.exchange.sent) <= KEPT_BYTES
    assert len(outcome.exchange.received) <= KEPT_BYTES


def test_nothing_to_write_sends_nothing() -> None:
    around, company = scripted()
    assert around.payments().write([]) == []
    assert company.asked == []
