"""Takes what is due from the queue and posts it: SOAP to the hook, EventBridge's JSON to the event address."""

import json
import threading
import uuid
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import httpx

from . import ids
from .catalogue import EVENT
from .envelope import HEADERS, Told, acknowledged, envelope
from .org import USER_ID, Org
from .outbox import Answered, Notification

_IDLE_SECONDS = 5.0
_RETRIED_BY_EVENTBRIDGE = (409, 429)


class Courier:
    """
    Sends one batch after the other, in whichever thread asks; two never send at once.

    The org is not locked while a batch is under way, so the receiver may call back at once.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self._one_at_a_time = threading.Lock()
        for address in (org.settings.hook_url, org.settings.event_url):
            httpx.URL(address)  # a bad address is refused at the start, not in the sending thread
        timeout = httpx.Timeout(org.settings.retry.timeout)
        self._http = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def deliver(self) -> int:
        """Send all that is due by the org's clock; says how many posts that took."""
        posts = 0
        while self._send_one():
            posts += 1
        return posts

    def close(self) -> None:
        self._http.close()

    def _send_one(self) -> bool:
        with self._one_at_a_time:
            with self._org.lock:
                batch = self._org.outbox.batch(self._org.clock())
                body = self._body(batch)
            if not batch:
                return False
            event = batch[0].channel == "event"
            answered = self._post_event(body) if event else self._post_message(body)
            with self._org.lock:
                self._org.outbox.settle(batch, answered, self._org.clock())
                self._org.state.commit()
            return True

    def _body(self, batch: Sequence[Notification]) -> bytes:
        if not batch:
            return b""
        if batch[0].channel == "event":
            return _event(self._org, batch[0])
        records = ((n, self._org.records.find(n.record)) for n in batch)
        told = [Told(n, r if r and not r.deleted else None) for n, r in records]
        return envelope(self._org.settings, self._org.outbox.knobs, told)

    def _post_message(self, body: bytes) -> Answered:
        return self._post(
            self._org.settings.hook_url, body, HEADERS, lambda r: acknowledged(r.status_code, r.content)
        )

    def _post_event(self, body: bytes) -> Answered:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self._org.settings.event_token:
            headers["Authorization"] = f"Bearer {self._org.settings.event_token}"
        return self._post(self._org.settings.event_url, body, headers, _event_taken)

    def _post(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        judged: Callable[[httpx.Response], Answered],
    ) -> Answered:
        """Never says the address: it contains the secret."""
        try:
            return judged(self._http.post(url, content=body, headers=headers))
        except httpx.HTTPError as failed:
            return Answered(False, f"no answer ({type(failed).__name__})")


class Sender:
    """A thread that has the courier deliver whenever something is due, until the `with` block ends."""

    def __init__(self, org: Org, courier: Courier) -> None:
        self._org = org
        self._courier = courier
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="salesforce-sender", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._org.poke.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._org.poke.wait(self._wait())
            self._org.poke.clear()
            self._courier.deliver()

    def _wait(self) -> float:
        """Seconds until the next notification is due, by the org's clock; looked at again every few seconds."""
        with self._org.lock:
            due = self._org.outbox.next_due()
            left = (due - self._org.clock()).total_seconds() if due else _IDLE_SECONDS
        return min(max(left, 0.0), _IDLE_SECONDS)


def _event(org: Org, notification: Notification) -> bytes:
    """
    The event as the relay hands it to EventBridge, and an API destination posts it.

    Of `detail`, only `payload` is sure. [source: reference, 2.6]
    """
    made = notification.made
    payload = {
        "CreatedDate": int(made.timestamp() * 1000),
        "CreatedById": USER_ID,
        **(notification.payload or {}),
    }
    detail = {"payload": payload, "schemaId": _SCHEMA_ID, "id": notification.id}
    source = f"aws.partner/salesforce.com/{org.settings.org_id}/{ids.mint('0YL', 1)}"
    event = {
        "version": "0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, notification.id)),
        "detail-type": EVENT,
        "source": source,
        "account": "111122223333",
        "time": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }
    return json.dumps(event).encode()


_SCHEMA_ID = "dffQ2QLzDNHqwB8_sHMxdA"


def _event_taken(response: httpx.Response) -> Answered:
    """EventBridge tries 409, 429 and 5xx again and gives up at once on any other refusal. [recall]"""
    status = response.status_code
    if response.is_success:
        return Answered(True, f"HTTP {status}")
    return Answered(False, f"HTTP {status}", final=status < 500 and status not in _RETRIED_BY_EVENTBRIDGE)
