"""Records as REST says them: attributes first, parents inside, children as a page of their own."""

from collections.abc import Callable, Sequence

from .naming import child_of, column, parent_of
from .org import Org
from .records import Record
from .refusals import Refused
from .schema import Field, SObject
from .selecting import narrower
from .soql import Path, Query, malformed
from .values import Json, to_json

Render = Callable[[Record], dict[str, Json]]
Say = Callable[[Record], Json]
Page = Callable[[int, Sequence[Record], Render], Json]


def attributes(record: Record, version: str) -> dict[str, Json]:
    return {"type": record.type, "url": f"/services/data/v{version}/sobjects/{record.type}/{record.id}"}


def whole(record: Record, fields: Sequence[Field], version: str) -> dict[str, Json]:
    """A record with these fields; nulls are said."""
    said: dict[str, Json] = {f.name: to_json(record.values.get(f.name)) for f in fields}
    return {"attributes": attributes(record, version), **said}


class Renderer:
    """
    Compiles what a query selects into what makes one record of the answer.

    `page` makes the page of a child relationship from the item's place in the query, its records and
    what renders one of them.
    """

    def __init__(self, org: Org, version: str, page: Page) -> None:
        self._org = org
        self._version = version
        self._page = page

    def of(self, sobject: SObject, items: Sequence[Path | Query]) -> Render:
        """What renders a record of this object; raises Refused for a name that is not there."""
        says: dict[str, Say] = {}
        above: dict[str, list[Path]] = {}
        for place, item in enumerate(items):
            if isinstance(item, Query):
                name, say = self._child(sobject, place, item)
            elif "." in item.text:
                relationship, _, rest = item.text.partition(".")
                parent = parent_of(sobject, relationship)
                name = parent.relationship
                above.setdefault(name, []).append(Path(rest))
                say = self._parent(parent, above[name])
            else:
                field = column(self._org, sobject, item).field
                name, say = field.name, _field(field)
            if name in says and not isinstance(item, Path):
                raise malformed(f"duplicate relationship: {name}")
            says[name] = say
        return self._record(list(says.items()))

    def _record(self, says: Sequence[tuple[str, Say]]) -> Render:
        version = self._version

        def render(record: Record) -> dict[str, Json]:
            said: dict[str, Json] = {"attributes": attributes(record, version)}
            for name, say in says:
                said[name] = say(record)
            return said

        return render

    def _parent(self, reference: Field, paths: Sequence[Path]) -> Say:
        inner = self.of(self._org.schema[reference.refers_to], paths)
        records = self._org.records

        def say(record: Record) -> Json:
            above = record.values.get(reference.name)
            found = records.find(above) if isinstance(above, str) else None
            return inner(found) if found else None

        return say

    def _child(self, sobject: SObject, place: int, query: Query) -> tuple[str, Say]:
        child = child_of(self._org, sobject, query.source)
        if query.count or any(isinstance(item, Query) for item in query.items):
            raise Refused("MALFORMED_QUERY", "a relationship query can select fields only")
        inner = self.of(child.sobject, query.items)
        narrow = narrower(self._org, child.sobject, query)
        records = self._org.records

        def say(record: Record) -> Json:
            found = narrow(records.matching(child.sobject.name, child.reference, record.id))
            return self._page(place, found, inner) if found else None

        return child.relationship, say


def _field(field: Field) -> Say:
    name = field.name
    return lambda record: to_json(record.values.get(name))
