"""The query resources: SOQL in, pages out, and the cursors between them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from . import ids
from .naming import child_of
from .org import Org
from .records import Record
from .refusals import Refused
from .rendering import Render, Renderer
from .schema import SObject
from .selecting import select
from .soql import Path, Query, malformed, parse
from .values import Json
from .wire import Answer, Call

PAGE_MOST = 2000
_PAGE_LEAST = 200
_CURSOR_LIFE = timedelta(days=2)
_SOQL_MOST = 100_000


def query(org: Org, call: Call) -> Answer:
    """The first page of a query; `queryAll` finds deleted records too."""
    text = call.query.get("q", "")
    if len(text) > _SOQL_MOST:
        raise malformed("SOQL statements cannot be longer than 100000 characters.")
    asked = parse(text)
    sobject, found = select(org, asked, deleted=call.steps[0].lower() == "queryall")
    if asked.count:
        return Answer(200, {"totalSize": len(found), "done": True, "records": []})
    pages = _Pages(org, call, text, _size(call))
    return Answer(200, pages.page(-1, found, pages.renderer.of(sobject, asked.items)))


def more(org: Org, call: Call) -> Answer:
    """The page that a `nextRecordsUrl` names; raises Refused (INVALID_QUERY_LOCATOR)."""
    name, _, start = call.steps[-1].rpartition("-")
    kept = org.state.row("cursor", name)
    if kept is None or not start.isdigit() or _is_old(org, cast(str, kept["made"])):
        raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
    text, place = cast(str, kept["soql"]), cast(int, kept["item"])
    records = [org.records.find(id) for id in cast(Sequence[str], kept["ids"])]
    pages = _Pages(org, call, text, cast(int, kept["size"]))
    render = _render(org, pages.renderer, parse(text), place)
    return Answer(200, pages.rest(name, [r for r in records if r], int(start), render))


def _render(org: Org, renderer: Renderer, asked: Query, place: int) -> Render:
    """What renders a query's own records (`place` -1), or those of its child relationship at `place`."""
    sobject = org.schema[asked.source]
    if place < 0:
        return renderer.of(sobject, asked.items)
    child = asked.items[place]
    source: SObject = sobject if isinstance(child, Path) else child_of(org, sobject, child.source).sobject
    return renderer.of(source, () if isinstance(child, Path) else child.items)


class _Pages:
    """Cuts what a query found into pages and keeps a cursor for what is left."""

    def __init__(self, org: Org, call: Call, text: str, size: int) -> None:
        self._org = org
        self._text = text
        self._size = size
        self._root = f"/services/data/v{call.version}/query"
        self.renderer = Renderer(org, call.version, self.page)

    def page(self, place: int, found: Sequence[Record], render: Render) -> dict[str, Json]:
        """The first page; a child relationship is cut like the query itself."""
        if len(found) <= self._size:
            return {"totalSize": len(found), "done": True, "records": [render(r) for r in found]}
        name = self._keep(place, found)
        return self.rest(name, found, 0, render)

    def rest(self, name: str, found: Sequence[Record], start: int, render: Render) -> dict[str, Json]:
        """The page from `start` on."""
        end = start + self._size
        page: dict[str, Json] = {"totalSize": len(found), "done": end >= len(found)}
        if end < len(found):
            page["nextRecordsUrl"] = f"{self._root}/{name}-{end}"
        page["records"] = [render(record) for record in found[start:end]]
        return page

    def _keep(self, place: int, found: Sequence[Record]) -> str:
        name = ids.mint("01g", self._org.next("cursor"))
        cursor: dict[str, Json] = {
            "soql": self._text,
            "item": place,
            "size": self._size,
            "made": self._org.now().isoformat(),
            "ids": [record.id for record in found],
        }
        self._org.state.stage("cursor", name, cursor)
        return name


def _size(call: Call) -> int:
    """The page size asked for by `Sforce-Query-Options: batchSize=n`, held between 200 and 2000."""
    option = call.headers.get("sforce-query-options", "").lower().replace(" ", "")
    asked = option.partition("batchsize=")[2].split(",")[0]
    return min(max(int(asked), _PAGE_LEAST), PAGE_MOST) if asked.isdigit() else PAGE_MOST


def _is_old(org: Org, made: str) -> bool:
    return org.now() - datetime.fromisoformat(made) > _CURSOR_LIFE
