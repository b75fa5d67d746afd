"""The gateway's envelope: who gets in, three levels of failure, one transaction, and ids that are taken once."""

import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from simulators.intacct.settings import Settings
from tests.simulators.intacct_company import (
    ENDPOINT,
    LOGIN,
    Ask,
    Company,
    at,
    company,
    day,
    function,
    line,
    login,
    numbers,
    payment,
    request,
    reverse,
    said,
    shape,
)

SESSION = "<getAPISession/>"
PROBE = "<query><object>ARPYMT</object><select><field>RECORDNO</field></select><pagesize>1</pagesize></query>"
GOOD = payment(line(55102, "125.00"))
BAD = payment(line(99, "1.00"))


def session(books: Company, auth: str = LOGIN, inside: str = SESSION) -> str:
    opened = books.run(inside, Ask(auth=auth))
    return f"<sessionid>{opened.findtext('data/api/sessionid')}</sessionid>"


# ---- who gets in ----


@pytest.mark.parametrize(
    ("auth", "entity"),
    [
        (login(), ""),
        (login(more="<locationid/>"), ""),
        (login(more="<locationid>200</locationid>"), "200"),
        (login("HARBORLIGHT-SIM|200"), "200"),
        (login("HARBORLIGHT-CONSOLE", more="<clientid>HARBORLIGHT-SIM</clientid>"), ""),
        (
            login(
                "HARBORLIGHT-CONSOLE", more="<clientid>HARBORLIGHT-SIM</clientid><locationid>300</locationid>"
            ),
            "300",
        ),
        (login("HARBORLIGHT-CONSOLE|HARBORLIGHT-SIM|300"), "300"),
    ],
)
def test_every_form_of_login_leads_into_the_company_and_the_entity_it_names(books, auth, entity):
    answer = books.post(function(SESSION), Ask(auth=auth))
    assert answer.findtext("operation/authentication/status") == "success"
    assert answer.findtext("operation/authentication/locationid") == entity
    assert answer.findtext("operation/result/data/api/locationid") == entity
    assert answer.findtext("operation/result/data/api/endpoint") == ENDPOINT


@pytest.mark.parametrize(
    "auth",
    [
        login(password="wrong"),
        login("ANOTHER"),
        login("HARBORLIGHT-SIM|999"),
        at("999"),
        login("HARBORLIGHT-CONSOLE", more="<clientid>ANOTHER</clientid>"),
        "",
    ],
)
def test_a_wrong_login_is_refused_in_the_operation_and_nothing_is_run(books, auth):
    answer = books.post(function(f"<create>{GOOD}</create>"), Ask(auth=auth))
    assert answer.findtext("control/status") == "success"
    operation = answer.find("operation")
    assert operation.findtext("authentication/status") == "failure"
    assert numbers(operation) == ["XL03000006"]
    assert said(operation) == ["Sign-in information is incorrect"]
    assert operation.find("result") is None
    assert books.simulator.books.payments.values() == []


def test_a_password_before_the_company_is_out_of_order(books):
    auth = "<login><userid>sim_user</userid><password>sim-user-secret</password><companyid>HARBORLIGHT-SIM</companyid></login>"
    answer = books.post(function(SESSION), Ask(auth=auth))
    assert answer.findtext("control/status") == "failure"
    assert "companyid" in said(answer)[0]


@pytest.mark.parametrize("sender", [("another", "sim-sender-secret"), ("sim_sender", "SIM-SENDER-SECRET")])
def test_a_wrong_sender_is_refused_before_anybody_signs_in(books, sender):
    answer = books.post(function(SESSION), Ask(sender=sender))
    assert answer.findtext("control/status") == "failure"
    assert answer.find("operation") is None
    assert numbers(answer) == ["XL03000006"]


def test_a_session_slides_with_every_answer_and_ends_when_it_is_left_alone(books):
    auth = session(books)
    for _ in range(3):
        books.clock.turn(seconds=20_000)
        answer = books.post(function(PROBE), Ask(auth=auth))
        assert answer.findtext("operation/authentication/status") == "success"
        until = answer.findtext("operation/authentication/sessiontimeout")
        assert (
            until
            == (books.clock.now + timedelta(seconds=21_600))
            .astimezone(books.simulator.books.settings.timezone)
            .isoformat()
        )
    books.clock.turn(seconds=21_600)
    late = books.post(function(PROBE), Ask(auth=auth)).find("operation")
    assert numbers(late) == ["XL03000006"]
    assert re.fullmatch(r"Invalid session .\.\.\.\.", said(late)[0])
    assert late.findtext("authentication/userid") == ""
    assert late.findtext("authentication/companyid") == ""


