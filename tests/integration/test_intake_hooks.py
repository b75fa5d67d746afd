"""The inbound addresses on a real socket: the order of their checks, and no acknowledgement before the commit."""

import io
import json
import logging
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import httpx
import pytest
import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import create_engine, event, select, text

from app import log
from app.config import Settings
from app.ledger import quarantine
from app.ledger.engine import Ledger, connect
from app.ledger.tables import Message
from app.queue import Doorbell
from app.records import System
from app.sync.intake import Routes
from app.web.body import LIMIT
from app.web.main import create_app, server
from tests.payloads import payload
from tests.waiting import until

TOKEN = "hook-token-7Qm"
OUTBOUND = f"/hooks/main/salesforce/outbound-message/{TOKEN}"
EVENT = "/hooks/main/salesforce/platform-event"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
TWO = payload("outbound_message_two_payments.xml")
BRIDGE = payload("platform_event_eventbridge.json")
ROUTES = {(System.SALESFORCE, "AR_Payment__c"): "payment-to-intacct"}


def configured(**changes: str) -> Settings:
    given = {"salesforce_org_id": "00D5g00000HrbSm", "salesforce_hook_token": TOKEN, **changes}
    return Settings(_env_file=None, **given)


@dataclass(frozen=True)
class Service:
    ledger: Ledger
    doorbell: Doorbell
    clock: Callable[[], datetime]
    settings: Settings = field(default_factory=configured)
    routes: Routes = field(default_factory=lambda: ROUTES)


@contextmanager
def serving(service: Service) -> Iterator[httpx.Client]:
    listener = socket.create_server(("127.0.0.1", 0))
    web = server(create_app(service), host="127.0.0.1", port=0)
    thread = threading.Thread(target=web.run, args=([listener],), name="web")
    thread.start()
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60, trust_env=False
        ) as client:
            yield client
    finally:
        web.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


@pytest.fixture
def service(ledger, redis, clock) -> Service:
    return Service(ledger, Doorbell(redis), clock)


@pytest.fixture
def web(service) -> Iterator[httpx.Client]:
    with serving(service) as client:
        yield client


