"""
Two remote systems small enough to read. They hold state, answer per item, and honour control ids, as the real ones do.

The contract suite (`tests/contract`) runs against these and against the real clients, so that they cannot drift.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from app.records import (
    Again,
    Books,
    Customer,
    Invoice,
    Note,
    Payment,
    PaymentLine,
    PostedLine,
    PostedPayment,
    Posting,
    Problem,
    Refused,
    Repeated,
    System,
    Unclear,
    WriteOutcome,
    Written,
)
from app.sync.flow import Flow, Later

FLOW = "payment-to-intacct"
OPEN_FROM = date(2024, 1, 1)


def a_line(invoice: str = "inv1", amount: str = "100.00", **changes: object) -> PaymentLine:
    line = PaymentLine(f"line-{invoice}", invoice, f"key-{invoice}", invoice.upper(), Decimal(amount))
    return replace(line, **changes)


def a_payment(id: str = "a0B000000000001", *, amount: str = "100.00", **changes: object) -> Payment:
    payment = Payment(
        id=id,
        key=f"ARP-{id[-6:]}",
        account="001",
        account_name="Castellan",
        customer="C-1",
        amount=Decimal(amount),
        currency="USD",
        receipt_date=date(2026, 11, 24),
        method="EFT",
        method_entered="EFT",
        status="Ready",
        lines=(a_line(amount=amount),),
    )
    return replace(payment, **changes)


@dataclass
class FakeSalesforce:
    """Where payments come from. `failures` are raised by the next calls; `refusals` are outcomes by record id."""

    records: dict[str, Payment] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    refusals: dict[str, WriteOutcome] = field(default_factory=dict)
    calls: int = 0

    def hold(self, *payments: Payment) -> None:
        self.records |= {payment.id: payment for payment in payments}

    def read(self, ids: Sequence[str]) -> Mapping[str, Payment]:
        self._call()
        return {id: self.records[id] for id in ids if id in self.records}

    def changed(self, since: datetime, until: datetime) -> Sequence[str]:
        self._call()
        return [record.id for record in self.records.values() if record.wanted]

    def acknowledge(self, notes: Sequence[Note]) -> Sequence[WriteOutcome]:
        if not notes:
            return []
        self._call()
        return [self._note(note) for note in notes]

    def _note(self, note: Note) -> WriteOutcome:
        if note.id in self.refusals:
            return self.refusals.pop(note.id)
        if note.id not in self.records:
            return Refused(Problem("gone", "The record was deleted.", "Nothing is left to do."))
        self.notes.append(note)
        record = self.records[note.id]
        self.records[note.id] = replace(
            record,
            status=note.status or record.status,
            wanted=record.wanted and not note.status,
            sync_status=str(note.sync_status),
            target_id=note.target_id or record.target_id,
        )
        return Written(note.id)

    def _call(self) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)


@dataclass
class FakeIntacct:
    """
    Where payments are posted. `outcomes` says, by key, what the next write of it answers and whether it is done all
    the same: `("done", Unclear(…))` is a cut connection after the work. `gone` are invoices that are not there; every
    other is, of the one customer, with 1,000 due.
    """

    payments: dict[str, PostedPayment] = field(default_factory=dict)
    control_ids: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, tuple[str, WriteOutcome]] = field(default_factory=dict)
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    writes: list[str] = field(default_factory=list)
    calls: int = 0

    def look_around(self, records: Sequence[Payment]) -> Books:
        self._call("look_around")
        keys = {line.invoice_key for record in records for line in record.lines if line.invoice_key}
        return Books(
            customers={"C-1": Customer("C-1", "Castellan", True)},
            invoices={key: Invoice(key, key, "C-1", "USD", Decimal(1000)) for key in keys - self.gone},
        )

    def find(self, keys: Sequence[str]) -> Mapping[str, Sequence[PostedPayment]]:
        self._call("find")
        found = {key: tuple(p for p in self.payments.values() if p.key == key) for key in keys}
        return {key: payments for key, payments in found.items() if payments}

    def read(self, ids: Sequence[str]) -> Mapping[str, PostedPayment]:
        self._call("read")
        return {id: self.payments[id] for id in ids if id in self.payments and id not in self.hidden}

    def write(self, postings: Sequence[Posting]) -> Sequence[WriteOutcome]:
        if not postings:
            return []
        self._call("write")
        return [self._write(posting) for posting in postings]

    def describe(self, posting: Posting) -> str:
        return f"<{posting.control_id}>"

    def _write(self, posting: Posting) -> WriteOutcome:
        self.writes.append(posting.control_id)
        if posting.control_id in self.control_ids:
            return Repeated("Intacct recorded it before.")
        if date.fromisoformat(dict(posting.header)["date"]) < OPEN_FROM:
            return Refused(
                Problem("period_closed", "The period is closed.", f"Choose a date from {OPEN_FROM} on.")
            )
        done, outcome = self.outcomes.pop(posting.key, ("done", None))
        if done != "done":
            return outcome or Again("not done")
        id = str(88000 + len(self.payments))
        self.control_ids[posting.control_id] = id
        values = dict(posting.header)
        lines = tuple(
            PostedLine(f"{id}-{n}", dict(line)["invoice"], Decimal(dict(line)["amount"]))
            for n, line in enumerate(posting.lines)
        )
        self.payments[id] = PostedPayment(
            id,
            posting.key,
            values["customer"],
            values["currency"],
            Decimal(values["amount"]),
            date.fromisoformat(values["date"]),
            "C",
            lines,
        )
        return outcome or Written(id)

    def _call(self, verb: str) -> None:
        self.calls += 1
        if self.failures.get(verb):
            raise self.failures[verb].pop(0)


def judge(payment: Payment, books: Books) -> Sequence[Problem] | Later:
    """Small rules for tests of the pipeline; the real ones are in `app.sync.validate`."""
    if payment.customer is None:
        return Later(f"Account {payment.account_name} is not linked to a customer yet.")
    if payment.amount is None or payment.amount <= 0:
        return [
            Problem("amount_not_positive", f"The amount is {payment.amount}.", "Enter what was received.")
        ]
    if payment.description == "break":
        raise ZeroDivisionError("a fault of ours")
    return []


def translate(payment: Payment, books: Books, generation: int) -> Posting:
    header = (
        ("customer", payment.customer or ""),
        ("currency", payment.currency),
        ("amount", str(payment.amount)),
        ("date", str(payment.receipt_date)),
    )
    lines = tuple(
        (("invoice", line.invoice_key or ""), ("amount", str(line.amount))) for line in payment.lines
    )
    return Posting(payment.key, f"main:payment:{payment.key}:{generation}", "", header, lines)


def agrees(payment: Payment, posted: PostedPayment) -> Sequence[Problem]:
    if payment.amount == posted.amount:
        return []
    return [
        Problem(
            "differs", f"Intacct has {posted.amount}, the payment says {payment.amount}.", "Compare both."
        )
    ]


def payment_flow(salesforce: FakeSalesforce, intacct: FakeIntacct) -> Flow:
    return Flow(
        name=FLOW,
        kind="payment",
        origin_system=System.SALESFORCE,
        destination_system=System.INTACCT,
        origin=salesforce,
        destination=intacct,
        judge=judge,
        translate=translate,
        agrees=agrees,
    )


CUT_AFTER_THE_WORK = ("done", Unclear("The connection was cut before the answer."))
CUT_BEFORE_THE_WORK = ("lost", Unclear("The connection was cut before the answer."))
