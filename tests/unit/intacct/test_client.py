"""The gateway: what is sent again and what never is, who may sign in, and where a session may lead."""

import threading

import httpx
import pytest

from app.errors import CallRefused, OutcomeUnknown, RemoteUnavailable, SignInRefused
from app.intacct.answers import Done, Failed, Lost
from app.intacct.requests import Query, create_payment, query
from app.intacct.signin import may_follow
from tests.unit.intacct import doubles
from tests.unit.intacct.doubles import LOGIN, answer, created, failed, page, posting, scripted

ASK = [query("q", Query("ARPYMT", ("RECORDNO",)))]
WRITE = [create_payment(posting())]
WRITE_ID = WRITE[0].control_id
HTML = httpx.Response(503, text="<!doctype html><html><body>Maintenance</body></html>")
CUT = httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def empty() -> str:
    return page("q", "ARPYMT")


def test_a_request_carries_what_the_gateway_demands() -> None:
    around, company = scripted(created(WRITE_ID, "7"), empty())
    around.gateway.call(WRITE, unique=True)
    around.gateway.call(ASK)
    write, read = company.asked
    assert "<uniqueid>true</uniqueid><dtdversion>3.0</dtdversion>" in write
    assert "<includewhitespace>false</includewhitespace>" in write
    assert "<showadditionalerrorinfo>true</showadditionalerrorinfo>" in write
    assert '<operation transaction="false">' in write
    assert "<sessionid>session-1</sessionid>" in write
    assert LOGIN.user_password not in write
    assert "<uniqueid>false</uniqueid>" in read
    assert len(company.sign_ins) == 1
    assert around.meter.operations == ["getAPISession", "create", "query"]
    assert (around.slots.most, around.slots.taken_now) == (1, 0)


@pytest.mark.parametrize(
    "blip",
    [
        HTML,
        CUT,
        httpx.ConnectError("refused"),
        httpx.Response(502, text="bad gateway"),
        httpx.Response(200, text="<response><control>"),
        httpx.Response(429, text="slow down", headers={"Retry-After": "1"}),
        doubles.refused_control("GW-0010", "API rate limit exceeded", status=429),
        doubles.refused_control("GW-0003", "upstream"),
        answer(""),
        answer(failed("q", doubles.error("X", "The Service is Temporarily Off-line"), function="query")),
    ],
    ids=["html", "cut", "refused", "502", "short", "429", "GW-0010", "GW-0003", "no result", "off-line"],
)
def test_a_read_is_tried_again_after_a_blip(blip: httpx.Response | Exception) -> None:
    around, company = scripted(blip, empty())
    (result,) = around.gateway.call(ASK)
    assert isinstance(result, Done)
    assert len(company.asked) == 2
    assert len(around.waits) == 1
    assert len(company.sign_ins) == 1


def test_a_read_is_tried_three_times_and_no_more() -> None:
    around, company = scripted(HTML, HTML, HTML, empty())
    with pytest.raises(RemoteUnavailable):
        around.gateway.call(ASK)
    assert len(company.asked) == 3


def test_a_long_wait_is_left_to_the_caller() -> None:
    around, company = scripted(httpx.Response(429, headers={"Retry-After": "30"}))
    with pytest.raises(RemoteUnavailable) as caught:
        around.gateway.call(ASK)
    assert caught.value.retry_after == 30
    assert len(company.asked) == 1
    assert around.waits == []


def test_a_wait_until_an_instant_is_measured_by_the_answers_own_clock() -> None:
    until = {"Retry-After": "Thu, 15 Jan 2026 10:02:00 GMT", "Date": "Thu, 15 Jan 2026 10:00:00 GMT"}
    around, _ = scripted(httpx.Response(429, headers=until))
    with pytest.raises(RemoteUnavailable) as caught:
        around.gateway.call(ASK)
    assert caught.value.retry_after == 120


