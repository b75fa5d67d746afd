"""The older reading functions: read, readByName, readByQuery, readMore; and what an object and a user are like."""

from collections.abc import Callable
from typing import TypeVar
from xml.etree.ElementTree import Element

from simulators.intacct.asking import Desk, Page, columns_of, nested_row, next_page
from simulators.intacct.filters import check_of, query_failed, rows_of
from simulators.intacct.objects import Field, ObjectType
from simulators.intacct.refusals import refusal
from simulators.intacct.sql import parse
from simulators.intacct.xml import Tag, text_of

R = TypeVar("R")

MOST_KEYS = 100
MOST_ROWS = 1000


def read(desk: Desk, element: Element) -> Tag:
    """By RECORDNO. What is not there, or not seen from this entity, is left out."""
    return _by(desk, element, "RECORDNO")


def read_by_name(desk: Desk, element: Element) -> Tag:
    return _by(desk, element, desk.object(text_of(element, "object")).natural_key)


def _by(desk: Desk, element: Element, key_field: str) -> Tag:
    named = text_of(element, "object")
    kind = desk.readable(named)
    keys = [key.strip() for key in text_of(element, "keys").split(",") if key.strip()]
    if len(keys) > MOST_KEYS:
        raise refusal(f"At most {MOST_KEYS} keys can be read at once.", errorid="SIM-TOO-MANY-KEYS")
    columns = columns_of(kind, text_of(element, "fields"), everything=True)
    find = kind.found_by.get(key_field) or _looked_through(kind, key_field)
    rows = [row for key in dict.fromkeys(keys) for row in find(key) if desk.sees(kind, row, True)]
    inside = [nested_row(desk, named, columns, row, iso=True) for row in rows]
    return Tag("data", inside, (("listtype", named), ("count", str(len(rows)))))


def _looked_through(kind: ObjectType[R], key_field: str) -> Callable[[str], list[R]]:
    of = kind.field(key_field).of
    return lambda key: [row for row in kind.rows() if str(of(row)) == key]


def read_by_query(desk: Desk, element: Element) -> Tag:
    named = text_of(element, "object")
    kind = desk.readable(named)
    columns = columns_of(kind, text_of(element, "fields"), everything=False)
    size = _page_size(text_of(element, "pagesize"))
    wanted = parse(text_of(element, "query"))
    check = None if wanted is None else check_of(wanted, kind, desk.books.settings.timezone)
    rows = [row for row in rows_of(kind, wanted) if desk.sees(kind, row) and (check is None or check(row))]
    return next_page(desk, Page(named, columns, rows, len(rows), size))


def read_more(desk: Desk, element: Element) -> Tag:
    result_id = text_of(element, "resultId")
    return next_page(desk, desk.cursors.take(result_id), result_id)


def _page_size(text: str) -> int:
    if not text:
        return 100
    if not text.isdigit() or not 1 <= int(text) <= MOST_ROWS:
        raise query_failed(f"'pagesize' is between 1 and {MOST_ROWS}.")
    return int(text)


def lookup(desk: Desk, element: Element) -> Tag:
    """Fields and relations of an object, as the vendor's page on object definitions shows them."""
    kind = desk.object(text_of(element, "object"))
    relations = [
        Tag("Relationship", [
            Tag("OBJECTPATH", path), Tag("OBJECTNAME", target.name), Tag("LABEL", target.name.title()),
            Tag("RELATIONSHIPTYPE", "MANY2ONE"), Tag("RELATEDBY", target.natural_key),
        ])
        for path, (target, _) in kind.related.items()
    ]  # fmt: skip
    described = Tag(
        "Type",
        [Tag("Fields", [_described(one) for one in kind.fields.values()]), Tag("Relationships", relations)],
        (("Name", kind.name), ("DocumentType", "")),
    )
    return Tag("data", [described], (("listtype", "All"), ("count", "1")))


def _described(field: Field[R]) -> Tag:
    return Tag("Field", [
        Tag("ID", field.name), Tag("LABEL", field.name.title()), Tag("DESCRIPTION"), Tag("REQUIRED", "false"),
        Tag("READONLY", "false"), Tag("DATATYPE", field.kind), Tag("ISCUSTOM", "true" if field.custom else "false"),
    ])  # fmt: skip


def inspect(desk: Desk, element: Element) -> Tag:
    """The older definition: names, or with `detail` a little of each; `*` lists the objects. Shapes INFERRED."""
    named = text_of(element, "object")
    if named == "*":
        return Tag(
            "data",
            [Tag("type", name, (("typename", name),)) for name in desk.catalog],
            _all(len(desk.catalog)),
        )
    kind = desk.object(named)
    detailed = element.get("detail") == "1"
    inside = [_inspected(one) if detailed else Tag("Field", one.name) for one in kind.fields.values()]
    return Tag("data", [Tag("Type", [Tag("Fields", inside)], (("Name", named),))], _all(1))


def _inspected(field: Field[R]) -> Tag:
    return Tag("Field", [
        Tag("Name", field.name), Tag("externalDataName", field.kind.lower()), Tag("isRequired", "false"),
        Tag("isReadOnly", "false"), Tag("DisplayLabel", field.name.title()),
    ])  # fmt: skip


def _all(count: int) -> tuple[tuple[str, str], ...]:
    return ("listtype", "All"), ("count", str(count))


def read_user_formatting(desk: Desk, _: Element) -> Tag:
    """`gmtoffset` is the offset of this moment: daylight saving moves it [EST]."""
    offset = desk.books.now().astimezone(desk.books.settings.timezone).strftime("%z")
    shown = {"locale": "en_US", "dateformat": "/mdY", "gmtoffset": offset, "clock": "24"}
    return Tag("data", [Tag("userformatting", [Tag(name, text) for name, text in shown.items()])])
