"""What to do with a record: a pure function of the record, its pair, and what we sent before."""

from dataclasses import dataclass
from datetime import datetime

from app.records import Pair, Payment, Problem, SyncStatus, Trace

REVERSAL_ASKED = "Reversal Requested"
_NOT_SETTLED = (SyncStatus.NEEDS_ATTENTION, SyncStatus.UNKNOWN, SyncStatus.WAITING)


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """It may be out there, and it is too early to look."""

    until: datetime


@dataclass(frozen=True, slots=True)
class LookUp:
    """It may be out there: look before anything is sent."""


@dataclass(frozen=True, slots=True)
class Resume:
    """It is posted; its read-back or its write-back is still owed."""

    target_id: str


@dataclass(frozen=True, slots=True)
class Protest:
    """It is posted and somebody changed it here: Intacct stays, and a person is told."""

    problem: Problem
    target_id: str


@dataclass(frozen=True, slots=True)
class Carry:
    """Check it, and post it."""

    generation: int


Decision = Skip | Wait | LookUp | Resume | Protest | Carry


def decide(record: Payment | None, pair: Pair | None, trace: Trace | None, *, now: datetime) -> Decision:
    """`record` is None when it is gone from its system."""
    if trace and trace.may_be_out_there:
        early = trace.next_lookup_at is not None and trace.next_lookup_at > now
        return Wait(trace.next_lookup_at) if early and trace.next_lookup_at else LookUp()
    if record is None:
        return Skip(_gone(pair))
    if pair:
        return _decide_paired(record, pair)
    if record.target_id:
        return LookUp()  # it says that it is posted, and our ledger does not know: never send it again blind
    if not record.wanted:
        return Skip(f"The payment's status is {record.status or 'empty'}, which asks for nothing.")
    if record.status == REVERSAL_ASKED:
        return Skip("A reversal is asked for a payment that was never posted: nothing to reverse.")
    return Carry(trace.generation if trace else 1)


def _decide_paired(record: Payment, pair: Pair) -> Decision:
    if pair.salesforce_fingerprint is None:
        return Resume(pair.intacct_id)
    if record.fingerprint() != pair.salesforce_fingerprint:
        return Protest(changed(record, pair.intacct_id), pair.intacct_id)
    if record.status == REVERSAL_ASKED:
        return Protest(_reversal(record, pair), pair.intacct_id)
    if (
        record.sync_status in _NOT_SETTLED
    ):  # an edit that we protested against was taken back, or our news came late
        return Resume(pair.intacct_id)
    return Skip("Nothing changed, or our own write coming back.")


def _gone(pair: Pair | None) -> str:
    if pair:
        return f"The payment was deleted in Salesforce; Intacct payment {pair.intacct_id} stays posted."
    return "The payment was deleted in Salesforce before it was posted."


def changed(record: Payment, target_id: str) -> Problem:
    """The protest against an edit of a posted payment's money."""
    return Problem(
        "posted_payment_changed",
        f"{record.key} is posted as Intacct payment {target_id}, and its money was changed here afterwards; "
        "Intacct keeps what was posted.",
        "Put the old values back, or ask Accounts Receivable to reverse the payment and enter it anew.",
    )


def _reversal(record: Payment, pair: Pair) -> Problem:
    return Problem(
        "reversal_not_carried",
        f"{record.key} is posted as Intacct payment {pair.intacct_id}; this version of Ledgerline does not reverse "
        "payments from Salesforce.",
        "Ask Accounts Receivable to reverse it in Intacct, and set the status back to Posted.",
        field="Status__c",
    )
