"""
One request to the gateway and its answer, and which failures mean that nothing was done.

A payment may be posted at most once, so only what surely never reached Intacct counts as unavailable: no connection,
or a refusal of the gateway itself (429). A time-out, a cut, any 5xx, a page of HTML: the work may be done, or still be
running behind the CDN, which gives up after 100 s (524) and lets the origin go on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from app.errors import Malformed, OutcomeUnknown, RemoteUnavailable, SignInRefused
from app.intacct.answers import Answer, Answered, ControlFailed, SignInFailed, read_answer
from app.intacct.faults import Next, judge
from app.intacct.ports import Meter, Slots
from app.intacct.xml import MOST_BYTES
from app.records import System

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
WRITE_SECONDS = 150.0  # longer than the CDN's 100 s: its 524 must be seen, not guessed
CDN_TIMEOUT = 524
_HEADERS = {"Content-Type": "application/xml", "Accept-Encoding": "gzip"}

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class TimedOut(OutcomeUnknown):
    """No answer in time, ours or the CDN's. What only reads would be as slow again at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """
    `operation` names the functions in it for the meter; with `keep`, results hold their XML as received. `spent` is told
    the seconds from its sending to its answer, or to the loss of it.
    """

    url: str
    document: bytes
    operation: str
    seconds: float = READ_SECONDS
    keep: bool = False
    spent: Callable[[float], None] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    retry_after: float | None


def open_http(*, connections: int = 20) -> httpx.Client:
    """
    A client whose connections are kept. Redirects are never followed: that would send the payment and the password
    a second time, to a place nobody chose.
    """
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=15
    )
    return httpx.Client(follow_redirects=False, limits=limits)


class Wire:
    def __init__(self, http: httpx.Client, slots: Slots, meter: Meter) -> None:
        self._http = http
        self._slots = slots
        self._meter = meter

    def ask(self, request: Request) -> Answer:
        """
        Sends it once.

        :raises RemoteUnavailable: surely not done
        :raises SignInRefused: the gateway refuses who we are; surely not done
        :raises OutcomeUnknown: sent, and there is no answer that says what became of it
        """
        with self._slots.taken():
            reply = self._exchange(request)
        if reply.status == httpx.codes.TOO_MANY_REQUESTS:
            raise RemoteUnavailable(
                System.INTACCT, "too many requests at once", retry_after=reply.retry_after
            )
        return _understood(reply, keep=request.keep)

    def _exchange(self, request: Request) -> Reply:
        timeout = httpx.Timeout(request.seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        began = time.monotonic()
        sending = self._http.stream(
            "POST", request.url, content=request.document, headers=_HEADERS, timeout=timeout
        )
        left = True
        try:
            with sending as response:
                return Reply(
                    response.status_code, _body(response, began + request.seconds), _retry_after(response)
                )
        except _NEVER_SENT as error:
            left = False
            raise RemoteUnavailable(System.INTACCT, f"cannot be reached ({_named(error)})") from error
        except httpx.ReadTimeout as error:
            raise TimedOut(System.INTACCT, f"no answer within {request.seconds:g} seconds") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(System.INTACCT, f"the answer was lost ({_named(error)})") from error
        finally:
            if left:
                if request.spent:
                    request.spent(time.monotonic() - began)
                self._meter.called(System.INTACCT, request.operation)


def _body(response: httpx.Response, deadline: float) -> bytes:
    """At most `MOST_BYTES` and no later than the deadline: httpx bounds each read, but not their sum."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise OutcomeUnknown(System.INTACCT, f"the answer is longer than {MOST_BYTES} bytes")
        if time.monotonic() > deadline:
            raise TimedOut(System.INTACCT, "the answer did not end in time")
    return bytes(body)


def _understood(reply: Reply, *, keep: bool) -> Answer:
    try:
        answer = read_answer(reply.body, keep=keep)
    except Malformed as broken:
        if reply.status == httpx.codes.UNAUTHORIZED:
            raise SignInRefused(System.INTACCT, "the gateway refuses our login (HTTP 401)") from None
        if reply.status == CDN_TIMEOUT:
            raise TimedOut(System.INTACCT, "the CDN gave up waiting for it (HTTP 524)") from None
        reason = f"the answer is not Intacct's (HTTP {reply.status}, {broken})"
        raise OutcomeUnknown(System.INTACCT, reason) from None
    if reply.status == httpx.codes.UNAUTHORIZED and not is_over(answer):
        raise SignInRefused(System.INTACCT, _said(answer))
    if reply.status >= httpx.codes.INTERNAL_SERVER_ERROR and not isinstance(answer, Answered):
        raise OutcomeUnknown(System.INTACCT, f"the gateway failed (HTTP {reply.status}): {_said(answer)}")
    return answer


def is_over(answer: Answer) -> bool:
    """Whether the session that was used has ended."""
    return isinstance(answer, SignInFailed) and judge(answer.complaints).next is Next.SIGN_IN


def _said(answer: Answer) -> str:
    return str(judge(answer.complaints).problem) if isinstance(answer, ControlFailed | SignInFailed) else ""


def _named(error: httpx.HTTPError) -> str:
    return type(error).__name__ + (f": {error}" if str(error) else "")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; where it is an instant, by the answer's own clock (RFC 9110, 10.2.3)."""
    stated = response.headers.get("Retry-After", "").strip()
    if stated.isdecimal():
        return float(stated)
    try:
        wait = parsedate_to_datetime(stated) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())
