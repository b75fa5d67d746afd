"""Validate, translate, claim, post, pair: the step that moves money, with a commit on each side of the call."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.errors import OutcomeUnknown, RemoteError
from app.ledger import links, messages, postings
from app.records import (
    Again,
    Books,
    Pair,
    Payment,
    Posting,
    Refused,
    Repeated,
    Unclear,
    WriteOutcome,
    Written,
)
from app.records.memory import FREE, POSTED, UNKNOWN
from app.sync import endings
from app.sync.batch import Batch, Case
from app.sync.desk import Desk
from app.sync.endings import Ending
from app.sync.flow import Flow, Later
from app.sync.progress import Progress
from app.sync.retry import next_lookup

CLAIMED_ELSEWHERE = timedelta(seconds=5)
REMEMBERED = 86_400.0  # seconds that Redis keeps what came of a post; the ledger keeps it for ever


class LaneLost(Exception):
    """Another worker holds the lane now: nothing more may be sent or closed from here."""


def post(progress: Progress, batch: Batch, flow: Flow, desk: Desk) -> None:
    """
    Post what is to be posted and is right. What is wrong ends here, and stops none of its neighbours.

    :raises RemoteError: surely nothing was sent
    :raises LaneLost: nothing was sent
    """
    records = [_record(progress, id) for id in progress.to_post]
    if not records:
        return
    books = flow.destination.look_around(records)
    ready = _translate(records, books, progress, flow, desk)
    ready = _claim(ready, progress, batch, flow, desk)
    if not ready:
        return
    outcomes = _write(ready, batch, flow, desk, progress)
    _record_outcomes(ready, outcomes, progress, batch, flow, desk)


def _record(progress: Progress, id: str) -> Payment:
    record = progress.cases[id].record
    if record is None:
        raise AssertionError("a gone record is never posted")
    return record


def _translate(
    records: Sequence[Payment], books: Books, progress: Progress, flow: Flow, desk: Desk
) -> dict[str, Posting]:
    now = desk.clock()
    ready: dict[str, Posting] = {}
    for record in records:
        case = progress.cases[record.id]
        verdict = flow.judge(record, books)
        if isinstance(verdict, Later):
            wait = desk.parent_wait
            progress.ended[record.id] = endings.waiting_for_parent(case, verdict.reason, now=now, wait=wait)
        elif verdict:
            progress.ended[record.id] = endings.refused(case, verdict, now=now)
        else:
            ready[record.id] = flow.translate(record, books, progress.to_post[record.id])
    return ready


def _claim(
    ready: dict[str, Posting], progress: Progress, batch: Batch, flow: Flow, desk: Desk
) -> dict[str, Posting]:
    """
    The claim in Redis, then the reservation in the ledger. The reservation is made only while the lane is ours, so a
    worker that was slow enough to lose it sends nothing.
    """
    now = desk.clock()
    remembered = _take_claims(ready, progress, batch, flow, desk)
    sendings = [
        postings.Sending(
            id,
            progress.to_post[id],
            posting.key,
            posting.control_id,
            progress.cases[id].fingerprint,
            flow.destination.describe(posting),
        )
        for id, posting in ready.items()
        if id not in progress.ended or id in remembered
    ]
    with desk.ledger.write() as ledger:
        if not messages.renew(ledger, batch.lane, batch.token, now=now, lease=desk.lease):
            raise LaneLost(batch.lane)
        ours = postings.reserve(ledger, desk.connection, flow.kind, sendings, token=batch.token, now=now)
        doubted = [postings.Fate(id, progress.to_post[id], UNKNOWN, next_lookup_at=now) for id in remembered]
        postings.save(ledger, desk.connection, flow.kind, doubted)
    return {id: posting for id, posting in ready.items() if id in ours - remembered}


def _take_claims(
    ready: dict[str, Posting], progress: Progress, batch: Batch, flow: Flow, desk: Desk
) -> set[str]:
    """
    Take what is free. What another worker holds is given time to end. What Redis remembers as posted, and our ledger
    does not (it was restored from an older copy), is answered: it must be looked up before anything is sent.
    """
    keys = {_claim_key(desk, flow, id, progress): id for id in ready}
    seconds = desk.lease.total_seconds()
    remembered: set[str] = set()
    now = desk.clock()
    for key in desk.claims.take_many(list(keys), batch.token, seconds=seconds):
        case = progress.cases[keys[key]]
        if case.trace:  # our ledger knows of that sending: it was looked up, and is not there
            desk.claims.steal(key, batch.token, seconds=seconds)
        elif outcome := desk.claims.outcome(key):
            remembered.add(case.id)
            progress.ended[case.id] = endings.unknown(
                case, f"It seems to be {outcome} already.", now, now=now
            )
        else:
            reason = "Another worker is posting it."
            progress.ended[case.id] = Ending("waiting", reason, now + CLAIMED_ELSEWHERE, tried=False)
    return remembered


def _write(
    ready: dict[str, Posting], batch: Batch, flow: Flow, desk: Desk, progress: Progress
) -> Sequence[WriteOutcome]:
    try:
        return flow.destination.write(list(ready.values()))
    except OutcomeUnknown:
        raise  # against what `write` promises, so all the more: it stays `sending`, and is looked up before anything else
    except RemoteError:
        with desk.ledger.write() as ledger:
            free = [postings.Fate(id, progress.to_post[id], FREE) for id in ready]
            postings.save(ledger, desk.connection, flow.kind, free, token=batch.token)
        desk.claims.release_many([_claim_key(desk, flow, id, progress) for id in ready], batch.token)
        raise


def _record_outcomes(
    ready: dict[str, Posting],
    outcomes: Sequence[WriteOutcome],
    progress: Progress,
    batch: Batch,
    flow: Flow,
    desk: Desk,
) -> None:
    now = desk.clock()
    fates, pairs, settled, freed = [], [], {}, []
    for (id, posting), outcome in zip(ready.items(), outcomes, strict=True):
        case = progress.cases[id]
        generation = progress.to_post[id]
        claim = _claim_key(desk, flow, id, progress)
        match outcome:
            case Written(target_id):
                fates.append(postings.Fate(id, generation, POSTED, target_id))
                pairs.append(Pair(id, target_id, posting.key))
                progress.posted[id] = target_id
                progress.sent[id] = case.fingerprint
                progress.exchanges[id] = outcome.exchange
                settled[claim] = f"posted {target_id}"
            case Refused() | Again():
                fates.append(postings.Fate(id, generation, FREE))
                freed.append(claim)
                progress.ended[id] = _not_done(case, outcome, desk, now)
            case Unclear() | Repeated():
                recorded = isinstance(outcome, Repeated) and not outcome.at_work
                due_at = now if recorded else next_lookup(now, desk.lookup, now=now) or now
                fates.append(postings.Fate(id, generation, UNKNOWN, None, 0, due_at, recorded))
                progress.ended[id] = endings.unknown(
                    case, outcome.reason, due_at, now=now, exchange=outcome.exchange
                )
    with desk.ledger.write() as ledger:
        postings.save(ledger, desk.connection, flow.kind, fates, token=batch.token)
        links.pair(ledger, desk.connection, flow.kind, pairs, now=now)
    desk.claims.settle_many(settled, batch.token, seconds=REMEMBERED)
    desk.claims.release_many(freed, batch.token)


def _not_done(case: Case, outcome: Refused | Again, desk: Desk, now: datetime) -> Ending:
    if isinstance(outcome, Refused):
        return endings.refused(case, [outcome.problem], now=now, exchange=outcome.exchange)
    waits = desk.retry if outcome.most is None else desk.retry[: outcome.most - 1]
    return endings.again(case, outcome.reason, now=now, waits=waits, exchange=outcome.exchange)


def _claim_key(desk: Desk, flow: Flow, id: str, progress: Progress) -> str:
    return f"{desk.connection}:{flow.kind}:{id}:{progress.to_post[id]}"