@pytest.mark.parametrize(
    "slow",
    [httpx.Response(524, text="<html>524</html>"), httpx.ReadTimeout("timed out")],
    ids=["524", "time-out"],
)
def test_a_read_that_is_too_slow_is_not_asked_again_at_once(slow: httpx.Response | Exception) -> None:
    around, company = scripted(slow)
    with pytest.raises(RemoteUnavailable) as caught:
        around.gateway.call(ASK)
    assert caught.value.retry_after
    assert len(company.asked) == 1


@pytest.mark.parametrize(
    "lost",
    [
        HTML,
        CUT,
        httpx.ReadTimeout("timed out"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.Response(524, text="<html>524</html>"),
        httpx.Response(502, text=""),
        httpx.Response(500, text="oops"),
        httpx.Response(200, text="<response><control><status>success</status>"),
        httpx.Response(200, text="<html>ok</html>"),
        httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
        doubles.refused_control("GW-0003", "upstream"),
        doubles.refused_control("PL1", "broken", status=500),
    ],
    ids=lambda case: f"{type(case).__name__} {getattr(case, 'status_code', '')}",
)
def test_a_write_whose_answer_is_lost_is_never_sent_again(lost: httpx.Response | Exception) -> None:
    around, company = scripted(lost)
    with pytest.raises(OutcomeUnknown):
        around.gateway.call(WRITE, unique=True)
    assert len(company.asked) == 1
    assert around.waits == []
    assert around.meter.operations == ["getAPISession", "create"]


@pytest.mark.parametrize(
    "refused",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("timed out"),
        httpx.PoolTimeout("none free"),
        httpx.Response(429, headers={"Retry-After": "7"}),
        doubles.refused_control("GW-0010", "API rate limit exceeded"),
        doubles.refused_control("X", "The Service is Temporarily Off-line"),
    ],
    ids=["refused", "connect", "pool", "429", "GW-0010", "off-line"],
)
def test_a_write_that_surely_never_began_is_unavailable(refused: httpx.Response | Exception) -> None:
    around, company = scripted(refused)
    with pytest.raises(RemoteUnavailable):
        around.gateway.call(WRITE, unique=True)
    assert len(company.asked) == 1


def test_what_never_left_is_not_counted() -> None:
    around, _ = scripted(httpx.ConnectError("refused"))
    with pytest.raises(RemoteUnavailable):
        around.gateway.call(WRITE, unique=True)
    assert around.meter.operations == ["getAPISession"]


def test_results_are_matched_by_control_id_and_a_missing_one_is_lost() -> None:
    functions = [create_payment(posting(f"ARP-{n}")) for n in range(3)]
    first, second, third = (one.control_id for one in functions)
    around, _ = scripted(created(third, "30") + failed(first, doubles.error("BL1", "no")))
    results = around.gateway.call(functions, unique=True)
    assert isinstance(results[0], Failed)
    assert isinstance(results[1], Lost)
    assert results[1].control_id == second
    assert isinstance(results[2], Done)
    assert results[2].records[0]["RECORDNO"] == "30"


def test_a_session_that_is_over_is_renewed_once_with_the_same_control_ids() -> None:
    around, company = scripted(doubles.refused_sign_in("Invalid session q...."), created(WRITE_ID, "7"))
    (result,) = around.gateway.call(WRITE, unique=True)
    assert isinstance(result, Done)
    assert len(company.sign_ins) == 2
    first, second = company.asked
    assert doubles.control_ids(first) == doubles.control_ids(second) == [WRITE_ID]
    assert "<sessionid>session-1</sessionid>" in first
    assert "<sessionid>session-2</sessionid>" in second


def test_a_session_that_is_over_again_at_once_is_not_renewed_for_ever() -> None:
    over = doubles.refused_sign_in("Invalid session q....")
    around, company = scripted(over, over)
    with pytest.raises(RemoteUnavailable):
        around.gateway.call(WRITE, unique=True)
    assert len(company.sign_ins) == 2
    assert len(company.asked) == 2


