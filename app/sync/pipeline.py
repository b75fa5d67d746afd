"""
Carry a batch of records to the other system. Written once; objects differ in data.

    read -> decide -> look up -> validate -> translate -> claim -> post -> pair -> read back -> write back -> settle

Every call to a remote system has a commit on each side of it, so whoever comes after a crash starts knowing all that
the outside world knows. A call that fails as a whole raises (`app.errors.RemoteError`), and the batch is given back:
what was achieved is in the ledger, and the next try goes on from there.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.ledger import arrivals, health, links, messages, postings
from app.ledger.arrivals import Arrival
from app.records import Payment, PostedPayment, Problem, Written
from app.sync import endings
from app.sync.batch import Batch, Case
from app.sync.decide import Carry, Decision, LookUp, Protest, Resume, Skip, Wait, changed, decide
from app.sync.desk import Desk
from app.sync.endings import Ending
from app.sync.flow import Flow
from app.sync.lookup import look_up
from app.sync.post import LaneLost, post
from app.sync.progress import Progress


def carry(batch: Batch, flow: Flow, desk: Desk) -> dict[str, Ending]:
    """
    Bring every record of the batch as far as it goes now; answers how each ended, by record id.

    :raises RemoteError: a system failed as a whole; the batch is still ours and open
    :raises LaneLost: another worker holds the lane
    """
    records = flow.origin.read(list(batch.held))
    progress = Progress(_recall(batch, records, flow, desk))
    _decide(progress, desk)
    look_up(progress, flow, desk)
    post(progress, batch, flow, desk)
    _read_back(progress, flow, desk)
    _write_back(progress, batch, flow, desk)
    _settle(progress, batch, flow, desk)
    return progress.ended


def _recall(batch: Batch, records: Mapping[str, Payment], flow: Flow, desk: Desk) -> dict[str, Case]:
    """Everything that we remember of these records."""
    ids = list(batch.held)
    with desk.ledger.read() as ledger:
        pairs = links.of_salesforce(ledger, desk.connection, flow.kind, ids)
        traces = postings.traces(ledger, desk.connection, flow.kind, ids)
        asked = messages.exceptions(ledger, batch.lane, ids)
        ignored = messages.ignored(ledger, batch.lane, ids)
    return {
        id: Case(
            id,
            held,
            records.get(id),
            pairs.get(id),
            traces.get(id),
            frozenset(asked.get(id, ())),
            frozenset(ignored.get(id, ())),
        )
        for id, held in batch.held.items()
    }


def _decide(progress: Progress, desk: Desk) -> None:
    now = desk.clock()
    for case in progress.cases.values():
        _file(case, decide(case.record, case.pair, case.trace, now=now), progress, now)


def _file(case: Case, decision: Decision, progress: Progress, now: datetime) -> None:
    match decision:
        case Skip(reason):
            progress.ended[case.id] = endings.skipped(reason)
        case Wait(until):
            reason = case.first.reason or "Nobody can say yet whether Intacct took the payment."
            progress.ended[case.id] = replace(endings.unknown(case, reason, until, now=now), tried=False)
        case LookUp():
            progress.to_look_up.append(case)
        case Resume(target_id):
            progress.posted[case.id] = target_id
        case _ if case.stays_ignored:
            progress.ended[case.id] = endings.skipped(endings.STAYS_IGNORED)
        case Protest(problem, target_id):
            progress.posted[case.id] = target_id
            progress.protests[case.id] = problem
        case Carry(generation):
            progress.to_post[case.id] = generation


def _read_back(progress: Progress, flow: Flow, desk: Desk) -> None:
    """Nothing is called synced that was not seen in the other system's books, equal to what was sent."""
    unseen = sorted({target for target in progress.posted.values() if target not in progress.seen})
    if unseen:
        progress.seen |= flow.destination.read(unseen)
    for id, target in progress.posted.items():
        case = progress.cases[id]
        ending = _compared(case, target, progress, flow, desk)
        progress.ended[id] = replace(ending, exchange=progress.exchanges.get(id, ending.exchange))


def _compared(case: Case, target: str, progress: Progress, flow: Flow, desk: Desk) -> Ending:
    now, sent = desk.clock(), progress.sent_of(case)
    posted = progress.seen.get(target)
    if posted is None:
        reason = f"Posted in Intacct as payment {target}, which cannot be read back yet."
        return endings.again(case, reason, now=now, waits=desk.retry)
    if problem := progress.protests.get(case.id) or _edited(case, sent, posted):
        return endings.protested(case, problem, posted, sent=sent, now=now)
    if case.record and (differences := flow.agrees(case.record, posted)):
        return endings.refused(case, differences, now=now)
    return endings.synced(case, posted, sent=sent, now=now)


def _edited(case: Case, sent: str, posted: PostedPayment) -> Problem | None:
    """Somebody changed the money between our sending it and now."""
    if case.record is None or case.fingerprint == sent:
        return None
    return changed(case.record, posted.id)


def _write_back(progress: Progress, batch: Batch, flow: Flow, desk: Desk) -> None:
    """Tell each record's person. A note that fails never undoes what is posted, and is never a reason to post again."""
    noted = [(id, ending.note) for id, ending in progress.ended.items() if ending.note]
    if not noted:
        return
    with desk.ledger.read() as ledger:
        if not messages.holds_lane(ledger, batch.lane, batch.token):
            raise LaneLost(batch.lane)  # who holds it now says what is so; ours would be older news
    outcomes = flow.origin.acknowledge([note for _, note in noted])
    now = desk.clock()
    for (id, _), outcome in zip(noted, outcomes, strict=True):
        if not isinstance(outcome, Written):
            case, ending = progress.cases[id], progress.ended[id]
            progress.ended[id] = endings.unsaid(case, ending, outcome, now=now, waits=desk.retry)


def _settle(progress: Progress, batch: Batch, flow: Flow, desk: Desk) -> None:
    now = desk.clock()
    closings = [
        closing
        for id, ending in progress.ended.items()
        for closing in endings.closings(progress.cases[id], ending)
    ]
    settled = [ending.settle for ending in progress.ended.values() if ending.settle]
    carried = [
        id for id, ending in progress.ended.items() if ending.state == "carried" and progress.cases[id].asked
    ]
    with desk.ledger.write() as ledger:
        ours = messages.renew(ledger, batch.lane, batch.token, now=now, lease=desk.lease)
        if ours:
            messages.close(ledger, batch.lane, batch.token, closings, started=batch.started, now=now)
            links.settle(ledger, desk.connection, flow.kind, settled, now=now)
            if carried:
                messages.supersede(ledger, batch.lane, carried, reason="Carried since.", now=now)
            health.healed(ledger, desk.connection)
        else:
            arrivals.record(ledger, desk.connection, _late(progress, batch, flow), now=now)
    if not ours:
        raise LaneLost(batch.lane)


def _late(progress: Progress, batch: Batch, flow: Flow) -> list[Arrival]:
    """
    Another worker held the lane while our notes went out, so they may stand where newer ones stood: whoever holds it
    next looks at these records once more, and says what is so.
    """
    noted = [progress.cases[id].first for id, ending in progress.ended.items() if ending.note]
    return [
        Arrival(
            "late-note",
            f"{batch.token}:{held.id}",
            flow.name,
            batch.lane,
            flow.origin_system,
            held.object,
            held.record_id,
        )
        for held in noted
    ]
