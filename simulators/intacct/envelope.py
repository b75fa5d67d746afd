"""The request taken apart and the answer put together: control, authentication, results, and their errors."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from simulators.intacct.access import SignedIn
from simulators.intacct.legacy import FUNCTIONS as LEGACY
from simulators.intacct.legacy import require_order
from simulators.intacct.refusals import SCHEMA, Complaint, ControlRefused
from simulators.intacct.settings import Settings
from simulators.intacct.xml import Tag, child_of, children_of, text_of

GENERIC = frozenset(
    (
        *("create", "update", "delete", "query", "read", "readByName", "readByQuery", "readMore"),
        *("lookup", "inspect", "readUserFormatting"),
    )
)
ALONE = "getAPISession"


@dataclass(frozen=True)
class Control:
    """The control block. `unique` is true where the element is left out."""

    sender: str = ""
    password: str = ""
    controlid: str = ""
    unique: bool = True
    unique_sent: str = ""
    dtdversion: str = ""
    explained: bool = False


@dataclass(frozen=True)
class Function:
    """One `<function>` of the content; `name` is the element inside it."""

    controlid: str
    name: str
    element: Element


@dataclass(frozen=True)
class Request:
    control: Control
    transaction: bool
    authentication: Element | None
    functions: tuple[Function, ...]


@dataclass(frozen=True)
class Result:
    """What one function came to; `inside` is its data or key, `json` the same where that was asked for."""

    function: Function
    status: Literal["success", "failure", "aborted"]
    inside: tuple[Tag, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    json: bytes | None = None


def control_of(root: Element | None) -> Control:
    """Whatever of the control block is there, for the checks and for the echo."""
    control = child_of(root, "control")
    unique = text_of(control, "uniqueid")
    return Control(
        sender=text_of(control, "senderid"),
        password=text_of(control, "password"),
        controlid=text_of(control, "controlid"),
        unique=unique.lower() != "false",
        unique_sent=unique.lower() or "true",
        dtdversion=text_of(control, "dtdversion"),
        explained=text_of(control, "showadditionalerrorinfo").lower() == "true",
    )


def request_of(root: Element) -> Request:
    """Raises ControlRefused where the vendor's schema would."""
    control, operation = control_of(root), child_of(root, "operation")
    if root.tag != "request" or operation is None:
        raise _schema("Element 'operation' is missing.")
    if not 1 <= len(control.controlid) <= 256:
        raise _schema("Element 'controlid': its length is between 1 and 256.")
    if control.dtdversion not in ("3.0", "2.1"):
        raise _schema(f"Element 'dtdversion': the value '{control.dtdversion}' is not allowed.")
    content = child_of(operation, "content")
    functions = tuple(_function(one, control) for one in children_of(content, "function"))
    if not functions:
        raise _schema("Element 'content': a function is expected.")
    if len(functions) > 1 and any(one.name == ALONE for one in functions):
        raise _schema(f"Element '{ALONE}' is to be alone in its request.")
    require_order(operation)
    transaction = operation.get("transaction", "false").lower() == "true"
    return Request(control, transaction, child_of(operation, "authentication"), functions)


def _function(element: Element, control: Control) -> Function:
    controlid = element.get("controlid", "")
    if not controlid or len(element) != 1:
        raise _schema("Element 'function': a controlid and one function inside are expected.")
    name = element[0].tag
    if name not in LEGACY and name != ALONE and (name not in GENERIC or control.dtdversion != "3.0"):
        raise _schema(f"Error 1871: Element '{name}': This element is not expected.")
    return Function(controlid, name, element[0])


def _schema(text: str) -> ControlRefused:
    return ControlRefused(Complaint(SCHEMA, f"XML Parse schema error: {text}", errorid="SIM-SCHEMA"))


# ---- the answer ----


def control_failure(control: Control, complaints: Sequence[Complaint]) -> Tag:
    """Level 1: no operation at all."""
    return Tag("response", [_control("failure", control), _errors(complaints, control)])