def test_a_session_renewed_by_another_worker_is_taken_over() -> None:
    around, company = scripted(empty(), doubles.refused_sign_in("Invalid session q...."), empty())
    around.gateway.call(ASK)
    (name,) = around.shelf.held

    def renewed_meanwhile(request: httpx.Request) -> httpx.Response:
        around.shelf.put(name, f"{LOGIN.endpoint}\nsession-9", 600)
        return company(request)

    other = doubles.plugged(
        httpx.Client(transport=httpx.MockTransport(renewed_meanwhile)), shelf=around.shelf
    )
    other.gateway.call(ASK)
    assert len(company.sign_ins) == 1
    assert "<sessionid>session-9</sessionid>" in company.asked[-1]


@pytest.mark.parametrize(
    "refusal",
    [
        doubles.refused_sign_in("Sign-in information is incorrect"),
        doubles.refused_sign_in("Your password has expired"),
        doubles.refused_sign_in(
            "The sender ID 'x' is not authorized to make Web Services requests to company ID 'ACME'."
        ),
        doubles.refused_control("XL03000006", "Incorrect Intacct XML Partner ID or password."),
        doubles.refused_control("PL04000055", "This company is a demo company and has expired."),
        doubles.refused_control("GW-0011", "Invalid Request", status=400),
        doubles.refused_control("XMLGW_JPP0002", "Sign-in information is incorrect", status=401),
        httpx.Response(401, text="<html>no</html>"),
    ],
    ids=["password", "expired", "sender", "partner", "demo", "GW-0011", "JPP0002", "401"],
)
def test_a_refused_sign_in_is_tried_once(refusal: httpx.Response) -> None:
    asked: list[bytes] = []

    def company(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        return refusal

    around = doubles.plugged(httpx.Client(transport=httpx.MockTransport(company)))
    with pytest.raises(SignInRefused) as caught:
        around.gateway.call(ASK)
    assert len(asked) == 1
    assert around.waits == []
    assert "secret" not in str(caught.value)


def test_workers_that_wait_for_a_refused_sign_in_are_refused_with_it_and_a_later_one_tries_anew() -> None:
    asked: list[bytes] = []
    first_asks, may_answer = threading.Event(), threading.Event()
    shelf = doubles.Shelf()

    def company(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        first_asks.set()
        assert may_answer.wait(10)
        return doubles.refused_sign_in("Sign-in information is incorrect")

    def attempt() -> None:
        around = doubles.plugged(httpx.Client(transport=httpx.MockTransport(company)), shelf=shelf)
        with pytest.raises(SignInRefused):
            around.gateway.call(ASK)
        refused.append(True)

    refused: list[bool] = []
    waiting = threading.Barrier(3)
    genuine = shelf.lock

    def announced(name: str):  # the second and third are seen at the lock before the first is answered
        if first_asks.is_set():
            waiting.wait(10)
        return genuine(name)

    first = threading.Thread(target=attempt)
    first.start()
    assert first_asks.wait(10)
    shelf.lock = announced  # type: ignore[method-assign]  # the double's own lock, watched
    others = [threading.Thread(target=attempt) for _ in range(2)]
    for one in others:
        one.start()
    waiting.wait(10)
    may_answer.set()
    for one in (first, *others):
        one.join(10)
    assert len(refused) == 3
    assert len(asked) == 1
    shelf.lock = genuine  # type: ignore[method-assign]  # as above
    attempt()
    assert len(asked) == 2


def test_a_sign_in_that_is_lost_is_no_refusal_and_nothing_was_sent() -> None:
    def company(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("timed out")

    around = doubles.plugged(httpx.Client(transport=httpx.MockTransport(company)))
    with pytest.raises(RemoteUnavailable):
        around.gateway.call(WRITE, unique=True)


def test_an_entity_session_is_made_out_of_the_connections_own_and_kept_beside_it() -> None:
    around, company = scripted(empty(), empty())
    around.gateway.call(ASK, entity="100-US")
    around.gateway.call(ASK, entity="100-US")
    own, entity = company.sign_ins
    assert LOGIN.user_password in own
    assert "<getAPISession><locationid>100-US</locationid></getAPISession>" in entity
    assert LOGIN.user_password not in entity
    assert len(around.shelf.held) == 2


def test_the_shelf_keeps_a_session_for_a_little_less_than_it_lasts_and_under_a_name_without_secrets() -> None:
    around, _ = scripted(empty())
    around.gateway.call(ASK)
    ((name, seconds),) = around.shelf.seconds.items()
    assert seconds == 2 * 3600 * 0.9
    assert name.startswith("main:")
    assert "secret" not in name
    assert "ACME" not in name


def test_another_password_does_not_find_the_old_session() -> None:
    around, company = scripted(empty(), empty())
    around.gateway.call(ASK)
    changed = doubles.plugged(
        around.http,
        login=doubles.Login(**{**{n: getattr(LOGIN, n) for n in LOGIN.__slots__}, "user_password": "other"}),
        shelf=around.shelf,
    )
    changed.gateway.call(ASK)
    assert len(company.sign_ins) == 2


@pytest.mark.parametrize(
    ("configured", "offered", "follows"),
    [
        ("https://api.intacct.com/x", "https://na12.intacct.com/ia/xml/xmlgw.phtml", True),
        ("https://api.intacct.com/x", "https://intacct.com/x", True),
        ("https://api.intacct.com/x", "http://na12.intacct.com/x", False),
        ("https://api.intacct.com/x", "https://intacct.com.evil.example/x", False),
        ("https://api.intacct.com/x", "https://evilintacct.com/x", False),
        ("https://api.intacct.com/x", "https://na12.intacct.com@evil.example/x", False),
        ("https://api.intacct.com/x", "http://127.0.0.1:8102/x", False),
        ("https://api.intacct.com/x", "", False),
        ("http://127.0.0.1:8102/x", "https://api.intacct.com/ia/xml/xmlgw.phtml", False),
        ("https://gateway.acme.example/x", "https://gateway.acme.example/y", True),
        ("http://127.0.0.1:8102/x", "http://localhost:8102/x", True),
        ("http://127.0.0.1:8102/x", "http://[::1]:8102/x", True),
        ("http://127.0.0.1:8102/x", "http://10.0.0.1/x", False),
        ("http://127.0.0.1:8102/x", "file:///127.0.0.1", False),
    ],
)
def test_a_session_leads_only_where_the_senders_password_may_go(
    configured: str, offered: str, follows: bool
) -> None:
    assert may_follow(configured, offered) is follows


def test_calls_go_to_the_sessions_endpoint_and_the_next_sign_in_to_the_configured_one() -> None:
    places: list[tuple[str, bool]] = []
    over = [False]

    def company(request: httpx.Request) -> httpx.Response:
        signing_in = b"<getAPISession" in request.content
        places.append((request.url.host, signing_in))
        if signing_in:
            return answer(doubles.session_result("s", "https://na12.intacct.com/ia/xml/xmlgw.phtml"))
        if not over[0]:
            over[0] = True
            return doubles.refused_sign_in("Invalid session s....")
        return answer(empty())

    around = doubles.plugged(httpx.Client(transport=httpx.MockTransport(company)))
    around.gateway.call(ASK)
    assert places == [
        ("api.intacct.com", True),
        ("na12.intacct.com", False),
        ("api.intacct.com", True),
        ("na12.intacct.com", False),
    ]


def test_a_refusal_of_the_whole_call_names_the_remedy_and_no_secret() -> None:
    around, _ = scripted(doubles.refused_control("XL03000003", "XML Parse schema error: Line: 3"))
    with pytest.raises(CallRefused, match="fault of ours") as caught:
        around.gateway.call(WRITE, unique=True)
    assert "secret" not in str(caught.value)


def test_an_answer_without_end_is_given_up() -> None:
    flood = httpx.Response(200, content=b"<response>" + b" " * (17 * 1024 * 1024))
    around, _ = scripted(flood)
    with pytest.raises(OutcomeUnknown, match="longer than"):
        around.gateway.call(WRITE, unique=True)


def test_a_login_does_not_show_its_passwords() -> None:
    assert "secret" not in repr(LOGIN)
