"""Salesforce's records: read, list what changed, write our fields, and know the objects."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from app.errors import CallRefused, OutcomeUnknown, RemoteError
from app.records import Again, Change, ObjectFacts, Row, Shape, WriteOutcome, ids
from app.salesforce import describe, rows, soql, wire, writes
from app.salesforce.client import Client, Sleep
from app.salesforce.failures import RequestRefused
from app.salesforce.meter import Usage
from app.salesforce.signin import Clock

FACTS_AGE: Final = timedelta(hours=1)


class Records:
    def __init__(self, client: Client, clock: Clock, *, sleep: Sleep = time.sleep) -> None:
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._facts: dict[str, tuple[datetime, ObjectFacts]] = {}

    def read(self, shape: Shape, asked: Sequence[str]) -> dict[str, Row]:
        """
        The records by the id that was asked for, in either form; a gone record, or what is no id, is absent.

        :raises RemoteError: the call as a whole failed, never OutcomeUnknown
        """
        wanted = {id18: None for one in asked if (id18 := ids.full(one))}
        row = rows.reader(shape, self._pages)
        found: dict[str, Row] = {}
        for query in soql.select(shape, list(wanted)):
            for record in self._query(query):
                one = row(record)
                found[one.id] = one
        return {one: found[id18] for one in asked if (id18 := ids.full(one)) in found}

    def changed(self, shape: Shape, since: datetime, until: datetime) -> list[str]:
        """
        Ids changed from `since` up to `until` that the shape's conditions take, oldest change first, none twice.

        Trap: the stamp is of the save, and a long transaction commits later, so consecutive windows must overlap.
        """
        types = self._types(shape)
        found: dict[str, None] = {}
        stamp, last = since, ""
        while True:
            begun = last
            try:
                for record in self._query(soql.select_changed(shape, stamp, until, last, types=types)):
                    last = wire.as_text(record.get("Id"), "Id")
                    stamp = datetime.fromisoformat(
                        wire.as_text(record.get("SystemModstamp"), "SystemModstamp")
                    )
                    found[last] = None
                return list(found)
            except RequestRefused as error:
                if error.code != "INVALID_QUERY_LOCATOR" or last == begun:
                    raise  # else the cursor was dropped half-way (an org has few): go on after the last one

    def update(self, changes: Sequence[Change]) -> list[WriteOutcome]:
        """
        Write the fields of each, in the order asked. Written twice is written once, so a lost answer is Again.

        :raises RemoteError: only if nothing at all was written, never OutcomeUnknown
        """
        items, made = writes.items(changes)
        made.update((item.place, outcome) for item, outcome in self._send(items, may_raise=True))
        locked = [item for item in items if writes.met_lock(made[item.place])]
        if locked:
            self._sleep(random.uniform(0.3, 1.5))  # noqa: S311 # so that two writers do not meet again
            made.update((item.place, outcome) for item, outcome in self._send(locked, may_raise=False))
        return [made[place] for place in range(len(changes))]

    def facts(self, name: str) -> ObjectFacts:
        """
        What the org says of the object, at most an hour old.

        :raises CallRefused: no such object, or our user may not see it
        """
        now = self._clock()
        kept = self._facts.get(name)
        if kept and now - kept[0] < FACTS_AGE:
            return kept[1]
        fresh = describe.facts_in(self._client.get("describe", f"/sobjects/{quote(name, safe='')}/describe"))
        self._facts[name] = (now, fresh)
        return fresh

    def usage(self) -> Usage:
        """The org's calls of the last 24 hours, by everyone, and its limit."""
        limits = wire.as_object(self._client.get("limits", "/limits"), "the limits")
        daily = wire.as_object(limits.get("DailyApiRequests"), "DailyApiRequests")
        most = wire.as_count(daily.get("Max"), "Max")
        return Usage(most - wire.as_count(daily.get("Remaining"), "Remaining"), most)

    def _send(
        self, items: Sequence[writes.Item], *, may_raise: bool
    ) -> Iterator[tuple[writes.Item, WriteOutcome]]:
        """Once a call went through, a later one that fails is an outcome of its records; an outage ends the round."""
        calls = writes.calls(items)
        for number, call in enumerate(calls):
            try:
                yield from zip(call, self._written(call), strict=True)
            except CallRefused as error:
                if number == 0 and may_raise:
                    raise
                yield from ((item, writes.refused(error)) for item in call)
            except RemoteError as error:
                if number == 0 and may_raise and not isinstance(error, OutcomeUnknown):
                    raise
                yield from ((item, Again(error.reason)) for rest in calls[number:] for item in rest)
                return

    def _written(self, call: Sequence[writes.Item]) -> list[WriteOutcome]:
        answer = self._client.patch("update", "/composite/sobjects", writes.body(call), is_repeatable=True)
        return writes.outcomes(call, answer)

    def _query(self, query: str) -> Iterator[rows.Record]:
        yield from self._pages(self._client.get("query", "/query", {"q": query}))

    def _pages(self, page: wire.Json) -> Iterator[rows.Record]:
        """All records of a list, of a query or of children, over all its pages."""
        while True:
            members = wire.as_object(page, "a list of records")
            for record in wire.as_list(members.get("records"), "records"):
                yield wire.as_object(record, "a record")
            if members.get("done") is True:
                return
            page = self._client.get("query", wire.as_text(members.get("nextRecordsUrl"), "nextRecordsUrl"))

    def _types(self, shape: Shape) -> Mapping[str, str]:
        """The types of the object's own fields, for the conditions; without conditions nobody asks."""
        if not shape.conditions:
            return {}
        return {name.lower(): field.type for name, field in self.facts(shape.object).fields.items()}
