"""What the pipeline relies on of a destination, of the fake and of the real client with its simulator alike."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import pytest

from app.errors import RemoteUnavailable
from app.records import Payment, Posting, Refused, Repeated, Unclear, Written
from app.sync.flow import Destination, Flow
from tests.crash.both import Both
from tests.fakes import (
    CUT_AFTER_THE_WORK,
    CUT_BEFORE_THE_WORK,
    FakeIntacct,
    FakeSalesforce,
    a_line,
    a_payment,
    payment_flow,
)


@dataclass
class Place:
    """A destination, what stands in its books, and how a test makes it fail."""

    flow: Flow
    customer: str
    invoices: tuple[str, str]
    gone_invoice: str
    cut: Callable[[str, bool], None]
    down: Callable[[str], None]
    reverse: Callable[[str], None]
    calls: Callable[[], int]
    count: int = field(default=0)

    @property
    def destination(self) -> Destination:
        return self.flow.destination

    def payment(self, amount: str = "10.00", *, invoice: str = "") -> Payment:
        """One that nobody has seen before, for the first invoice where none is named."""
        self.count += 1
        lines = (a_line(amount=amount, invoice_key=invoice or self.invoices[0]),)
        return a_payment(f"a0B{self.count:012}", amount=amount, customer=self.customer, lines=lines)

    def refusable(self, payment: Payment) -> Posting:
        """As `posting`, but received when the books are closed, as only the destination can know."""
        return self.posting(replace(payment, receipt_date=date(2020, 1, 31)))

    def posting(self, payment: Payment) -> Posting:
        return self.flow.translate(payment, self.destination.look_around([payment]), 1)

    def stands(self, *keys: str) -> list[int]:
        """How often each key stands in the books."""
        found = self.destination.find(keys)
        return [len(found.get(key, ())) for key in keys]


def _fake() -> Place:
    intacct = FakeIntacct(gone={"nowhere"})

    def cut(key: str, after: bool) -> None:
        intacct.outcomes[key] = CUT_AFTER_THE_WORK if after else CUT_BEFORE_THE_WORK

    def reverse(id: str) -> None:
        posted = intacct.payments[id]
        intacct.payments[id] = replace(posted, is_reversed=True)
        intacct.payments[f"{id}-r"] = replace(posted, id=f"{id}-r", amount=-posted.amount, is_reversal=True)

    return Place(
        flow=payment_flow(FakeSalesforce(), intacct),
        customer="C-1",
        invoices=("1", "2"),
        gone_invoice="nowhere",
        cut=cut,
        down=lambda verb: intacct.failures.update({verb: [RemoteUnavailable("intacct", "down")]}),
        reverse=reverse,
        calls=lambda: intacct.calls,
    )


def _real(flow: Flow, both: Both) -> Place:
    def down(verb: str) -> None:
        functions = {"write": "create", "look_around": "query", "read": "query", "find": "query"}
        both.intacct.strike("rate_limit", functions[verb], count=3, seconds=60)

    def calls() -> int:
        return sum(count for label, count in both.intacct.calls().items() if label != "getAPISession")

    return Place(
        flow=flow,
        customer="C-10233",
        invoices=("55102", "55131"),
        gone_invoice="99999",
        cut=lambda key, after: both.intacct.strike("cut_after" if after else "cut_before", "create"),
        down=down,
        reverse=lambda id: both.intacct("POST", f"payments/{id}/reverse"),
        calls=calls,
    )


@pytest.fixture(params=["fake", "real"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "fake":
        return _fake()
    service = request.getfixturevalue("service")
    return _real(service.connection.flows["payment-to-intacct"], request.getfixturevalue("both"))


class TestLookAround:
    def test_tells_of_what_the_payments_touch(self, place: Place) -> None:
        first, second = place.invoices
        books = place.destination.look_around([place.payment(), place.payment(invoice=second)])

        assert books.customers[place.customer].active
        assert set(books.invoices) == {first, second}
        assert {invoice.customer for invoice in books.invoices.values()} == {place.customer}
        assert all(invoice.due > 0 and invoice.currency == "USD" for invoice in books.invoices.values())

    def test_leaves_out_what_is_gone(self, place: Place) -> None:
        lost = replace(place.payment(invoice=place.gone_invoice), customer="C-NOBODY")
        books = place.destination.look_around([lost, place.payment()])

        assert set(books.invoices) == {place.invoices[0]}
        assert set(books.customers) == {place.customer}

    def test_is_one_call(self, place: Place) -> None:
        payments = [place.payment(), place.payment(invoice=place.invoices[1]), place.payment()]
        before = place.calls()
        place.destination.look_around(payments)

        assert place.calls() - before == 1


class TestWrite:
    def test_posts_what_is_found_by_its_key_and_read_by_its_id(self, place: Place) -> None:
        payment = place.payment("12.50")
        (outcome,) = place.destination.write([place.posting(payment)])
        assert isinstance(outcome, Written)
        (found,) = place.destination.find([payment.key])[payment.key]

        assert place.destination.read([outcome.id]) == {outcome.id: found}
        assert (found.id, found.key, found.customer) == (outcome.id, payment.key, place.customer)
        assert (found.amount, found.currency, found.receipt_date) == (
            Decimal("12.50"),
            "USD",
            date(2026, 11, 24),
        )
        assert [(line.invoice_key, line.amount) for line in found.lines] == [
            (place.invoices[0], Decimal("12.50"))
        ]
        assert not found.is_reversal
        assert not found.is_reversed
        assert not place.flow.agrees(payment, found)

    def test_answers_each_in_the_order_asked(self, place: Place) -> None:
        good, repeated, wrong, last = (place.payment(f"{n}.00") for n in range(1, 5))
        postings = [place.posting(one) for one in (good, repeated, wrong, last)]
        postings[2] = place.refusable(wrong)
        place.destination.write([postings[1]])
        outcomes = place.destination.write(postings)

        assert [type(one) for one in outcomes] == [Written, Repeated, Refused, Written]
        written = place.destination.read([one.id for one in outcomes if isinstance(one, Written)])
        assert sorted(one.key for one in written.values()) == [good.key, last.key]
        assert place.stands(good.key, repeated.key, wrong.key, last.key) == [1, 1, 0, 1]

    def test_is_one_call(self, place: Place) -> None:
        postings = [place.posting(place.payment()) for _ in range(3)]
        before = place.calls()
        place.destination.write(postings)

        assert place.calls() - before == 1

    def test_of_a_control_id_that_is_done_is_refused_as_repeated(self, place: Place) -> None:
        payment = place.payment()
        posting = place.posting(payment)
        place.destination.write([posting])
        (outcome,) = place.destination.write([posting])

        assert isinstance(outcome, Repeated)
        assert not outcome.at_work
        assert place.stands(payment.key) == [1]

    def test_that_was_refused_may_be_repeated_with_its_control_id(self, place: Place) -> None:
        payment = place.payment()
        posting = place.posting(payment)
        wrong = place.refusable(payment)
        assert wrong.control_id == posting.control_id
        (refused,) = place.destination.write([wrong])
        (outcome,) = place.destination.write([posting])

        assert isinstance(refused, Refused)
        assert isinstance(outcome, Written)

    def test_whose_answer_is_lost_after_the_work_is_unclear_and_found(self, place: Place) -> None:
        payment = place.payment()
        posting = place.posting(payment)
        place.cut(payment.key, True)
        (outcome,) = place.destination.write([posting])

        assert isinstance(outcome, Unclear)
        assert place.stands(payment.key) == [1]
        (again,) = place.destination.write([posting])
        assert isinstance(again, Repeated)
        assert place.stands(payment.key) == [1]

    def test_that_is_lost_before_the_work_is_unclear_and_may_be_repeated(self, place: Place) -> None:
        payment = place.payment()
        posting = place.posting(payment)
        place.cut(payment.key, False)
        (outcome,) = place.destination.write([posting])

        assert isinstance(outcome, Unclear)
        assert place.stands(payment.key) == [0]
        (again,) = place.destination.write([posting])
        assert isinstance(again, Written)
        assert place.stands(payment.key) == [1]

    def test_raises_only_where_surely_nothing_was_sent(self, place: Place) -> None:
        payment = place.payment()
        posting = place.posting(payment)
        place.down("write")
        with pytest.raises(RemoteUnavailable):
            place.destination.write([posting])

        assert place.stands(payment.key) == [0]

    def test_of_nothing_is_no_call(self, place: Place) -> None:
        before = place.calls()

        assert place.destination.write([]) == []
        assert place.calls() == before


class TestFindAndRead:
    def test_leave_out_what_is_not_there(self, place: Place) -> None:
        payment = place.payment()
        (outcome,) = place.destination.write([place.posting(payment)])
        assert isinstance(outcome, Written)

        assert set(place.destination.find(["ARP-NOBODY", payment.key])) == {payment.key}
        assert set(place.destination.read(["123456789", outcome.id])) == {outcome.id}

    def test_of_nothing_are_nothing(self, place: Place) -> None:
        assert not place.destination.find([])
        assert not place.destination.read([])

    def test_read_is_one_call(self, place: Place) -> None:
        written = place.destination.write([place.posting(place.payment()) for _ in range(3)])
        before = place.calls()
        seen = place.destination.read([one.id for one in written if isinstance(one, Written)])

        assert len(seen) == 3
        assert place.calls() - before == 1

    def test_tell_a_reversal_from_what_it_reversed(self, place: Place) -> None:
        payment = place.payment()
        (outcome,) = place.destination.write([place.posting(payment)])
        assert isinstance(outcome, Written)
        place.reverse(outcome.id)
        found = place.destination.find([payment.key])[payment.key]

        assert [(one.is_reversal, one.is_reversed) for one in found] == [(False, True), (True, False)]
        assert found[0].id == outcome.id

    @pytest.mark.parametrize("verb", ["find", "read"])
    def test_raise_when_it_is_down(self, place: Place, verb: str) -> None:
        place.down(verb)
        with pytest.raises(RemoteUnavailable):
            getattr(place.destination, verb)(["123"])


class TestDescribe:
    def test_shows_what_is_sent_and_sends_nothing(self, place: Place) -> None:
        payment = place.payment()
        posting = place.posting(payment)
        before = place.calls()

        assert posting.control_id in place.destination.describe(posting)
        assert place.calls() == before
        assert place.stands(payment.key) == [0]
