"""Signing in: what is believed of a token answer, and how often a refused login is tried."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import respx

from app.errors import BadSetting, LedgerlineError, RemoteUnavailable, SignInRefused
from app.salesforce.signin import Token
from app.salesforce.wire import AnswerNotUnderstood
from tests.unit.salesforce.kit import SECRET, Clock, Desk, MemoryShelf, by_key, by_secret, key_pair

HOME = "https://harborlight.my.salesforce.com"
TOKEN_URL = f"{HOME}/services/oauth2/token"
GRANTED = {
    "access_token": "00D5g00000HrbSm!AQEAQ.first",
    "instance_url": "https://harborlight.my.salesforce.com",
    "id": "https://login.salesforce.com/id/00D5g00000HrbSmEAJ/0055g00000UserAAAA",
}


@pytest.fixture
def login_host() -> Iterator[respx.Router]:
    with respx.mock() as router:
        yield router


@pytest.fixture
def desk() -> Iterator[Desk]:
    opened = Desk(by_secret(HOME))
    yield opened
    opened.http.close()


def test_a_token_is_fetched_once_and_taken_from_the_shelf_after(desk: Desk, login_host: respx.Router) -> None:
    login_host.post(TOKEN_URL).respond(json=GRANTED)
    assert desk.sign_in.token() == desk.sign_in.token() == Token(GRANTED["access_token"], HOME)
    assert desk.counts.calls == {"token": 1}


def test_an_emptied_shelf_costs_a_sign_in_and_nothing_else(desk: Desk, login_host: respx.Router) -> None:
    login_host.post(TOKEN_URL).respond(json=GRANTED)
    desk.sign_in.token()
    desk.shelf.kept.clear()
    assert desk.sign_in.token().text == GRANTED["access_token"]


@pytest.mark.parametrize(
    "says",
    [{"id": GRANTED["id"]}, {"id": None}, {"id": "https://login.salesforce.com/id/00D5g00000HrbSm/005"}],
)
def test_the_org_is_read_from_the_identity_or_the_token(
    desk: Desk, login_host: respx.Router, says: dict[str, str | None]
) -> None:
    login_host.post(TOKEN_URL).respond(json={**GRANTED, **says})
    assert desk.sign_in.token().text == GRANTED["access_token"]


@pytest.mark.parametrize(
    "says",
    [
        {"id": "https://login.salesforce.com/id/00D000000000001EAA/0055g00000UserAAAA"},
        {"id": None, "access_token": "00D000000000001!AQ.x"},
    ],
)
def test_a_login_that_leads_to_another_org_is_refused(
    desk: Desk, login_host: respx.Router, says: dict[str, str | None]
) -> None:
    login_host.post(TOKEN_URL).respond(json={**GRANTED, **says})
    with pytest.raises(SignInRefused, match="00D5g00000HrbSmEAJ") as caught:
        desk.sign_in.token()
    assert "AQ.x" not in str(caught.value)
    assert not any("AQ" in text for text in desk.shelf.kept.values())


def test_a_login_that_does_not_say_which_org_it_leads_to_is_taken(
    desk: Desk, login_host: respx.Router
) -> None:
    unsaid = {"id": None, "access_token": "eyJhbGciOi.eyJzdWIi.c2ln"}
    login_host.post(TOKEN_URL).respond(json={**GRANTED, **unsaid})

    assert desk.sign_in.token().text == unsaid["access_token"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"instance_url": "http://harborlight.my.salesforce.com"},
        {"instance_url": "http://127.0.0.1:9999"},
        {"instance_url": "harborlight.my.salesforce.com"},
        {"instance_url": None},
        {"access_token": "two\nlines"},
        {"access_token": ""},
        {"access_token": 7},
    ],
)
def test_a_token_answer_that_cannot_be_right_is_not_understood(
    desk: Desk, login_host: respx.Router, wrong: dict[str, object]
) -> None:
    login_host.post(TOKEN_URL).respond(json={**GRANTED, **wrong})
    with pytest.raises(AnswerNotUnderstood):
        desk.sign_in.token()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("invalid_grant", 400),
        ("invalid_client", 401),
        ("invalid_client_id", 400),
        ("inactive_user", 400),
        ("unsupported_grant_type", 400),
        ("nobody_has_seen_this", 400),
        ("invalid_grant", 500),
    ],
)
def test_a_refused_login_is_told_in_its_own_words_and_tried_once(
    desk: Desk, login_host: respx.Router, error: str, status: int
) -> None:
    route = login_host.post(TOKEN_URL)
    route.respond(status, json={"error": error, "error_description": f"no, not with {SECRET}"})
    with pytest.raises(SignInRefused, match=rf"salesforce: no, not with \*\*\* \({error}\)"):
        desk.client.get("limits", "/limits")
    assert route.call_count == 1
    assert SECRET not in str(desk.shelf.kept)


def test_a_refusal_without_a_description_names_the_error(desk: Desk, login_host: respx.Router) -> None:
    login_host.post(TOKEN_URL).respond(400, json={"error": "invalid_grant"})
    with pytest.raises(SignInRefused, match="invalid_grant"):
        desk.sign_in.token()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503, html="<h1>Maintenance</h1>"),
        httpx.Response(200, html="<h1>Sign in</h1>"),
        httpx.Response(404, html="<h1>No such site</h1>"),
        httpx.Response(400, json={"error": "unknown_error", "error_description": "retry your request"}),
        httpx.Response(503, json={"error": "temporarily_unavailable"}),
        httpx.Response(500, json=[]),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
    ],
)
def test_a_login_host_that_is_not_well_is_no_refusal(
    desk: Desk, login_host: respx.Router, answer: httpx.Response | Exception
) -> None:
    login_host.post(TOKEN_URL).side_effect = [answer]
    with pytest.raises(RemoteUnavailable):
        desk.sign_in.token()


def test_all_who_waited_for_one_refused_try_take_its_answer_and_who_comes_later_tries_again(
    login_host: respx.Router,
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def slow_refusal(request: httpx.Request) -> httpx.Response:
        arrived.set()
        assert go_on.wait(10)
        return httpx.Response(400, json={"error": "invalid_grant"})

    route = login_host.post(TOKEN_URL)
    route.side_effect = slow_refusal
    shelf, clock = MemoryShelf(), Clock()
    desks = [Desk(by_secret(HOME), shelf, clock) for _ in range(5)]
    waiting = threading.Barrier(6)

    def attempt(desk: Desk) -> type[LedgerlineError]:
        waiting.wait(10)
        with pytest.raises(LedgerlineError) as caught:
            desk.sign_in.token()
        return caught.type

    with ThreadPoolExecutor(5) as pool:
        tries = [pool.submit(attempt, desk) for desk in desks]
        waiting.wait(10)
        assert arrived.wait(10)
        go_on.set()
        assert {each.result(10) for each in tries} == {SignInRefused}
    assert route.call_count == 1

    clock.pass_by(seconds=1)
    with pytest.raises(SignInRefused):
        desks[0].sign_in.token()
    assert route.call_count == 2, "after a restart or a resume the login is tried again"
    for desk in desks:
        desk.http.close()


def test_two_processes_that_meet_an_ended_session_renew_it_once(login_host: respx.Router) -> None:
    second = {**GRANTED, "access_token": "00D5g00000HrbSm!AQEAQ.second"}
    route = login_host.post(TOKEN_URL)
    route.side_effect = [httpx.Response(200, json=GRANTED), httpx.Response(200, json=second)]
    shelf = MemoryShelf()
    one, other = Desk(by_secret(HOME), shelf), Desk(by_secret(HOME), shelf)
    stale = one.sign_in.token()
    assert other.sign_in.token() == stale
    assert one.sign_in.renew(stale).text.endswith("second")
    assert other.sign_in.renew(stale).text.endswith("second")
    assert route.call_count == 2
    for desk in (one, other):
        desk.http.close()


def test_logins_of_two_users_or_orgs_do_not_share_a_token(login_host: respx.Router) -> None:
    login_host.post(TOKEN_URL).respond(json=GRANTED)
    shelf, (private, _) = MemoryShelf(), key_pair()
    desks = [Desk(by_secret(HOME), shelf), Desk(by_key(HOME, private), shelf)]
    for desk in desks:
        desk.sign_in.token()
        desk.http.close()
    assert len(shelf.kept) == 2


def test_a_login_that_can_never_work_is_found_before_anything_is_sent() -> None:
    with pytest.raises(BadSetting):
        Desk(by_secret("http://harborlight.my.salesforce.com"))


def test_a_token_that_is_printed_shows_nothing() -> None:
    assert "secret" not in repr(Token("secret", HOME))
