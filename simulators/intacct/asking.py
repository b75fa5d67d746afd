"""What every reading function shares: who asks, which rows he sees, and how a row is written."""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeVar

from simulators.intacct.books import Books
from simulators.intacct.catalog import Catalog
from simulators.intacct.filters import query_failed
from simulators.intacct.objects import Field, ObjectType, Owned, written
from simulators.intacct.records import Caller
from simulators.intacct.refusals import Complaint, Refused, no_permission
from simulators.intacct.xml import Tag

R = TypeVar("R")

_CURSORS_KEPT = 500


@dataclass(frozen=True)
class Columns:
    """What is written of each row."""

    fields: tuple[Field[Any], ...]
    owned: tuple[Owned[Any], ...] = ()


@dataclass(frozen=True)
class Page:
    """What is left of a `readByQuery`: rows as they were when it was asked."""

    named: str
    columns: Columns
    rows: Sequence[object]
    total: int
    size: int


class Cursors:
    """The result ids that `readMore` goes on with; the oldest are forgotten."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, Page] = OrderedDict()

    def keep(self, page: Page, result_id: str = "") -> str:
        result_id = result_id or f"7765623331{secrets.token_urlsafe(16)}"
        self._pages[result_id] = page
        while len(self._pages) > _CURSORS_KEPT:
            self._pages.popitem(last=False)
        return result_id

    def take(self, result_id: str) -> Page:
        page = self._pages.pop(result_id, None)
        if page is None:
            raise query_failed(f"The result id '{result_id}' is not known or has been read to its end.")
        return page


@dataclass(frozen=True)
class Desk:
    """All a function works with."""

    books: Books
    catalog: Catalog
    cursors: Cursors
    caller: Caller

    def object(self, named: str) -> ObjectType[Any]:
        """By its name in any case. The text of the refusal is the vendor's [SDK-JS ResultTest]."""
        found = self.catalog.get(named.strip().upper())
        if found is None:
            raise query_failed(f"Object definition {named} not found")
        return found

    def readable(self, named: str) -> ObjectType[Any]:
        """As `object`, for functions that need the permission to read; `lookup` and `inspect` do not."""
        found = self.object(named)
        if found.name in self.books.settings.denied:
            raise no_permission(found.name)
        return found

    def sees(self, kind: ObjectType[R], row: R, show_private: bool = False) -> bool:
        """An entity sees its own and the top level's; the top level sees private entities only when it asks."""
        owner = kind.entity(row)
        if self.caller.entity:
            return owner in ("", self.caller.entity)
        return show_private or owner not in self.books.settings.private_entities

    def text(self, field: Field[R], row: R, iso: bool) -> str:
        return written(field.of(row), self.books.settings.timezone, iso)


def columns_of(kind: ObjectType[R], names: str, everything: bool) -> Columns:
    """
    The columns that a comma-separated list asks for; `*` and an empty list mean all.

    `everything` is what `read` sees: fields that cannot be queried, and owned rows. An unknown field is refused in
    the words of a captured answer.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted or "*" in wanted:
        fields = tuple(field for field in kind.fields.values() if everything or field.queryable)
        return Columns(fields, kind.owned if everything else ())
    owned = {one.wrapper: one for one in kind.owned}
    listed = tuple(_field(kind, name) for name in wanted if name.upper() not in owned)
    return Columns(listed, tuple(owned[name.upper()] for name in wanted if name.upper() in owned))


def _field(kind: ObjectType[R], name: str) -> Field[R]:
    try:
        return kind.field(name)
    except Refused as unknown:
        raise Refused(Complaint(f"Invalid fields list {name}", "", errorid="SIM-FIELDS")) from unknown


def nested_row(desk: Desk, named: str, columns: Columns, row: object, iso: bool) -> Tag:
    """One row as `read` and `readByQuery` write it: dotted names nested, owned rows in their wrapper."""
    inside = _nested([(field.name, desk.text(field, row, iso)) for field in columns.fields])
    for owned in columns.owned:
        fields = Columns(tuple(owned.fields.values()))
        inside.append(
            Tag(owned.wrapper, [nested_row(desk, owned.element, fields, one, iso) for one in owned.of(row)])
        )
    return Tag(named, inside)


def _nested(pairs: list[tuple[str, str]]) -> list[Tag]:
    tags: list[Tag] = []
    for head, group in groupby(pairs, key=lambda pair: pair[0].partition(".")[0]):
        members = list(group)
        if "." in members[0][0]:
            tags.append(Tag(head, _nested([(name.partition(".")[2], text) for name, text in members])))
        else:
            tags.extend(Tag(name, text) for name, text in members)
    return tags


def next_page(desk: Desk, page: Page, result_id: str = "") -> Tag:
    """One page of a `readByQuery`, and a result id for the rest where there is one."""
    shown, rest = page.rows[: page.size], page.rows[page.size :]
    kept = desk.cursors.keep(replace(page, rows=rest), result_id) if rest else ""
    attributes = (
        ("listtype", page.named),
        ("count", str(len(shown))),
        ("totalcount", str(page.total)),
        ("numremaining", str(len(rest))),
        ("resultId", kept),
    )
    return Tag(
        "data", [nested_row(desk, page.named, page.columns, row, iso=False) for row in shown], attributes
    )
