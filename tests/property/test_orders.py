"""
Whatever order things happen in, how often they are told, and what fails meanwhile: the end is as after one notice.

A user edits, deletes and links; Salesforce tells late, twice, or again of what it told long ago; workers die, connections
are cut, locks are held, Redis loses everything. Then all is well again, everything is told once more, and time passes.
"""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis
from sqlalchemy import func, select

from app.errors import RemoteUnavailable
from app.ledger import arrivals
from app.ledger.arrivals import Arrival
from app.ledger.engine import connect
from app.ledger.tables import Message
from app.records import Again, Payment, Posting, WriteOutcome
from app.records.lane import lane_of
from tests.conftest import Clock
from tests.fakes import (
    CUT_AFTER_THE_WORK,
    CUT_BEFORE_THE_WORK,
    FLOW,
    FakeIntacct,
    FakeSalesforce,
    a_line,
    a_payment,
    payment_flow,
)
from tests.unit.sync.test_pipeline import World

IDS = ("a0B000000000001", "a0B000000000002", "a0B000000000003")
AMOUNTS = ("100.00", "70.00", "0.00", "-5.00")
INTACCT_VERBS = ("look_around", "find", "read", "write")
MOST_ROUNDS = 1_000
BUSY = Again("Intacct is busy.")
LOCKED = Again("The record is locked by somebody else.")

ids = st.sampled_from(IDS)
booleans = st.booleans()


class Killed(BaseException):
    """The worker's process ends here: nothing of it runs any more."""


@dataclass
class Org(FakeSalesforce):
    """Remembers what was last read of each record."""

    seen: dict[str, Payment] = field(default_factory=dict)

    def read(self, ids):  # as FakeSalesforce
        found = super().read(ids)
        self.seen |= found
        return found


@dataclass
class Company(FakeIntacct):
    """Remembers which state of a record was posted, and lets others act while it is called."""

    org: Org = field(default_factory=Org)
    booked: dict[str, list[Payment]] = field(default_factory=lambda: defaultdict(list))
    meanwhile: dict[str, list[Callable[[], None]]] = field(default_factory=dict)

    def _call(self, verb: str) -> None:
        for act in self.meanwhile.pop(verb, []):
            act()
        super()._call(verb)

    def _write(self, posting: Posting) -> WriteOutcome:
        before = len(self.payments)
        outcome = super()._write(posting)
        if len(self.payments) > before:
            (record,) = (one for one in self.org.seen.values() if one.key == posting.key)
            assert dict(posting.header)["amount"] == str(record.amount), "posted what nobody had entered"
            self.booked[posting.key].append(record)
        return outcome


