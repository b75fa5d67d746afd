"""
THE TABLE: which record travels which way, and through whose hands.

Here, and only here, the two vendors' packages and the mappings meet. To add an object: a record, a module in each
vendor's package, a mapping, and its row in `FLOWS`; the pipeline does not change.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.errors import BadSetting, CallRefused
from app.intacct.payments import Payments as IntacctPayments
from app.mapping import reading, writing
from app.mapping.plan import Plan
from app.mapping.writing import Defaults
from app.records import Books, Note, Payment, Posting, Problem, Row, Shape, System, WriteOutcome, Written
from app.salesforce.records import Records
from app.sync.flow import Flow, Later
from app.sync.validate import JudgeDefaults, agrees, judge

PAYMENT_TO_INTACCT = "payment-to-intacct"
FLOWS = (PAYMENT_TO_INTACCT,)

PLAN_SECONDS = 5.0


class Plans:
    """The mapping in force, looked up again after five seconds: a saved mapping is at work soon, and no batch asks twice."""

    def __init__(self, load: Callable[[], Plan]) -> None:
        self._load = load
        self._kept: tuple[float, Plan] | None = None

    def __call__(self) -> Plan:
        kept = self._kept
        if kept is None or time.monotonic() - kept[0] > PLAN_SECONDS:
            kept = (time.monotonic(), self._load())
            self._kept = kept
        return kept[1]


@dataclass(frozen=True)
class MappedPayments:
    """Payments in Salesforce, in our words, by whatever object and fields the mapping says they are kept in."""

    records: Records
    plans: Callable[[], Plan]

    def read(self, ids: Sequence[str]) -> dict[str, Payment]:
        plan = self.plans()
        return {id: reading.read(plan, row) for id, row in self.rows(ids).items()}

    def rows(self, ids: Sequence[str]) -> dict[str, Row]:
        """As Salesforce holds them, before they are understood."""
        return self.records.read(self.shape(), ids)

    def changed(self, since: datetime, until: datetime) -> Sequence[str]:
        return self.records.changed(self.shape(), since, until)

    def acknowledge(self, notes: Sequence[Note]) -> list[WriteOutcome]:
        """A note is written when all of it is: its record and its lines."""
        plan = self.plans()
        changes = [writing.changes(plan, note) for note in notes]
        outcomes = iter(self.records.update([change for of_note in changes for change in of_note]))
        return [
            _whole(note, [next(outcomes) for _ in of_note])
            for note, of_note in zip(notes, changes, strict=True)
        ]

    def shape(self) -> Shape:
        """
        :raises CallRefused: the mapping reads a field that the org lacks; the connection stops and says so
        """
        plan = self.plans()
        origin = plan.document.origin
        facts, child_facts = self.records.facts(origin.object), self.records.facts(origin.lines.object)
        try:
            return reading.shape(plan, facts, child_facts)
        except BadSetting as error:
            raise CallRefused(System.SALESFORCE, f"The mapping does not fit the org. {error}") from None


def _whole(note: Note, outcomes: Sequence[WriteOutcome]) -> WriteOutcome:
    return next((outcome for outcome in outcomes if not isinstance(outcome, Written)), Written(note.id))


def payment_to_intacct(origin: MappedPayments, destination: IntacctPayments, defaults: Defaults) -> Flow:
    known = JudgeDefaults(defaults.deposit_account, defaults.undeposited_account, defaults.currency)

    def judged(payment: Payment, books: Books) -> list[Problem] | Later:
        return judge(payment, books, defaults=known)

    def translated(payment: Payment, books: Books, generation: int) -> Posting:
        return writing.posting(origin.plans(), payment, books, generation=generation, defaults=defaults)

    return Flow(
        name=PAYMENT_TO_INTACCT,
        kind="payment",
        origin_system=System.SALESFORCE,
        destination_system=System.INTACCT,
        origin=origin,
        destination=destination,
        judge=judged,
        translate=translated,
        agrees=agrees,
    )