def test_a_session_opens_another_one_in_an_entity_and_one_back_at_the_top(books):
    top = session(books)
    entity = session(books, top, "<getAPISession><locationid>400</locationid></getAPISession>")
    answer = books.post(function(PROBE), Ask(auth=entity))
    assert answer.findtext("operation/authentication/locationid") == "400"
    same = books.run(SESSION, Ask(auth=entity))
    assert same.findtext("data/api/locationid") == "400"
    back = books.run("<getAPISession><locationid/></getAPISession>", Ask(auth=entity))
    assert back.findtext("data/api/locationid") == ""


def test_getapisession_is_alone_in_its_request(books):
    answer = books.post(function(SESSION, "a") + function(PROBE, "b"))
    assert answer.findtext("control/status") == "failure"


def test_a_demo_company_whose_time_is_over_echoes_neither_sender_nor_control_id():
    books = company(Settings(expired=True))
    answer = books.post(function(PROBE))
    assert [(child.tag, child.text or "") for child in answer.find("control")] == [
        ("status", "failure"),
        ("senderid", ""),
        ("controlid", ""),
    ]
    assert numbers(answer) == ["PL04000055"]
    assert answer.find("operation") is None
    books.simulator.close()


# ---- what is not a request ----


def test_a_request_that_is_not_well_formed_fails_with_the_echo_of_its_control_block(books):
    body = request(function(GOOD), Ask()).replace(b"</CUSTOMERID>", b"</CUSTOMER>")
    answer = ElementTree.fromstring(books.raw(body).body)
    assert answer.findtext("control/status") == "failure"
    assert answer.findtext("control/senderid") == "sim_sender"
    assert answer.findtext("control/controlid") == "c1"
    assert numbers(answer) == ["XL03000003"]
    assert said(answer)[0].startswith(
        "XML Parse schema error: Fatal Error 76: Opening and ending tag mismatch: CUSTOMERID line 1 and CUSTOMER."
    )


@pytest.mark.parametrize("body", [b"", b"not xml", b"<request>"])
def test_nonsense_is_answered_with_a_control_failure(books, body):
    answer = ElementTree.fromstring(books.raw(body).body)
    assert answer.findtext("control/status") == "failure"


def test_a_document_type_is_refused_so_no_entity_is_ever_expanded(books):
    bomb = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    body = request(function(PROBE), Ask()).replace(b"<request>", bomb + b"<request>")
    answer = ElementTree.fromstring(books.raw(body).body)
    assert numbers(answer) == ["XL03000003"]


@pytest.mark.parametrize(
    ("functions", "ask"),
    [
        (function(PROBE), Ask(dtd="2.0")),
        (function(PROBE), Ask(dtd="2.1")),
        (function("<create_unicorn/>"), Ask()),
        ("", Ask()),
        (f"<function>{PROBE}</function>", Ask()),
        (function(PROBE + PROBE), Ask()),
    ],
)
def test_what_the_schema_does_not_know_fails_as_a_whole(books, functions, ask):
    answer = books.post(functions, ask)
    assert answer.findtext("control/status") == "failure"
    assert numbers(answer) == ["XL03000003"]


def test_dtd_2_1_still_has_the_legacy_functions(books):
    recordno = books.create(GOOD)
    assert books.run(reverse(recordno), Ask(dtd="2.1")).findtext("status") == "success"


@pytest.mark.parametrize(
    "legacy",
    [
        '<reverse_arpayment key="88003"><description>late</description>'
        + day("datereversed", "2026-11-24")
        + "</reverse_arpayment>",
        '<reverse_arpayment key="88003"><datereversed><month>11</month><year>2026</year><day>24</day></datereversed>'
        "</reverse_arpayment>",
        "<create_arpayment><paymentamount>5</paymentamount><customerid>C-10233</customerid></create_arpayment>",
        "<create_arpayment><customerid>C-10233</customerid><colour>red</colour></create_arpayment>",
    ],
)
def test_a_legacy_function_with_its_elements_out_of_order_fails_the_whole_request(books, legacy):
    answer = books.post(function(legacy))
    assert answer.findtext("control/status") == "failure"
    assert "This element is not expected" in said(answer)[0]


# ---- level 3, and what is around it ----


