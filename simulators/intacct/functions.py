"""Which function does what: the generic ones by object, the legacy ones by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from simulators.intacct import invoices, parties, payments, reading
from simulators.intacct.asking import Desk
from simulators.intacct.envelope import Function
from simulators.intacct.filters import query_failed
from simulators.intacct.legacy import FUNCTIONS as LEGACY
from simulators.intacct.query import Found, as_data, query
from simulators.intacct.receipts import key_of, wanted_from
from simulators.intacct.refusals import Complaint, Refused, could_not, refusal
from simulators.intacct.xml import Tag, text_of

MOST_RECORDS = 100

Maker = Callable[[Desk, Element], Sequence[tuple[str, str]]]
"""Makes or changes one record; answers the keys that the gateway shows of it."""


@dataclass(frozen=True)
class Outcome:
    """What a function gives back. With complaints it failed, and `inside` is what was done before it did."""

    inside: tuple[Tag, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    found: Found | None = None


def run(desk: Desk, function: Function) -> Outcome:
    """Raises Refused when nothing was done."""
    legacy = LEGACY.get(function.name)
    if legacy is not None:
        try:
            key = legacy.run(desk.books, function.element, desk.caller)
        except Refused as refused:
            raise refused.after(could_not(function.name.partition("_")[0], legacy.what)) from refused
        return Outcome((Tag("key", str(key)),))
    return _GENERIC[function.name](desk, function.element)


def records_in(function: Function) -> int:
    """How many records the function writes, if all goes well."""
    if function.name in ("create", "update"):
        return len(function.element)
    if function.name == "delete":
        return len(text_of(function.element, "keys").split(","))
    return 1 if function.name in LEGACY else 0


def _payment(desk: Desk, element: Element) -> Sequence[tuple[str, str]]:
    made = payments.create(desk.books, wanted_from(desk.books, element), desk.caller)
    return [("RECORDNO", str(made.recordno))]


def _customer(desk: Desk, element: Element) -> Sequence[tuple[str, str]]:
    made = parties.create_customer(desk.books, element, desk.caller)
    return [("RECORDNO", str(made.recordno)), ("CUSTOMERID", made.id)]


def _advance(desk: Desk, element: Element) -> Sequence[tuple[str, str]]:
    return [("RECORDNO", str(parties.create_advance(desk.books, element, desk.caller).recordno))]


def _changed_payment(desk: Desk, element: Element) -> Sequence[tuple[str, str]]:
    changed = payments.update(desk.books, wanted_from(desk.books, element), desk.caller)
    return [("RECORDNO", str(changed.recordno))]


def _changed_customer(desk: Desk, element: Element) -> Sequence[tuple[str, str]]:
    changed = parties.update_customer(desk.books, element, desk.caller)
    return [("RECORDNO", str(changed.recordno)), ("CUSTOMERID", changed.id)]


_MAKERS: dict[str, Maker] = {"ARPYMT": _payment, "CUSTOMER": _customer, "ARADVANCE": _advance}
_CHANGERS: dict[str, Maker] = {"ARPYMT": _changed_payment, "CUSTOMER": _changed_customer}


def _each(desk: Desk, element: Element, verb: str, makers: dict[str, Maker]) -> Outcome:
    """
    One record after another. Outside a transaction those before a failure stay, and the answer shows them with the
    errors, as a captured answer does.
    """
    if not 1 <= len(element) <= MOST_RECORDS:
        raise refusal(
            f"Between 1 and {MOST_RECORDS} records are expected in '{verb}'.", errorid="SIM-TOO-MANY"
        )
    made: list[Tag] = []
    for child in element:
        try:
            maker = makers.get(desk.object(child.tag).name)
            if maker is None:
                raise query_failed(f"The function '{verb}' is not available for {child.tag}")
            made.append(Tag(child.tag.lower(), [Tag(*key) for key in maker(desk, child)]))
        except Refused as refused:
            return Outcome((_objects(made),), (*refused.complaints, could_not(verb, child.tag.lower())))
    return Outcome((_objects(made),))


def _objects(made: list[Tag]) -> Tag:
    return Tag("data", made, (("listtype", "objects"), ("count", str(len(made)))))


def _delete(desk: Desk, element: Element) -> Outcome:
    kind = desk.object(text_of(element, "object")).name
    for key in text_of(element, "keys").split(","):
        recordno = key_of(key.strip(), "keys")
        if kind == "ARPYMT":
            payments.delete(desk.books, recordno, desk.caller)
        elif kind == "ARINVOICE":
            invoices.delete_unpaid(desk.books, recordno, desk.caller)
        else:
            raise query_failed(f"The function 'delete' is not available for {kind}")
    return Outcome()


def _query(desk: Desk, element: Element) -> Outcome:
    found = query(desk, element)
    return Outcome((as_data(found),), found=found)


def _reading(one: Callable[[Desk, Element], Tag]) -> Callable[[Desk, Element], Outcome]:
    return lambda desk, element: Outcome((one(desk, element),))


_GENERIC: dict[str, Callable[[Desk, Element], Outcome]] = {
    "create": lambda desk, element: _each(desk, element, "create", _MAKERS),
    "update": lambda desk, element: _each(desk, element, "update", _CHANGERS),
    "delete": _delete,
    "query": _query,
    "read": _reading(reading.read),
    "readByName": _reading(reading.read_by_name),
    "readByQuery": _reading(reading.read_by_query),
    "readMore": _reading(reading.read_more),
    "lookup": _reading(reading.lookup),
    "inspect": _reading(reading.inspect),
    "readUserFormatting": _reading(reading.read_user_formatting),
}
