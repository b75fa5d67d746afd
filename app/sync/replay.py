"""Replay and ignore: what a person decides about a message."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from app.errors import LedgerlineError, NotOurs, RemoteError
from app.ledger import health, inbox, postings, runs
from app.ledger.inbox import Entry, Filter
from app.ledger.messages import EXCEPTIONS, OPEN
from app.ledger.runs import Run
from app.records import Note, Refused, SyncStatus, System, Written
from app.records.ids import is_id
from app.records.lane import lane_of
from app.sync.desk import Desk
from app.sync.flow import Flow
from app.sync.intake import Doorbell, Routes, ring


class MessageNotFound(LedgerlineError):
    """NEVER: there is no such message."""


class InHand(LedgerlineError):
    """AGAIN: a worker is at this message now; what comes of it is known in a moment."""


class NothingToIgnore(LedgerlineError):
    """NEVER: the message is over already."""


class MayBeOutThere(LedgerlineError):
    """ASK: it may be posted, and nobody would learn of it any more; `force` says that this is meant."""


class CountDiffers(LedgerlineError):
    """ASK: the filter does not match as many messages as its person expects."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"The filter matches {_messages(found)}, not {expected:,}. Nothing was replayed.")
        self.found = found


@dataclass(frozen=True, slots=True)
class Ignored:
    """`unsaid` tells why its person could not be told in the system where it comes from; empty when they were."""

    message: Entry
    unsaid: str = ""


def replay(
    message_id: int, *, desk: Desk, doorbell: Doorbell, now: datetime, routes: Routes | None = None
) -> Entry:
    """
    Make a message due now, with a fresh retry schedule; what may be out there is looked up now. `routes` lets a message
    that no flow carried, when it came, be carried by one of today.

    :raises MessageNotFound, InHand:
    :raises NotOurs: still no flow carries it
    """
    with desk.ledger.write() as ledger:
        entry = _found(inbox.one(ledger, desk.connection, message_id), message_id)
        if entry.in_hand(now):
            raise InHand(_in_hand(message_id))
        if not entry.flow:
            flow = _flow_of(entry, routes or {})
            inbox.route(ledger, entry.id, flow=flow, lane=lane_of(desk.connection, flow, entry.record_id))
        lanes = inbox.reopen(ledger, desk.connection, message_id, now=now)
        if not lanes:
            raise InHand(_in_hand(message_id))
        entry = _found(inbox.one(ledger, desk.connection, message_id), message_id)
    ring(doorbell, set(lanes))
    return entry


def replay_many(wanted: Filter, count: int, *, desk: Desk, doorbell: Doorbell, now: datetime) -> Run:
    """
    Replay all that match; without a state in the filter that is what needs a person. What a worker holds is left alone.

    :raises CountDiffers: it is not `count` that match; nothing is replayed
    """
    wanted = wanted if wanted.states else replace(wanted, states=EXCEPTIONS)
    with desk.ledger.write() as ledger:
        found = inbox.matching(ledger, desk.connection, wanted)
        if found != count:
            raise CountDiffers(count, found)
        asked = asdict(wanted) | {"since": wanted.since.isoformat() if wanted.since else None}
        run_id = runs.begin(ledger, desk.connection, runs.REPLAY, asked, total=found, now=now)
        lanes = inbox.reopen(ledger, desk.connection, wanted, now=now, run_id=run_id)
        run = runs.read(ledger, desk.connection, run_id)
    ring(doorbell, set(lanes))
    assert run is not None
    return run


def ignore(message_id: int, reason: str, who: str, *, flow: Flow, desk: Desk, force: bool = False) -> Ignored:
    """
    Close a message for good, and say so beside its record. It stays closed until the record's money changes or somebody
    replays it. A write-back that fails does not undo it.

    :raises MessageNotFound, InHand, NothingToIgnore, MayBeOutThere: nothing was done
    """
    now = desk.clock()
    with desk.ledger.read() as ledger:
        entry = _found(inbox.one(ledger, desk.connection, message_id), message_id)
        _refuse(entry, now)
        trace = postings.traces(ledger, desk.connection, flow.kind, [entry.record_id]).get(entry.record_id)
        gate = health.gate(ledger, entry.lane, now=now)
    if trace and trace.may_be_out_there and not force:
        raise MayBeOutThere(
            f"Message {message_id} was sent, and nobody can say yet whether {trace.key or 'it'} was posted. Let the "
            "look-up end, or ignore it by force: then nobody looks any more."
        )
    fingerprint, unsaid = _look(entry, flow) if gate.is_open else (None, gate.reason)
    text = f"Ignored by {who}: {reason}; it was: {entry.reason or entry.state}"
    with desk.ledger.write() as ledger:
        if not inbox.ignore(ledger, entry, text, fingerprint=fingerprint, now=now):
            raise InHand(_in_hand(message_id))
        closed = _found(inbox.one(ledger, desk.connection, message_id), message_id)
    if fingerprint:
        unsaid = _say(Note(entry.record_id, SyncStatus.IGNORED, f"Ignored by {who}: {reason}", now), flow)
    return Ignored(closed, unsaid)


def _refuse(entry: Entry, now: datetime) -> None:
    if entry.in_hand(now):
        raise InHand(_in_hand(entry.id))
    if entry.state not in (*OPEN, *EXCEPTIONS):
        raise NothingToIgnore(f"Message {entry.id} is {entry.state}: there is nothing left to ignore.")


def _look(entry: Entry, flow: Flow) -> tuple[str | None, str]:
    """The record's fingerprint; or None and why there is none."""
    try:
        record = flow.origin.read([entry.record_id]).get(entry.record_id)
    except RemoteError as error:
        return None, str(error)
    return (record.fingerprint(), "") if record else (None, "The record is gone.")


def _say(note: Note, flow: Flow) -> str:
    """Why it could not be said; empty when it was."""
    try:
        (outcome,) = flow.origin.acknowledge([note])
    except RemoteError as error:
        return str(error)
    if isinstance(outcome, Written):
        return ""
    return str(outcome.problem) if isinstance(outcome, Refused) else outcome.reason


def _flow_of(entry: Entry, routes: Routes) -> str:
    """Trap: an id that is none would fail the read of the whole batch it is in."""
    flow = routes.get((System(entry.system), entry.object), "")
    is_none = entry.system == System.SALESFORCE and not is_id(entry.record_id)
    if not flow or is_none or not entry.record_id:
        raise NotOurs(
            f"No flow carries message {entry.id} ({entry.object or 'a record without a kind'}): {entry.reason}"
        )
    return flow


def _found(entry: Entry | None, message_id: int) -> Entry:
    if entry is None:
        raise MessageNotFound(f"There is no message {message_id}.")
    return entry


def _in_hand(message_id: int) -> str:
    return (
        f"A worker has message {message_id} in hand. What comes of it is known in a moment; look again then."
    )


def _messages(count: int) -> str:
    return f"{count:,} message{'' if count == 1 else 's'}"
