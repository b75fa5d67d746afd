"""The org: its schema, records, queue and counters, behind one lock and one commit per request."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import cast

from . import ids
from .catalogue import EVENT, LINE, PAYMENT, catalogue, custom_field
from .outbox import Outbox
from .records import Record, Records
from .schema import Field, Kind, Schema
from .settings import Settings
from .state import State
from .values import Json, from_text, to_text

Clock = Callable[[], datetime]

USER_ID = ids.mint("005", 1)
ASKS = ("Ready", "Reversal Requested")
_NUMBERED_ON = ("notification", *(f"{kind}.{o}" for kind in ("id", "number") for o in (PAYMENT, LINE)))


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Org:
    """
    All state of one org. `lock` is held over a request and its commit.

    `poke` is set whenever the queue may have something new to send. `locked` counts, by record, how many
    writes still find the row locked by someone else.
    """

    def __init__(self, settings: Settings, path: str = ":memory:", clock: Clock = wall_clock) -> None:
        self.settings = settings
        self.clock = clock
        self.lock = threading.RLock()
        self.poke = threading.Event()
        self.state = State(path)
        self._open()

    def _open(self) -> None:
        self.locked: Counter[str] = Counter()
        self.counters = Counter({id: cast(int, row["n"]) for id, row in self.state.rows("counter")})
        self.schema = self._schema()
        self.described_at = self.clock().replace(microsecond=0)
        self.records = self._records()
        self.outbox = Outbox(self.state, self.settings.retry)

    def is_new(self) -> bool:
        return not self.counters

    def reset(self) -> None:
        """
        Back to an org without records, queue, sessions or fields of its own.

        Payments and notifications are numbered on: the other side has seen those of before, and would take
        a new one with an old number for a repetition.
        """
        kept = {counter: self.counters[counter] for counter in _NUMBERED_ON if self.counters[counter]}
        self.state.wipe()
        for counter, number in kept.items():
            self.state.stage("counter", counter, {"n": number})
        self.state.commit()
        self._open()

    def now(self) -> datetime:
        """The instant as a record keeps it: Salesforce stores seconds."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    def next(self, counter: str) -> int:
        """The next number of a counter; a number is never given twice, even after a rollback."""
        self.counters[counter] += 1
        self.state.stage("counter", counter, {"n": self.counters[counter]})
        return self.counters[counter]

    def calls_used(self) -> int:
        """API calls of the current UTC day; the vendor counts a rolling 24 hours."""
        return self.counters[f"calls.{self.clock():%Y-%m-%d}"]

    def calls_limit(self) -> int:
        return self.counters["budget"] or self.settings.daily_requests

    def count_call(self) -> None:
        self.next(f"calls.{self.clock():%Y-%m-%d}")

    def set_budget(self, limit: int, used: int) -> None:
        """From now on `limit` calls a day, of which `used` are gone."""
        for counter, number in (("budget", limit), (f"calls.{self.clock():%Y-%m-%d}", used)):
            self.counters[counter] = number
            self.state.stage("counter", counter, {"n": number})

    def add_field(self, sobject: str, name: str, kind: Kind) -> Field:
        """Add a custom field, as an administrator does in Setup."""
        field = custom_field(name, kind)
        self.schema = self.schema.adding(sobject, field)
        self.described_at = self.clock().replace(microsecond=0)
        self.state.stage("field", f"{sobject}.{name}", {"object": sobject, "name": name, "kind": kind})
        return field

    def commit(self, *, by_api: bool = True) -> None:
        """Keep what was written, and queue what the saves have to tell."""
        for record, created in self.records.saved():
            body = {name: to_text(value) for name, value in record.values.items() if value is not None}
            self.state.stage("record." + record.type, record.id, body)
            if self._tells(record, by_api=by_api):
                self._tell(record, created=created)
        self.state.commit()
        self.poke.set()

    def publish(self, payload: Mapping[str, Json]) -> str:
        """Put a platform event on the bus; answers its EventUuid."""
        event = str(uuid.uuid4())
        if self.outbox.knobs.events and self.settings.event_url:
            self.outbox.add_event(self.next("notification"), event, payload, self.clock())
        return event

    def _tells(self, record: Record, *, by_api: bool) -> bool:
        knobs = self.outbox.knobs
        if record.type != PAYMENT or record.deleted or (by_api and not knobs.api_saves):
            return False
        return knobs.every_save or record["Status__c"] in ASKS

    def _tell(self, record: Record, *, created: bool) -> None:
        if self.outbox.knobs.messages and self.settings.hook_url:
            self.outbox.add_message(self.next("notification"), record.id, self.clock())
        change = "Created" if created else "Updated"
        self.publish({"Record_Id__c": record.id, "Object__c": record.type, "Change__c": change})

    def _schema(self) -> Schema:
        schema = catalogue(multi_currency=self.settings.multi_currency)
        for _, row in self.state.rows("field"):
            field = custom_field(cast(str, row["name"]), cast(Kind, row["kind"]))
            schema = schema.adding(cast(str, row["object"]), field)
        return schema

    def _records(self) -> Records:
        records = Records(self.schema)
        for sobject in self.schema.objects.values():
            if sobject.name == EVENT:
                continue
            for id, row in self.state.rows("record." + sobject.name):
                known = ((sobject.named(name), kept) for name, kept in row.items())
                values = {f.name: from_text(f, kept) for f, kept in known if f is not None}
                records.put(Record(sobject.name, id, values))
        records.saved()
        return records
