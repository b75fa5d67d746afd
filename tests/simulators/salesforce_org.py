"""A simulated org on a socket, a clock to turn, third-party clients, and a receiver for what the org sends."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from starlette.types import ASGIApp

from simulators.salesforce.app import application
from simulators.salesforce.delivering import Courier
from simulators.salesforce.org import Org
from simulators.salesforce.seed import opened
from simulators.salesforce.settings import Settings

START = datetime(2026, 11, 24, 19, 32, 5, tzinfo=UTC)
ACK = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)
NACK = ACK.replace(b"true", b"false")


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Look until it holds; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


class Turned:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Running:
    """A served org; `courier.deliver()` sends what is due now."""

    url: str
    org: Org
    courier: Courier
    clock: Turned

    def control(self, method: str, path: str, body: object = None) -> Any:
        answer = httpx.request(method, f"{self.url}/_sim/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def pay(self, **given: Any) -> dict[str, Any]:
        """A payment as the sales user saves it: Castellan, USD 100.00 on INV-10482, Ready."""
        lines = [{"invoice": "INV-10482", "amount": "100.00"}]
        made: dict[str, Any] = self.control(
            "POST", "payments", {"account": "C-10233", "lines": lines} | given
        )
        return made

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "messages")["messages"]
        return found


@contextmanager
def running(
    serve: Callable[[ASGIApp], str], settings: Settings | None = None, path: str = ":memory:"
) -> Iterator[Running]:
    clock = Turned()
    org = opened(settings or Settings(), path, clock)
    courier = Courier(org)
    try:
        yield Running(serve(application(org, courier)), org, courier, clock)
    finally:
        courier.close()


class _Loopback(HTTPAdapter):
    """simple-salesforce speaks https to salesforce.com only; this carries it to the simulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        assert request.url is not None
        request.url = self._url + "/" + request.url.split("/", 3)[3]
        return super().send(request, *given, **named)


@contextmanager
def signed_in(url: str, **login: Any) -> Iterator[Salesforce]:
    """simple-salesforce after its own sign-in, by client credentials unless told otherwise."""
    by_client = {
        "consumer_key": "sim-client",
        "consumer_secret": "sim-client-secret",
        "domain": "harborlight.my",
    }
    with requests.Session() as session:
        session.mount("https://", _Loopback(url))
        yield Salesforce(session=session, version="65.0", **(login or by_client))


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """
    A real listener. It answers from `answers` in turn, then 200 with an Ack for ever.

    An answer is a status and a body.
    """

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    posts: list[Posted] = field(default_factory=list)
    url: str = ""

    def bodies(self) -> Sequence[bytes]:
        return [post.body for post in self.posts]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.posts.append(Posted(self.path, headers, body))
            status, answer = receiver.answers.pop(0) if receiver.answers else (200, ACK)
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """The log goes nowhere: pytest shows what failed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook/very-secret"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
