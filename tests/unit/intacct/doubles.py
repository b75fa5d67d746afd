"""What the Intacct package is plugged into, in memory; and a company whose answers a test writes itself."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import httpx

from app.intacct.client import Gateway
from app.intacct.payments import Payments
from app.intacct.requests import Login
from app.intacct.signin import SignIn
from app.intacct.wire import Wire
from app.records import Posting

LOGIN = Login(
    endpoint="https://api.intacct.com/ia/xml/xmlgw.phtml",
    sender_id="acme_sender",
    sender_password="sender-secret",
    company_id="ACME",
    user_id="ledgerline",
    user_password="user-secret",
)


@dataclass
class Shelf:
    """Holds tokens as Redis would, without their end; `get` and `put` of any thread see one another."""

    held: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        return self.held.get(name)

    def put(self, name: str, text: str, seconds: float) -> None:
        self.held[name], self.seconds[name] = text, seconds

    def drop(self, name: str, text: str) -> None:
        with self._lock:
            if self.held.get(name) == text:
                del self.held[name]

    def lock(self, name: str) -> AbstractContextManager[object]:
        with self._lock:
            return self._locks.setdefault(name, threading.Lock())


@dataclass
class OpenSlots:
    taken_now: int = 0
    most: int = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        self.taken_now += 1
        self.most = max(self.most, self.taken_now)
        try:
            yield
        finally:
            self.taken_now -= 1


@dataclass
class Counter:
    operations: list[str] = field(default_factory=list)

    def called(self, system: str, operation: str) -> None:
        assert system == "intacct"
        self.operations.append(operation)


@dataclass
class SteadyPace:
    seconds: float = 0.0
    measures: list[tuple[int, float]] = field(default_factory=list)

    def seconds_per_record(self) -> float:
        return self.seconds

    def measured(self, records: int, seconds: float) -> None:
        self.measures.append((records, seconds))


@dataclass
class Around:
    """A gateway with everything that it is plugged into."""

    gateway: Gateway
    http: httpx.Client
    shelf: Shelf
    slots: OpenSlots
    meter: Counter
    pace: SteadyPace
    waits: list[float]

    def payments(self, *, key_field: str = "DOCNUMBER", clock: Callable[[], float] = lambda: 0.0) -> Payments:
        return Payments(self.gateway, key_field=key_field, pace=self.pace, clock=clock)


def plugged(http: httpx.Client, *, login: Login = LOGIN, shelf: Shelf | None = None) -> Around:
    shelf, slots, meter, waits = shelf or Shelf(), OpenSlots(), Counter(), list[float]()
    wire = Wire(http, slots, meter)
    gateway = Gateway(login, wire, SignIn("main", login, wire, shelf), sleep=waits.append)
    return Around(gateway, http, shelf, slots, meter, SteadyPace(), waits)


Reply = str | httpx.Response | Exception


class Scripted:
    """Signs everybody in, and answers each other request with the next of the given replies; keeps what was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []
        self.sign_ins: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = request.content.decode()
        if "<getAPISession" in body:
            self.sign_ins.append(body)
            return answer(session_result(f"session-{len(self.sign_ins)}"))
        self.asked.append(body)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return answer(reply) if isinstance(reply, str) else reply


def scripted(*replies: Reply) -> tuple[Around, Scripted]:
    script = Scripted(*replies)
    return plugged(httpx.Client(transport=httpx.MockTransport(script))), script


def answer(results: str) -> httpx.Response:
    """An answer whose authentication succeeded, in the shape of the vendor's SDK tests."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><response><control><status>success</status>'
        "<senderid>acme_sender</senderid><controlid>1</controlid><uniqueid>false</uniqueid>"
        "<dtdversion>3.0</dtdversion></control><operation><authentication><status>success</status>"
        "<userid>ledgerline</userid><companyid>ACME</companyid><locationid></locationid>"
        "<sessiontimestamp>2026-01-15T10:00:00+00:00</sessiontimestamp>"
        f"<sessiontimeout>2026-01-15T12:00:00+00:00</sessiontimeout></authentication>{results}</operation></response>"
    )
    return xml(text)


def xml(text: str, *, status: int = 200) -> httpx.Response:
    return httpx.Response(status, text=text, headers={"Content-Type": 'text/xml; encoding="UTF-8"'})


def session_result(session: str, endpoint: str = LOGIN.endpoint) -> str:
    return (
        "<result><status>success</status><function>getAPISession</function><controlid>session</controlid><data><api>"
        f"<sessionid>{session}</sessionid><endpoint>{endpoint}</endpoint><locationid></locationid></api></data></result>"
    )


def created(control_id: str, number: str) -> str:
    record = f"<arpymt><RECORDNO>{number}</RECORDNO></arpymt>" if number else ""
    return (
        f"<result><status>success</status><function>create</function><controlid>{control_id}</controlid>"
        f'<data listtype="objects" count="1">{record}</data></result>'
    )


def error(number: str, text: str = "", *, title: str = "", correction: str = "") -> str:
    return (
        f"<error><errorno>{number}</errorno><description>{title}</description><description2>{text}</description2>"
        f"<correction>{correction}</correction></error>"
    )


def failed(control_id: str, *errors: str, function: str = "create", data: str = "") -> str:
    return (
        f"<result><status>failure</status><function>{function}</function><controlid>{control_id}</controlid>{data}"
        f"<errormessage>{''.join(errors)}</errormessage></result>"
    )


def page(control_id: str, kind: str, *records: dict[str, str], remaining: int = 0) -> str:
    rows = "".join(
        f"<{kind}>{''.join(f'<{name}>{value}</{name}>' for name, value in one.items())}</{kind}>"
        for one in records
    )
    return (
        f"<result><status>success</status><function>query</function><controlid>{control_id}</controlid>"
        f'<data listtype="{kind}" totalcount="{len(records) + remaining}" offset="0" count="{len(records)}" '
        f'numremaining="{remaining}">{rows}</data></result>'
    )


def refused_sign_in(text: str, *, title: str = "") -> httpx.Response:
    return xml(
        "<response><control><status>success</status></control><operation><authentication><status>failure</status>"
        "<userid></userid><companyid></companyid></authentication><errormessage>"
        f"{error('XL03000006', text, title=title)}</errormessage></operation></response>"
    )


def refused_control(number: str, text: str = "", *, status: int = 200) -> httpx.Response:
    return xml(
        "<response><control><status>failure</status></control><errormessage><error>"
        f"<errorno>{number}</errorno><description>{text}</description></error></errormessage></response>",
        status=status,
    )


def posting(
    key: str = "ARP-000042", *, entity: str = "", amount: str = "125.00", invoice: str = "101"
) -> Posting:
    return Posting(
        key=key,
        control_id=f"main:{key}:create:1",
        entity=entity,
        header=(
            ("FINANCIALENTITY", "BANK01"),
            ("PAYMENTMETHOD", "EFT"),
            ("CUSTOMERID", "C-100"),
            ("DOCNUMBER", key),
            ("RECEIPTDATE", "01/15/2026"),
            ("CURRENCY", "USD"),
        ),
        lines=((("RECORDKEY", invoice), ("TRX_PAYMENTAMOUNT", amount)),),
    )


def control_ids(document: str) -> list[str]:
    return re.findall(r'<function controlid="([^"]*)"', document)
