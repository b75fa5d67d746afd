"""A connection that holds one payment of the preset, with the real mapping, rules and requests between two systems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app import flows
from app.flows import MappedPayments
from app.intacct.requests import create_payment
from app.mapping.plan import Plan, prepare
from app.mapping.preset import preset
from app.mapping.writing import Defaults
from app.records import Books, ObjectFacts, Payment, Posting, Row, Shape
from app.records.ids import to18
from app.sync.desk import Desk
from app.sync.flow import Flow
from tests.fakes import FakeIntacct
from tests.unit.mapping import examples

ID = to18("a0B5g0000000001")


@dataclass
class Org:
    """What `app.salesforce.records.Records` answers about the rows that it holds."""

    rows: dict[str, Row] = field(default_factory=dict)

    def hold(self, **values: object) -> None:
        self.rows[ID] = replace(examples.row(**values), id=ID)

    def read(self, shape: Shape, ids: Sequence[str]) -> dict[str, Row]:
        return {id: self.rows[id] for id in ids if id in self.rows}

    def facts(self, name: str) -> ObjectFacts:
        return next(facts for facts in examples.facts() if facts.name == name)


@dataclass
class Company(FakeIntacct):
    """The fake company with the books of the example, and the requests of the real client."""

    def look_around(self, records: Sequence[Payment]) -> Books:
        self._call("look_around")
        return examples.BOOKS

    def describe(self, posting: Posting) -> str:
        return create_payment(posting).text


@dataclass(frozen=True)
class Connection:
    payments: MappedPayments
    defaults: Defaults
    flows: Mapping[str, Flow]
    desk: Desk


def connection(org: Org, company: Company, desk: Desk, plan: Plan | None = None) -> Connection:
    ready = plan or prepare(preset())
    payments = MappedPayments(org, lambda: ready)
    flow = flows.payment_to_intacct(payments, company, examples.DEFAULTS)
    return Connection(payments, examples.DEFAULTS, {flow.name: flow}, desk)
