"""What may be out there is looked up by its key before anything is sent again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.ledger import links, postings
from app.records import Pair, PostedPayment, Problem, Trace
from app.records.memory import FREE, POSTED, UNKNOWN
from app.sync import endings
from app.sync.batch import Case
from app.sync.desk import Desk
from app.sync.flow import Flow
from app.sync.progress import Progress
from app.sync.retry import A_DAY, next_lookup

SPARSE = timedelta(minutes=5)  # for what Intacct says is done, and does not show


@dataclass
class _Findings:
    """What to write down after the look-up, in one commit."""

    fates: list[postings.Fate] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)


def look_up(progress: Progress, flow: Flow, desk: Desk) -> None:
    """
    Find what may be posted: found goes on to its read-back; not found waits for its next look, or, when the last has
    passed, may be posted again.
    """
    if not progress.to_look_up:
        return
    found = flow.destination.find(sorted({case.key for case in progress.to_look_up}))
    now = desk.clock()
    findings = _Findings()
    for case in progress.to_look_up:
        candidates = [posted for posted in found.get(case.key, ()) if not posted.is_reversal]
        if not candidates:
            _not_found(case, progress, findings, desk, now)
        elif len(candidates) == 1 and not (doubts := _doubts(case, candidates[0], flow)):
            _found(case, candidates[0], progress, findings)
        else:
            problems = doubts if len(candidates) == 1 else [_several(case, candidates)]
            progress.ended[case.id] = endings.refused(case, problems, now=now)
    with desk.ledger.write() as ledger:
        postings.save(ledger, desk.connection, flow.kind, findings.fates)
        links.pair(ledger, desk.connection, flow.kind, findings.pairs, now=now)


def _found(case: Case, posted: PostedPayment, progress: Progress, findings: _Findings) -> None:
    if case.trace:
        findings.fates.append(postings.Fate(case.id, case.trace.generation, POSTED, posted.id))
    findings.pairs.append(Pair(case.id, posted.id, case.key))
    progress.posted[case.id] = posted.id
    progress.seen[posted.id] = posted


def _not_found(case: Case, progress: Progress, findings: _Findings, desk: Desk, now: datetime) -> None:
    trace = case.trace
    if trace is None:
        progress.ended[case.id] = endings.refused(case, [_missing(case)], now=now)
        return
    sent_at = trace.sent_at or now
    due_at = _next_look(trace, sent_at, desk, now)
    if trace.repeated and now - sent_at >= A_DAY:
        progress.ended[case.id] = endings.unclear_for_a_day(case, now=now)
    elif due_at:
        fate = postings.Fate(
            case.id, trace.generation, UNKNOWN, None, trace.lookups + 1, due_at, trace.repeated
        )
        findings.fates.append(fate)
        reason = "Nobody can say yet whether Intacct took the payment."
        progress.ended[case.id] = endings.unknown(case, reason, due_at, now=now)
    else:
        findings.fates.append(postings.Fate(case.id, trace.generation, FREE))
        _send_again(case, trace, progress)


def _next_look(trace: Trace, sent_at: datetime, desk: Desk, now: datetime) -> datetime | None:
    return now + SPARSE if trace.repeated else next_lookup(sent_at, desk.lookup, now=now)


def _send_again(case: Case, trace: Trace, progress: Progress) -> None:
    if case.record is None:
        progress.ended[case.id] = endings.skipped(
            "It never reached Intacct, and was deleted in Salesforce since."
        )
    elif not case.record.wanted:
        progress.ended[case.id] = endings.skipped(
            f"It never reached Intacct, and is {case.record.status} now."
        )
    elif case.stays_ignored:
        progress.ended[case.id] = endings.skipped(endings.STAYS_IGNORED)
    else:
        progress.to_post[case.id] = trace.generation


def _doubts(case: Case, posted: PostedPayment, flow: Flow) -> Sequence[Problem]:
    """
    Whether what carries our key is really ours. Only a record that is still as it was sent can tell: one that was
    edited since is compared later, with what it was.
    """
    if case.record is None or case.fingerprint != case.sent:
        return []
    differences = flow.agrees(case.record, posted)
    if not differences:
        return []
    what = " ".join(problem.text for problem in differences)
    return [
        Problem(
            "key_taken",
            f"Intacct payment {posted.id} carries the number {case.key}, and is not this payment: {what}",
            "Ask Accounts Receivable whose payment it is; free the number there, then replay.",
        )
    ]


def _several(case: Case, candidates: Sequence[PostedPayment]) -> Problem:
    ids = ", ".join(posted.id for posted in candidates)
    return Problem(
        "key_twice",
        f"Several Intacct payments carry the number {case.key}: {ids}.",
        "Ask Accounts Receivable which one is right and to reverse the others, then replay.",
    )


def _missing(case: Case) -> Problem:
    target = case.record.target_id if case.record else ""
    return Problem(
        "posted_elsewhere",
        f"The payment says that it is Intacct payment {target}, and no payment in Intacct carries the number {case.key}.",
        "If it was never posted, empty its Intacct key; if it was, link the two by hand.",
    )
