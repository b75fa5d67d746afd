"""What the pipeline relies on of an origin, of the fake and of the real client with its simulator alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.errors import RemoteUnavailable
from app.records import Again, Note, Payment, Refused, SyncStatus, Written
from app.sync.flow import Origin
from tests.crash.both import Both
from tests.fakes import FakeSalesforce, a_line, a_payment

NOW = datetime.now(UTC)


@dataclass
class Place:
    """An origin, and what its users do there. `pay` saves a payment of 100.00 for one invoice; `nobody` is gone."""

    origin: Origin
    pay: Callable[[str], str]
    nobody: str
    lock: Callable[[str], None]
    down: Callable[[], None]
    calls: Callable[[], int]

    def one(self, id: str) -> Payment:
        return self.origin.read([id])[id]


@dataclass
class _FakeUser:
    salesforce: FakeSalesforce
    made: list[str] = field(default_factory=list)

    def pay(self, status: str) -> str:
        id = f"a0B{len(self.made):012}"
        self.made.append(id)
        self.salesforce.hold(a_payment(id, status=status, wanted=status == "Ready", lines=(a_line(),)))
        return id


def _fake() -> Place:
    salesforce = FakeSalesforce()
    return Place(
        origin=salesforce,
        pay=_FakeUser(salesforce).pay,
        nobody="a0B999999999999",
        lock=lambda id: salesforce.refusals.update({id: Again("The record is locked by somebody else.")}),
        down=lambda: salesforce.failures.append(RemoteUnavailable("salesforce", "down")),
        calls=lambda: salesforce.calls,
    )


def _real(origin: Origin, both: Both) -> Place:
    def calls() -> int:
        return sum(
            n
            for label, n in both.salesforce.calls().items()
            if "token" not in label and "describe" not in label
        )

    return Place(
        origin=origin,
        pay=lambda status: both.pay(status=status)["id"],
        nobody="a0B5g00000zzzzzEAA",
        lock=lambda id: both.salesforce("POST", "locks", {"id": id, "count": 9}),
        down=lambda: both.salesforce.strike("rate_limit", "/services/data", count=3),
        calls=calls,
    )


@pytest.fixture(params=["fake", "real"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "fake":
        return _fake()
    service = request.getfixturevalue("service")
    return _real(service.connection.payments, request.getfixturevalue("both"))


def a_note(payment: Payment, status: SyncStatus = SyncStatus.SYNCED) -> Note:
    """As after a post; the number there is the payment's own, for no two may have one."""
    number = payment.key.removeprefix("ARP-")
    lines = tuple((line.id, f"{number}-{place}") for place, line in enumerate(payment.lines))
    return Note(payment.id, status, f"Intacct payment {number}.", NOW, "Posted", number, "C", lines)


class TestRead:
    def test_answers_the_payments_with_their_lines(self, place: Place) -> None:
        id = place.pay("Ready")
        payment = place.one(id)

        assert (payment.id, payment.amount, payment.currency, payment.status) == (
            id,
            Decimal(100),
            "USD",
            "Ready",
        )
        assert payment.wanted
        assert payment.customer
        assert payment.key
        assert [line.amount for line in payment.lines] == [Decimal(100)]
        assert all(line.invoice and line.invoice_key for line in payment.lines)
        assert not payment.target_id

    def test_knows_what_is_not_asked_for(self, place: Place) -> None:
        assert not place.one(place.pay("Draft")).wanted

    def test_leaves_out_what_is_gone(self, place: Place) -> None:
        id = place.pay("Ready")

        assert set(place.origin.read([place.nobody, id])) == {id}

    def test_is_one_call(self, place: Place) -> None:
        ids = [place.pay("Ready") for _ in range(3)]
        before = place.calls()

        assert len(place.origin.read(ids)) == 3
        assert place.calls() - before == 1

    def test_raises_when_it_is_down(self, place: Place) -> None:
        id = place.pay("Ready")
        place.one(id)
        place.down()
        with pytest.raises(RemoteUnavailable):
            place.origin.read([id])


class TestChanged:
    def test_lists_what_asks_for_something(self, place: Place) -> None:
        wanted = [place.pay("Ready"), place.pay("Ready")]
        place.pay("Draft")
        now = datetime.now(UTC)

        listed = place.origin.changed(now - timedelta(hours=1), now + timedelta(minutes=1))
        assert sorted(listed) == sorted(wanted)


class TestAcknowledge:
    def test_stands_beside_the_record_and_is_no_change_of_its_money(self, place: Place) -> None:
        before = place.one(place.pay("Ready"))
        (outcome,) = place.origin.acknowledge([a_note(before)])
        after = place.one(before.id)

        assert isinstance(outcome, Written)
        assert (after.status, after.sync_status, after.target_id) == (
            "Posted",
            "Synced",
            before.key.removeprefix("ARP-"),
        )
        assert not after.wanted
        assert after.fingerprint() == before.fingerprint()

    def test_leaves_alone_what_the_note_does_not_say(self, place: Place) -> None:
        before = place.one(place.pay("Ready"))
        place.origin.acknowledge([Note(before.id, SyncStatus.NEEDS_ATTENTION, "Enter an amount.", NOW)])
        after = place.one(before.id)

        assert (after.status, after.sync_status, after.target_id) == ("Ready", "Needs Attention", "")
        assert after.wanted

    def test_may_be_repeated(self, place: Place) -> None:
        payment = place.one(place.pay("Ready"))
        outcomes = [one for _ in range(2) for one in place.origin.acknowledge([a_note(payment)])]

        assert [type(one) for one in outcomes] == [Written, Written]
        assert place.one(payment.id).sync_status == "Synced"

    def test_answers_each_in_the_order_asked(self, place: Place) -> None:
        first, locked, last = (place.one(place.pay("Ready")) for _ in range(3))
        place.lock(locked.id)
        gone = Note(place.nobody, SyncStatus.SYNCED, "Nobody reads this.", NOW)
        outcomes = place.origin.acknowledge([a_note(first), gone, a_note(locked), a_note(last)])

        assert [type(one) for one in outcomes] == [Written, Refused, Again, Written]
        statuses = [place.one(one.id).sync_status for one in (first, locked, last)]
        assert statuses == ["Synced", "", "Synced"]

    def test_is_one_call(self, place: Place) -> None:
        payments: Sequence[Payment] = [place.one(place.pay("Ready")) for _ in range(3)]
        before = place.calls()
        place.origin.acknowledge([a_note(payment) for payment in payments])

        assert place.calls() - before == 1

    def test_of_nothing_is_no_call(self, place: Place) -> None:
        before = place.calls()

        assert place.origin.acknowledge([]) == []
        assert place.calls() == before

    def test_raises_when_it_is_down_and_then_nothing_is_written(self, place: Place) -> None:
        payment = place.one(place.pay("Ready"))
        place.down()
        with pytest.raises(RemoteUnavailable):
            place.origin.acknowledge([a_note(payment)])
