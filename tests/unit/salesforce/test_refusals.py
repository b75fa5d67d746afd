"""Every error that the reference lists, and some that nobody has seen, fall into a class with a name."""

import json

import httpx
import pytest

from app.errors import CallRefused, OutcomeUnknown, RemoteError, RemoteUnavailable, SignInRefused
from app.salesforce import refusals
from app.salesforce.failures import (
    AnswerLost,
    Down,
    NotNow,
    RequestRefused,
    RequestsUsedUp,
    Throttled,
    failure,
)
from app.salesforce.refusals import ASK, Next, problem, what_next

TOKEN = "00D5g00000HrbSm!AQEAQsecret"

# code, HTTP status, message, what a read is, what a write is
ROWS: tuple[tuple[str, int, str, type[RemoteError], type[RemoteError]], ...] = (
    ("INVALID_SESSION_ID", 401, "Session expired or invalid", SignInRefused, SignInRefused),
    (
        "INVALID_SESSION_ID",
        401,
        "This session is not valid for use with the REST API",
        SignInRefused,
        SignInRefused,
    ),
    ("INVALID_SESSION_ID", 403, "Session expired or invalid", SignInRefused, SignInRefused),
    ("REQUEST_LIMIT_EXCEEDED", 403, "TotalRequests Limit exceeded.", RequestsUsedUp, RequestsUsedUp),
    ("REQUEST_LIMIT_EXCEEDED", 403, "ConcurrentPerOrgLongTxn Limit exceeded", Throttled, Throttled),
    (
        "REQUEST_LIMIT_EXCEEDED",
        403,
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        Throttled,
        Throttled,
    ),
    ("API_DISABLED_FOR_ORG", 403, "API is not enabled", RequestRefused, RequestRefused),
    ("API_CURRENTLY_DISABLED", 403, "API is disabled", RequestRefused, RequestRefused),
    ("INSUFFICIENT_ACCESS_OR_READONLY", 403, "insufficient access rights", RequestRefused, RequestRefused),
    (
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        400,
        "insufficient access rights on cross-reference id: 0015g00000Acct1",
        RequestRefused,
        RequestRefused,
    ),
    ("NOT_FOUND", 404, "The requested resource does not exist", RequestRefused, RequestRefused),
    ("ENTITY_IS_DELETED", 404, "entity is deleted", RequestRefused, RequestRefused),
    ("UNABLE_TO_LOCK_ROW", 400, "unable to obtain exclusive access to this record", NotNow, NotNow),
    ("DUPLICATE_VALUE", 400, "duplicate value found: K duplicates …: a0B", RequestRefused, RequestRefused),
    ("DUPLICATES_DETECTED", 400, "Use one of these records?", RequestRefused, RequestRefused),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", 400, "Not on Sundays", RequestRefused, RequestRefused),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", 400, "Trg: execution of", RequestRefused, RequestRefused),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        400,
        "Trg: System.DmlException: UNABLE_TO_LOCK_ROW, unable",
        NotNow,
        NotNow,
    ),
    ("REQUIRED_FIELD_MISSING", 400, "Required fields are missing: [Name]", RequestRefused, RequestRefused),
    ("INVALID_FIELD", 400, "No such column 'X__c' on entity 'Lead'", RequestRefused, RequestRefused),
    ("INVALID_FIELD_FOR_INSERT_UPDATE", 400, "Unable to create/update", RequestRefused, RequestRefused),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", 400, "Status: bad value", RequestRefused, RequestRefused),
    ("INVALID_CROSS_REFERENCE_KEY", 400, "this ID value isn't valid", RequestRefused, RequestRefused),
    ("STRING_TOO_LONG", 400, "data value too large: (max length=15)", RequestRefused, RequestRefused),
    ("MALFORMED_ID", 400, "bad id", RequestRefused, RequestRefused),
    ("MALFORMED_QUERY", 400, "unexpected token", RequestRefused, RequestRefused),
    ("INVALID_TYPE", 400, "sObject type 'X' is not supported", RequestRefused, RequestRefused),
    ("JSON_PARSER_ERROR", 400, "Unexpected character", RequestRefused, RequestRefused),
    ("INVALID_QUERY_LOCATOR", 400, "invalid query locator", RequestRefused, RequestRefused),
    ("FIELD_INTEGRITY_EXCEPTION", 400, "field integrity exception", RequestRefused, RequestRefused),
    ("INVALID_STATUS", 400, "invalid status", RequestRefused, RequestRefused),
    ("ENTITY_IS_LOCKED", 400, "the entity is locked for editing", RequestRefused, RequestRefused),
    ("STORAGE_LIMIT_EXCEEDED", 400, "storage limit exceeded", RequestRefused, RequestRefused),
    ("STORAGE_LIMIT_EXCEEDED", 403, "storage limit exceeded", RequestRefused, RequestRefused),
    ("TOO_MANY_APEX_REQUESTS", 400, "Too many", NotNow, NotNow),
    ("TOO_MANY_APEX_REQUESTS", 503, "Too many", NotNow, AnswerLost),
    ("QUERY_TIMEOUT", 400, "Your query request was running for too long.", NotNow, NotNow),
    ("QUERY_TIMEOUT", 500, "Your query request was running for too long.", NotNow, AnswerLost),
    ("REQUEST_RUNNING_TOO_LONG", 503, "Your request was running too long", NotNow, AnswerLost),
    ("SERVER_UNAVAILABLE", 503, "Server Unavailable", Down, AnswerLost),
    ("UNKNOWN_EXCEPTION", 500, "ErrorId: 123-456 (-789)", Down, AnswerLost),
    ("UNKNOWN_EXCEPTION", 502, "ErrorId: 123-456 (-789)", Down, AnswerLost),
    ("UNSUPPORTED_API_VERSION", 410, "API version is no longer supported", RequestRefused, RequestRefused),
    ("UNSUPPORTED_API_VERSION", 500, "UNSUPPORTED_API_VERSION", RequestRefused, RequestRefused),
    ("GONE", 410, "API version 25.0 is retired", RequestRefused, RequestRefused),
    ("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", 503, "read only", NotNow, AnswerLost),
    ("ALL_OR_NONE_OPERATION_ROLLED_BACK", 400, "rolled back", NotNow, NotNow),
    ("PROCESSING_HALTED", 400, "rolled back", NotNow, NotNow),
    ("NOBODY_HAS_SEEN_THIS", 400, "Something new", RequestRefused, RequestRefused),
    ("NOBODY_HAS_SEEN_THIS", 404, "Something new", RequestRefused, RequestRefused),
    ("NOBODY_HAS_SEEN_THIS", 409, "Something new", RequestRefused, RequestRefused),
    ("NOBODY_HAS_SEEN_THIS", 429, "Something new", Throttled, Throttled),
    ("NOBODY_HAS_SEEN_THIS", 500, "Something new", Down, AnswerLost),
    ("NOBODY_HAS_SEEN_THIS", 302, "Something new", Down, AnswerLost),
)


