"""Updates in collections: which changes travel in which call, and what the answer says of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.errors import CallRefused
from app.records import Again, Change, Exchange, Problem, Refused, WriteOutcome, Written, ids
from app.salesforce import refusals, wire
from app.salesforce.failures import Complaint, RequestRefused, complaint_of
from app.salesforce.refusals import Next

RECORDS_PER_CALL: Final = 200
TYPES_PER_CALL: Final = 10
"""Records of one type that follow each other are a chunk; a collection takes ten chunks (REST API guide)."""


@dataclass(frozen=True, slots=True)
class Item:
    """A change at its place among those asked for, as it is sent."""

    place: int
    change: Change
    text: str


def items(changes: Sequence[Change]) -> tuple[list[Item], dict[int, WriteOutcome]]:
    """What can be sent, and the outcomes of what cannot: one id that is none would refuse the whole call."""
    good: list[Item] = []
    bad: dict[int, WriteOutcome] = {}
    for place, change in enumerate(changes):
        id18 = ids.full(change.id)
        if id18 is None:
            bad[place] = Refused(refusals.problem("MALFORMED_ID", f"'{change.id}' is no id", ("Id",)))
        else:
            record = {"attributes": {"type": change.object}, "id": id18, **change.values}
            good.append(Item(place, Change(change.object, id18, change.values), wire.dumps(record)))
    return good, bad


def calls(items: Sequence[Item]) -> list[list[Item]]:
    """
    In calls of up to 200 records, by type, each type in the order asked: the children of one parent, asked for
    together, stay together, and lock it once. Two changes of one record travel in different calls, in their order.
    """
    types: dict[str, int] = {}
    seen: Counter[str] = Counter()
    ordered: list[tuple[int, int, Item]] = []
    for item in items:
        rank = types.setdefault(item.change.object, len(types))
        ordered.append((seen[item.change.id], rank, item))
        seen[item.change.id] += 1
    ordered.sort(key=lambda entry: entry[:2])

    made: list[list[Item]] = []
    last, chunks = (-1, -1), 0
    for repeat, rank, item in ordered:
        chunks += rank != last[1]
        if repeat != last[0] or len(made[-1]) == RECORDS_PER_CALL or chunks > TYPES_PER_CALL:
            made.append([])
            chunks = 1
        made[-1].append(item)
        last = (repeat, rank)
    return made


def body(items: Sequence[Item]) -> str:
    return f'{{"allOrNone":false,"records":[{",".join(item.text for item in items)}]}}'


def outcomes(items: Sequence[Item], answer: wire.Json) -> list[WriteOutcome]:
    """
    One per item, in the order sent.

    :raises AnswerNotUnderstood: not one result per record
    """
    results = wire.as_list(answer, "the answer to an update")
    if len(results) != len(items):
        raise wire.AnswerNotUnderstood(f"{len(results)} results for {len(items)} records")
    return [_outcome(item, result) for item, result in zip(items, results, strict=True)]


def refused(error: CallRefused) -> Refused:
    """Of a record whose whole call was refused, after another call had gone through."""
    known = error if isinstance(error, RequestRefused) else RequestRefused(error.reason)
    return Refused(refusals.problem(known.code, error.reason, (known.field,) if known.field else ()))


def met_lock(outcome: WriteOutcome) -> bool:
    return isinstance(outcome, Again) and outcome.reason == refusals.AGAIN[refusals.LOCKED]


def _outcome(item: Item, result: wire.Json) -> WriteOutcome:
    members = wire.as_object(result, "the result of a record")
    exchange = Exchange(item.text, wire.dumps(result))
    if members.get("success") is True:
        return Written(item.change.id, exchange)
    errors = wire.as_list(members.get("errors"), "the errors of a record")
    complaints = [complaint_of(error, "statusCode") for error in errors] or [Complaint("", "")]
    for one in complaints:
        if what := _refusal(one):
            return Refused(what, exchange)
    return Again(refusals.reason(complaints[0].code, complaints[0].message), exchange)


def _refusal(complaint: Complaint) -> Problem | None:
    if refusals.what_next(complaint.code, complaint.message) is not Next.ASK:
        return None
    return refusals.problem(complaint.code, complaint.message, complaint.fields)
