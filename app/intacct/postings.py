"""Payments written to Intacct, each at most once: in requests sized by the time a record takes, and none after a doubt."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.errors import BadSetting, CallRefused, OutcomeUnknown, RemoteUnavailable, SignInRefused
from app.intacct.answers import Failed, FunctionResult, Lost, Record
from app.intacct.client import Gateway
from app.intacct.faults import Next, judge
from app.intacct.ports import Pace
from app.intacct.requests import Function, create_payment
from app.intacct.signin import EntityRefused
from app.intacct.wire import WRITE_SECONDS
from app.intacct.xml import kept
from app.records import Again, Exchange, Posting, Problem, Refused, Repeated, Unclear, WriteOutcome, Written

AIM_SECONDS = 20.0
FIRST_SIZE = 25  # until this company's pace is known: at 1 s a record it ends well before the CDN's 100 s
MOST_SIZE = 100
FEW_TRIES = 3  # of a text that Intacct uses for passing and for permanent errors alike

_NOT_SENT = "Not sent yet: what became of an earlier request of the same batch has to be found out first."
_SURELY_NOT_DONE = frozenset({Next.AGAIN, Next.SIGN_IN, Next.REFRESH, Next.FEW, Next.SIBLING})


@dataclass(frozen=True, slots=True)
class _Item:
    place: int  # among the postings asked for
    function: Function

    def exchange(self, received: str = "") -> Exchange:
        return Exchange(kept(self.function.text), received)


class Postings:
    """Writes payments through a gateway at the pace that the company bears."""

    def __init__(self, gateway: Gateway, pace: Pace) -> None:
        self._gateway = gateway
        self._pace = pace

    def write(self, postings: Sequence[Posting]) -> list[WriteOutcome]:
        """
        One outcome for each posting, in their order.

        :raises RemoteUnavailable, SignInRefused, CallRefused: only if surely nothing at all was sent
        """
        outcomes: dict[int, WriteOutcome] = {}
        halted = ""
        for entity, items in _by_entity(postings, outcomes).items():
            rest = items
            while rest:
                size = len(rest) if halted else self._size()
                chunk, rest = rest[:size], rest[size:]
                try:
                    came = _held_back(chunk, halted) if halted else self._send(chunk, entity)
                except (RemoteUnavailable, SignInRefused, CallRefused) as error:
                    if not outcomes:
                        raise
                    halted = f"Not sent: {error.reason}"
                    came = _held_back(chunk, halted)
                outcomes |= came
                if not halted and any(isinstance(one, Unclear) for one in came.values()):
                    halted = _NOT_SENT
        return [outcomes[place] for place in range(len(postings))]

    def _send(self, chunk: Sequence[_Item], entity: str) -> dict[int, WriteOutcome]:
        try:
            results = self._timed(chunk, entity)
        except EntityRefused as refused:
            return {one.place: Refused(_no_entry(entity, refused), one.exchange()) for one in chunk}
        except OutcomeUnknown as lost:
            reason = f"It was sent, and nobody can say yet what became of it: {lost.reason}."
            return {one.place: Unclear(reason, one.exchange()) for one in chunk}
        return {one.place: _outcome(one, result) for one, result in zip(chunk, results, strict=True)}

    def _timed(self, chunk: Sequence[_Item], entity: str) -> list[FunctionResult]:
        """Without the time spent on signing in or on waiting for a slot; a lost answer took that long at least."""
        spent: list[float] = []
        lost = True
        try:
            results = self._gateway.call(
                [one.function for one in chunk],
                entity=entity,
                unique=True,
                timeout=WRITE_SECONDS,
                spent=spent.append,
            )
            lost = False
            return results
        finally:
            slower = bool(spent) and spent[-1] > len(chunk) * self._pace.seconds_per_record()
            if spent and (slower or not lost):
                self._pace.measured(len(chunk), spent[-1])

    def _size(self) -> int:
        seconds = self._pace.seconds_per_record()
        return max(1, min(MOST_SIZE, int(AIM_SECONDS / seconds))) if seconds > 0 else FIRST_SIZE


def _by_entity(
    postings: Sequence[Posting], outcomes: dict[int, WriteOutcome]
) -> Mapping[str, Sequence[_Item]]:
    """A request is of one entity. What cannot even be written down gets its outcome here."""
    groups: defaultdict[str, list[_Item]] = defaultdict(list)
    for place, posting in enumerate(postings):
        try:
            groups[posting.entity].append(_Item(place, create_payment(posting)))
        except BadSetting as wrong:
            text = f"The mapping asks for the {wrong.name}, and {wrong.problem}."
            outcomes[place] = Refused(Problem("field_unknown", text, wrong.remedy))
    return groups


def _held_back(chunk: Sequence[_Item], reason: str) -> dict[int, WriteOutcome]:
    return {one.place: Again(reason, one.exchange()) for one in chunk}


def _no_entry(entity: str, refused: EntityRefused) -> Problem:
    text = f"Intacct does not let us into the entity {entity}: {refused.problem.text}"
    remedy = "Correct the entity of the payment, or ask the Intacct administrator to open it to this connection's user."
    return Problem("entity_refused", text, remedy, "entity", refused.problem.support)


def _outcome(item: _Item, result: FunctionResult) -> WriteOutcome:
    if isinstance(result, Lost):
        return Unclear(f"{result.reason}.", item.exchange())
    exchange = item.exchange(result.received)
    number = _number(result.records)
    if isinstance(result, Failed):
        return _failed(result, number, exchange)
    if not number:
        return Unclear("Intacct says that it is done, but not under which number.", exchange)
    return Written(number, exchange)


def _failed(result: Failed, number: str, exchange: Exchange) -> WriteOutcome:
    verdict = judge(result.complaints)
    if verdict.next is Next.REPEATED:
        return Repeated("Intacct says that it has recorded this before.", exchange)
    if verdict.next is Next.WAIT:
        return Repeated("Intacct says that it is recording this at the moment.", exchange, at_work=True)
    if number:
        # A failed `create` may answer what it made before it failed (seen with several objects in one function).
        return Unclear(f"Intacct says that it failed, and yet names the payment {number}.", exchange)
    if verdict.next is Next.UNCLEAR:
        return Unclear(verdict.problem.text, exchange)
    if verdict.next in _SURELY_NOT_DONE:
        return Again(verdict.problem.text, exchange, most=FEW_TRIES if verdict.next is Next.FEW else None)
    return Refused(verdict.problem, exchange)


def _number(records: Sequence[Record]) -> str:
    return records[0]["RECORDNO"].strip() if records else ""
