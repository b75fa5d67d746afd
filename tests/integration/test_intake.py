"""Taking in: each notice once, whatever order and however often; nothing rung in vain, nothing lost with the bell."""

import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app.ledger import arrivals, messages, quarantine
from app.ledger.engine import Ledger
from app.ledger.tables import Message
from app.queue import Doorbell
from app.records import Notice, Ref, System
from app.records.lane import lane_of
from app.sync import intake
from app.sync.intake import LedgerUnreachable

FLOW = "payment-to-intacct"
ROUTES = {(System.SALESFORCE, "AR_Payment__c"): FLOW}
RUNG = "ledgerline:rung:"


def notice(number: int, *, object: str = "AR_Payment__c", id: str | None = None) -> Notice:
    record = f"a0B5g{number:010}AAA" if id is None else id
    return Notice(
        "salesforce_outbound_message", f"04l5g{number:010}AAA", Ref(System.SALESFORCE, object, record)
    )


@pytest.fixture
def take(ledger, redis, clock):
    def take(*notices: Notice, connection: str = "main") -> int:
        return intake.accept(
            notices,
            ledger=ledger,
            doorbell=Doorbell(redis),
            routes=ROUTES,
            connection=connection,
            now=clock(),
        )

    return take


def inbox(ledger: Ledger) -> list[Message]:
    with ledger.engine.connect() as connection:
        return list(connection.execute(select(Message.__table__).order_by(Message.id)))


def rung(redis: Redis) -> set[str]:
    return {key.decode().removeprefix(RUNG) for key in redis.keys(f"{RUNG}*")}


def test_a_notice_becomes_a_message_that_is_due_now(ledger, take, redis, clock):
    assert take(notice(1)) == 1
    (message,) = inbox(ledger)
    lane = lane_of("main", FLOW, message.record_id)
    assert tuple(arrivals.Arrival(
        message.channel, message.delivery_id, message.flow, message.lane, message.system, message.object, message.record_id,
    )) == tuple(arrivals.Arrival(
        "salesforce_outbound_message", "04l5g0000000001AAA", FLOW, lane, "salesforce", "AR_Payment__c", "a0B5g0000000001AAA",
    ))  # fmt: skip
    assert (message.state, message.reason, message.attempts) == ("waiting", "", 0)
    assert message.received_at == message.due_at == clock.now
    assert message.closed_at is None
    assert rung(redis) == {lane}
    with ledger.write() as transaction:
        held = messages.claim(transaction, lane, "token", now=clock.now, lease=timedelta(seconds=90))
    assert [one.record_id for one in held] == ["a0B5g0000000001AAA"]


def test_a_repeat_changes_nothing_and_rings_nobody(ledger, take, redis, clock):
    assert take(notice(1), notice(2)) == 2
    first = inbox(ledger)
    redis.flushall()
    clock.advance(minutes=5)
    assert take(notice(2), notice(1), notice(1)) == 0
    assert inbox(ledger) == first
    assert rung(redis) == set()


def test_the_new_among_repeats_are_counted(take):
    take(notice(1), notice(2))
    assert take(notice(1), notice(2), notice(3)) == 1


def test_a_delivery_id_is_one_connections_own(take):
    assert take(notice(1)) == take(notice(1), connection="other") == 1


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (notice(1, object="Contact"), "No flow carries Contact. Stop what sends it, or add a flow"),
        (notice(1, id=""), "Salesforce told of a record without saying which"),
        (notice(1, id="aContactId"), "aContactId is not a Salesforce id"),
        (notice(1, object=""), "No flow carries a record without a kind"),
    ],
)
def test_what_cannot_be_carried_is_recorded_as_ignored_with_the_reason(
    ledger, take, redis, clock, told, reason
):
    assert take(told, notice(2)) == 2
    ignored, waiting = inbox(ledger)
    assert (ignored.state, ignored.due_at, ignored.closed_at) == ("ignored", None, clock.now)
    assert ignored.reason.startswith(reason)
    assert waiting.state == "waiting"
    assert rung(redis) == {waiting.lane}


def test_a_bell_that_nobody_hears_loses_nothing(ledger, clock):
    deaf = Doorbell(Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)))
    accepted = intake.accept(
        [notice(1)], ledger=ledger, doorbell=deaf, routes=ROUTES, connection="main", now=clock()
    )
    assert accepted == 1
    with ledger.read() as connection:
        assert messages.due_lanes(connection, now=clock()) == [inbox(ledger)[0].lane]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=12), min_size=1, max_size=6))
def test_any_order_and_any_repetition_leave_one_message_each(ledger, redis, clock, told):
    with ledger.write() as transaction:
        transaction.execute(Message.__table__.delete())
    bell = Doorbell(redis)
    new = sum(
        intake.accept(
            [notice(number) for number in batch],
            ledger=ledger, doorbell=bell, routes=ROUTES, connection="main", now=clock(),
        )
        for batch in told
    )  # fmt: skip
    once = {f"04l5g{number:010}AAA" for batch in told for number in batch}
    assert new == len(once)
    assert sorted(message.delivery_id for message in inbox(ledger)) == sorted(once)


def test_two_that_tell_the_same_at_once_leave_one_message_each(ledger, take):
    told = [notice(number) for number in range(60)]
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda part: counts.append(take(*part)), args=(part,))
        for part in (told, told[:40], told[20:])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == len(inbox(ledger)) == 60


def test_a_mistake_of_ours_is_not_mistaken_for_an_outage(ledger):
    with pytest.raises(SQLAlchemyError) as raised, intake.reaching(ledger), ledger.write() as transaction:
        transaction.execute(text("INSERT INTO lanes (lane) VALUES ('a')"))  # columns that may not be NULL
    assert not isinstance(raised.value, LedgerUnreachable)


def test_quarantine_keeps_a_body_once_and_shows_the_newest_first(ledger, clock):
    def keep(body: bytes, connection: str = "main") -> bool:
        with ledger.write() as transaction:
            return quarantine.keep(
                transaction, connection, "salesforce_outbound_message", reason="no", body=body, now=clock()
            )

    assert keep(b"one\x00")
    assert keep(b"two")
    assert not keep(b"one\x00")
    assert keep(b"one\x00", "other")
    with ledger.read() as connection:
        newest, oldest = quarantine.read(connection, "main")
        assert [newest.body, oldest.body] == [b"two", b"one\x00"]
        assert (oldest.channel, oldest.reason, oldest.received_at) == (
            "salesforce_outbound_message", "no", clock.now,
        )  # fmt: skip
        assert quarantine.read(connection, "main", before=newest.id, limit=1) == [oldest]