def test_a_refused_function_lists_the_cause_first_and_the_generic_error_after_it(books):
    result = books.run(f"<create>{BAD}</create>")
    assert result.findtext("status") == "failure"
    assert result.find("data").attrib == {"listtype": "objects", "count": "0"}
    assert numbers(result) == ["DL03000005", "BL01001973"]
    assert said(result) == ["No record exits for the recordkey 99", "Could not create arpymt record!"]
    assert re.search(
        r" \[Support ID: [\w-]{5}%7E[\w-]{24}\]$", result.findtext("errormessage/error/description2")
    )


def test_additional_information_comes_only_when_it_is_asked_for(books):
    plain = books.run(f"<create>{BAD}</create>")
    assert plain.find("errormessage/error/additionalinfo") is None
    told = books.run(f"<create>{BAD}</create>", Ask(explained=True))
    for error in told.findall("errormessage/error"):
        assert error.findtext("additionalinfo/errorid", "").startswith("SIM-")
        assert error.find("additionalinfo/target").attrib.keys() == {
            "domain",
            "requestinfo",
            "object",
            "field",
            "businessinfo",
        }


def test_apostrophes_leave_as_the_vendor_writes_them(books):
    body = request(function(f"<create>{payment(line(55102, '1'), CUSTOMERID='O Neill')}</create>"), Ask())
    assert b"Invalid Customer &#039;O Neill&#039; specified." in books.raw(body).body


def test_without_a_transaction_each_function_stands_alone(books):
    functions = function(f"<create>{BAD}</create>", "a") + function(f"<create>{GOOD}</create>", "b")
    results = books.post(functions).findall("operation/result")
    assert [(one.findtext("controlid"), one.findtext("status")) for one in results] == [
        ("a", "failure"),
        ("b", "success"),
    ]
    assert len(books.simulator.books.payments) == 1


def test_a_create_that_fails_midway_keeps_and_shows_what_came_before_the_failure(books):
    result = books.run(f"<create>{GOOD}{BAD}{GOOD}</create>")
    assert result.findtext("status") == "failure"
    assert result.find("data").get("count") == "1"
    assert len(books.simulator.books.payments) == 1


def test_a_transaction_that_fails_leaves_nothing_and_marks_all_it_had_done(books):
    before = books.books()
    functions = "".join(
        function(f"<create>{one}</create>", name) for name, one in (("a", GOOD), ("b", BAD), ("c", GOOD))
    )
    results = books.post(functions, Ask(transaction=True, unique="true")).findall("operation/result")
    assert [(one.findtext("controlid"), one.findtext("status")) for one in results] == [
        ("a", "aborted"),
        ("b", "aborted"),
    ]
    assert numbers(results[0]) == ["XL03000009"]
    assert numbers(results[1]) == ["DL03000005", "BL01001973", "XL03000009"]
    assert (
        said(results[1])[-1]
        == "The entire transaction in this operation has been rolled back due to an error."
    )
    assert books.books() == before
    again = books.post(function(f"<create>{GOOD}</create>", "a"), Ask(unique="true"))
    assert again.findtext("operation/result/status") == "success", "an aborted id may be used again"


def test_a_transaction_that_holds_together_is_kept_whole(books):
    functions = "".join(function(f"<create>{GOOD}</create>", name) for name in "ab")
    results = books.post(functions, Ask(transaction=True)).findall("operation/result")
    assert [one.findtext("status") for one in results] == ["success", "success"]
    assert books.due(55102) == 14900 - 250


# ---- uniqueid ----


@pytest.mark.parametrize("unique", ["true", ""])
def test_a_completed_control_id_is_never_taken_again_and_its_record_is_not_told(books, unique):
    books.create(GOOD, Ask(unique=unique), "pay:17")
    again = books.run(f"<create>{GOOD}</create>", Ask(unique=unique), "pay:17")
    assert again.findtext("status") == "failure"
    assert said(again) == ["A successful transaction has already been recorded with the control id pay:17"]
    assert again.find(".//RECORDNO") is None
    assert len(books.simulator.books.payments) == 1


def test_a_reading_function_uses_its_control_id_up_as_well(books):
    assert books.run(PROBE, Ask(unique="true"), "q").findtext("status") == "success"
    assert books.run(PROBE, Ask(unique="true"), "q").findtext("status") == "failure"


def test_a_failed_attempt_may_be_repeated_with_the_same_id(books):
    assert books.run(f"<create>{BAD}</create>", Ask(unique="true"), "pay:18").findtext("status") == "failure"
    books.create(GOOD, Ask(unique="true"), "pay:18")


def test_without_uniqueid_the_same_request_posts_twice(books):
    assert books.create(GOOD, Ask(), "pay:19") != books.create(GOOD, Ask(), "pay:19")


