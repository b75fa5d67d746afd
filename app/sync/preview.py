"""Preview: what would become of a record now, field by field, with the exact request. Nothing is sent or recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.errors import BadSetting, LedgerlineError
from app.ledger import links, postings
from app.mapping import preview as field_by_field
from app.mapping import reading
from app.mapping.plan import Plan
from app.mapping.preview import PreviewRow
from app.mapping.writing import Defaults, settled_currency
from app.records import Pair, Payment, Posting, Problem, Row, Trace
from app.sync.desk import Desk
from app.sync.flow import Flow, Later


class Payments(Protocol):
    """Where payments are kept, and by which mapping they are read."""

    @property
    def plans(self) -> Callable[[], Plan]: ...

    def rows(self, ids: Sequence[str]) -> Mapping[str, Row]: ...


class Previewed(Protocol):
    """What of a connection a preview looks at."""

    @property
    def payments(self) -> Payments: ...
    @property
    def defaults(self) -> Defaults: ...
    @property
    def flows(self) -> Mapping[str, Flow]: ...
    @property
    def desk(self) -> Desk: ...


class RecordNotFound(LedgerlineError):
    """NEVER: the record is not there, or our user may not see it."""


@dataclass(frozen=True, slots=True)
class Preview:
    """
    `problems` is all that is wrong; `later` what it waits for; with neither it may be posted. `posted_as` is its id in
    the other system where it is posted already, `unclear` that nobody can say yet whether it is.
    """

    payment: Payment
    currency: str
    rows: tuple[PreviewRow, ...]
    problems: tuple[Problem, ...]
    later: str
    request: str
    posted_as: str | None
    unclear: bool


def preview(connection: Previewed, id: str) -> Preview:
    """
    Three remote calls at most; all of them read.

    :raises RecordNotFound:
    :raises RemoteError: a system cannot be asked now
    """
    row = connection.payments.rows([id]).get(id)
    if row is None:
        raise RecordNotFound(f"There is no record {id}, or Ledgerline's user may not see it.")
    plan = connection.payments.plans()
    payment = reading.read(plan, row)
    flow = _flow(connection)
    books = flow.destination.look_around([payment])
    pair, trace = _recall(payment, flow, connection.desk)
    posting = flow.translate(payment, books, trace.generation if trace else 1)
    request, unsayable = _described(flow, posting)
    verdict = flow.judge(payment, books)
    return Preview(
        payment=payment,
        currency=settled_currency(payment, books, connection.defaults.currency),
        rows=tuple(field_by_field.preview(plan, row, payment, posting, defaults=connection.defaults)),
        problems=(*(() if isinstance(verdict, Later) else verdict), *unsayable),
        later=verdict.reason if isinstance(verdict, Later) else "",
        request=request,
        posted_as=pair.intacct_id if pair else trace.target_id if trace else None,
        unclear=trace is not None and trace.may_be_out_there,
    )


def _flow(connection: Previewed) -> Flow:
    return next(flow for flow in connection.flows.values() if flow.kind == "payment")


def _recall(payment: Payment, flow: Flow, desk: Desk) -> tuple[Pair | None, Trace | None]:
    with desk.ledger.read() as ledger:
        pairs = links.of_salesforce(ledger, desk.connection, flow.kind, [payment.id])
        traces = postings.traces(ledger, desk.connection, flow.kind, [payment.id])
    return pairs.get(payment.id), traces.get(payment.id)


def _described(flow: Flow, posting: Posting) -> tuple[str, tuple[Problem, ...]]:
    """The request, or why it cannot be written down."""
    try:
        return flow.destination.describe(posting), ()
    except BadSetting as wrong:
        text = f"The mapping asks for the {wrong.name}, and {wrong.problem}."
        return "", (Problem("field_unknown", text, wrong.remedy),)