def answered(status: int, body: object = None, **headers: str) -> httpx.Response:
    request = httpx.Request("GET", "https://x.example", headers={"Authorization": f"Bearer {TOKEN}"})
    content = json.dumps(body).encode() if body is not None else b""
    kind = {"Content-Type": "application/json"} if content else {}
    return httpx.Response(status, content=content, headers={**kind, **headers}, request=request)


def error(code: str, message: str, **more: object) -> list[dict[str, object]]:
    return [{"message": message, "errorCode": code, **more}]


@pytest.mark.parametrize(("code", "status", "message", "of_read", "of_write"), ROWS)
def test_each_error_is_named_by_what_happens_next(
    code: str, status: int, message: str, of_read: type[RemoteError], of_write: type[RemoteError]
) -> None:
    answer = answered(status, error(code, message))
    assert type(failure(answer, is_read=True)) is of_read
    assert type(failure(answer, is_read=False)) is of_write


def test_every_code_of_both_tables_stands_in_the_rows_above() -> None:
    assert {code for code, *_ in ROWS} >= set(refusals.AGAIN) | set(ASK)


@pytest.mark.parametrize("status", [301, 302, 400, 404, 420, 500, 502, 503, 504, 524])
def test_a_web_page_is_an_outage_that_a_read_survives_and_a_write_does_not_know_of(status: int) -> None:
    page = httpx.Response(
        status, html="<h1>Down for maintenance</h1>", request=httpx.Request("GET", "https://x")
    )
    assert isinstance(failure(page, is_read=True), RemoteUnavailable)
    assert isinstance(failure(page, is_read=False), OutcomeUnknown)
    assert "maintenance" not in str(failure(page, is_read=True))


