"""Link two records by hand, or part them: what a person knows and the systems do not say."""

from datetime import datetime

from app.errors import LedgerlineError, Malformed
from app.ledger import arrivals as inbox
from app.ledger import links, postings
from app.ledger.arrivals import Arrival
from app.ledger.engine import Ledger
from app.ledger.links import Known
from app.records import Pair, System
from app.records.ids import is_id, to18
from app.records.lane import lane_of
from app.records.memory import POSTED, UNKNOWN
from app.sync.desk import Desk
from app.sync.flow import Flow
from app.sync.intake import Doorbell, ring

CHANNEL = "link"


class LinkedAlready(LedgerlineError):
    """NEVER: one of the two has its link."""


class BeingLookedUp(LedgerlineError):
    """LATER: whether it is posted, and as what, is being found out."""


class LinkNotFound(LedgerlineError):
    """NEVER: there is no such link."""


def link(
    salesforce_id: str, intacct_id: str, *, object: str, flow: Flow, desk: Desk, doorbell: Doorbell
) -> Known:
    """
    Say that two records are the same. It is settled only after a look at both sides, which is due now: where they
    differ, a person is asked. `object` is Salesforce's name of the kind.

    :raises Malformed: an id that is none
    :raises LinkedAlready, BeingLookedUp: nothing was linked
    """
    id = _checked(salesforce_id, intacct_id)
    now = desk.clock()
    with desk.ledger.write() as ledger:
        trace = postings.traces(ledger, desk.connection, flow.kind, [id]).get(id)
        if trace and trace.may_be_out_there:
            raise BeingLookedUp(f"{trace.key or id} was sent, and is being looked up in Intacct now.")
        known = links.join(ledger, desk.connection, flow.kind, Pair(id, intacct_id), now=now)
        if known is None:
            raise LinkedAlready(f"{id} or {intacct_id} has a link already.")
        arrival = _arrival(known, object, flow, desk)
        inbox.record(ledger, desk.connection, [arrival], now=now)
    ring(doorbell, {arrival.lane})
    return known


def part(link_id: int, *, ledger: Ledger, connection: str, now: datetime) -> Known:
    """
    Remove a link. What we posted under it is looked up in Intacct before its record could ever be posted again.

    :raises LinkNotFound:
    """
    with ledger.write() as writing:
        gone = links.part(writing, connection, link_id)
        if gone is None:
            raise LinkNotFound(f"There is no link {link_id}.")
        trace = postings.traces(writing, connection, gone.kind, [gone.salesforce_id]).get(gone.salesforce_id)
        if trace and trace.state == POSTED:
            fate = postings.Fate(trace.origin_id, trace.generation, UNKNOWN, next_lookup_at=now)
            postings.save(writing, connection, gone.kind, [fate])
    return gone


def _checked(salesforce_id: str, intacct_id: str) -> str:
    if not is_id(salesforce_id):
        raise Malformed(
            f"{salesforce_id!r} is not a Salesforce id: it has neither 15 nor 18 letters and digits."
        )
    if not (intacct_id.isascii() and intacct_id.isdecimal()):
        raise Malformed(f"{intacct_id!r} is not an Intacct record number: it has other signs than digits.")
    return to18(salesforce_id)


def _arrival(known: Known, object: str, flow: Flow, desk: Desk) -> Arrival:
    """The look at both sides, as a message like any other."""
    return Arrival(
        channel=CHANNEL,
        delivery_id=f"link-{known.id}",
        flow=flow.name,
        lane=lane_of(desk.connection, flow.name, known.salesforce_id),
        system=System.SALESFORCE.value,
        object=object,
        record_id=known.salesforce_id,
    )
