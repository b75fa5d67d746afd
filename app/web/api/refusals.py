"""Why a call was not carried out: each error of ours with its status and remedy, in one table."""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import Response

from app import log
from app.errors import BadSetting, LedgerlineError, Malformed, NotOurs, RemoteError, RemoteUnavailable
from app.sync.intake import LedgerUnreachable
from app.sync.linking import BeingLookedUp, LinkedAlready, LinkNotFound
from app.sync.preview import RecordNotFound
from app.sync.replay import CountDiffers, InHand, MayBeOutThere, MessageNotFound, NothingToIgnore
from app.sync.resync import TooMany
from app.web import problems


class Refusal(LedgerlineError):
    """The web's own: what the verbs know nothing of."""

    def __init__(
        self, status: int, code: str, detail: str, remedy: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.remedy = remedy
        self.headers = headers


_LIST = "Find the right number in the list."
_TABLE: Mapping[type[LedgerlineError], tuple[int, str, str]] = {
    Malformed: (422, "invalid", "Correct it and send it again."),
    NotOurs: (422, "not_carried", "Ask for an object that a flow carries."),
    TooMany: (422, "too_many", "Narrow it with `since` and `until`, or leave out `dry_run`."),
    MessageNotFound: (404, "message_not_found", _LIST),
    LinkNotFound: (404, "link_not_found", _LIST),
    RecordNotFound: (404, "record_not_found", "Compare the id, and what Ledgerline's user may see."),
    InHand: (409, "in_hand", "Ask again in a moment."),
    NothingToIgnore: (409, "nothing_to_ignore", "Nothing needs to be done."),
    MayBeOutThere: (409, "may_be_out_there", "Wait for the look-up, or send `force` as true."),
    CountDiffers: (409, "count_differs", "Look at what the filter matches, then send that number as `count`."),
    LinkedAlready: (409, "linked_already", "Find the link and remove it first, if it is wrong."),
    BeingLookedUp: (409, "being_looked_up", "Wait for the look-up: it links the two by itself."),
}  # fmt: skip


def install(web: FastAPI) -> None:
    web.add_exception_handler(LedgerlineError, _refused)
    web.add_exception_handler(RequestValidationError, _invalid)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        web.add_exception_handler(away, _ledger_away)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, LedgerlineError)
    if isinstance(error, Refusal):
        return problems.answer(error.status, error.code, str(error), error.remedy, headers=error.headers)
    if isinstance(error, BadSetting):
        return problems.answer(503, "bad_setting", str(error), error.remedy)
    if isinstance(error, RemoteError):
        return _remote(error)
    if isinstance(error, LedgerUnreachable):
        return _ledger_away(request, error)
    for kind, (status, code, remedy) in _TABLE.items():
        if isinstance(error, kind):
            return problems.answer(status, code, str(error), remedy)
    raise error


def _remote(error: RemoteError) -> Response:
    wait = error.retry_after if isinstance(error, RemoteUnavailable) else None
    return problems.answer(
        503, "remote_unavailable", f"{error.system.title()} cannot be asked now: {error.reason}",
        "Nothing was done. Look at the connection, and ask again when it is well.",
        headers={"Retry-After": str(round(wait or 60))},
    )  # fmt: skip


def _ledger_away(_: Request, error: Exception) -> Response:
    log.logger().error("api refused", status=503, error=type(error).__name__)
    return problems.answer(
        503, "ledger_unreachable", "The ledger cannot be reached now.", "Ask again later.",
        headers={"Retry-After": "10"},
    )  # fmt: skip


def _invalid(_: Request, error: Exception) -> Response:
    """Every field that is wrong, by its name; the first also in the detail."""
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    if any(one["type"] == "json_invalid" for one in errors):
        return problems.answer(400, "not_json", "The body is not JSON.", "Send a JSON object, in UTF-8.")
    wrong = [{"field": _name(one["loc"]), "problem": _said(one)} for one in errors]
    return problems.answer(
        422, "invalid", f"{wrong[0]['field']}: {wrong[0]['problem']}.",
        "Correct what `errors` names and send it again; /openapi.json describes each field.",
        more={"errors": wrong},
    )  # fmt: skip


def _name(place: Sequence[object]) -> str:
    """`ids.0`, without the part of the request that it stands in, unless nothing else is named."""
    return ".".join(map(str, place[1:])) or str(place[0] if place else "request")


def _said(error: Mapping[str, object]) -> str:
    return str(error["msg"]).removeprefix("Value error, ").rstrip(".")
