"""Queries over the records: the few candidates found by index, then tested, sorted and cut."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .conditions import comparable, folding, sign, test
from .naming import Column, column
from .org import Org
from .records import Record
from .refusals import Refused, no_such_type
from .schema import SObject
from .soql import Comparison, Condition, Joined, Order, Query
from .values import Value

Narrow = Callable[[Iterable[Record]], list[Record]]

_OFFSET_MOST = 2000


def select(org: Org, query: Query, *, deleted: bool = False) -> tuple[SObject, list[Record]]:
    """The object a query asks for and the records it finds; raises Refused for a name that is not there."""
    sobject = org.schema.named(query.source)
    if sobject is None or sobject.event:
        raise no_such_type(query.source)
    return sobject, narrower(org, sobject, query)(_candidates(org, sobject, query, deleted))


def narrower(org: Org, sobject: SObject, query: Query) -> Narrow:
    """What keeps the records that meet the query's conditions, in its order, between OFFSET and LIMIT."""
    if query.offset > _OFFSET_MOST:
        raise Refused("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
    meets = test(org, sobject, query.where, lambda inner: select(org, inner)) if query.where else None
    orders = [(column(org, sobject, order.path), order) for order in reversed(query.order)]
    end = None if query.limit is None else query.offset + query.limit

    def narrow(records: Iterable[Record]) -> list[Record]:
        found = [record for record in records if meets is None or meets(record)]
        for by, order in orders:
            _sort(found, by, order)
        return found[query.offset : end]

    return narrow


def _candidates(org: Org, sobject: SObject, query: Query, deleted: bool) -> Iterable[Record]:
    """The records that an indexed condition leaves, or all of them."""
    for condition in _required(query.where):
        if isinstance(condition, Comparison) and condition.operator in ("=", "in"):
            found = _by_index(org, sobject, condition)
            if found is not None and not (deleted and condition.path.text.lower() != "id"):
                return (r for r in found if deleted or not r.deleted)
    return org.records.of(sobject.name, deleted=deleted)


def _required(where: Condition | None) -> tuple[Condition, ...]:
    if isinstance(where, Joined):
        return where.conditions if where.every else ()
    return (where,) if where else ()


def _by_index(org: Org, sobject: SObject, condition: Comparison) -> list[Record] | None:
    field = sobject.named(condition.path.text)
    if field is None or not all(isinstance(value, str) for value in condition.values):
        return None
    wanted = dict.fromkeys(comparable(field, value) for value in condition.values)
    if field.kind == "id":
        found = (org.records.find(str(id)) for id in wanted)
        return sorted((r for r in found if r and r.type == sobject.name), key=lambda r: r.id)
    if not org.records.indexed(sobject.name, field.name):
        return None
    keyed = (org.records.matching(sobject.name, field.name, value) for value in wanted)
    return sorted((record for records in keyed for record in records), key=lambda r: r.id)


def _sort(found: list[Record], by: Column, order: Order) -> None:
    read = folding(by)
    nulls = [record for record in found if read(record) is None]
    rest = [record for record in found if read(record) is not None]
    rest.sort(key=lambda record: _Key(read(record)), reverse=order.descending)
    found[:] = nulls + rest if order.nulls_first else rest + nulls


@dataclass(frozen=True)
class _Key:
    value: Value

    def __lt__(self, other: "_Key") -> bool:
        return sign(self.value, other.value) < 0
