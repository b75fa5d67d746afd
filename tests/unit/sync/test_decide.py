"""What to do with a record follows from what it says and from what we remember, and from nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.records import Pair, Payment, Trace
from app.sync.decide import Carry, LookUp, Protest, Resume, Skip, Wait, decide
from tests.fakes import a_payment

NOW = datetime(2026, 11, 24, 14, 32, tzinfo=UTC)
PAYMENT = a_payment()
SETTLED = Pair(PAYMENT.id, "88213", PAYMENT.key, PAYMENT.fingerprint(), "there")


def trace(state: str, **changes: object) -> Trace:
    values = Trace(
        PAYMENT.id, 1, PAYMENT.key, "c", state, "t", PAYMENT.fingerprint(), NOW, 0, None, False, None
    )
    return replace(values, **changes)


class TestWhatMayBeOutThere:
    @pytest.mark.parametrize("state", ["sending", "unknown"])
    @pytest.mark.parametrize("record", [PAYMENT, replace(PAYMENT, status="Draft", wanted=False), None])
    def test_is_looked_up_whatever_the_record_says_now(self, state: str, record: Payment | None) -> None:
        assert decide(record, None, trace(state), now=NOW) == LookUp()

    def test_is_left_alone_until_its_next_look(self) -> None:
        later = NOW + timedelta(seconds=5)
        assert decide(PAYMENT, None, trace("unknown", next_lookup_at=later), now=NOW) == Wait(later)
        assert decide(PAYMENT, None, trace("unknown", next_lookup_at=later), now=later) == LookUp()

    def test_is_looked_up_when_the_record_says_posted_and_we_know_nothing(self) -> None:
        assert decide(replace(PAYMENT, target_id="88213"), None, None, now=NOW) == LookUp()


class TestANewPayment:
    def test_is_carried_when_it_asks_for_it(self) -> None:
        assert decide(PAYMENT, None, None, now=NOW) == Carry(1)

    def test_is_carried_again_under_the_generation_that_surely_failed(self) -> None:
        assert decide(PAYMENT, None, trace("free", generation=2), now=NOW) == Carry(2)

    @pytest.mark.parametrize(
        "record",
        [None, replace(PAYMENT, wanted=False, status="Draft"), replace(PAYMENT, status="Reversal Requested")],
    )
    def test_is_skipped_when_there_is_nothing_to_do(self, record: Payment | None) -> None:
        assert isinstance(decide(record, None, None, now=NOW), Skip)


class TestAPairedPayment:
    def test_that_was_never_settled_is_resumed(self) -> None:
        unsettled = replace(SETTLED, salesforce_fingerprint=None)
        assert decide(PAYMENT, unsettled, trace("posted"), now=NOW) == Resume("88213")

    @pytest.mark.parametrize(
        "echo",
        [
            PAYMENT,
            replace(PAYMENT, status="Posted", wanted=False, sync_status="Synced", target_id="88213"),
            replace(PAYMENT, description="a text is no money", reference="nor is this"),
            replace(PAYMENT, amount=Decimal("100.000")),
        ],
    )
    def test_whose_money_is_the_same_is_skipped(self, echo: Payment) -> None:
        assert isinstance(decide(echo, SETTLED, trace("posted"), now=NOW), Skip)

    @pytest.mark.parametrize("wanted", [True, False])
    @pytest.mark.parametrize(
        "change",
        [
            {"amount": Decimal("100.01")},
            {"currency": "EUR"},
            {"receipt_date": None},
            {"method_entered": "Cash"},
            {"account": "002"},
            {"lines": ()},
            {"overpayment": Decimal(5)},
        ],
    )
    def test_whose_money_was_changed_is_protested_with_or_without_ready(
        self, change: dict[str, object], wanted: bool
    ) -> None:
        edited = replace(PAYMENT, wanted=wanted, **change)
        assert isinstance(decide(edited, SETTLED, trace("posted"), now=NOW), Protest)

    def test_whose_edit_was_taken_back_is_said_to_be_synced_again(self) -> None:
        restored = replace(PAYMENT, sync_status="Needs Attention")
        assert decide(restored, SETTLED, trace("posted"), now=NOW) == Resume("88213")
