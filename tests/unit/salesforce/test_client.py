"""What the client does on a bad day: the answers here are those that no simulator gives."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import respx

from app.errors import CallRefused, OutcomeUnknown, RemoteError, RemoteUnavailable, SignInRefused
from app.records import Again, Change, Refused, Shape, Written
from app.salesforce.failures import AnswerLost, RequestsUsedUp, Unreachable
from app.salesforce.wire import AnswerNotUnderstood
from tests.unit.salesforce.kit import NOW, Desk, by_secret

HOME = "https://harborlight.my.salesforce.com"
INSTANCE = "https://harborlight--c.my.salesforce.com"
API = f"{INSTANCE}/services/data/v65.0"
GRANTED = {
    "access_token": "00D5g00000HrbSm!AQEAQ.first",
    "instance_url": INSTANCE,
    "id": "https://login.salesforce.com/id/00D5g00000HrbSmEAJ/0055g00000UserAAAA",
    "token_type": "Bearer",
}
EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
PAYMENT = "a0B5g00000Pmt01EAB"
PAYMENTS = Shape("AR_Payment__c", ("Name",))


@pytest.fixture
def salesforce() -> Iterator[respx.Router]:
    with respx.mock(assert_all_called=False) as router:
        router.post(f"{HOME}/services/oauth2/token").respond(json=GRANTED)
        yield router


@pytest.fixture
def desk(salesforce: respx.Router) -> Iterator[Desk]:
    opened = Desk(by_secret(HOME))
    yield opened
    opened.http.close()


def refusal(code: str, message: str = "text") -> list[dict[str, str]]:
    return [{"message": message, "errorCode": code}]


def page(*ids: str, more: str = "", **values: object) -> dict[str, object]:
    records = [{"attributes": {}, "Id": id, "Name": "x", "SystemModstamp": _STAMP, **values} for id in ids]
    rest = {"done": False, "nextRecordsUrl": more} if more else {"done": True}
    return {"totalSize": 99, "records": records, **rest}


_STAMP = "2026-03-02T14:05:09.000+0000"


def test_a_call_says_who_we_are_and_is_counted_with_what_the_org_says(
    desk: Desk, salesforce: respx.Router
) -> None:
    route = salesforce.get(f"{API}/limits").respond(
        json={}, headers={"Sforce-Limit-Info": "api-usage=18/5000"}
    )
    desk.client.get("limits", "/limits")
    headers = route.calls.last.request.headers
    assert headers["Authorization"] == "Bearer 00D5g00000HrbSm!AQEAQ.first"
    assert headers["Sforce-Call-Options"] == "client=ledgerline"
    assert desk.counts.calls == {"token": 1, "limits": 1}
    assert desk.counts.usage == (18, 5000)


@pytest.mark.parametrize(
    "blip",
    [
        httpx.Response(503, html="<h1>Maintenance</h1>"),
        httpx.Response(500, json=refusal("UNKNOWN_EXCEPTION")),
        httpx.Response(429, headers={"Retry-After": "2"}),
        httpx.Response(403, json=refusal("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.")),
        httpx.Response(200, html="<h1>Please sign in</h1>"),
        httpx.Response(200, content=b'{"records":['),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
    ],
    ids=lambda blip: f"{getattr(blip, 'status_code', type(blip).__name__)}",
)
def test_a_read_outlives_two_bad_moments_and_pauses_longer_each_time(
    desk: Desk, salesforce: respx.Router, blip: httpx.Response | Exception
) -> None:
    route = salesforce.get(f"{API}/limits")
    route.side_effect = [blip, blip, httpx.Response(200, json={"fine": True})]
    assert desk.client.get("limits", "/limits") == {"fine": True}
    assert desk.counts.calls["limits"] == 3
    assert len(desk.naps.taken) == 2
    assert all(0.5 <= nap <= 2.5 for nap in desk.naps.taken)


def test_a_read_that_stays_unanswered_is_unavailable_after_three_tries(
    desk: Desk, salesforce: respx.Router
) -> None:
    salesforce.get(f"{API}/limits").side_effect = httpx.ReadTimeout("slow")
    with pytest.raises(RemoteUnavailable, match="ReadTimeout"):
        desk.client.get("limits", "/limits")
    assert desk.counts.calls["limits"] == 3


def test_a_long_wait_that_salesforce_asks_for_is_not_slept_away(desk: Desk, salesforce: respx.Router) -> None:
    salesforce.get(f"{API}/limits").respond(429, headers={"Retry-After": "600"})
    with pytest.raises(RemoteUnavailable) as caught:
        desk.client.get("limits", "/limits")
    assert caught.value.retry_after == 600
    assert desk.counts.calls["limits"] == 1
    assert desk.naps.taken == []


def test_calls_that_are_used_up_are_not_asked_for_again(desk: Desk, salesforce: respx.Router) -> None:
    salesforce.get(f"{API}/limits").respond(
        403, json=refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    )
    with pytest.raises(RequestsUsedUp):
        desk.client.get("limits", "/limits")
    assert desk.counts.calls["limits"] == 1


@pytest.mark.parametrize("verb", ["post", "patch"])
@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteError("cut"),
        httpx.Response(502, html="x"),
        httpx.Response(200, html="x"),
    ],
)
def test_a_write_without_an_answer_is_sent_once_and_its_outcome_unknown(
    desk: Desk, salesforce: respx.Router, verb: str, lost: httpx.Response | Exception
) -> None:
    salesforce.route(path="/services/data/v65.0/sobjects/X").side_effect = [lost]
    send = {
        "post": lambda: desk.client.post("create", "/sobjects/X", "{}"),
        "patch": lambda: desk.client.patch("update", "/sobjects/X", "{}", is_repeatable=False),
    }
    with pytest.raises(OutcomeUnknown):
        send[verb]()
    assert desk.counts.calls.total() == 2, "the sign-in and the one call"


@pytest.mark.parametrize(
    "unsent", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy")]
)
def test_a_write_that_was_never_sent_is_sent_again(
    desk: Desk, salesforce: respx.Router, unsent: Exception
) -> None:
    salesforce.post(f"{API}/sobjects/X").side_effect = [unsent, httpx.Response(201, json={"id": "x"})]
    assert desk.client.post("create", "/sobjects/X", "{}") == {"id": "x"}


def test_a_session_that_ended_is_renewed_once_and_the_call_repeated(
    desk: Desk, salesforce: respx.Router
) -> None:
    second = {**GRANTED, "access_token": "00D5g00000HrbSm!AQEAQ.second"}
    sign_in = salesforce.post(f"{HOME}/services/oauth2/token")
    sign_in.side_effect = [httpx.Response(200, json=GRANTED), httpx.Response(200, json=second)]
    route = salesforce.post(f"{API}/sobjects/X")
    route.side_effect = [httpx.Response(401, json=EXPIRED), httpx.Response(201, json={})]
    desk.client.post("create", "/sobjects/X", "{}")
    assert [call.request.headers["Authorization"][-6:] for call in route.calls] == [".first", "second"]


def test_a_login_that_a_new_token_does_not_help_is_refused_after_one_renewal(
    desk: Desk, salesforce: respx.Router
) -> None:
    salesforce.get(f"{API}/limits").respond(401, json=EXPIRED)
    with pytest.raises(SignInRefused):
        desk.client.get("limits", "/limits")
    assert desk.counts.calls == {"token": 2, "limits": 2}


def test_a_user_who_may_not_use_the_api_is_refused_without_a_renewal(
    desk: Desk, salesforce: respx.Router
) -> None:
    message = "This session is not valid for use with the REST API"
    salesforce.get(f"{API}/limits").respond(401, json=refusal("INVALID_SESSION_ID", message))
    with pytest.raises(SignInRefused, match="not valid for use"):
        desk.client.get("limits", "/limits")
    assert desk.counts.calls == {"token": 1, "limits": 1}


@pytest.mark.parametrize("elsewhere", ["https://evil.example/services/data", "@evil.example/x", "evil", ""])
def test_the_token_goes_nowhere_but_to_the_org(desk: Desk, salesforce: respx.Router, elsewhere: str) -> None:
    salesforce.get(f"{API}/query").respond(
        json=page(PAYMENT, more=elsewhere) | {"done": False, "nextRecordsUrl": elsewhere}
    )
    anywhere = salesforce.route()
    with pytest.raises(AnswerNotUnderstood):
        desk.records.read(PAYMENTS, [PAYMENT])
    assert not any("Authorization" in call.request.headers for call in anywhere.calls)


def test_a_redirect_is_not_followed_with_the_token(desk: Desk, salesforce: respx.Router) -> None:
    salesforce.get(f"{API}/limits").respond(302, headers={"Location": "https://evil.example/"})
    other = salesforce.get("https://evil.example/")
    with pytest.raises(CallRefused, match="302"):
        desk.client.get("limits", "/limits")
    assert not other.called


def test_no_error_shows_the_token_or_the_secret(desk: Desk, salesforce: respx.Router) -> None:
    def echoing(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json=refusal("X", f"bad {dict(request.headers)}"))

    salesforce.get(f"{API}/limits").side_effect = echoing
    with pytest.raises(RemoteError) as caught:
        desk.client.get("limits", "/limits")
    assert "AQEAQ" not in str(caught.value)


# reading


def test_lists_of_lines_and_of_records_are_followed_over_their_pages(
    desk: Desk, salesforce: respx.Router
) -> None:
    shape = Shape("AR_Payment__c", ("Name",), "AR_Payment_Lines__r", "AR_Payment_Line__c", ("Name",))
    second = "a0B5g00000Pmt02EAB"
    lines = page("a0C5g00000Lin01EAB", more="/services/data/v65.0/query/01gL-1")
    first = page(PAYMENT, more="/services/data/v65.0/query/01gP-1", AR_Payment_Lines__r=lines)
    salesforce.get(f"{API}/query/01gL-1").respond(json=page("a0C5g00000Lin02EAB"))
    salesforce.get(f"{API}/query/01gP-1").respond(json=page(second, AR_Payment_Lines__r=None))
    salesforce.get(f"{API}/query").respond(json=first)
    rows = desk.records.read(shape, [PAYMENT, second])
    assert [line.id for line in rows[PAYMENT].lines] == ["a0C5g00000Lin01EAB", "a0C5g00000Lin02EAB"]
    assert rows[second].lines == ()


def test_a_list_that_goes_on_without_saying_where_is_not_understood(
    desk: Desk, salesforce: respx.Router
) -> None:
    salesforce.get(f"{API}/query").respond(json=page(PAYMENT) | {"done": False})
    with pytest.raises(AnswerNotUnderstood):
        desk.records.read(PAYMENTS, [PAYMENT])


def test_changes_go_on_after_the_last_one_when_the_cursor_is_dropped(
    desk: Desk, salesforce: respx.Router
) -> None:
    second = "a0B5g00000Pmt02EAB"
    salesforce.get(f"{API}/query/01g-1").respond(400, json=refusal("INVALID_QUERY_LOCATOR"))
    query = salesforce.get(f"{API}/query")
    query.side_effect = [
        httpx.Response(200, json=page(PAYMENT, more="/services/data/v65.0/query/01g-1")),
        httpx.Response(200, json=page(second)),
    ]
    assert desk.records.changed(PAYMENTS, NOW, NOW + timedelta(hours=1)) == [PAYMENT, second]
    assert f"OR Id > '{PAYMENT}'" in query.calls.last.request.url.params["q"]


def test_a_cursor_that_is_dropped_without_any_progress_ends_the_listing(
    desk: Desk, salesforce: respx.Router
) -> None:
    salesforce.get(f"{API}/query").respond(400, json=refusal("INVALID_QUERY_LOCATOR"))
    with pytest.raises(CallRefused):
        desk.records.changed(PAYMENTS, NOW, NOW + timedelta(hours=1))
    assert desk.counts.calls["query"] == 1


# writing


def changes(count: int) -> list[Change]:
    return [
        Change("AR_Payment__c", f"a0B5g0000{number:06}", {"Sync_Status__c": "Synced"})
        for number in range(count)
    ]


def written(count: int) -> httpx.Response:
    return httpx.Response(200, json=[{"id": "x", "success": True, "errors": []}] * count)


def test_an_update_without_an_answer_is_sent_again_and_done(desk: Desk, salesforce: respx.Router) -> None:
    salesforce.patch(f"{API}/composite/sobjects").side_effect = [httpx.ReadTimeout("slow"), written(2)]
    assert all(isinstance(outcome, Written) for outcome in desk.records.update(changes(2)))


def test_an_update_that_stays_without_an_answer_comes_again_later(
    desk: Desk, salesforce: respx.Router
) -> None:
    salesforce.patch(f"{API}/composite/sobjects").side_effect = httpx.ReadTimeout("slow")
    outcomes = desk.records.update(changes(201))
    assert len(outcomes) == 201
    assert all(isinstance(outcome, Again) for outcome in outcomes)
    assert desk.counts.calls["update"] == 3, (
        "the second call is not tried against a service that does not answer"
    )


@pytest.mark.parametrize(
    ("first", "error"),
    [
        (httpx.ConnectError("refused"), Unreachable),
        (httpx.Response(400, json=refusal("INVALID_FIELD")), CallRefused),
        (httpx.Response(403, json=refusal("REQUEST_LIMIT_EXCEEDED")), RequestsUsedUp),
        (httpx.Response(200, json=[]), AnswerNotUnderstood),
    ],
)
def test_an_update_of_which_nothing_was_written_fails_as_a_whole(
    desk: Desk, salesforce: respx.Router, first: httpx.Response | Exception, error: type[RemoteError]
) -> None:
    salesforce.patch(f"{API}/composite/sobjects").side_effect = [first] * 3
    with pytest.raises(error):
        desk.records.update(changes(2))


def test_what_was_written_stays_written_when_a_later_call_meets_an_outage(
    desk: Desk, salesforce: respx.Router
) -> None:
    gone = httpx.ConnectError("refused")
    salesforce.patch(f"{API}/composite/sobjects").side_effect = [written(200), gone, gone, gone]
    outcomes = desk.records.update(changes(450))
    assert [type(outcome) for outcome in outcomes] == [Written] * 200 + [Again] * 250
    assert desk.counts.calls["update"] == 4


def test_a_later_call_that_is_refused_refuses_its_records_and_the_next_one_is_made(
    desk: Desk, salesforce: respx.Router
) -> None:
    refused = httpx.Response(400, json=refusal("INVALID_FIELD", "No such column 'X__c' on sobject of type Y"))
    salesforce.patch(f"{API}/composite/sobjects").side_effect = [written(200), refused, written(1)]
    outcomes = desk.records.update(changes(401))
    assert [type(outcome) for outcome in outcomes] == [Written] * 200 + [Refused] * 200 + [Written]
    assert isinstance(outcomes[200], Refused)
    assert outcomes[200].problem.field == "X__c"


def test_a_locked_record_is_tried_once_more_after_a_pause_and_the_others_are_not(
    desk: Desk, salesforce: respx.Router
) -> None:
    lock = {
        "success": False,
        "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable", "fields": []}],
    }
    fine = {"id": "x", "success": True, "errors": []}
    route = salesforce.patch(f"{API}/composite/sobjects")
    route.side_effect = [httpx.Response(200, json=[lock, fine, lock]), httpx.Response(200, json=[fine, lock])]
    outcomes = desk.records.update(changes(3))
    assert [type(outcome) for outcome in outcomes] == [Written, Written, Again]
    assert len(desk.naps.taken) == 1
    assert route.call_count == 2


def test_a_lost_answer_to_the_second_try_of_a_locked_record_is_again(
    desk: Desk, salesforce: respx.Router
) -> None:
    lock = {
        "success": False,
        "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable", "fields": []}],
    }
    gone = httpx.ConnectError("refused")
    salesforce.patch(f"{API}/composite/sobjects").side_effect = [
        httpx.Response(200, json=[lock]),
        gone,
        gone,
        gone,
    ]
    [outcome] = desk.records.update(changes(1))
    assert isinstance(outcome, Again)


def test_nothing_to_write_is_no_call(desk: Desk) -> None:
    assert desk.records.update([]) == []
    assert desk.records.read(PAYMENTS, ["C-10233", ""]) == {}
    assert desk.counts.calls == {}


def test_a_lost_answer_says_which_host_did_not_answer(desk: Desk, salesforce: respx.Router) -> None:
    salesforce.post(f"{API}/sobjects/X").side_effect = httpx.ReadTimeout("slow")
    with pytest.raises(AnswerLost, match="harborlight--c.my.salesforce.com"):
        desk.client.post("create", "/sobjects/X", "{}")
