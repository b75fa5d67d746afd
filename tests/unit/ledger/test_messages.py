"""Claims, leases and fences, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from app.ledger import arrivals, messages
from app.ledger.arrivals import Arrival
from app.ledger.engine import Ledger
from app.ledger.messages import Closing
from app.ledger.tables import Message
from app.records.lane import lane_of
from tests.conftest import Clock

FLOW = "payment-to-intacct"
RECORD = "a0B000000000001"
LANE = lane_of("main", FLOW, RECORD)
LEASE = timedelta(seconds=90)


def arrive(ledger: Ledger, clock: Clock, *deliveries: str, record: str = RECORD) -> int:
    told = [Arrival("om", one, FLOW, LANE, "salesforce", "AR_Payment__c", record) for one in deliveries]
    with ledger.write() as writing:
        return arrivals.record(writing, "main", told, now=clock())


def claim(ledger: Ledger, clock: Clock, token: str) -> list[int]:
    with ledger.write() as writing:
        if not messages.seize_lane(writing, LANE, token, now=clock(), lease=LEASE):
            return []
        return [held.id for held in messages.claim(writing, LANE, token, now=clock(), lease=LEASE)]


class TestAClaim:
    def test_takes_what_is_due_once(self, ledger: Ledger, clock: Clock) -> None:
        assert arrive(ledger, clock, "n1", "n2", "n1") == 2
        assert len(claim(ledger, clock, "one")) == 2
        assert claim(ledger, clock, "one") == []

    def test_of_another_worker_is_respected_until_its_lease_is_over(
        self, ledger: Ledger, clock: Clock
    ) -> None:
        arrive(ledger, clock, "n1")
        assert claim(ledger, clock, "one")
        clock.advance(seconds=89)
        assert claim(ledger, clock, "two") == []
        clock.advance(seconds=2)
        assert claim(ledger, clock, "two")

    def test_takes_the_records_other_open_messages_along(self, ledger: Ledger, clock: Clock) -> None:
        arrive(ledger, clock, "n1")
        (first,) = claim(ledger, clock, "one")
        waiting = Closing(first, "waiting", "later", due_at=clock() + timedelta(hours=1))
        with ledger.write() as writing:
            messages.close(writing, LANE, "one", [waiting], started=clock(), now=clock())
        arrive(ledger, clock, "n2")

        assert len(claim(ledger, clock, "one")) == 2

    def test_takes_a_hundred_at_most(self, ledger: Ledger, clock: Clock) -> None:
        for n in range(130):
            arrive(ledger, clock, f"n{n}", record=f"a0B{n:012}")
        assert len(claim(ledger, clock, "one")) == 100


class TestClosing:
    def test_is_refused_to_a_worker_that_lost_its_claim(self, ledger: Ledger, clock: Clock) -> None:
        arrive(ledger, clock, "n1")
        (id,) = claim(ledger, clock, "one")
        clock.advance(seconds=91)
        claim(ledger, clock, "two")
        with ledger.write() as writing:
            closed = messages.close(
                writing, LANE, "one", [Closing(id, "carried", "late")], started=clock(), now=clock()
            )
            state = writing.scalar(select(Message.state).where(Message.id == id))

        assert (closed, state) == (0, "waiting")

    def test_counts_what_closed(self, ledger: Ledger, clock: Clock) -> None:
        arrive(ledger, clock, "n1", "n2")
        ids = claim(ledger, clock, "one")
        with ledger.write() as writing:
            messages.close(
                writing, LANE, "one", [Closing(id, "carried", "") for id in ids], started=clock(), now=clock()
            )
            count = writing.scalar(text("SELECT count FROM tallies WHERE state = 'carried'"))

        assert count == 2


class TestTheScheduler:
    def test_reads_only_what_is_open(self, ledger: Ledger, clock: Clock) -> None:
        """However many messages are closed: the plan of the claim goes by the index of due messages, not the table."""
        closed = {
            "connection": "main", "channel": "om", "flow": FLOW, "lane": LANE, "system": "salesforce",
            "object": "AR_Payment__c", "state": "carried", "reason": "", "attempts": 0, "received_at": clock(),
        }  # fmt: skip
        with ledger.write() as writing:
            rows = [closed | {"delivery_id": f"c{n}", "record_id": f"a0B{n:012}"} for n in range(3000)]
            writing.execute(insert(Message), rows)
        arrive(ledger, clock, "n1")
        with ledger.write() as writing:
            writing.execute(text("ANALYZE"))
            plan = self._plan(ledger, clock, writing)

        assert "ix_messages_due" in plan

    @staticmethod
    def _plan(ledger: Ledger, clock: Clock, writing) -> str:
        due = (
            select(Message.id).where(Message.lane == LANE, Message.due_at <= clock()).order_by(Message.due_at)
        )
        compiled = due.compile(ledger.engine, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if ledger.is_sqlite else "EXPLAIN"
        return "\n".join(str(tuple(row)) for row in writing.execute(text(f"{explain} {compiled}")))


@pytest.mark.parametrize("worker", ["one", "two"])
def test_a_lane_that_was_left_is_free_at_once(ledger: Ledger, clock: Clock, worker: str) -> None:
    with ledger.write() as writing:
        assert messages.seize_lane(writing, LANE, "one", now=clock(), lease=LEASE)
        messages.leave_lane(writing, LANE, "one", now=clock())
        assert messages.seize_lane(writing, LANE, worker, now=clock(), lease=LEASE)