class Orders(RuleBasedStateMachine):
    redis: Redis
    template: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ll-orders-"))
        shutil.copy(self.template, self.folder / "ledger.db")
        self.redis.flushall()
        self.world = World(connect(f"sqlite:///{self.folder / 'ledger.db'}"), self.redis, Clock())
        self.org = Org()
        self.company = Company(org=self.org)
        self.world.salesforce, self.world.intacct = self.org, self.company
        self.world.drainer.flows["main", FLOW] = payment_flow(self.org, self.company)
        self.deliveries: list[str] = []
        for id in IDS:
            self.org.hold(a_payment(id))
            self.tell(id, 1)

    def _tell(self, number: int, id: str) -> None:
        lane = lane_of("main", FLOW, id)
        notice = Arrival("test", f"n{number}", FLOW, lane, "salesforce", "AR_Payment__c", id)
        with self.world.ledger.write() as transaction:
            arrivals.record(transaction, "main", [notice], now=self.world.clock())

    def _edit(self, id: str, **changes: object) -> None:
        if id in self.org.records:
            self.org.hold(replace(self.org.records[id], **changes))

    @rule(id=ids, times=st.integers(1, 3))
    def tell(self, id: str, times: int) -> None:
        for _ in range(times):
            self.deliveries.append(id)
            self._tell(len(self.deliveries), id)

    @precondition(lambda self: self.deliveries)
    @rule(data=st.data())
    def tell_again_what_was_told_before(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, len(self.deliveries)))
        self._tell(number, self.deliveries[number - 1])

    @rule(id=ids, ready=booleans)
    def make_ready_or_a_draft_again(self, id: str, ready: bool) -> None:
        """Until the payment is sent its status is the user's, and no longer."""
        if id in self.org.records and not self.org.records[id].target_id:
            self._edit(id, status="Ready" if ready else "Draft", wanted=ready)

    @rule(id=ids, amount=st.sampled_from(AMOUNTS), verb=st.sampled_from((*INTACCT_VERBS, "")))
    def enter_another_amount(self, id: str, amount: str, verb: str) -> None:
        """At once, or while a worker makes its next call."""

        def edit() -> None:
            self._edit(id, amount=Decimal(amount), lines=(a_line(amount=amount),))

        if verb:
            self.company.meanwhile.setdefault(verb, []).append(edit)
        else:
            edit()

    @rule(id=ids)
    def divide_the_lines(self, id: str) -> None:
        if id in self.org.records and (amount := self.org.records[id].amount):
            self._edit(id, lines=(a_line(amount="1.00"), a_line("inv2", amount=str(amount - 1))))

    @rule(id=ids, linked=booleans)
    def link_or_unlink_the_account(self, id: str, linked: bool) -> None:
        self._edit(id, customer="C-1" if linked else None)

    @rule(id=ids)
    def delete(self, id: str) -> None:
        if not self.company.booked[f"ARP-{id[-6:]}"]:
            self.org.records.pop(id, None)

    @rule(
        id=ids,
        outcome=st.sampled_from([CUT_AFTER_THE_WORK, CUT_BEFORE_THE_WORK, ("busy", BUSY)]),
        now=booleans,
    )
    def a_post_fails(self, id: str, outcome: tuple[str, WriteOutcome], now: bool) -> None:
        self.company.outcomes[f"ARP-{id[-6:]}"] = outcome
        self._drain(now)

    @rule(verb=st.sampled_from(INTACCT_VERBS), dies=booleans, now=booleans)
    def a_call_to_intacct_fails(self, verb: str, dies: bool, now: bool) -> None:
        failure = Killed() if dies else RemoteUnavailable("intacct", "cannot be reached")
        self.company.failures.setdefault(verb, []).append(failure)
        self._drain(now)

    @rule(dies=booleans, now=booleans)
    def a_call_to_salesforce_fails(self, dies: bool, now: bool) -> None:
        self.org.failures.append(Killed() if dies else RemoteUnavailable("salesforce", "answers 503"))
        self._drain(now)

    @rule(id=ids, now=booleans)
    def a_note_meets_a_lock(self, id: str, now: bool) -> None:
        self.org.refusals[id] = LOCKED
        self._drain(now)

    @rule(number=st.integers(88000, 88002))
    def a_payment_hides(self, number: int) -> None:
        self.company.hidden.add(str(number))

    @rule()
    def redis_loses_everything(self) -> None:
        self.redis.flushall()

    @rule(seconds=st.sampled_from([0, 1, 6, 40, 91, 400]))
    def time_passes_and_a_worker_drains(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)
        self._drain(True)

    def _drain(self, now: bool) -> None:
        if now:
            with suppress(Killed):
                self.world.drain()

    @invariant()
    def nothing_is_posted_twice(self) -> None:
        if hasattr(self, "company"):
            assert all(len(booked) <= 1 for booked in self.company.booked.values())

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self._nobody_acts_any_more()
            self._time_passes_until_quiet()
            self._is_as_after_one_notice()
        finally:
            self.world.ledger.engine.dispose()
            shutil.rmtree(self.folder)

    def _nobody_acts_any_more(self) -> None:
        """
        All accounts are linked, nobody holds a lock, Intacct shows what it has, and Salesforce has told of everything.
        Whatever counts as a try is over, so that the last notice has its own; what is still to break may break.
        """
        for troubles in (self.company.meanwhile, self.company.hidden, self.org.refusals):
            troubles.clear()
        self.company.outcomes = {
            key: (done, came) for key, (done, came) in self.company.outcomes.items() if came != BUSY
        }
        for id in IDS:
            self._edit(id, customer="C-1")
            self.tell(id, 1)

    def _time_passes_until_quiet(self) -> None:
        """What is still to go wrong goes wrong now. The rounds are bounded: what never ends is a fault."""
        for _ in range(MOST_ROUNDS):
            with self.world.ledger.read() as reading:
                due = reading.scalar(select(func.min(Message.due_at)))
            if due is None:
                return
            self.world.clock.now = max(self.world.clock.now + timedelta(seconds=1), due)
            self._drain(True)
        raise AssertionError(f"messages are still open after {MOST_ROUNDS} rounds")

    def _is_as_after_one_notice(self) -> None:
        for id in IDS:
            states = set(self.world.states(id))
            assert states <= {"carried", "skipped", "rejected", "failed"}, states
            record, booked = self.org.records.get(id), self.company.booked[f"ARP-{id[-6:]}"]
            if record and booked:
                self._says_what_was_posted(record, booked[0])
            elif record:
                self._says_why_it_was_not(record)

    def _says_what_was_posted(self, record: Payment, sent: Payment) -> None:
        unchanged = record.fingerprint() == sent.fingerprint()
        assert record.sync_status == ("Synced" if unchanged else "Needs Attention")
        assert record.status == "Posted" or not unchanged
        assert self.company.payments[record.target_id].key == record.key

    def _says_why_it_was_not(self, record: Payment) -> None:
        assert not record.target_id
        if record.wanted:
            assert record.amount is not None
            assert record.amount <= 0
            assert record.sync_status == "Needs Attention"
        else:
            assert record.sync_status != "Synced"


def test_any_order_of_events_ends_in_the_state_of_one_notice(redis: Redis, sqlite_template: Path) -> None:
    Orders.redis, Orders.template = redis, sqlite_template
    run_state_machine_as_test(
        Orders,
        settings=settings(
            max_examples=100,
            stateful_step_count=30,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),  # to explain as well would trace every line, for minutes
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