def authentication_failure(control: Control, login: Element | None, complaints: Sequence[Complaint]) -> Tag:
    """Level 2: the errors stand in the operation. With a bad session nobody is named."""
    named = child_of(login, "login")
    authentication = Tag("authentication", [
        Tag("status", "failure"), Tag("userid", text_of(named, "userid")), Tag("companyid", text_of(named, "companyid")),
    ])  # fmt: skip
    return Tag(
        "response",
        [_control("success", control), Tag("operation", [authentication, _errors(complaints, control)])],
    )


def answered(control: Control, signed_in: SignedIn, results: Sequence[Result], settings: Settings) -> Tag:
    """Level 3, or success: one result for each function."""
    zone = settings.timezone
    authentication = Tag("authentication", [
        Tag("status", "success"),
        Tag("userid", signed_in.caller.user),
        Tag("companyid", signed_in.company),
        Tag("locationid", signed_in.caller.entity),
        Tag("sessiontimestamp", signed_in.at.astimezone(zone).isoformat()),
        Tag("sessiontimeout", signed_in.until.astimezone(zone).isoformat()),
    ])  # fmt: skip
    return Tag(
        "response",
        [
            _control("success", control),
            Tag("operation", [authentication, *(_result(one, control) for one in results)]),
        ],
    )


def gateway_failure(errorno: str, text: str) -> Tag:
    """The API gateway in front: a control block of one element, and no description2."""
    request_id = f"[Request ID: {secrets.token_hex(4).upper()}:{secrets.token_hex(2).upper()}]"
    error = Tag("error", [Tag("errorno", errorno), Tag("description", f"{text} {request_id}")])
    return Tag("response", [Tag("control", [Tag("status", "failure")]), Tag("errormessage", [error])])


def _control(status: str, control: Control) -> Tag:
    """Where no control block could be read, only that much is echoed [SDK-JS OnlineResponseTest]."""
    echo = [Tag("status", status), Tag("senderid", control.sender), Tag("controlid", control.controlid)]
    if control.dtdversion:
        echo += [Tag("uniqueid", control.unique_sent), Tag("dtdversion", control.dtdversion)]
    return Tag("control", echo)


def _result(result: Result, control: Control) -> Tag:
    inside = [
        Tag("status", result.status),
        Tag("function", result.function.name),
        Tag("controlid", result.function.controlid),
        *result.inside,
    ]
    if result.complaints:
        inside.append(_errors(result.complaints, control))
    return Tag("result", inside)


def _errors(complaints: Sequence[Complaint], control: Control) -> Tag:
    support = f"{secrets.token_urlsafe(4)[:5]}%7E{secrets.token_urlsafe(18)}"
    return Tag("errormessage", [_error(one, control, support) for one in complaints])


def _error(complaint: Complaint, control: Control, support: str) -> Tag:
    text = complaint.description2
    inside = [
        Tag("errorno", complaint.errorno),
        Tag("description", complaint.description),
        Tag("description2", f"{text} [Support ID: {support}]" if text else ""),
        Tag("correction", complaint.correction),
    ]
    if control.explained:
        inside.append(_additional(complaint, support))
    return Tag("error", inside)


def _additional(complaint: Complaint, support: str) -> Tag:
    target = Tag("target", "", (
        ("domain", ""), ("requestinfo", support), ("object", ""), ("field", ""), ("businessinfo", ""),
    ))  # fmt: skip
    said = (
        ("description", complaint.description),
        ("cdescription", complaint.description2),
        ("correction", complaint.correction),
    )
    return Tag("additionalinfo", [
        Tag("errorid", complaint.errorid), Tag("category"), target,
        *(Tag(name, [Tag("messageid", _message(complaint, text)), target, Tag("placeholders")]) for name, text in said),
    ])  # fmt: skip


def _message(complaint: Complaint, text: str) -> str:
    return f"IA.{complaint.errorid.replace('-', '_')}" if text else ""