@pytest.mark.parametrize("status", [400, 405, 406, 414, 415, 431])
def test_an_empty_refusal_is_a_refusal(status: int) -> None:
    refused = failure(answered(status), is_read=True)
    assert isinstance(refused, CallRefused)
    assert str(status) in refused.reason


@pytest.mark.parametrize("status", [420, 500, 502, 503, 504, 524])
def test_an_empty_failure_of_the_server_or_its_edge_is_an_outage(status: int) -> None:
    assert isinstance(failure(answered(status), is_read=True), RemoteUnavailable)
    assert isinstance(failure(answered(status), is_read=False), OutcomeUnknown)


@pytest.mark.parametrize(
    "body", [{}, [], [1], ["errorCode"], {"error": "x"}, [{"message": "no code"}], "text"]
)
def test_an_error_body_of_another_shape_is_judged_by_its_status(body: object) -> None:
    assert isinstance(failure(answered(400, body), is_read=True), CallRefused)
    assert isinstance(failure(answered(503, body), is_read=True), RemoteUnavailable)


@pytest.mark.parametrize(
    ("message", "fields", "field"),
    [
        ("No such column 'Entity__c' on sobject of type AR_Payment__c", {}, "Entity__c"),
        (
            "\nSELECT Id, Entity__c FROM X\n           ^\nERROR at Row:1:Column:12\n"
            "No such column 'Entity__c' on entity 'X'. If you are attempting to use a custom field, …",
            {},
            "Entity__c",
        ),
        ("Didn't understand relationship 'Acount__r' in field path.", {}, "Acount__r"),
        ("Field is not filterable", {"fields": ["Note__c"]}, "Note__c"),
        ("Field is not filterable", {}, ""),
    ],
)
def test_a_field_that_salesforce_does_not_know_is_named(
    message: str, fields: dict[str, list[str]], field: str
) -> None:
    refused = failure(answered(400, error("INVALID_FIELD", message, **fields)), is_read=True)
    assert isinstance(refused, RequestRefused)
    assert (refused.code, refused.field) == ("INVALID_FIELD", field)
    assert "SELECT" not in refused.reason


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
)
def test_the_wait_that_salesforce_asks_for_is_passed_on(text: str, seconds: float | None) -> None:
    for status in (429, 503):
        refused = failure(answered(status, error("X", "slow down"), **{"Retry-After": text}), is_read=True)
        assert isinstance(refused, RemoteUnavailable)
        assert refused.retry_after == seconds


def test_a_token_that_comes_back_in_an_error_goes_no_further() -> None:
    refused = failure(answered(400, error("X", f"Bad header Bearer {TOKEN}")), is_read=True)
    assert TOKEN not in str(refused)


@pytest.mark.parametrize("code", [*ASK, "NOBODY_HAS_SEEN_THIS", ""])
@pytest.mark.parametrize("fields", [(), ("Amount__c", "ia_crm__Ref__c")])
def test_a_problem_reads_as_one_sentence_without_the_vendors_code(code: str, fields: tuple[str, ...]) -> None:
    told = problem(code, "Field {0} is\n  wrong.", fields)
    assert what_next(code) is Next.ASK
    for sentence in (told.text, told.remedy):
        assert sentence.endswith(".")
        assert not sentence.endswith("..")
        assert "\n" not in sentence
        assert not code or code not in sentence
    assert told.code.startswith("salesforce_")
    assert told.support.startswith(f"{code}: Field {{0}}")
    assert told.field == (fields[0] if fields else "")


def test_an_administrators_own_rule_is_told_in_the_administrators_words() -> None:
    told = problem(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION", "A posted payment needs a reference.", ("Reference__c",)
    )
    assert told.text == "A validation rule of the org refuses the change: A posted payment needs a reference."