def test_the_number_of_the_duplicate_error_is_a_setting():
    books = company(Settings(duplicate_errorno="XL03000042"))
    books.create(GOOD, Ask(unique="true"))
    assert numbers(books.run(f"<create>{GOOD}</create>", Ask(unique="true"))) == ["XL03000042"]
    books.simulator.close()


# ---- what real answers look like ----


def captured(captures: Path, name: str) -> ElementTree.Element:
    return ElementTree.parse(captures / "real" / "intacct" / name).getroot()


def test_a_failed_login_has_the_shape_of_the_captured_one(books, captures):
    answer = books.post(function(PROBE), Ask(auth=login(password="wrong")))
    assert shape(answer) == shape(captured(captures, "execLoginInvalid.xml"))


def test_a_bad_session_has_the_shape_of_the_captured_one(books, captures):
    answer = books.post(function(PROBE), Ask(auth="<sessionid>qqqqqqqq</sessionid>"))
    real = captured(captures, "sessionInvalid.xml")
    assert shape(answer) == shape(real)
    assert said(answer.find("operation")) == said(real.find("operation"))


def test_a_parse_error_has_the_shape_of_the_captured_one(books, captures):
    body = request(function(GOOD), Ask()).replace(b"</CUSTOMERID>", b"</CUSTOMER>")
    answer = ElementTree.fromstring(books.raw(body).body)
    assert shape(answer) == shape(captured(captures, "execXMLError.xml"))


def test_mixed_results_have_the_shape_of_the_captured_ones(books, captures):
    key = books.create(GOOD)
    wanted = (
        f"<read><object>ARPYMT</object><keys>{key}</keys><fields>x</fields></read>",
        f"<read><object>ARPYMT</object><keys>{key}</keys>"
        "<fields>RECORDNO,CUSTOMERID,CUSTOMERNAME,DOCNUMBER</fields></read>",
        f"<read><object>ARPYMT</object><keys>{key}</keys><fields>y</fields></read>",
    )
    answer = books.post("".join(function(one, f"r{place}") for place, one in enumerate(wanted)))
    real = captured(captures, "functionErrorSuccess.xml")
    assert shape(answer.find("control")) == shape(real.find("control"))
    assert shape(answer.find("operation/authentication")) == shape(real.find("operation/authentication"))
    ours, theirs = answer.findall("operation/result"), real.findall("operation/result")
    assert [shape(ours[0]), shape(ours[2])] == [shape(theirs[0]), shape(theirs[2])]
    assert numbers(ours[0]) == numbers(theirs[0]) == ["Invalid fields list x"]
    assert [child.tag for child in ours[1]] == [child.tag for child in theirs[1]]
    assert ours[1].find("data").keys() == theirs[1].find("data").keys()


def test_a_duplicate_that_follows_a_success_has_the_shape_of_the_captured_failure(books, captures):
    customer = "<CUSTOMER><CUSTOMERID>{}</CUSTOMERID><NAME>Another</NAME></CUSTOMER>"
    result = books.run(f"<create>{customer.format('C-1')}{customer.format('C-10233')}</create>")
    real = captured(captures, "execFuncError.xml").find("operation/result")
    assert [child.tag for child in result] == [child.tag for child in real]
    assert result.find("data").attrib == real.find("data").attrib
    assert [child.tag for child in result.find("data/customer")] == ["RECORDNO", "CUSTOMERID"]
    assert shape(result.find("errormessage")) == shape(real.find("errormessage"))
    ours, theirs = numbers(result), numbers(real)
    assert ours == theirs[: len(ours)]
    assert said(result)[0] == said(real)[0].replace("Project", "Customer").replace("Fellow PD1", "C-10233")


def test_pages_of_readbyquery_and_read_have_the_shape_of_the_captured_ones(books, captures):
    asked = function(
        "<readByQuery><object>customer</object><fields>RECORDNO,CUSTOMERID,NAME</fields><query></query>"
        "<pagesize>5</pagesize></readByQuery>",
        "a",
    ) + function(
        "<read><object>CUSTOMER</object><keys>1</keys><fields>RECORDNO,CUSTOMERID,NAME</fields></read>", "b"
    )
    answer = books.post(asked)
    real = ElementTree.tostring(captured(captures, "execProjectSuccess.xml"), encoding="unicode")
    renamed = ElementTree.fromstring(
        real.replace("PROJECTID", "CUSTOMERID").replace("PROJECT", "CUSTOMER").replace("project", "customer")
    )
    assert [shape(one) for one in answer.findall("operation/result")] == [
        shape(one) for one in renamed.findall("operation/result")
    ]
