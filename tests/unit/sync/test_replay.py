"""What a person decides about a message holds: a replay is carried, an ignored one stays ignored, nothing is doubled."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.errors import NotOurs, RemoteUnavailable
from app.ledger import arrivals, health, inbox, messages, runs, tallies
from app.ledger.arrivals import Arrival
from app.ledger.inbox import Filter
from app.ledger.tables import Posted
from app.queue import Doorbell
from app.records import Again, Problem, Refused, System
from app.records.lane import lane_of
from app.sync import replay
from app.sync.replay import CountDiffers, InHand, MayBeOutThere, MessageNotFound, NothingToIgnore
from tests.fakes import CUT_AFTER_THE_WORK, CUT_BEFORE_THE_WORK, FLOW, a_payment, payment_flow
from tests.unit.sync.test_pipeline import LOCK, P1, P2, P3, World

KEY = "ARP-000001"


@pytest.fixture
def world(ledger, redis, clock) -> World:
    return World(ledger, redis, clock)


@pytest.fixture
def again(world, redis):
    def again(id: str, **more: object) -> inbox.Entry:
        message_id = world.message(id).id
        return replay.replay(message_id, desk=world.desk, doorbell=Doorbell(redis), now=world.clock(), **more)

    return again


@pytest.fixture
def ignore(world):
    flow = payment_flow(world.salesforce, world.intacct)

    def ignore(id: str, reason: str = "typed in by hand", *, force: bool = False) -> replay.Ignored:
        return replay.ignore(world.message(id).id, reason, "Ann", flow=flow, desk=world.desk, force=force)

    return ignore


def rejected(world: World, id: str = P1) -> None:
    world.salesforce.hold(a_payment(id, amount="-5.00"))
    world.told(id)
    world.drain()
    assert world.states(id) == ["rejected"]


def unknown(world: World, outcome: object = CUT_AFTER_THE_WORK) -> None:
    world.salesforce.hold(a_payment(P1))
    world.intacct.outcomes[KEY] = outcome
    world.told(P1)
    world.drain()
    assert world.states(P1) == ["unknown"]


def rung(redis: object) -> set[str]:
    return {key.decode().removeprefix("ledgerline:rung:") for key in redis.keys("ledgerline:rung:*")}


class TestAReplay:
    def test_of_an_exception_is_carried_once_its_cause_is_mended(self, world, again, redis):
        rejected(world)
        world.salesforce.hold(a_payment(P1, sync_status="Needs Attention"))
        entry = again(P1)
        assert (entry.state, entry.attempts, entry.due_at, entry.closed_at) == (
            "waiting",
            0,
            world.clock.now,
            None,
        )
        assert rung(redis) == {entry.lane}
        world.drain()
        assert world.states(P1) == ["carried"]
        assert len(world.intacct.payments) == 1

    def test_starts_the_retry_schedule_anew(self, world, again):
        world.salesforce.hold(a_payment(P1))
        for _ in range(4):
            world.intacct.outcomes[KEY] = ("refused", LOCK)
            if world.message(P1) is None:
                world.told(P1)
            world.clock.advance(minutes=10)
            world.drain()
        assert world.states(P1) == ["failed"]
        again(P1)
        world.intacct.outcomes[KEY] = ("refused", LOCK)
        world.drain()
        assert (world.states(P1), world.message(P1).attempts) == (["waiting"], 1)

    def test_of_what_is_carried_already_does_nothing(self, world, again):
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        world.drain()
        again(P1)
        world.drain()
        assert world.states(P1) == ["skipped"]
        assert len(world.intacct.writes) == 1

    def test_of_an_unknown_one_looks_it_up_now_and_posts_nothing(self, world, again):
        unknown(world)
        world.drain()
        assert world.states(P1) == ["unknown"]  # not due yet
        again(P1)
        assert world.states(P1) == ["unknown"]
        world.drain()
        assert world.states(P1) == ["carried"]
        assert len(world.intacct.writes) == len(world.intacct.payments) == 1

    def test_is_refused_while_a_worker_has_it_and_not_once_its_lease_is_over(self, world, again):
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        lane = lane_of("main", FLOW, P1)
        with world.ledger.write() as writing:
            messages.claim(writing, lane, "token", now=world.clock(), lease=world.desk.lease)
        with pytest.raises(InHand):
            again(P1)
        world.clock.advance(seconds=91)
        assert again(P1).claim is None

    def test_of_what_nothing_carried_is_refused_until_a_flow_does(self, world, again):
        stray = Arrival(
            "test", "n1", "", lane_of("main", "", P1), "salesforce", "AR_Payment__c", P1, "No flow."
        )
        with world.ledger.write() as writing:
            arrivals.record(writing, "main", [stray], now=world.clock())
        with pytest.raises(NotOurs, match="No flow"):
            again(P1)
        world.salesforce.hold(a_payment(P1))
        again(P1, routes={(System.SALESFORCE, "AR_Payment__c"): FLOW})
        world.drain()
        assert world.states(P1) == ["carried"]

    def test_of_an_id_that_is_none_is_refused_whatever_is_carried(self, world, redis):
        lane = lane_of("main", "", "nonsense")
        stray = Arrival("test", "n1", "", lane, "salesforce", "AR_Payment__c", "nonsense", "It is not an id.")
        with world.ledger.write() as writing:
            arrivals.record(writing, "main", [stray], now=world.clock())
        routes = {(System.SALESFORCE, "AR_Payment__c"): FLOW}
        with pytest.raises(NotOurs, match="It is not an id"):
            replay.replay(1, desk=world.desk, doorbell=Doorbell(redis), now=world.clock(), routes=routes)

    def test_of_none_is_refused(self, world, redis):
        with pytest.raises(MessageNotFound, match="no message 7"):
            replay.replay(7, desk=world.desk, doorbell=Doorbell(redis), now=world.clock())


class TestIgnoring:
    def test_closes_it_says_so_beside_the_record_and_keeps_what_it_was(self, world, ignore):
        rejected(world)
        was = world.message(P1).reason
        done = ignore(P1)
        assert (done.message.state, done.message.due_at, done.unsaid) == ("ignored", None, "")
        assert done.message.closed_at == world.clock.now
        assert done.message.reason == f"Ignored by Ann: typed in by hand; it was: {was}"
        note = world.salesforce.notes[-1]
        assert (note.sync_status, note.message, note.status) == (
            "Ignored",
            "Ignored by Ann: typed in by hand",
            "",
        )
        with world.ledger.read() as reading:
            assert ("main", FLOW, "ignored", 1) in tallies.read(reading)

    def test_our_own_word_of_it_coming_back_opens_nothing(self, world, ignore):
        rejected(world)
        ignore(P1)
        for _ in range(3):
            world.told(P1)
            world.drain()
        assert world.states(P1) == ["ignored", "skipped", "skipped", "skipped"]
        assert world.salesforce.records[P1].sync_status == "Ignored"

    def test_of_what_was_given_up_is_not_undone_by_our_own_word_of_it(self, world, ignore):
        """A person typed it into Intacct; Intacct would take it now. The echo must not pay it a second time."""
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        for _ in range(4):
            world.intacct.outcomes[KEY] = ("refused", LOCK)
            world.clock.advance(minutes=10)
            world.drain()
        assert world.states(P1) == ["failed"]
        world.intacct.outcomes.clear()
        ignore(P1)
        world.told(P1)
        world.drain_until_quiet()
        assert world.states(P1) == ["ignored", "skipped"]
        assert not world.intacct.payments

    def test_of_what_waits_for_its_customer_ends_the_wait(self, world, ignore):
        world.salesforce.hold(a_payment(P1, customer=None))
        world.told(P1)
        world.drain()
        ignore(P1)
        world.told(P1)
        world.drain_until_quiet()
        assert world.states(P1) == ["ignored", "skipped"]

    def test_ends_when_the_money_changes(self, world, ignore):
        rejected(world)
        ignore(P1)
        edited = replace(
            world.salesforce.records[P1], amount=Decimal("5.00"), lines=a_payment(amount="5.00").lines
        )
        world.salesforce.hold(edited)
        world.told(P1)
        world.drain()
        assert world.states(P1) == ["ignored", "carried"]
        assert world.paid() == {KEY: Decimal("5.00")}

    def test_ends_when_somebody_replays_it(self, world, ignore, again):
        world.salesforce.hold(a_payment(P1))
        world.intacct.outcomes[KEY] = ("refused", Refused(Problem("closed_period", "Closed.", "Open it.")))
        world.told(P1)
        world.drain()
        ignore(P1)
        again(P1)
        world.drain()
        assert world.states(P1) == ["carried"]

    def test_of_a_protest_leaves_the_posted_payment_and_says_it_once(self, world, ignore):
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        world.drain()
        world.salesforce.hold(replace(world.salesforce.records[P1], amount=Decimal("120.00")))
        world.told(P1)
        world.drain()
        assert world.states(P1)[-1] == "rejected"
        with world.ledger.read() as reading:
            (newest,) = inbox.page(reading, "main", Filter(states=("rejected",)))
        flow = payment_flow(world.salesforce, world.intacct)
        replay.ignore(newest.id, "agreed by phone", "Ann", flow=flow, desk=world.desk)
        world.told(P1)
        world.drain()
        assert world.states(P1) == ["carried", "ignored", "skipped"]
        assert world.salesforce.records[P1].sync_status == "Ignored"

    def test_of_what_may_be_out_there_is_refused_in_words(self, world, ignore):
        unknown(world)
        with pytest.raises(MayBeOutThere, match=r"nobody can say yet whether ARP-000001 was posted"):
            ignore(P1)
        assert world.states(P1) == ["unknown"]
        world.drain_until_quiet()
        assert world.states(P1) == ["carried"]

    @pytest.mark.parametrize(
        ("outcome", "posted", "state"),
        [(CUT_AFTER_THE_WORK, 1, "carried"), (CUT_BEFORE_THE_WORK, 0, "skipped")],
    )
    def test_by_force_of_what_may_be_out_there_never_posts_it(self, world, ignore, outcome, posted, state):
        unknown(world, outcome)
        ignore(P1, force=True)
        world.told(P1)
        world.drain_until_quiet()
        assert len(world.intacct.writes) == 1
        assert len(world.intacct.payments) == posted
        assert world.states(P1) == ["ignored", state]  # what is found to be posted is said to be

    @pytest.mark.parametrize(
        "refusal", [Again("The record is locked."), Refused(Problem("x", "No.", "Ask."))]
    )
    def test_stands_though_salesforce_does_not_take_the_news(self, world, ignore, refusal):
        rejected(world)
        world.salesforce.refusals[P1] = refusal
        done = ignore(P1)
        assert done.message.state == "ignored"
        assert done.unsaid
        world.told(P1)
        world.drain()
        assert world.states(P1) == ["ignored", "skipped"]

    def test_stands_while_salesforce_is_down(self, world, ignore):
        rejected(world)
        world.salesforce.failures.append(RemoteUnavailable("salesforce", "503"))
        done = ignore(P1)
        assert (done.message.state, done.unsaid) == ("ignored", "salesforce: 503")

    def test_writes_nothing_while_the_connection_is_paused(self, world, ignore):
        rejected(world)
        with world.ledger.write() as writing:
            health.pause(writing, "main", "", reason="year end", now=world.clock())
        notes = len(world.salesforce.notes)
        assert ignore(P1).unsaid == "Paused: year end"
        assert len(world.salesforce.notes) == notes

    def test_of_a_record_that_is_gone_is_told_to_nobody(self, world, ignore):
        rejected(world)
        del world.salesforce.records[P1]
        assert ignore(P1).unsaid == "The record is gone."

    @pytest.mark.parametrize("twice", [True, False])
    def test_of_what_is_over_is_refused(self, world, ignore, twice):
        if twice:
            rejected(world)
            ignore(P1)
        else:
            world.salesforce.hold(a_payment(P1))
            world.told(P1)
            world.drain()
        with pytest.raises(NothingToIgnore):
            ignore(P1)

    def test_of_what_a_worker_has_is_refused(self, world, ignore):
        world.salesforce.hold(a_payment(P1))
        world.told(P1)
        with world.ledger.write() as writing:
            messages.claim(
                writing, lane_of("main", FLOW, P1), "token", now=world.clock(), lease=world.desk.lease
            )
        with pytest.raises(InHand):
            ignore(P1)
        assert world.states(P1) == ["waiting"]


class TestReplayingMany:
    @pytest.fixture
    def many(self, world, redis):
        def many(wanted: Filter, count: int) -> runs.Run:
            return replay.replay_many(
                wanted, count, desk=world.desk, doorbell=Doorbell(redis), now=world.clock()
            )

        return many

    def test_is_one_run_of_what_needs_a_person(self, world, many):
        for id in (P1, P2):
            rejected(world, id)
        world.salesforce.hold(a_payment(P3))
        world.told(P3)
        world.drain()
        for id in (P1, P2):
            world.salesforce.hold(a_payment(id, sync_status="Needs Attention"))
        run = many(Filter(), 2)
        assert (run.kind, run.state, run.total, run.outcomes) == ("replay", "running", 2, {"waiting": 2})
        world.drain()
        with world.ledger.read() as reading:
            after = runs.read(reading, "main", run.id)
        assert (after.state, after.done, after.outcomes) == ("finished", 2, {"carried": 2})
        assert world.states(P3) == ["carried"]

    def test_is_refused_with_the_right_number_when_the_count_differs(self, world, many):
        rejected(world)
        with pytest.raises(CountDiffers, match="matches 1 message, not 2") as raised:
            many(Filter(), 2)
        assert raised.value.found == 1
        assert world.states(P1) == ["rejected"]

    def test_looks_up_at_once_what_may_be_out_there(self, world, many):
        unknown(world)
        many(Filter(states=("unknown",), flows=(FLOW,), object="payment"), 1)
        with world.ledger.read() as reading:
            assert reading.scalar(select(Posted.next_lookup_at)) == world.clock.now
        world.drain()
        assert world.states(P1) == ["carried"]
        assert len(world.intacct.writes) == 1

    @pytest.mark.parametrize(
        ("wanted", "count"),
        [
            (Filter(object="AR_Payment__c"), 1),
            (Filter(object="payment", flows=(FLOW,)), 1),
            (Filter(object="invoice"), 0),
            (Filter(system="intacct"), 0),
            (Filter(records=(P1,)), 1),
            (Filter(records=(P2,)), 0),
            (Filter(states=("carried", "ignored")), 0),
        ],
    )
    def test_takes_what_the_filter_says(self, world, many, wanted, count):
        rejected(world)
        assert many(wanted, count).total == count

    def test_takes_nothing_that_came_before_its_since(self, world, many):
        rejected(world)
        assert many(Filter(since=world.clock.advance(seconds=1)), 0).total == 0
