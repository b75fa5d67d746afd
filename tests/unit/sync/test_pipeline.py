"""A batch goes as far as it can, each record on its own, whatever fails beside it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from redis import Redis
from sqlalchemy import select

from app.errors import OutcomeUnknown, RemoteUnavailable, SignInRefused
from app.idempotency import Claims
from app.ledger import arrivals, health, messages
from app.ledger.arrivals import Arrival
from app.ledger.engine import Ledger
from app.ledger.tables import Attempt, Link, Message
from app.records import Again, Problem, Refused
from app.records.lane import lane_of
from app.sync.desk import Desk
from app.sync.drain import Drainer
from tests.conftest import Clock
from tests.fakes import (
    CUT_AFTER_THE_WORK,
    CUT_BEFORE_THE_WORK,
    FLOW,
    FakeIntacct,
    FakeSalesforce,
    a_payment,
    payment_flow,
)

P1, P2, P3 = "a0B000000000001", "a0B000000000002", "a0B000000000003"
LOCK = Again("The record is locked by somebody else.")


class World:
    """Both systems, the ledger between them, and hands to work them."""

    def __init__(self, ledger: Ledger, redis: Redis, clock: Clock) -> None:
        self.salesforce, self.intacct = FakeSalesforce(), FakeIntacct()
        self.ledger, self.redis, self.clock = ledger, redis, clock
        self.desk = Desk(
            connection="main",
            ledger=ledger,
            claims=Claims(redis),
            clock=clock,
            lease=timedelta(seconds=90),
            retry=(10, 60, 300),
            lookup=(5, 15, 30),
            parent_wait=timedelta(minutes=5),
        )
        flow = payment_flow(self.salesforce, self.intacct)
        self.drainer = Drainer({("main", FLOW): flow}, {"main": self.desk})
        self._told = 0

    def told(self, *ids: str) -> None:
        """Salesforce tells of these records, once more."""
        told = []
        for id in ids:
            self._told += 1
            lane = lane_of("main", FLOW, id)
            told.append(Arrival("test", f"n{self._told}", FLOW, lane, "salesforce", "AR_Payment__c", id))
        with self.ledger.write() as transaction:
            arrivals.record(transaction, "main", told, now=self.clock())

    def drain(self) -> None:
        with self.ledger.read() as reading:
            lanes = messages.due_lanes(reading, now=self.clock())
        for lane in lanes:
            self.drainer.drain(lane, lambda: False)

    def drain_until_quiet(self, hours: float = 30) -> None:
        """Let time pass until nothing is open any more."""
        end = self.clock() + timedelta(hours=hours)
        while self.clock() < end:
            self.drain()
            with self.ledger.read() as reading:
                due = reading.scalar(
                    select(Message.due_at).where(Message.due_at.is_not(None)).order_by(Message.due_at)
                )
            if due is None:
                return
            self.clock.now = max(self.clock.now + timedelta(seconds=1), due)

    def states(self, id: str) -> list[str]:
        with self.ledger.read() as reading:
            return list(
                reading.scalars(select(Message.state).where(Message.record_id == id).order_by(Message.id))
            )

    def message(self, id: str) -> Message:
        with self.ledger.read() as reading:
            return reading.execute(
                select(Message).where(Message.record_id == id).order_by(Message.id)
            ).first()

    def paid(self) -> dict[str, Decimal]:
        return {payment.key: payment.amount for payment in self.intacct.payments.values()}


@pytest.fixture
def world(ledger: Ledger, redis: Redis, clock: Clock) -> World:
    return World(ledger, redis, clock)


class TestAPayment:
    def test_is_posted_once_paired_and_said_to_be_synced(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        world.drain()

        assert world.paid() == {"ARP-000001": Decimal("100.00")}
        assert world.states(P1) == ["carried"]
        note = world.salesforce.notes[-1]
        assert (note.sync_status, note.status, note.target_id) == ("Synced", "Posted", "88000")
        assert note.lines == (("line-inv1", "88000-0"),)

    def test_costs_five_calls_a_batch(self, world: World) -> None:
        lane = lane_of("main", FLOW, P1)
        ids = [f"a0B{n:012}" for n in range(400)]
        ids = [id for id in ids if lane_of("main", FLOW, id) == lane][:100]
        world.salesforce.hold(*(a_payment(id) for id in ids))
        world.told(*ids)
        world.drain()

        assert len(world.intacct.payments) == len(ids) > 50
        assert world.salesforce.calls + world.intacct.calls == 5

    def test_is_not_posted_again_when_told_of_ten_times(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.told(*[P1] * 10)
        world.drain()
        world.told(P1)
        world.drain()

        assert world.intacct.writes == ["main:payment:ARP-000001:1"]
        assert world.states(P1) == ["carried"] * 10 + ["skipped"]

    def test_that_asks_for_nothing_is_left_alone(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1, status="Draft", wanted=False))
        world.told(P1, P2)
        world.drain()

        assert world.states(P1) == world.states(P2) == ["skipped"]
        assert not world.intacct.writes
        assert not world.salesforce.notes

    def test_that_was_edited_after_posting_is_protested_and_stays(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        world.drain()
        edited = replace(world.salesforce.records[P1], amount=Decimal("120.00"))
        world.salesforce.hold(edited)
        world.told(P1)
        world.drain()

        assert world.paid() == {"ARP-000001": Decimal("100.00")}
        assert world.states(P1)[-1] == "rejected"
        assert world.salesforce.records[P1].sync_status == "Needs Attention"

    def test_whose_edit_is_taken_back_is_synced_again(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        world.drain()
        for amount in ("120.00", "100.00"):
            world.salesforce.hold(replace(world.salesforce.records[P1], amount=Decimal(amount)))
            world.told(P1)
            world.drain()

        assert world.salesforce.records[P1].sync_status == "Synced"
        assert world.states(P1) == ["carried", "carried", "carried"]


class TestAMixedBatch:
    def test_carries_what_is_good(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1), a_payment(P2, amount="0.00"), a_payment(P3, customer=None))
        world.told(P1, P2, P3)
        world.drain()

        assert [world.states(id) for id in (P1, P2, P3)] == [["carried"], ["rejected"], ["waiting"]]
        statuses = {note.id: str(note.sync_status) for note in world.salesforce.notes}
        assert statuses == {P1: "Synced", P2: "Needs Attention", P3: "Waiting"}

    def test_is_not_stopped_by_a_fault_of_ours_in_one_record(self, world: World) -> None:
        lane = lane_of("main", FLOW, P1)
        other = next(id for n in range(2, 100) if lane_of("main", FLOW, id := f"a0B{n:012}") == lane)
        world.salesforce.hold(a_payment(P1, description="break"), a_payment(other))
        world.told(P1, other)
        world.drain()

        assert (world.states(P1), world.states(other)) == (["waiting"], ["carried"])
        world.drain_until_quiet()
        assert world.states(P1) == ["failed"]


class TestARefusal:
    def test_is_not_said_twice_when_our_own_note_comes_back(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1, amount="-5.00"))
        for _ in range(4):
            world.told(P1)
            world.drain()

        assert world.states(P1) == ["rejected", "skipped", "skipped", "skipped"]
        assert len(world.salesforce.notes) == 1

    def test_ends_when_the_record_is_mended(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1, amount="0.00"))
        world.told(P1)
        world.drain()
        world.salesforce.hold(a_payment(P1, sync_status="Needs Attention"))
        world.told(P1)
        world.drain()

        assert world.states(P1) == ["carried", "carried"]
        assert world.salesforce.records[P1].sync_status == "Synced"

    def test_by_intacct_is_told_in_its_words(self, world: World) -> None:
        problem = Problem("period_closed", "October 2026 is closed.", "Choose a date from 1 Nov 2026 on.")
        world.salesforce.hold(a_payment(P1))
        world.intacct.outcomes["ARP-000001"] = ("refused", Refused(problem))
        world.told(P1)
        world.drain()

        assert world.states(P1) == ["rejected"]
        assert (
            world.salesforce.notes[-1].message == "October 2026 is closed. Choose a date from 1 Nov 2026 on."
        )


class TestAMissingParent:
    def test_waits_uncounted_and_arrives_when_it_is_linked(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1, customer=None))
        world.told(P1)
        for _ in range(20):
            world.drain()
            world.clock.advance(seconds=301)
        world.salesforce.hold(replace(world.salesforce.records[P1], customer="C-1"))
        world.drain()

        assert world.states(P1) == ["carried"]
        assert [str(note.sync_status) for note in world.salesforce.notes] == ["Waiting", "Synced"]

    def test_asks_a_person_after_a_day(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1, customer=None))
        world.told(P1)
        world.drain_until_quiet()

        assert world.states(P1) == ["rejected"]

    def test_keeps_one_message_open_however_often_it_is_told_of(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1, customer=None))
        for _ in range(3):
            world.told(P1)
            world.drain()

        assert world.states(P1) == ["waiting", "skipped", "skipped"]


class TestAnUnknownOutcome:
    def test_is_looked_up_and_found_and_never_sent_again(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.intacct.outcomes["ARP-000001"] = CUT_AFTER_THE_WORK
        world.told(P1)
        world.drain()
        assert world.states(P1) == ["unknown"]
        assert world.salesforce.records[P1].sync_status == "Unknown"
        world.drain_until_quiet()

        assert world.states(P1) == ["carried"]
        assert len(world.intacct.writes) == 1
        assert world.salesforce.records[P1].sync_status == "Synced"

    def test_that_was_never_done_is_sent_again_after_the_last_look(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.intacct.outcomes["ARP-000001"] = CUT_BEFORE_THE_WORK
        world.told(P1)
        started = world.clock()
        world.drain()
        world.clock.advance(seconds=49)
        world.drain()
        assert len(world.intacct.writes) == 1
        world.drain_until_quiet()

        assert world.intacct.writes == ["main:payment:ARP-000001:1"] * 2
        assert world.states(P1) == ["carried"]
        assert world.clock() - started < timedelta(seconds=60)

    def test_is_not_sent_again_when_told_of_meanwhile(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.intacct.outcomes["ARP-000001"] = CUT_BEFORE_THE_WORK
        for _ in range(5):
            world.told(P1)
            world.drain()
            world.clock.advance(seconds=1)

        assert len(world.intacct.writes) == 1
        assert world.states(P1) == ["unknown"] + ["skipped"] * 4

    def test_of_a_whole_write_is_looked_up_though_no_write_should_raise_it(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.intacct.failures["write"] = [OutcomeUnknown("intacct", "the answer was lost")]
        world.told(P1)
        world.drain()
        world.clock.advance(seconds=30)
        world.drain()
        assert (world.states(P1), world.intacct.writes) == (["unknown"], [])
        world.drain_until_quiet()

        assert world.states(P1) == ["carried"]
        assert len(world.intacct.writes) == 1

    def test_that_intacct_calls_recorded_is_found_by_its_key(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        world.drain()
        with world.ledger.write() as transaction:  # a ledger restored from a copy made before the post
            transaction.execute(Link.__table__.delete())
            transaction.exec_driver_sql("DELETE FROM postings")
        world.salesforce.hold(a_payment(P1))
        world.redis.flushall()
        world.told(P1)
        world.drain_until_quiet()

        assert world.paid() == {"ARP-000001": Decimal("100.00")}
        assert world.states(P1) == ["carried", "carried"]
        assert world.salesforce.records[P1].target_id == "88000"

    def test_is_not_taken_for_somebody_elses_payment_with_the_same_number(self, world: World) -> None:
        world.salesforce.hold(a_payment(P2, key="ARP-000001", amount="7.00"), a_payment(P1))
        world.told(P2)
        world.drain()
        world.intacct.outcomes["ARP-000001"] = CUT_BEFORE_THE_WORK
        world.intacct.control_ids.clear()
        world.told(P1)
        world.drain_until_quiet()

        assert world.states(P1) == ["rejected"]
        assert "is not this payment" in world.message(P1).reason


class TestAFailedWriteBack:
    def test_is_repeated_and_never_posts_again(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.salesforce.refusals[P1] = LOCK
        world.told(P1)
        world.drain()
        assert world.states(P1) == ["waiting"]
        world.drain_until_quiet()

        assert world.states(P1) == ["carried"]
        assert len(world.intacct.writes) == 1

    def test_ends_with_a_person_when_salesforce_refuses_it_for_good(self, world: World) -> None:
        refusal = Refused(Problem("validation", "Status may not go back.", "Ask an administrator."))
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        for _ in range(10):
            world.salesforce.refusals[P1] = refusal
            world.drain()
            world.clock.advance(hours=1)

        assert world.states(P1) == ["failed"]
        assert "Intacct payment 88000" in world.message(P1).reason
        assert len(world.intacct.writes) == 1

    def test_of_a_refusal_is_repeated_too(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1, amount="0.00"))
        world.salesforce.refusals[P1] = LOCK
        world.told(P1)
        world.drain()
        assert world.states(P1) == ["waiting"]
        world.drain_until_quiet()

        assert world.states(P1) == ["rejected"]
        assert world.salesforce.records[P1].sync_status == "Needs Attention"


class TestASystemThatIsDown:
    @pytest.mark.parametrize("verb", ["look_around", "write", "read"])
    def test_stops_the_connection_counts_nothing_and_all_goes_on(self, world: World, verb: str) -> None:
        world.salesforce.hold(a_payment(P1))
        world.intacct.failures[verb] = [RemoteUnavailable("intacct", "cannot be reached") for _ in range(9)]
        world.told(P1)
        world.drain_until_quiet()

        assert world.paid() == {"ARP-000001": Decimal("100.00")}
        assert world.states(P1) == ["carried"]
        assert world.message(P1).attempts == 0
        assert len(world.intacct.writes) == 1

    def test_says_since_when_and_why(self, world: World) -> None:
        world.salesforce.failures = [RemoteUnavailable("salesforce", "answers 503")]
        world.told(P1)
        world.drain()
        with world.ledger.read() as reading:
            condition = health.conditions(reading, "main")["salesforce"]

        assert (condition.healthy, condition.reason, condition.since) == (False, "answers 503", world.clock())

    def test_that_refuses_our_login_is_asked_once_an_hour(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.salesforce.failures = [SignInRefused("salesforce", "authentication failure")]
        world.told(P1)
        for _ in range(58):
            world.drain()
            world.clock.advance(minutes=1)
        assert world.salesforce.calls == 1
        world.drain_until_quiet()
        assert world.states(P1) == ["carried"]


class TestAWorker:
    def test_that_died_after_sending_leaves_a_payment_that_is_looked_up(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.intacct.failures["write"] = [SystemExit("killed")]  # the process ends between two lines
        world.told(P1)
        with pytest.raises(SystemExit):
            world.drain()
        world.clock.advance(seconds=89)
        world.drain()
        assert world.states(P1) == ["waiting"]
        world.drain_until_quiet()

        assert world.states(P1) == ["carried"]
        assert len(world.intacct.payments) == 1

    def test_that_lost_its_lane_sends_nothing(self, world: World) -> None:
        lane = lane_of("main", FLOW, P1)
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        look_around = world.intacct.look_around

        def slowly(records):
            world.clock.advance(seconds=91)
            with world.ledger.write() as transaction:
                assert messages.seize_lane(
                    transaction, lane, "other", now=world.clock(), lease=timedelta(seconds=90)
                )
            return look_around(records)

        world.intacct.look_around = slowly
        world.drain()

        assert not world.intacct.writes
        assert world.states(P1) == ["waiting"]

    def test_does_not_touch_a_lane_that_another_holds(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        with world.ledger.write() as transaction:
            messages.seize_lane(
                transaction,
                lane_of("main", FLOW, P1),
                "other",
                now=world.clock(),
                lease=timedelta(seconds=90),
            )
        world.drain()

        assert world.salesforce.calls == 0

    def test_works_on_after_redis_lost_everything(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1))
        world.intacct.outcomes["ARP-000001"] = CUT_AFTER_THE_WORK
        world.told(P1)
        world.drain()
        world.redis.flushall()
        world.drain_until_quiet()

        assert world.paid() == {"ARP-000001": Decimal("100.00")}
        assert len(world.intacct.writes) == 1


class TestAnAttempt:
    def test_keeps_what_was_sent_and_what_was_said(self, world: World) -> None:
        world.salesforce.hold(a_payment(P1, amount="0.00"))
        world.told(P1)
        world.drain()
        with world.ledger.read() as reading:
            attempt = reading.execute(select(Attempt.outcome, Attempt.reason, Attempt.problems)).one()

        assert attempt.outcome == "rejected"
        assert attempt.problems[0]["code"] == "amount_not_positive"
