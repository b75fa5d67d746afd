"""Answers are told apart by the level at which they failed, as real companies answered."""

from pathlib import Path

import pytest

from app.errors import Malformed
from app.intacct.answers import Answered, ControlFailed, Done, Failed, Lost, SignInFailed, read_answer
from app.intacct.faults import Next, judge
from tests.unit.intacct import doubles

CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "reference" / "real" / "intacct"


def capture(name: str) -> bytes:
    if not CAPTURES.is_dir():
        pytest.skip("the captures of real systems are not beside this checkout")
    return (CAPTURES / name).read_bytes()


def test_captured_xml_error_is_a_failure_of_the_whole_request() -> None:
    answer = read_answer(capture("execXMLError.xml"))
    assert isinstance(answer, ControlFailed)
    assert [one.number for one in answer.complaints] == ["XL03000003", "XL03000003"]
    assert "tag mismatch" in judge(answer.complaints).problem.text


@pytest.mark.parametrize(
    ("name", "expected"), [("execLoginInvalid.xml", Next.STOP), ("sessionInvalid.xml", Next.SIGN_IN)]
)
def test_captured_sign_in_failures_are_told_apart(name: str, expected: Next) -> None:
    answer = read_answer(capture(name))
    assert isinstance(answer, SignInFailed)
    assert judge(answer.complaints).next is expected


def test_captured_function_failure_tells_the_root_cause_and_what_was_made_all_the_same() -> None:
    answer = read_answer(capture("execFuncError.xml"), keep=True)
    assert isinstance(answer, Answered)
    (result,) = answer.results
    assert isinstance(result, Failed)
    assert result.records[0]["RECORDNO"] == "1424"
    assert judge(result.complaints).problem.text.startswith("Another Project with the given value(s)")
    assert result.received.startswith("<result>")
    assert result.received.endswith("</result>")


def test_captured_mixed_results_keep_their_order() -> None:
    answer = read_answer(capture("functionErrorSuccess.xml"))
    assert isinstance(answer, Answered)
    first, second, third = answer.results
    assert isinstance(first, Failed)
    assert first.complaints[0].text == "Invalid fields list x"
    assert isinstance(second, Done)
    assert second.records[0]["VENDORNAME"] == "FOSSE BOB"
    assert isinstance(third, Failed)
    assert (answer.session_from, answer.session_until) == (
        "2019-05-30T12:29:53-07:00",
        "2019-05-30T18:29:53-07:00",
    )


def test_captured_lists_say_how_many_remain() -> None:
    answer = read_answer(capture("execProjectSuccess.xml"))
    assert isinstance(answer, Answered)
    page, whole = answer.results
    assert isinstance(page, Done)
    assert isinstance(whole, Done)
    assert (len(page.records), page.remaining) == (5, 30)
    assert (len(whole.records), whole.remaining) == (1, None)


def test_captured_empty_elements_are_empty_text() -> None:
    answer = read_answer(capture("vendorResponse.xml"))
    assert isinstance(answer, Answered)
    result = answer.results[0]
    assert isinstance(result, Done)
    assert result.records[1]["PARENTID"] == ""
    assert result.records[1]["NO_SUCH_FIELD"] == ""


def test_owned_records_come_with_their_owner() -> None:
    text = (
        "<result><status>success</status><function>read</function><controlid>r</controlid>"
        '<data listtype="ARPYMT" count="1"><ARPYMT><RECORDNO>1234</RECORDNO><ARPYMTDETAILS>'
        "<arpymtdetail><RECORDNO>127</RECORDNO><RECORDKEY>101</RECORDKEY></arpymtdetail></ARPYMTDETAILS></ARPYMT></data></result>"
    )
    answer = read_answer(doubles.answer(text).content)
    assert isinstance(answer, Answered)
    (result,) = answer.results
    assert isinstance(result, Done)
    assert result.records[0].owned["ARPYMTDETAILS"] == ({"RECORDNO": "127", "RECORDKEY": "101"},)


def test_a_legacy_function_answers_its_number_as_a_key() -> None:
    text = (
        "<result><status>success</status><function>reverse_arpayment</function><controlid>r</controlid>"
        "<key>77</key></result>"
    )
    answer = read_answer(doubles.answer(text).content)
    assert isinstance(answer, Answered)
    (result,) = answer.results
    assert isinstance(result, Done)
    assert result.records[0]["RECORDNO"] == "77"


def test_support_ids_are_cut_out_and_decoded_and_errorids_are_kept() -> None:
    text = doubles.failed(
        "c",
        "<error><errorno>BL01001973</errorno><description>Duplicate</description>"
        "<description2>The number &amp;#039;5&amp;#039; exists [Support ID: EsppO%7EZE]</description2>"
        "<correction>&lt;b&gt;Enter&lt;/b&gt; another</correction>"
        "<additionalinfo><errorid>GL-0493</errorid></additionalinfo></error>",
    )
    answer = read_answer(doubles.answer(text).content)
    assert isinstance(answer, Answered)
    (result,) = answer.results
    assert isinstance(result, Failed)
    (one,) = result.complaints
    assert (one.id, one.support, one.text) == ("GL-0493", "EsppO~ZE", "The number '5' exists")
    assert one.correction == "Enter another"


def test_a_result_in_a_value_does_not_confuse_what_is_kept_of_each() -> None:
    """CDATA may carry the very text that results are cut by."""
    told = doubles.failed(
        "a", "<error><errorno>X</errorno><description2><![CDATA[<result>]]></description2></error>"
    )
    answer = read_answer(doubles.answer(told + doubles.created("b", "9")).content, keep=True)
    assert isinstance(answer, Answered)
    assert "<controlid>a</controlid>" in answer.results[0].received  # type: ignore[union-attr]  # both have it
    assert "<RECORDNO>9</RECORDNO>" in answer.results[1].received  # type: ignore[union-attr]  # both have it


def test_a_status_nobody_knows_is_no_success_and_no_failure() -> None:
    text = "<result><status>queued</status><function>create</function><controlid>c</controlid></result>"
    answer = read_answer(doubles.answer(text).content)
    assert answer == Answered(
        (Lost("c", "Intacct gives it the status 'queued'"),),
        "2026-01-15T10:00:00+00:00",
        "2026-01-15T12:00:00+00:00",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<response/>",
        b"<html><control><status>success</status></control></html>",
        b"<response><control><status>success</status></control></response>",
        b"<response><control><status>success</status></control><operation/></response>",
        b"<response><acknowledgement><status>success</status></acknowledgement></response>",
    ],
)
def test_what_is_not_a_whole_answer_is_none(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_answer(body)


def test_an_error_of_the_operation_is_one_of_the_whole_request() -> None:
    answer = read_answer(doubles.answer(f"<errormessage>{doubles.error('GW-0010')}</errormessage>").content)
    assert isinstance(answer, ControlFailed)
