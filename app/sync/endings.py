"""How a try at a record ends, and what its person is told. Pure: the pipeline does what stands here."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from app.ledger.messages import Closing
from app.records import (
    Exchange,
    Note,
    Pair,
    Payment,
    PostedPayment,
    Problem,
    Refused,
    SyncStatus,
    WriteOutcome,
)
from app.records.money import spoken
from app.sync.batch import Case
from app.sync.retry import A_DAY, next_try

POSTED_STATUS = "Posted"
NOTHING = Exchange()
STAYS_IGNORED = "A person ignored it, and its money has not changed since. Replay it to have it carried."


@dataclass(frozen=True, slots=True)
class Ending:
    """
    `state` and `reason` as on the message. `due_at` None closes it. `note` is written beside the record, `settle`
    written to the ledger, only after the note went through.
    """

    state: str
    reason: str
    due_at: datetime | None = None
    counted: bool = False
    waiting_since: datetime | None = None
    target: str | None = None
    note: Note | None = None
    settle: Pair | None = None
    problems: tuple[Problem, ...] = ()
    exchange: Exchange = Exchange()
    tried: bool = True


def skipped(reason: str) -> Ending:
    return Ending("skipped", reason)


def synced(case: Case, posted: PostedPayment, *, sent: str, now: datetime) -> Ending:
    """Posted, read back and equal: what is owed is only to say so. `sent` is the fingerprint of what was sent."""
    text = f"Intacct payment {posted.id}, {spoken(posted.amount, posted.currency or 'amount')}."
    if case.record is None:
        text = f"{text} Its payment was deleted in Salesforce."
    return Ending(
        "carried",
        text,
        target=posted.id,
        note=_posted_note(case.record, posted, SyncStatus.SYNCED, text, now) if case.record else None,
        settle=Pair(case.id, posted.id, posted.key, sent, posted.fingerprint()),
    )


def protested(
    case: Case, problem: Problem, posted: PostedPayment | None, *, sent: str, now: datetime
) -> Ending:
    """Posted, and its money was changed here: Intacct stays as it is, the pair too, and a person is told."""
    ending = refused(case, [problem], now=now)
    if posted is None or case.record is None:
        return ending
    note = _posted_note(case.record, posted, SyncStatus.NEEDS_ATTENTION, str(problem), now)
    return replace(
        ending,
        target=posted.id,
        note=note if ending.note else None,
        settle=Pair(case.id, posted.id, posted.key, sent, posted.fingerprint()),
    )


def _posted_note(
    record: Payment, posted: PostedPayment, status: SyncStatus, text: str, now: datetime
) -> Note:
    applied = {line.invoice_key: line.id for line in posted.lines}
    lines = ((line.id, applied.get(line.invoice_key or "", "")) for line in record.lines)
    return Note(
        record.id,
        status,
        text,
        now,
        status=POSTED_STATUS,
        target_id=posted.id,
        target_state=posted.state,
        lines=tuple((line, target) for line, target in lines if target),
    )


def refused(
    case: Case, problems: Sequence[Problem], *, now: datetime, exchange: Exchange = NOTHING
) -> Ending:
    """
    A person must act. Trap: our own refusal, written beside the record, is itself a change that the system tells us
    of; said again and again it would never end. What is asked already is not asked twice.
    """
    text = " ".join(str(problem) for problem in problems)
    status = case.record.sync_status if case.record else ""
    if text in case.asked and status == SyncStatus.NEEDS_ATTENTION:
        return skipped(f"Still refused, as already said: {text}")
    note = Note(case.id, SyncStatus.NEEDS_ATTENTION, text, now) if case.record else None
    return Ending("rejected", text, note=note, problems=tuple(problems), exchange=exchange)


def waiting_for_parent(case: Case, reason: str, *, now: datetime, wait: timedelta) -> Ending:
    """Something that the record points at is not linked yet. Not counted; after a day a person is asked."""
    since = case.first.waiting_since or now
    if now - since >= A_DAY:
        remedy = "Link it, or ask whoever keeps the customers, then replay the payment."
        return refused(
            case, [Problem("parent_missing_for_a_day", f"{reason} It has waited for a day.", remedy)], now=now
        )
    return Ending(
        "waiting", reason, now + wait, waiting_since=since, note=_once(case, SyncStatus.WAITING, reason, now)
    )


def again(
    case: Case, reason: str, *, now: datetime, waits: Sequence[float], exchange: Exchange = NOTHING
) -> Ending:
    """Surely not done, and worth another try while the waits last."""
    due_at = next_try(case.first.attempts, waits, now=now)
    if due_at:
        note = _once(case, SyncStatus.WAITING, f"{reason} It will be tried again by itself.", now)
        return Ending("waiting", reason, due_at, counted=True, note=note, exchange=exchange)
    text = f"{reason} Given up after {case.first.attempts + 1} tries; replay the payment once the cause is mended."
    note = Note(case.id, SyncStatus.NEEDS_ATTENTION, text, now) if case.record else None
    return Ending("failed", text, counted=True, note=note, exchange=exchange)


def unknown(
    case: Case, reason: str, due_at: datetime, *, now: datetime, exchange: Exchange = NOTHING
) -> Ending:
    """It may be posted. It is looked up by its key, and the person need do nothing."""
    text = f"{reason} It is being looked up in Intacct; nothing is sent again before that."
    note = _once(case, SyncStatus.UNKNOWN, text, now)
    return Ending("unknown", text, due_at, note=note, exchange=exchange)


def unclear_for_a_day(case: Case, *, now: datetime) -> Ending:
    text = (
        f"Intacct says that it recorded {case.key or 'the payment'}, and has not shown it for a day. Ask Accounts Receivable to "
        "look for it in Intacct; then replay to look again."
    )
    note = Note(case.id, SyncStatus.NEEDS_ATTENTION, text, now) if case.record else None
    return Ending("failed", text, note=note)


def joined(case: Case, ending: Ending) -> Ending:
    """For the later messages of a record whose matter stays open: one message speaks for all."""
    return Ending("skipped", f"Joined to message {case.first.id}: {ending.reason}", tried=False)


def closings(case: Case, ending: Ending) -> list[Closing]:
    """The ending of each message of the record: done with them all, or left open with the first."""
    done = ending.state in ("carried", "skipped")
    others = ending if done else joined(case, ending)
    return [_closing(case.first.id, ending)] + [_closing(held.id, others) for held in case.held[1:]]


def unsaid(
    case: Case, ending: Ending, outcome: WriteOutcome, *, now: datetime, waits: Sequence[float]
) -> Ending:
    """
    The record's note did not go through. What is posted stays posted and is never sent again: only the note is, and
    for that the record is looked at once more. A note that is refused for good, about a record that is refused, ends
    here: the exception has it.
    """
    if ending.state in ("waiting", "unknown"):
        return ending
    reason = str(outcome.problem) if isinstance(outcome, Refused) else getattr(outcome, "reason", "")
    text = f"{ending.reason} Salesforce did not take this message: {reason}"
    if ending.state in ("rejected", "failed") and isinstance(outcome, Refused):
        return replace(ending, reason=text)
    return replace(again(case, text, now=now, waits=waits), note=None, settle=None, target=ending.target)


def _closing(message_id: int, ending: Ending) -> Closing:
    return Closing(
        message_id,
        ending.state,
        ending.reason,
        due_at=ending.due_at,
        counted=ending.counted,
        waiting_since=ending.waiting_since,
        target=ending.target,
        problems=tuple(asdict(problem) for problem in ending.problems),
        sent=ending.exchange.sent,
        received=ending.exchange.received,
        tried=ending.tried,
    )


def _once(case: Case, status: SyncStatus, text: str, now: datetime) -> Note | None:
    """A note, unless the record says so already: our note is a change too, and would be told to us again."""
    if case.record is None:
        return None
    said = case.record.sync_status == status and case.first.reason and text.startswith(case.first.reason)
    return None if said else Note(case.id, status, text, now)
