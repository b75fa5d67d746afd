"""Resync: look again at records that a person names, or that changed in a time, as if their system had told of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.errors import LedgerlineError, Malformed, NotOurs
from app.ledger import arrivals as inbox
from app.ledger import links, messages, postings, runs
from app.ledger.arrivals import Arrival
from app.ledger.runs import Plan, Run
from app.mapping.writing import settled_currency
from app.records import Payment, System
from app.records.ids import is_id, to18
from app.records.lane import lane_of
from app.records.money import plain
from app.sync.decide import Carry, LookUp, Protest, Resume, Skip, Wait, decide
from app.sync.desk import Desk
from app.sync.flow import Flow, Later
from app.sync.intake import Doorbell, Routes, ring

CHANNEL = "resync"
BATCH = 100
CHUNK = 5_000  # rows of one statement
MOST_DRY = 2_000
"""A dry run answers when it is done, at two remote calls for each hundred records: about a minute for so many."""

BEGINNING = datetime(1999, 1, 1, tzinfo=UTC)  # no Salesforce record is older than Salesforce
AHEAD = timedelta(minutes=5)
NO_CURRENCY = "XXX"  # ISO 4217's own code for it


@dataclass(frozen=True, slots=True)
class Request:
    """
    Which records: `ids`, or what the flow's filter takes and changed from `since` up to `until` (empty = from the
    beginning, up to now). `object` is the system's own name (`AR_Payment__c`) or our kind (`payment`).
    """

    system: System
    object: str
    ids: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    dry_run: bool = False


class TooMany(LedgerlineError):
    """NEVER: more records than a dry run looks at."""


def carried(system: System, object: str, *, flows: Mapping[str, Flow], routes: Routes) -> tuple[Flow, str]:
    """
    The flow that carries it, and the system's own name of it; `object` may be that name or our kind.

    :raises NotOurs: no flow carries it; the text says what is carried
    """
    for (of_system, name), flow_name in routes.items():
        flow = flows.get(flow_name)
        if flow and of_system is system and object in (name, flow.kind):
            return flow, name
    known = ", ".join(f"{name} from {of_system}" for of_system, name in routes) or "nothing yet"
    raise NotOurs(f"No flow carries {object} from {system}. Carried is: {known}.")


def start(request: Request, *, flow: Flow, desk: Desk, doorbell: Doorbell, routes: Routes) -> Run:
    """
    Record one message for each of the records and ring; a dry run records none, and answers what would become of each.

    :raises NotOurs: `flow` does not carry that object
    :raises Malformed: an id that is none
    :raises TooMany: for a dry run
    :raises RemoteError: the records could not be listed or read; nothing was recorded
    """
    _, object = carried(request.system, request.object, flows={flow.name: flow}, routes=routes)
    began = desk.clock()
    ids = _named(request) or list(flow.origin.changed(*_span(request, began)))
    if request.dry_run:
        return _dry(request, ids, flow, desk, began)
    with desk.ledger.write() as ledger:
        run_id = runs.begin(
            ledger, desk.connection, runs.RESYNC, _written(request), total=len(ids), now=began
        )
        arrivals = [_arrival(id, object, run_id, request, flow, desk) for id in ids]
        for at in range(0, len(arrivals), CHUNK):
            inbox.record(ledger, desk.connection, arrivals[at : at + CHUNK], now=began)
    ring(doorbell, {arrival.lane for arrival in arrivals})
    return _run(desk, run_id)


def _named(request: Request) -> list[str]:
    """Each id once, in the form that we keep."""
    if request.system is not System.SALESFORCE:
        return list(dict.fromkeys(request.ids))
    wrong = next((id for id in request.ids if not is_id(id)), None)
    if wrong is not None:
        raise Malformed(f"{wrong!r} is not a Salesforce id: it has neither 15 nor 18 letters and digits.")
    return list(dict.fromkeys(map(to18, request.ids)))


def _span(request: Request, now: datetime) -> tuple[datetime, datetime]:
    """Up to now goes a little beyond it: the other system's clock may be ahead of ours, and stamps whole seconds."""
    return request.since or BEGINNING, request.until or now + AHEAD


def _arrival(id: str, object: str, run_id: int, request: Request, flow: Flow, desk: Desk) -> Arrival:
    return Arrival(
        channel=CHANNEL,
        delivery_id=f"run-{run_id}:{id}",
        flow=flow.name,
        lane=lane_of(desk.connection, flow.name, id),
        system=request.system.value,
        object=object,
        record_id=id,
        run_id=run_id,
    )


def _written(request: Request) -> dict[str, object]:
    """As asked, for the ledger."""
    return {
        "system": request.system.value,
        "object": request.object,
        "ids": list(request.ids),
        "since": request.since.isoformat() if request.since else None,
        "until": request.until.isoformat() if request.until else None,
        "dry_run": request.dry_run,
    }


def _run(desk: Desk, run_id: int) -> Run:
    with desk.ledger.read() as ledger:
        run = runs.read(ledger, desk.connection, run_id)
    assert run is not None
    return run


def _dry(request: Request, ids: Sequence[str], flow: Flow, desk: Desk, began: datetime) -> Run:
    if len(ids) > MOST_DRY:
        raise TooMany(f"A dry run looks at {MOST_DRY:,} records at most; these are {len(ids):,}.")
    outcomes: Counter[str] = Counter()
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for at in range(0, len(ids), BATCH):
        for state, amount, currency in _judged(ids[at : at + BATCH], flow, desk):
            outcomes[state] += 1
            if amount is not None:
                amounts[currency] += amount
    texts = {currency: plain(amount, currency) for currency, amount in sorted(amounts.items())}
    with desk.ledger.write() as ledger:
        run_id = runs.keep_plan(
            ledger, desk.connection, _written(request), Plan(outcomes, texts), began=began, now=desk.clock()
        )
    return _run(desk, run_id)


Verdict = tuple[str, Decimal | None, str]
"""The state that a record would end in, and what would be posted for it, in which currency."""


def _judged(ids: Sequence[str], flow: Flow, desk: Desk) -> Iterator[Verdict]:
    """What would become of each record, as the pipeline decides; two remote calls."""
    records = flow.origin.read(ids)
    with desk.ledger.read() as ledger:
        pairs = links.of_salesforce(ledger, desk.connection, flow.kind, ids)
        traces = postings.traces(ledger, desk.connection, flow.kind, ids)
        ignored = messages.ignored(ledger, lane_of(desk.connection, flow.name, ids[0]), ids)
    now = desk.clock()
    to_post: list[Payment] = []
    for id in ids:
        record = records.get(id)
        match decide(record, pairs.get(id), traces.get(id), now=now):
            case Carry() | Protest() if record and record.fingerprint() in ignored.get(id, ()):
                yield "skipped", None, ""
            case Carry() if record:
                to_post.append(record)
            case decision:
                yield _STATES[type(decision)], None, ""
    if to_post:
        yield from _posted(to_post, flow)


def _posted(records: Sequence[Payment], flow: Flow) -> Iterator[Verdict]:
    books = flow.destination.look_around(records)
    for record in records:
        verdict = flow.judge(record, books)
        if isinstance(verdict, Later):
            yield "waiting", None, ""
        elif verdict:
            yield "rejected", None, ""
        else:
            yield "carried", record.amount, settled_currency(record, books, "") or NO_CURRENCY


_STATES: Mapping[type, str] = {
    Skip: "skipped",
    Wait: "unknown",
    LookUp: "unknown",
    Resume: "carried",
    Protest: "rejected",
}
