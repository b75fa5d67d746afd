"""Resync looks again at what is named, once each, as one run; a dry run says what would become of it and does nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.errors import Malformed, NotOurs, RemoteUnavailable
from app.ledger import health, runs
from app.ledger.tables import Message, Run
from app.queue import Doorbell
from app.records import System
from app.records.ids import to18
from app.records.lane import lane_of
from app.sync import replay, resync
from app.sync.resync import Request, TooMany
from tests.fakes import CUT_AFTER_THE_WORK, FLOW, a_line, a_payment, payment_flow
from tests.unit.sync.test_pipeline import World

P1, P2, P3, P4, P5, P6 = (to18(f"a0B00000000000{n}") for n in range(1, 7))
ROUTES = {(System.SALESFORCE, "AR_Payment__c"): FLOW}


@pytest.fixture
def world(ledger, redis, clock) -> World:
    return World(ledger, redis, clock)


@pytest.fixture
def flow(world):
    return payment_flow(world.salesforce, world.intacct)


@pytest.fixture
def start(world, flow, redis):
    def start(*ids: str, object: str = "AR_Payment__c", **more: object) -> runs.Run:
        request = Request(System.SALESFORCE, object, ids, **more)
        return resync.start(request, flow=flow, desk=world.desk, doorbell=Doorbell(redis), routes=ROUTES)

    return start


def read(world: World, run: runs.Run) -> runs.Run:
    with world.ledger.read() as reading:
        return runs.read(reading, "main", run.id)


def messages(world: World) -> list[Message]:
    with world.ledger.read() as reading:
        return list(reading.execute(select(Message.__table__).order_by(Message.id)))


def test_named_records_become_messages_of_the_run_and_are_carried(world, start, redis):
    world.salesforce.hold(a_payment(P1), a_payment(P2))
    run = start(P1[:15], P2, P1)

    assert (run.kind, run.state, run.total, run.done) == ("resync", "running", 2, 0)
    assert [(m.channel, m.delivery_id, m.run_id) for m in messages(world)] == [
        ("resync", f"run-{run.id}:{P1}", run.id),
        ("resync", f"run-{run.id}:{P2}", run.id),
    ]
    rung = {key.decode().removeprefix("ledgerline:rung:") for key in redis.keys("ledgerline:rung:*")}
    assert rung == {lane_of("main", FLOW, P1), lane_of("main", FLOW, P2)}

    world.clock.advance(seconds=3)
    world.drain()
    after = read(world, run)
    assert (after.state, after.done, after.outcomes) == ("finished", 2, {"carried": 2})
    assert after.finished_at == world.clock.now
    assert len(world.intacct.payments) == 2


def test_the_same_records_can_be_resynced_again_and_nothing_is_doubled(world, start):
    world.salesforce.hold(a_payment(P1))
    for _ in range(2):
        run = start(P1)
        world.drain()
    assert read(world, run).outcomes == {"skipped": 1}
    assert world.intacct.writes == [f"main:payment:ARP-{P1[-6:]}:1"]


def test_without_ids_it_is_what_the_filter_takes_and_a_kind_names_the_object_too(world, start):
    world.salesforce.hold(a_payment(P1), a_payment(P2, wanted=False), a_payment(P3))
    start(object="payment")
    assert [(m.record_id, m.object) for m in messages(world)] == [
        (P1, "AR_Payment__c"),
        (P3, "AR_Payment__c"),
    ]


def test_the_span_is_passed_on_and_up_to_now_goes_a_little_further(world, start):
    asked = []

    class Listing(type(world.salesforce)):
        def changed(self, since, until):
            asked.append((since, until))
            return []

    world.salesforce.__class__ = Listing
    since, until = world.clock.now - timedelta(days=2), world.clock.now - timedelta(days=1)
    assert start(since=since, until=until).state == "finished"
    start(since=since)
    start()
    assert asked[0] == (since, until)
    assert asked[1][0] == since
    assert asked[1][1] > world.clock.now
    assert asked[2][0] < since


def test_a_run_of_nothing_is_finished_at_once(world, start):
    run = start()
    assert (run.state, run.total, run.done, run.finished_at) == ("finished", 0, 0, run.started_at)


@pytest.mark.parametrize(
    ("object", "system"), [("Contact", System.SALESFORCE), ("AR_Payment__c", System.INTACCT)]
)
def test_what_no_flow_carries_is_refused_and_what_is_carried_is_said(world, flow, redis, object, system):
    request = Request(system, object, (P1,))
    with pytest.raises(NotOurs, match="AR_Payment__c from salesforce"):
        resync.start(request, flow=flow, desk=world.desk, doorbell=Doorbell(redis), routes=ROUTES)


def test_an_id_that_is_none_is_refused_before_anything_is_recorded(world, start):
    with pytest.raises(Malformed, match="'nonsense' is not a Salesforce id"):
        start(P1, "nonsense")
    assert not messages(world)


def test_a_system_that_is_away_leaves_no_run_behind(world, start):
    world.salesforce.failures.append(RemoteUnavailable("salesforce", "503"))
    with pytest.raises(RemoteUnavailable):
        start(since=world.clock.now)
    with world.ledger.read() as reading:
        assert reading.scalar(select(func.count()).select_from(Run)) == 0


class TestADryRun:
    def test_judges_each_as_the_pipeline_would_and_sends_and_records_nothing(self, world, start):
        synced, cut = a_payment(P1), a_payment(P2)
        world.salesforce.hold(synced, cut)
        world.intacct.outcomes[cut.key] = CUT_AFTER_THE_WORK
        world.told(P1, P2)
        world.drain()
        world.salesforce.hold(
            a_payment(P3, amount="12.50"),
            a_payment(P4, amount="0.00"),
            a_payment(P5, customer=None),
            a_payment(P6, amount="7.00", currency="", lines=(a_line(amount="7.00"),)),
        )
        before, notes, writes = messages(world), len(world.salesforce.notes), len(world.intacct.writes)
        gone = to18("a0B000000000999")
        run = start(P1, P2, P3, P4, P5, P6, gone, dry_run=True)

        assert run.outcomes == {"skipped": 2, "unknown": 1, "carried": 2, "rejected": 1, "waiting": 1}
        assert run.amounts == {"USD": "19.50"}  # an org of one currency says none; the invoice does
        assert (run.kind, run.state, run.total, run.done) == ("resync", "finished", 7, 7)
        assert read(world, run) == run
        assert (messages(world), len(world.salesforce.notes), len(world.intacct.writes)) == (
            before,
            notes,
            writes,
        )

    def test_keeps_the_decimals_of_each_currency(self, world, start):
        world.salesforce.hold(
            a_payment(P1, amount="1250", currency="JPY"), a_payment(P2, amount="3.5", currency="KWD")
        )
        assert start(P1, P2, dry_run=True).amounts == {"JPY": "1250", "KWD": "3.500"}

    def test_knows_what_a_person_ignored(self, world, start, flow):
        world.salesforce.hold(a_payment(P1, amount="-5.00"))
        world.told(P1)
        world.drain()
        replay.ignore(world.message(P1).id, "typed in by hand", "Ann", flow=flow, desk=world.desk)
        assert start(P1, dry_run=True).outcomes == {"skipped": 1}

    def test_of_too_many_is_refused_with_both_numbers(self, world, start):
        ids = [to18(f"a0B{n:012}") for n in range(resync.MOST_DRY + 1)]
        with pytest.raises(TooMany, match="2,000 records at most; these are 2,001"):
            start(*ids, dry_run=True)

    def test_says_so_when_a_system_cannot_be_asked(self, world, start):
        world.salesforce.hold(a_payment(P1))
        world.intacct.failures["look_around"] = [RemoteUnavailable("intacct", "524")]
        with pytest.raises(RemoteUnavailable):
            start(P1, dry_run=True)


def test_a_message_that_was_closed_and_opened_again_opens_its_run_too(world, start, redis):
    world.salesforce.hold(a_payment(P1, amount="0.00"))
    run = start(P1)
    world.drain()
    assert read(world, run).outcomes == {"rejected": 1}
    assert read(world, run).state == "finished"
    replay.replay(world.message(P1).id, desk=world.desk, doorbell=Doorbell(redis), now=world.clock())
    assert read(world, run).state == "running"
    world.salesforce.hold(replace(a_payment(P1), sync_status="Needs Attention"))
    world.drain()
    assert (read(world, run).state, read(world, run).outcomes) == ("finished", {"carried": 1})


def test_a_paused_connection_still_takes_a_resync_and_carries_nothing(world, start):
    world.salesforce.hold(a_payment(P1))
    with world.ledger.write() as writing:
        health.pause(writing, "main", "", reason="year end", now=world.clock())
    run = start(P1)
    world.drain()
    assert read(world, run).outcomes == {"waiting": 1}
    assert not world.intacct.writes
