"""The simulator as a server: faults on the wire, state that survives, events, controls and the accountant's page."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from xml.etree import ElementTree

import httpx
import pytest

from simulators.faults import Fault
from simulators.intacct.settings import Settings
from simulators.intacct.web import PATH
from tests.simulators.conftest import CHECKOUT
from tests.simulators.intacct_company import (
    LOGIN,
    PLAIN,
    Ask,
    company,
    function,
    line,
    payment,
    request,
    reverse,
    said,
)

GOOD = payment(line(55102, "125.00"))
CREATE = f"<create>{GOOD}</create>"
COUNT = "<query><object>ARPYMT</object><select><count>RECORDNO</count></select></query>"


def until(what: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to pass"
        threading.Event().wait(0.01)


@pytest.fixture
def client(books, served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served(books.simulator.app), timeout=5) as client:
        yield client


def post(client: httpx.Client, inside: str, ask: Ask = PLAIN, controlid: str = "f1") -> httpx.Response:
    return client.post(PATH, content=request(function(inside, controlid), ask))


def result(answer: httpx.Response) -> ElementTree.Element:
    found = ElementTree.fromstring(answer.content).find("operation/result")
    assert found is not None
    return found


# ---- the wire ----


def test_the_answer_is_xml_and_the_endpoint_is_where_it_was_asked(client):
    answer = post(client, "<getAPISession/>")
    assert (answer.status_code, answer.headers["content-type"]) == (200, 'text/xml; encoding="UTF-8"')
    assert result(answer).findtext("data/api/endpoint") == f"{client.base_url}{PATH}".replace("//ia", "/ia")


@pytest.mark.parametrize(("kind", "posted"), [("refuse", 0), ("cut_before", 0), ("cut_after", 1)])
def test_a_cut_connection_leaves_the_caller_to_look_the_payment_up(client, books, kind, posted):
    books.simulator.gateway.faults.add(Fault(kind, match="create"))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        post(client, CREATE, Ask(unique="true"))
    assert len(books.simulator.books.payments) == posted
    again = result(post(client, CREATE, Ask(unique="true")))
    assert again.findtext("status") == ("failure" if posted else "success")
    assert len(books.simulator.books.payments) == 1


@pytest.mark.parametrize(
    ("kind", "status", "posted"),
    [
        ("html_before", 503, 0),
        ("html_after", 503, 1),
        ("status_500", 500, 0),
        ("status_502", 502, 0),
        ("gateway_524", 524, 1),
        ("gateway_524_before", 524, 0),
    ],
)
def test_a_page_in_the_place_of_xml_says_nothing_of_what_was_posted(client, books, kind, status, posted):
    books.simulator.gateway.faults.add(Fault(kind, match="create"))
    answer = post(client, CREATE)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert len(books.simulator.books.payments) == posted


def test_the_rate_limit_is_the_api_gateways(client, books):
    books.simulator.gateway.faults.add(Fault("rate_limit", seconds=7))
    answer = post(client, COUNT)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    root = ElementTree.fromstring(answer.content)
    assert [child.tag for child in root.find("control")] == ["status"]
    assert root.findtext("errormessage/error/errorno") == "GW-0010"
    assert root.findtext("errormessage/error/description", "").startswith(
        "API rate limit exceeded [Request ID: "
    )
    assert root.find("errormessage/error/description2") is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("session_expired", r"Invalid session .\.\.\.\."),
        ("sign_in_refused", "Sign-in information is incorrect"),
    ],
)
def test_sessions_and_sign_ins_are_refused_in_the_vendors_words(client, books, kind, text):
    session = result(post(client, "<getAPISession/>")).findtext("data/api/sessionid")
    books.simulator.gateway.faults.add(Fault(kind))
    auth = f"<sessionid>{session}</sessionid>"
    operation = ElementTree.fromstring(post(client, CREATE, Ask(auth=auth)).content).find("operation")
    assert operation.findtext("authentication/status") == "failure"
    assert re.fullmatch(text, said(operation)[0])
    assert len(books.simulator.books.payments) == 0
    assert result(post(client, CREATE, Ask(auth=auth))).findtext("status") == "success"


def test_a_slow_answer_is_late_and_right(client, books):
    books.simulator.gateway.faults.add(Fault("slow", seconds=0.3))
    started = time.monotonic()
    assert result(post(client, CREATE)).findtext("status") == "success"
    assert time.monotonic() - started >= 0.3


def test_a_caller_who_hangs_up_does_not_stop_the_work(served):
    books = company(Settings(seconds_per_record=0.4))
    url = served(books.simulator.app)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}{PATH}", content=request(function(CREATE), Ask(unique="true")), timeout=0.1)
    until(lambda: len(books.simulator.books.payments) == 1)
    books.simulator.close()


def test_a_control_id_in_process_is_told_from_one_that_is_completed(served):
    books = company(Settings(seconds_per_record=0.5))
    gateway = books.simulator.gateway
    first = threading.Thread(target=lambda: books.run(CREATE, Ask(unique="true")))
    first.start()
    until(lambda: "f1" in gateway.running())
    during = books.run(CREATE, Ask(unique="true"))
    first.join()
    after = books.run(CREATE, Ask(unique="true"))
    assert "concurrent request in process" in said(during)[0]
    assert "successful transaction has already been recorded" in said(after)[0]
    assert len(books.simulator.books.payments) == 1
    books.simulator.close()


def test_many_callers_at_once_post_each_payment_once(client, books):
    def work(place: int) -> None:
        for number in range(10):
            books.run(
                f"<create>{payment(line(55210, '1'), CUSTOMERID='C-10299')}</create>",
                Ask(unique="true"),
                f"{place % 2}-{number}",
            )

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(books.simulator.books.payments) == 20
    assert books.due(55210) == 52280


def test_a_hundred_payments_take_well_under_a_second(books):
    functions = "".join(
        function(f"<create>{payment(line(55210, '1'), CUSTOMERID='C-10299')}</create>", f"p{n}")
        for n in range(100)
    )
    started = time.perf_counter()
    answer = books.post(functions, Ask(unique="true"))
    took = time.perf_counter() - started
    assert len(answer.findall("operation/result/data/arpymt")) == 100
    assert took < 1, "some 40 ms on a quiet machine; the limit is only there to catch a quadratic"


# ---- state ----


def test_a_restart_keeps_books_balances_and_control_ids_and_forgets_sessions(tmp_path):
    state = tmp_path / "deep" / "intacct.db"
    books = company(state=state)
    original = books.create(GOOD, Ask(unique="true"), "pay:1")
    books.create(
        payment(line(55201, "1000"), CUSTOMERID="C-40012", CURRENCY="JPY", FINANCIALENTITY="MUFG-7703")
    )
    books.run(reverse(original))
    books.simulator.gateway.define_field("ARPYMT", "LEDGERLINE_KEY")
    session = books.run("<getAPISession/>").findtext("data/api/sessionid")
    before = books.books()
    books.simulator.close()
    again = company(state=state)
    assert again.books() == before
    assert "already been recorded" in said(again.run(CREATE, Ask(unique="true"), "pay:1"))[0]
    assert again.create(payment(line(55102, "1"), LEDGERLINE_KEY="x")) > original
    refused = again.post(function(COUNT), Ask(auth=f"<sessionid>{session}</sessionid>")).find("operation")
    assert said(refused)[0].startswith("Invalid session")
    again.simulator.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(port: int, state: str, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "simulators.intacct", "--port", str(port), "--state", state, *more]
    process = subprocess.Popen(command, cwd=CHECKOUT)
    url = f"http://127.0.0.1:{port}/_sim/health"

    def answers() -> bool:
        assert process.poll() is None, "the simulator ended"
        try:
            return httpx.get(url).status_code == 200
        except httpx.ConnectError:
            return False

    until(answers, 30)
    return process


def test_what_was_acknowledged_survives_kill_9(tmp_path):
    port, state = free_port(), str(tmp_path / "intacct.db")
    process = started(port, state, "--custom-field", "LEDGERLINE_KEY")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        made = result(post(client, f"<create>{payment(line(55102, '125'), LEDGERLINE_KEY='k')}</create>"))
        recordno = made.findtext("data/arpymt/RECORDNO")
        books = client.get("/_sim/books").json()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process = started(port, state)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert client.get("/_sim/books").json() == books
        assert [one["recordno"] for one in books["payments"]] == [int(recordno)]
    process.terminate()
    assert process.wait(10) in (0, -signal.SIGTERM)


# ---- smart events ----


@dataclass
class Listener:
    """A real receiver of form posts."""

    posts: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    status: int = 200

    def serve(self) -> ThreadingHTTPServer:
        heard = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.posts.append((self.headers["User-Agent"], parse_qs(body.decode())))
                self.send_response(heard.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def listener() -> Iterator[tuple[Listener, str]]:
    heard = Listener()
    server = heard.serve()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield heard, f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_change_of_a_payment_is_posted_once_as_a_form(listener):
    heard, url = listener
    books = company(Settings(event_url=url, event_key="hook-key"))
    key = books.create(GOOD)
    books.clock.turn(minutes=1)
    reversal = books.run(reverse(key)).findtext("key")
    draft = books.create(payment(line(55102, "1"), ACTION="Draft"))
    books.run(f"<delete><object>ARPYMT</object><keys>{draft}</keys></delete>")
    books.simulator.close()
    told = [(form["Event"][0], form["RecordNo"][0]) for _, form in heard.posts]
    assert told == [
        ("add", str(key)),
        ("set", str(key)),
        ("add", reversal),
        ("add", str(draft)),
        ("delete", str(draft)),
    ]
    agent, form = heard.posts[0]
    assert agent == "Intacct Standard HTTP Agent"
    assert form == {
        "ApiKey": ["hook-key"],
        "Object": ["ARPYMT"],
        "RecordNo": [str(key)],
        "Event": ["add"],
        "WhenModified": ["11/24/2026 14:32:05"],
    }


def test_an_event_is_told_only_of_work_that_was_kept_and_an_argument_without_a_value_is_missing(listener):
    heard, url = listener
    books = company(Settings(event_url=url))
    bad = f"<create>{payment(line(99, '1'))}</create>"
    books.post(function(CREATE, "a") + function(bad, "b"), Ask(transaction=True))
    books.create(GOOD)
    books.simulator.close()
    assert len(heard.posts) == 1
    assert "ApiKey" not in heard.posts[0][1]


def test_an_event_that_finds_nobody_is_lost_and_never_repeated(listener):
    heard, url = listener
    books = company(Settings(event_url="http://127.0.0.1:9/hook"))
    books.create(GOOD)
    books.simulator.close()
    assert [one.outcome for one in books.simulator.books.events.sent.latest(10)] == ["lost: ConnectError"]
    heard.status = 500
    books = company(Settings(event_url=url))
    books.create(GOOD)
    books.simulator.close()
    assert len(heard.posts) == 1


def test_events_can_be_switched_off(listener, served):
    heard, url = listener
    books = company(Settings(event_url=url))
    with httpx.Client(base_url=served(books.simulator.app)) as client:
        assert client.post("/_sim/events", json={"on": False}).status_code == 204
    books.create(GOOD)
    books.simulator.close()
    assert heard.posts == []


# ---- controls ----


def test_the_books_are_told_with_money_as_text(client, books):
    key = books.create(payment(line(55102, "125"), OVERPAYMENTAMOUNT="5", OVERPAYMENTLOCATIONID="100"))
    told = client.get("/_sim/books").json()
    (paid,) = told["payments"]
    assert (paid["recordno"], paid["docnumber"], paid["customerid"]) == (key, "ARP-000017", "C-10233")
    assert (paid["currency"], paid["amount"], paid["overpayment"]) == ("USD", "130.00", "5.00")
    assert (paid["state"], paid["reversal"]) == ("C", False)
    assert [(one["recordkey"], one["amount"]) for one in paid["lines"]] == [(55102, "125.00")]
    owed = {one["recordno"]: one for one in told["invoices"]}
    assert (owed[55102]["total"], owed[55102]["paid"], owed[55102]["due"]) == (
        "14900.00",
        "125.00",
        "14775.00",
    )
    assert owed[55201]["due"] == "1284000"


def test_the_accountant_enters_reverses_and_closes(client, books):
    made = client.post(
        "/_sim/payments",
        json={
            "customer": "C-10233",
            "lines": [{"invoice": "INV-10482", "amount": "100.00"}],
            "document": "CHK 1",
        },
    )
    assert made.status_code == 201
    key = made.json()["recordno"]
    read = books.read("ARPYMT", key)
    assert (read.findtext("CREATEDBY"), read.findtext("FINANCIALENTITY")) == ("jdoyle", "CHASE-4471")
    assert client.post("/_sim/periods", json={"entity": "100", "open_from": "2026-12-01"}).status_code == 204
    refused = client.post(f"/_sim/payments/{key}/reverse", json={"day": "2026-11-24"})
    assert refused.status_code == 422
    assert "Periods are closed" in refused.json()["detail"]
    assert client.post(f"/_sim/payments/{key}/reverse", json={"day": "2026-12-01"}).status_code == 201
    assert books.due(55102) == 14900


def test_invoices_customers_credits_and_fields_are_made_by_controls(client, books):
    new = {"customer": "C-10233", "entity": "100", "currency": "USD", "total": "50", "number": "INV-NEW"}
    key = client.post("/_sim/invoices", json=new).json()["recordno"]
    assert client.post("/_sim/customers/C-10233", json={"active": False}).status_code == 204
    assert "is inactive" in books.refused(payment(line(key, "1")))
    client.post("/_sim/customers/C-10233", json={"active": True})
    memo = client.post("/_sim/credits", json={"customer": "C-10233", "entity": "100", "total": "7"}).json()[
        "recordno"
    ]
    assert client.post("/_sim/fields", json={"name": "LEDGERLINE_KEY"}).status_code == 204
    use = {"ADJUSTMENTKEY": str(memo), "TRX_ADJUSTMENTAMOUNT": "7"}
    books.create(payment(line(key, "1", **use), LEDGERLINE_KEY="k"))
    assert books.due(key) == 42
    assert client.delete(f"/_sim/invoices/{key}").status_code == 204
    assert books.refused(payment(line(key, "1"))) == f"No record exits for the recordkey {key}"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_sim/periods", {"entity": "999", "open_from": "2026-01-01"}, 404),
        ("/_sim/periods", {"entity": "100", "open_from": "soon"}, 422),
        ("/_sim/customers/C-404", {"active": True}, 404),
        ("/_sim/invoices", {"customer": "C-404", "entity": "100", "total": "1"}, 422),
        ("/_sim/invoices", {"customer": "C-10233", "entity": "100", "total": "0"}, 422),
        ("/_sim/payments", {"customer": "C-10233", "lines": []}, 422),
        ("/_sim/payments/404/reverse", {}, 422),
    ],
)
def test_a_control_that_cannot_be_done_says_why(client, path, body, status):
    refused = client.post(path, json=body)
    assert refused.status_code == status
    assert refused.json()["detail"]


def test_the_requests_seen_tell_functions_ids_and_outcome_but_no_secret(client):
    post(client, CREATE, controlid="pay:1")
    post(client, f"<create>{payment(line(99, '1'))}</create>", controlid="pay:2")
    client.post(PATH, content=b"<request>")
    seen = client.get("/_sim/requests?limit=2").json()
    assert [one["functions"] for one in seen] == [["malformed"], ["create"]]
    assert (seen[1]["controlids"], seen[1]["outcome"]) == (["pay:2"], seen[1]["outcome"])
    assert seen[1]["outcome"].startswith("failure: No record exits")
    everything = client.get("/_sim/requests").text + client.get("/requests").text
    assert "secret" not in everything
    assert LOGIN not in everything
    assert client.get("/_sim/calls").json() == {"total": 3, "by": {"create": 2, "malformed": 1}}


def test_a_reset_is_the_first_day_again(client, books):
    first = client.get("/_sim/books").json()
    books.create(GOOD, Ask(unique="true"))
    client.post("/_sim/faults", json={"kind": "slow"})
    assert client.post("/_sim/reset").status_code == 204
    assert client.get("/_sim/books").json() == first
    assert client.get("/_sim/faults").json() == []
    books.create(GOOD, Ask(unique="true"))


# ---- the page ----


def test_the_page_shows_payments_and_invoices_and_has_no_inline_style_or_script(client, books):
    books.create(GOOD)
    page = client.get("/")
    assert page.status_code == 200
    assert "ARP-000017" in page.text
    assert '<span class="cur">USD</span> 14,775.00' in page.text
    assert '<span class="cur">JPY</span> 1,284,000</span>' in page.text
    assert "style=" not in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert client.get("/static/ledgerline.css").headers["content-type"].startswith("text/css")


FORM = {
    "customer": "C-10233",
    "amount": "1,000.00",
    "currency": "USD",
    "received": "2026-11-24",
    "invoice": "55102",
    "document": "CHK 7",
    "method": "Printed Check",
}


def test_the_form_records_a_payment_and_the_reversal_asks_first(client, books):
    done = client.post("/record", data=FORM)
    assert done.status_code == 303
    (key,) = (one.recordno for one in books.simulator.books.payments.values())
    assert f"Payment {key} is recorded." in client.get(done.headers["location"]).text
    asked = client.get(f"/payments/{key}/reverse")
    assert "Back, change nothing" in asked.text
    assert books.due(55102) == 13900
    assert client.post(f"/payments/{key}/reverse", data={"day": "2026-11-24"}).status_code == 303
    assert books.due(55102) == 14900
    again = client.post(f"/payments/{key}/reverse", data={"day": "2026-11-24"})
    assert again.status_code == 422
    assert "has already been reversed" in again.text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"amount": "much"}, "Enter the amount as a number"),
        ({"amount": "99999"}, "more than the amount due"),
        ({"received": ""}, "Enter the receipt date."),
        ({"invoice": ""}, "Choose the invoice"),
        ({"customer": "C-10258"}, "belongs to a different customer"),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(client, books, change, text):
    page = client.post("/record", data=FORM | change)
    assert page.status_code == 422
    assert text in page.text
    assert 'value="CHK 7"' in page.text
    assert len(books.simulator.books.payments) == 0


def test_periods_and_faults_are_switched_on_the_page(client, books):
    page = client.get("/").text
    assert "Close October" in page
    client.post("/periods", data={"entity": "300", "open_from": "2026-11-01"})
    assert "Reopen October" in client.get("/").text
    client.post("/faults", data={"slow": "on", "silent": "on", "count": "3"})
    assert books.simulator.gateway.faults.pending() == [Fault("slow", count=3, seconds=4.0)]
    assert not books.simulator.books.events.on
    assert "2 faults are on" in client.get("/").text
    client.post("/faults", data={"slow": "on", "off": "1", "count": "3"})
    assert books.simulator.gateway.faults.pending() == []
    assert books.simulator.books.events.on


def test_an_empty_company_has_a_page_too(served):
    books = company(Settings(empty=True, multi_entity=False))
    page = httpx.get(served(books.simulator.app))
    assert page.status_code == 200
    assert "No payment yet." in page.text
    books.simulator.close()
