"""How a call to Salesforce fails, by what happens next; and which failure an answer is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from app.errors import CallRefused, OutcomeUnknown, RemoteError, RemoteUnavailable, SignInRefused
from app.records import System
from app.salesforce import wire
from app.salesforce.refusals import ASK, Next, cleaned, what_next


class Unreachable(RemoteUnavailable):
    """No connection: nothing was sent."""


class Down(RemoteUnavailable):
    """A read that was not answered, or by an error page; it changed nothing."""


class Throttled(RemoteUnavailable):
    """Too many calls at once: refused before any work."""


class NotNow(RemoteUnavailable):
    """Salesforce took the call and gave it up (too long, maintenance): seconds will not help."""


class RequestsUsedUp(RemoteUnavailable):
    """The org's calls of the last 24 hours are spent."""


class AnswerLost(OutcomeUnknown):
    """A write was sent, and not answered or by an error page."""


class RequestRefused(CallRefused):
    """`code` is Salesforce's own; `field` names the field that it does not know, where that is the reason."""

    def __init__(self, why: str, *, code: str = "", field: str = "") -> None:
        super().__init__(System.SALESFORCE, why)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True)
class Complaint:
    code: str
    message: str
    fields: tuple[str, ...] = ()


_UNKNOWN_FIELD = re.compile(r"No such column '([^']+)'|relationship '([^']+)'")
_BY_STATUS = {401: Next.RENEW, 429: Next.WAIT}

_PASSING = frozenset({"SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"})
_EDGE_GAVE_UP = 420  # the edge in front of a scratch org that is gone or starting (jsforce retries it)


def failure(answer: httpx.Response, *, is_read: bool) -> RemoteError:
    """The error that an answer with a status of 300 or more is."""
    complaint = complaint_in(answer)
    why = _said(answer, complaint)
    match _what_next(answer, complaint, is_read=is_read):
        case Next.RENEW | Next.SIGN_IN:
            return SignInRefused(System.SALESFORCE, why)
        case Next.WAIT:
            return Throttled(System.SALESFORCE, why, retry_after=_retry_after(answer))
        case Next.PAUSE:
            return RequestsUsedUp(System.SALESFORCE, why, retry_after=_retry_after(answer))
        case Next.AGAIN:
            return NotNow(System.SALESFORCE, why, retry_after=_retry_after(answer))
        case Next.ASK:
            return _refused(why, complaint)
    return lost(why, is_read=is_read, retry_after=_retry_after(answer))


def _what_next(answer: httpx.Response, complaint: Complaint | None, *, is_read: bool) -> Next | None:
    """None where nobody can say what became of the call: an error page, or a code that only a failing server gives."""
    if answer.status_code in _BY_STATUS:
        return _BY_STATUS[answer.status_code]
    if complaint is None:
        is_page = "html" in answer.headers.get("Content-Type", "").lower()
        is_failing = is_page or answer.is_server_error or answer.status_code == _EDGE_GAVE_UP
        return None if is_failing else Next.ASK
    step = what_next(complaint.code, complaint.message)
    if answer.is_client_error or step not in (Next.AGAIN, Next.ASK):
        return step
    if step is Next.AGAIN:
        return step if is_read and complaint.code not in _PASSING else None
    return step if complaint.code in ASK else None


def lost(why: str, *, is_read: bool, retry_after: float | None = None) -> RemoteError:
    """A call whose fate nobody knows; for a read that is no matter."""
    if is_read:
        return Down(System.SALESFORCE, why, retry_after=retry_after)
    return AnswerLost(System.SALESFORCE, why)


def complaint_in(answer: httpx.Response) -> Complaint | None:
    """The first error of a body `[{"message":…,"errorCode":…,"fields":[…]}]`, or None where it is no such body."""
    try:
        body = wire.loads(answer.content)
    except ValueError:
        return None
    first = body[0] if isinstance(body, Sequence) and body and not isinstance(body, str) else None
    return complaint_of(first, "errorCode") if isinstance(first, dict) and "errorCode" in first else None


def complaint_of(error: wire.Json, code_name: str) -> Complaint:
    """`code_name` is `errorCode` in the error of a whole call, `statusCode` in that of one record of a collection."""
    members = wire.as_object(error, "an error")
    fields = members.get("fields")
    names = tuple(str(name) for name in fields) if isinstance(fields, list) else ()
    return Complaint(str(members.get(code_name) or ""), str(members.get("message") or ""), names)


def unknown_field(complaint: Complaint) -> str:
    """The field or relationship that an INVALID_FIELD is about; its text names it also where `fields` is missing."""
    found = _UNKNOWN_FIELD.search(complaint.message)
    named = (found[1] or found[2]) if found else ""
    return named or (complaint.fields[0] if complaint.fields else "")


def _refused(why: str, complaint: Complaint | None) -> RequestRefused:
    if complaint is None:
        return RequestRefused(why)
    field = unknown_field(complaint) if complaint.code == "INVALID_FIELD" else ""
    return RequestRefused(why, code=complaint.code, field=field)


def _said(answer: httpx.Response, complaint: Complaint | None) -> str:
    if complaint is None:
        kind = answer.headers.get("Content-Type", "").partition(";")[0] or "nothing"
        return f"HTTP {answer.status_code} with {kind}"
    text = f"{cleaned(complaint.message)} ({complaint.code})"
    token = answer.request.headers.get("Authorization", "").removeprefix("Bearer ")
    return text.replace(token, "***") if token else text


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "").strip()
    return float(text) if text.isdecimal() else None
