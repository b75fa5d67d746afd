"""The queue of what the org has to tell: notifications with their tries, kept in the state file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, cast

from . import ids
from .knobs import KNOBS, Knobs
from .settings import Retry
from .state import State
from .values import Json

Channel = Literal["message", "event"]
Standing = Literal["queued", "delivered", "given up", "lost", "removed"]


@dataclass(frozen=True)
class Notification:
    """
    One notice in the queue; a message keeps its id over all tries.

    `payload` is what an event said when it was published. A message has none: its body is made when it is sent.
    """

    id: str
    number: int
    channel: Channel
    record: str
    made: datetime
    due: datetime | None
    standing: Standing = "queued"
    attempts: int = 0
    answer: str = ""
    repeat: bool = False
    payload: Mapping[str, Json] | None = None


@dataclass(frozen=True)
class Answered:
    """What came of one try, in the words of the delivery status page; `final` is not tried again."""

    good: bool
    words: str
    final: bool = False


class Outbox:
    """The caller holds the org's lock; every change is staged for the next commit."""

    def __init__(self, state: State, retry: Retry) -> None:
        self._state = state
        self._retry = retry
        self._batches = 0
        self._all: dict[str, Notification] = {}
        self._queued: dict[str, Notification] = {}
        self.knobs = Knobs()
        for _, kept in state.rows("knobs"):
            self.knobs = KNOBS.validate_python(kept)
        found = sorted((_read(id, kept) for id, kept in state.rows("notification")), key=lambda n: n.number)
        for notification in found:
            self._hold(notification)

    def turn(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self._state.stage("knobs", "all", cast(Mapping[str, Json], KNOBS.dump_python(knobs)))

    def add_message(self, number: int, record: str, now: datetime) -> None:
        """`number` is never given twice, not even after a reset: a receiver knows a message by its id."""
        self._add(Notification(ids.mint("04l", number), number, "message", record, now, now))

    def add_event(self, number: int, uuid: str, payload: Mapping[str, Json], now: datetime) -> None:
        record = str(payload.get("Record_Id__c") or "")
        self._add(Notification(uuid, number, "event", record, now, now, payload=payload))

    def latest(self, limit: int) -> list[Notification]:
        """The last so many, latest first."""
        return list(reversed(self._all.values()))[:limit]

    def find(self, id: str) -> Notification | None:
        return self._all.get(id)

    def counts(self) -> Mapping[str, int]:
        """How many there are of each standing."""
        found: dict[str, int] = {}
        for notification in self._all.values():
            found[notification.standing] = found.get(notification.standing, 0) + 1
        return found

    def batch(self, now: datetime) -> Sequence[Notification]:
        """What goes out next: up to 100 messages that are due, or one event; nothing while held."""
        due = [n for n in self._queued.values() if n.due is not None and n.due <= now]
        if self.knobs.hold or not due:
            return ()
        if self.knobs.reorder:
            due.reverse()
        if due[0].channel == "event":
            return due[:1]
        self._batches += 1
        alone = self.knobs.split and self._batches % 2 == 1
        return [n for n in due if n.channel == "message"][: 1 if alone else self.knobs.batch]

    def next_due(self) -> datetime | None:
        if self.knobs.hold:
            return None
        return min((n.due for n in self._queued.values() if n.due is not None), default=None)

    def settle(self, sent: Iterable[Notification], answered: Answered, now: datetime) -> None:
        """Close, repeat or postpone what one try has sent; what was removed meanwhile stays removed."""
        for notification in sent:
            current = self._queued.get(notification.id)
            if current is None:
                continue
            tried = replace(current, attempts=current.attempts + 1, answer=answered.words)
            self._hold(self._after(tried, answered, now))

    def retry_now(self, now: datetime, only: Sequence[str] | None = None) -> int:
        """As "Retry" on the delivery status page: the next attempt is now. Says how many that were."""
        found = [n for n in self._queued.values() if only is None or n.id in only]
        for notification in found:
            self._hold(replace(notification, due=now))
        return len(found)

    def remove(self, only: Sequence[str]) -> int:
        """As "Del" on the delivery status page. Says how many that were."""
        found = [n for n in self._queued.values() if n.id in only]
        for notification in found:
            self._hold(replace(notification, standing="removed", due=None))
        return len(found)

    def _after(self, tried: Notification, answered: Answered, now: datetime) -> Notification:
        if answered.good:
            if self.knobs.twice and not tried.repeat:
                return replace(tried, due=now, repeat=True)
            return replace(tried, standing="delivered", due=None)
        due = now + timedelta(seconds=self._retry.wait(tried.attempts))
        if answered.final or due > tried.made + timedelta(seconds=self._retry.give_up):
            return replace(tried, standing="given up", due=None)
        return replace(tried, due=due)

    def _add(self, notification: Notification) -> None:
        nth = self.knobs.lose_every
        if nth and notification.number % nth == 0:
            notification = replace(notification, standing="lost", due=None)
        self._hold(notification)

    def _hold(self, notification: Notification) -> None:
        self._all[notification.id] = notification
        if notification.standing == "queued":
            self._queued[notification.id] = notification
        else:
            self._queued.pop(notification.id, None)
        self._state.stage("notification", notification.id, _written(notification))


def _written(n: Notification) -> Mapping[str, Json]:
    return {
        "number": n.number,
        "channel": n.channel,
        "record": n.record,
        "made": n.made.isoformat(),
        "due": n.due.isoformat() if n.due else None,
        "standing": n.standing,
        "attempts": n.attempts,
        "answer": n.answer,
        "repeat": n.repeat,
        "payload": n.payload,
    }


def _read(id: str, kept: Mapping[str, Json]) -> Notification:
    """The row that `_written` wrote; nobody else writes the state file."""
    due = cast(str | None, kept["due"])
    return Notification(
        id=id,
        number=cast(int, kept["number"]),
        channel=cast(Channel, kept["channel"]),
        record=cast(str, kept["record"]),
        made=datetime.fromisoformat(cast(str, kept["made"])),
        due=datetime.fromisoformat(due) if due else None,
        standing=cast(Standing, kept["standing"]),
        attempts=cast(int, kept["attempts"]),
        answer=cast(str, kept["answer"]),
        repeat=cast(bool, kept["repeat"]),
        payload=cast(Mapping[str, Json] | None, kept["payload"]),
    )