@pytest.fixture
def alone(sqlite_url, redis, clock) -> Iterator[httpx.Client]:
    """On SQLite only: for what does not touch the ledger."""
    ledger = connect(sqlite_url)
    with serving(Service(ledger, Doorbell(redis), clock)) as client:
        yield client
    ledger.engine.dispose()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that any logger of this process writes, ours and the server's."""
    written = io.StringIO()
    log.configure("web", stream=written)
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def inbox(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return list(connection.scalars(select(Message.delivery_id).order_by(Message.id)))


def quarantined(ledger: Ledger) -> list[quarantine.Kept]:
    with ledger.read() as connection:
        return quarantine.read(connection, "main")


def refused(response: httpx.Response, status: int, code: str) -> str:
    """That it is a problem with all its members and no acknowledgement; answers the detail."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["remedy"]
    assert "Ack" not in response.text
    assert TOKEN not in response.text
    return str(problem["detail"])


@contextmanager
def outage(ledger: Ledger) -> Iterator[None]:
    """SQLite: somebody holds the write lock longer than is waited for. PostgreSQL: it takes no connections."""
    if ledger.is_sqlite:
        event.listen(ledger.engine, "connect", _impatient)
        ledger.engine.dispose()
        holder = sqlite3.connect(str(ledger.engine.url.database), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.close()
        event.remove(ledger.engine, "connect", _impatient)
        return
    name = ledger.engine.url.database
    admin = create_engine(ledger.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        yield
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.dispose()


def _impatient(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA busy_timeout=50")


# What is taken


def test_an_outbound_message_is_recorded_and_acknowledged(web, service, redis):
    response = web.post(OUTBOUND, content=TWO, headers={"Content-Type": "text/xml; charset=utf-8"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/xml")
    assert "<Ack>true</Ack>" in response.text
    assert inbox(service.ledger) == ["04l5g00000Ntf01AAB", "04l5g00000Ntf02AAB"]
    until(lambda: redis.keys("ledgerline:rung:main/payment-to-intacct/*"))


def test_the_same_again_is_acknowledged_and_changes_nothing(web, service):
    for _ in range(3):
        assert "<Ack>true</Ack>" in web.post(OUTBOUND, content=TWO).text
    assert len(inbox(service.ledger)) == 2


@pytest.mark.parametrize(
    "name",
    [
        "platform_event_eventbridge.json",
        "platform_event_cloudevents_payload.json",
        "platform_event_cloudevents_data.json",
        "platform_event_streaming.json",
        "platform_event_bare.json",
    ],
)
def test_a_platform_event_is_recorded_and_accepted(web, service, name):
    response = web.post(EVENT, content=payload(name), headers=BEARER)
    assert (response.status_code, response.json()) == (202, {"received": 1, "new": 1})
    assert web.post(EVENT, content=payload(name), headers=BEARER).json() == {"received": 1, "new": 0}
    assert len(inbox(service.ledger)) == 1


def test_a_list_of_platform_events_is_taken_whole(web):
    response = web.post(EVENT, content=payload("platform_event_list.json"), headers=BEARER)
    assert response.json() == {"received": 3, "new": 3}


def test_what_no_flow_carries_is_acknowledged_and_ignored_with_the_reason(web, service):
    body = payload("outbound_message_of_an_object_that_nothing_carries.xml")
    assert "<Ack>true</Ack>" in web.post(OUTBOUND, content=body).text
    with service.ledger.read() as connection:
        (row,) = connection.execute(select(Message.state, Message.reason)).all()
    assert row.state == "ignored"
    assert row.reason.startswith("No flow carries Contact")


def test_deleted_records_are_acknowledged_and_not_lost(web, service):
    assert web.post(OUTBOUND, content=payload("outbound_message_of_deleted_records.xml")).status_code == 200
    assert len(inbox(service.ledger)) == 4


def test_browsers_hear_what_they_must_not_do(alone):
    headers = alone.post(OUTBOUND, content=TWO).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


# What is refused, in the order of the checks: each request is wrong in its own way and in every later one


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("address", [OUTBOUND, EVENT, "/hooks/nobody/salesforce/platform-event"])
def test_first_the_method(alone, method, address):
    response = alone.request(method, address)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    if method != "HEAD":
        refused(response, 405, "wrong_method")


@pytest.mark.parametrize("address", [OUTBOUND, EVENT])
def test_then_the_connection(alone, address):
    response = alone.post(address.replace("/main/", "/nobody/"), content=b"x" * (LIMIT + 1))
    refused(response, 404, "unknown_connection")


@pytest.mark.parametrize(
    "address", ["/hooks/main/intacct/smart-event", "/hooks/main/intacct/webhook", f"{OUTBOUND}/", "/hooks"]
)
def test_an_address_that_is_not_there_is_not_found_and_never_redirected(alone, address):
    refused(alone.post(address, content=TWO), 404, "not_found")


@pytest.mark.parametrize("address", [f"{OUTBOUND}-wrong", EVENT])
def test_then_the_size(alone, address):
    refused(alone.post(address, content=b"x" * (LIMIT + 1)), 413, "too_large")


def test_a_body_that_does_not_tell_its_size_is_not_read_beyond_the_limit(alone):
    """It never ends, so that only an answer in the middle of it can end the test."""
    with socket.create_connection((alone.base_url.host, alone.base_url.port), timeout=30) as connection:
        connection.sendall(
            f"POST {OUTBOUND} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        for _ in range(LIMIT // 65536 + 1):
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_declared_size_is_believed_before_anything_is_sent(alone):
    with socket.create_connection((alone.base_url.host, alone.base_url.port), timeout=30) as connection:
        head = f"POST {OUTBOUND} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {LIMIT + 1}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_exactly_the_limit_is_not_too_large(alone):
    refused(alone.post(OUTBOUND, content=TWO.ljust(LIMIT + 1)), 413, "too_large")
    assert alone.post(OUTBOUND, content=TWO.ljust(LIMIT)).status_code == 200
    assert alone.post(OUTBOUND, content=iter([TWO, b" " * (LIMIT - len(TWO))])).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (OUTBOUND.replace(TOKEN, "wrong"), {}),
        (OUTBOUND.replace(TOKEN, f"{TOKEN}%C3%A4"), {}),
        (OUTBOUND.replace(TOKEN, "%ff"), BEARER),
        (EVENT, {}),
        (EVENT, {"Authorization": "Bearer wrong"}),
        (EVENT, {"Authorization": f"Basic {TOKEN}"}),
        (EVENT, {"Authorization": "Bearer"}),
    ],
)
def test_then_the_secret(web, service, address, headers):
    refused(web.post(address, content=b"not the format", headers=headers), 401, "unproven")
    assert quarantined(service.ledger) == []


def test_another_org_is_refused_although_it_knows_the_secret(web, service):
    detail = refused(
        web.post(OUTBOUND, content=payload("outbound_message_of_another_org.xml")), 401, "unproven"
    )
    assert "SALESFORCE_ORG_ID" in detail
    assert inbox(service.ledger) == []
    assert quarantined(service.ledger) == []


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/hooks/main/salesforce/outbound-message/anything", {}),
        (EVENT, {"Authorization": "Bearer"}),
        (EVENT, {}),
    ],
)
def test_without_a_configured_secret_nobody_comes_in(ledger, redis, clock, address, headers):
    service = Service(ledger, Doorbell(redis), clock, configured(salesforce_hook_token=""))
    with serving(service) as client:
        refused(client.post(address, content=TWO, headers=headers), 401, "unproven")


def test_without_a_configured_org_no_outbound_message_comes_in(ledger, redis, clock):
    service = Service(ledger, Doorbell(redis), clock, configured(salesforce_org_id=""))
    with serving(service) as client:
        refused(client.post(OUTBOUND, content=TWO), 401, "unproven")
    assert inbox(ledger) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("outbound_message_without_organization.xml", "The message has no OrganizationId."),
        (
            "outbound_message_without_notifications.xml",
            "The message has no OrganizationId and no Notification.",
        ),
        ("outbound_message_reads_a_file.xml", "The body declares a document type"),
        ("outbound_message_billion_laughs.xml", "The body declares a document type"),
        ("platform_event_bare.json", "The body is not XML"),
    ],
)
def test_then_the_format_and_the_body_is_kept(web, service, name, reason):
    detail = refused(web.post(OUTBOUND, content=payload(name)), 400, "malformed")
    assert detail.startswith(reason)
    (kept,) = quarantined(service.ledger)
    assert (kept.channel, kept.reason, kept.body) == ("salesforce_outbound_message", detail, payload(name))


def test_a_platform_event_of_another_format_is_kept_once_with_the_path_of_what_is_wrong(web, service):
    body = json.dumps([json.loads(BRIDGE), {"data": {"Object__c": "AR_Payment__c"}}]).encode()
    for _ in range(3):
        assert refused(web.post(EVENT, content=body, headers=BEARER), 400, "malformed") == (
            "$[1].data.Record_Id__c: missing."
        )
    assert [kept.body for kept in quarantined(service.ledger)] == [body]
    assert inbox(service.ledger) == []


def test_a_session_in_a_malformed_message_is_not_kept(web, service):
    web.post(OUTBOUND, content=payload("outbound_message_with_a_session.xml"))
    (kept,) = quarantined(service.ledger)
    assert b"not-a-session-any-more" not in kept.body


# No acknowledgement before the commit


@pytest.mark.parametrize(
    ("address", "body"),
    [(OUTBOUND, TWO), (EVENT, BRIDGE), (OUTBOUND, b"<malformed/>")],
    ids=["om", "event", "bad"],
)
def test_while_the_ledger_is_away_nothing_is_acknowledged_and_then_all_goes_on(web, service, address, body):
    with outage(service.ledger):
        for _ in range(2):
            response = web.post(address, content=body, headers=BEARER)
            refused(response, 503, "ledger_unreachable")
            assert response.headers["retry-after"]
    assert web.post(address, content=body, headers=BEARER).status_code in {200, 202, 400}
    assert len(inbox(service.ledger)) + len(quarantined(service.ledger)) > 0


def test_an_acknowledged_message_is_committed_for_everybody(web, service):
    with create_engine(service.ledger.engine.url).connect() as other:
        web.post(OUTBOUND, content=TWO)
        assert other.scalar(text("SELECT count(*) FROM messages")) == 2
    other.engine.dispose()


def test_a_doorbell_that_is_away_keeps_nobody_waiting(ledger, clock, lines):
    deaf = Doorbell(Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)))
    with serving(Service(ledger, deaf, clock)) as client:
        assert client.post(OUTBOUND, content=TWO).status_code == 200
        until(lambda: "doorbell unheard" in lines.getvalue())
    assert len(inbox(ledger)) == 2


def message(number: int, *, object: str = "AR_Payment__c") -> bytes:
    body = payload("outbound_message_with_byte_order_mark.xml").decode()
    return body.replace("Ntf01", f"N{number:04}").replace("AR_Payment__c", object).encode()


def test_many_at_once_are_each_recorded_and_each_answered(web, service):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: web.post(OUTBOUND, content=message(number % 150)), range(200)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(inbox(service.ledger)) == 150


def test_one_that_the_ledger_will_not_take_does_not_fail_its_neighbours(web, service, lines):
    """A rule of the test's own in the database: a person's extension may well add one."""
    _forbid(service.ledger, "Forbidden__c")
    sent = [message(n, object="Forbidden__c" if n % 5 == 0 else "AR_Payment__c") for n in range(100)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda body: web.post(OUTBOUND, content=body), sent))
    for number, answer in enumerate(answers):
        if number % 5 == 0:
            refused(answer, 500, "broken")
        else:
            assert "<Ack>true</Ack>" in answer.text
    assert len(inbox(service.ledger)) == 80
    assert lines.getvalue().count("request broke") == 20


def _forbid(ledger: Ledger, object: str) -> None:
    statements = (
        [
            f"CREATE TRIGGER forbid BEFORE INSERT ON messages WHEN NEW.object = '{object}' "
            "BEGIN SELECT RAISE(ABORT, 'forbidden'); END"
        ]
        if ledger.is_sqlite
        else [f"ALTER TABLE messages ADD CONSTRAINT forbid CHECK (object <> '{object}')"]
    )
    with ledger.write() as transaction:
        for statement in statements:
            transaction.execute(text(statement))


# Secrets


def test_no_log_line_shows_a_secret(sqlite_url, redis, clock, lines, capfd):
    ledger = connect(sqlite_url)
    with serving(Service(ledger, Doorbell(redis), clock)) as client:
        client.get(OUTBOUND)
        client.post(OUTBOUND, content=TWO)
        client.post(OUTBOUND, content=b"<malformed/>")
        client.post(OUTBOUND, content=payload("outbound_message_of_another_org.xml"))
        client.post(f"{OUTBOUND}/")
        client.post(EVENT, content=b"[]", headers=BEARER)
        with outage(ledger):
            client.post(OUTBOUND, content=TWO)
        _forbid(ledger, "AR_Payment__c")
        assert client.post(OUTBOUND, content=message(9)).status_code == 500
    ledger.engine.dispose()
    printed = capfd.readouterr()
    said = lines.getvalue() + printed.out + printed.err
    assert "hook refused" in said
    assert "request broke" in said
    assert TOKEN not in said
