"""Smart Events: a form post when a payment was added, set or deleted. At most once, unsigned, five seconds."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Literal
from zoneinfo import ZoneInfo

import httpx

from simulators.faults import Recent

TIMEOUT_SECONDS = 5.0
AGENT = "Intacct Standard HTTP Agent"


@dataclass(frozen=True)
class Event:
    kind: Literal["add", "set", "delete"]
    recordno: int
    modified: datetime


@dataclass(frozen=True)
class Delivery:
    """One post and what came of it; a failed one is never repeated, as with the vendor."""

    event: Event
    outcome: str


class Events:
    """
    Posts events one after another from a thread of its own, as the vendor's single offline queue does.

    Without an address nothing is sent. `on` is the switch that a person has: off, changes are found by sweeping.
    """

    def __init__(self, url: str, key: str, zone: ZoneInfo) -> None:
        self.on = True
        self.sent: Recent[Delivery] = Recent(200)
        self._url, self._key, self._zone = url, key, zone
        self._waiting: SimpleQueue[Event | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        if url:
            self._thread = threading.Thread(target=self._post_all, name="smart-events", daemon=True)
            self._thread.start()

    def tell(self, event: Event) -> None:
        if self._thread is not None and self.on:
            self._waiting.put(event)

    def close(self) -> None:
        """Post what is waiting, then stop."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()

    def _post_all(self) -> None:
        with httpx.Client(timeout=TIMEOUT_SECONDS, headers={"User-Agent": AGENT, "Accept": "*/*"}) as client:
            for event in self._next():
                try:
                    outcome = f"status {client.post(self._url, data=self._form(event)).status_code}"
                except httpx.HTTPError as lost:
                    outcome = f"lost: {type(lost).__name__}"
                self.sent.add(Delivery(event, outcome))

    def _next(self) -> Iterator[Event]:
        while (event := self._waiting.get()) is not None:
            yield event

    def _form(self, event: Event) -> dict[str, str]:
        arguments = {
            "ApiKey": self._key,
            "Object": "ARPYMT",
            "RecordNo": str(event.recordno),
            "Event": event.kind,
            "WhenModified": event.modified.astimezone(self._zone).strftime("%m/%d/%Y %H:%M:%S"),
        }
        return {name: value for name, value in arguments.items() if value}
