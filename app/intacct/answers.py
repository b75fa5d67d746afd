"""
Answers of the XML gateway as frozen values. A request fails at one of three levels: as a whole (`ControlFailed`), at
its authentication (`SignInFailed`), or function by function (`Failed` among the results of an `Answered`).
"""

import html
import re
import xml.etree.ElementTree as ET  # noqa: S405 - parsing is `app.intacct.xml`'s alone; here are only its elements
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from app.errors import Malformed
from app.intacct.xml import child, kept, parse, text

_SUPPORT = re.compile(r"\s*\[(?:Support|Request) ID:\s*([^\]]*)\]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_CODE_IN_FRONT = re.compile(r"^(?:[A-Z]{2,3}\d{8}|[A-Z]{2,4}-\d{4})\s*[:\-]?\s+")
_CODE = re.compile(r"[A-Z]{2,5}[-_]?[A-Z]*\d{3,}")


@dataclass(frozen=True, slots=True)
class Complaint:
    """
    One error as Intacct gave it, cleaned. `number` is its errorno, a catch-all often enough; `id` its errorid (`AR-0123`),
    which is exact where there is one; `support` is what the vendor's support asks for.
    """

    number: str
    id: str = ""
    title: str = ""
    text: str = ""
    correction: str = ""
    support: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Values by field name in capitals; what the record owns (`ARPYMTDETAILS`) as flat records by that name."""

    fields: Mapping[str, str]
    owned: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Empty where the record has no such field: Intacct leaves out what it does not know."""
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Done:
    """`remaining` counts what further pages hold, None where the answer does not say."""

    control_id: str
    records: tuple[Record, ...]
    remaining: int | None = None
    received: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Not done. `records` is not empty where Intacct did part of it all the same."""

    control_id: str
    complaints: tuple[Complaint, ...]
    records: tuple[Record, ...] = ()
    received: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """The answer says nothing, or nothing that we know, of this function."""

    control_id: str
    reason: str


FunctionResult = Done | Failed | Lost


@dataclass(frozen=True, slots=True)
class ControlFailed:
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class SignInFailed:
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """`session_from` and `session_until` are the server's own instants, as text; empty in older answers."""

    results: tuple[FunctionResult, ...]
    session_from: str = ""
    session_until: str = ""


Answer = ControlFailed | SignInFailed | Answered


def read_answer(body: bytes, *, keep: bool = False) -> Answer:
    """
    With `keep`, each result holds its XML as received.

    :raises Malformed: not a whole answer of Intacct
    """
    root = parse(body)
    control = child(root, "control")
    if root.tag.lower() != "response" or control is None:
        raise Malformed("not an answer of the Intacct gateway")
    operation = child(root, "operation")
    if text(control, "status") != "success":
        return ControlFailed(_complaints(root))
    authentication = child(operation, "authentication") if operation is not None else None
    if operation is None or authentication is None:
        raise Malformed("the answer has no operation, or no authentication in it")
    if text(authentication, "status") != "success":
        return SignInFailed(_complaints(operation))
    if child(operation, "errormessage") is not None:
        return ControlFailed(_complaints(operation))
    found = [part for part in operation if part.tag.lower() == "result"]
    received = _as_received(body, found) if keep else [""] * len(found)
    results = tuple(_result(part, xml) for part, xml in zip(found, received, strict=True))
    return Answered(results, text(authentication, "sessiontimestamp"), text(authentication, "sessiontimeout"))


def _as_received(body: bytes, found: list[ET.Element]) -> list[str]:
    """Each result's own text; written again from the tree only where a cut by text would be wrong (CDATA)."""
    parts = body.split(b"<result>")[1:]
    if len(parts) != len(found):
        return [kept(ET.tostring(part, encoding="unicode")) for part in found]
    return [kept("<result>" + part.partition(b"</result>")[0].decode() + "</result>") for part in parts]


def _result(part: ET.Element, received: str) -> FunctionResult:
    control_id, status = text(part, "controlid"), text(part, "status")
    content = child(part, "data")
    records = _records(content) if content is not None else ()
    if status == "success":
        key = text(part, "key")  # legacy functions answer the new record's number here
        if key and not records:
            records = (Record({"RECORDNO": key}),)
        return Done(control_id, records, _remaining(content), received)
    if status in ("failure", "aborted"):
        return Failed(control_id, _complaints(part), records, received)
    return Lost(control_id, f"Intacct gives it the status {status[:40]!r}")


def _records(content: ET.Element) -> tuple[Record, ...]:
    return tuple([_record(part) for part in content])


def _record(part: ET.Element) -> Record:
    fields: dict[str, str] = {}
    owned: dict[str, tuple[Mapping[str, str], ...]] = {}
    for one in part:
        if len(one):
            owned[one.tag.upper()] = tuple(
                [{leaf.tag.upper(): leaf.text or "" for leaf in row} for row in one]
            )
        else:
            fields[one.tag.upper()] = one.text or ""
    return Record(fields, owned)


def _remaining(content: ET.Element | None) -> int | None:
    stated = content.get("numremaining") if content is not None else None
    return int(stated) if stated and stated.isdecimal() else None


def _complaints(parent: ET.Element) -> tuple[Complaint, ...]:
    message = child(parent, "errormessage")
    return tuple(_complaint(one) for one in message) if message is not None else ()


def _complaint(error: ET.Element) -> Complaint:
    more = child(error, "additionalinfo")
    title, text_ = text(error, "description"), text(error, "description2")
    number, support = text(error, "errorno"), _SUPPORT.findall(f"{title} {text_}")
    # Where a code should stand there is sometimes the text itself: `Invalid fields list x`, `Query Failed`.
    spoken = text_ or title or ("" if _CODE.fullmatch(number) else number)
    return Complaint(
        number=number,
        id=text(more, "errorid") if more is not None else "",
        title=clean(title),
        text=clean(spoken),
        correction=clean(text(error, "correction")),
        support=unquote(", ".join(support)),
    )


def clean(said: str) -> str:
    """As a person reads it: without support id, tags, twice-escaped entities and codes in front."""
    plain = _TAG.sub(" ", html.unescape(_SUPPORT.sub("", said)))
    return _CODE_IN_FRONT.sub("", " ".join(plain.split()))
