"""What we answer when we do not do what was asked: problem details (RFC 9457), each with its remedy."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app import log

MEDIA_TYPE = "application/problem+json"


def answer(
    status: int,
    code: str,
    detail: str,
    remedy: str,
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """
    `code` names the problem for programs; `detail` says what is wrong, `remedy` what to do about it; `more` are members
    of this problem only.

    Trap: neither may hold the address that was called, for in some of ours there is a secret.
    """
    members = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "remedy": remedy,
        **(more or {}),
    }
    content = json.dumps(members, ensure_ascii=False).encode()
    return Response(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Have every refusal of the framework, and every mistake of ours, answered in this form."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, broken)


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, detail, remedy = _REFUSALS.get(
        error.status_code, ("refused", str(error.detail), "See the documentation of this address.")
    )
    return answer(error.status_code, code, detail, remedy, headers=error.headers)


def broken(request: Request, error: Exception) -> Response:
    """A mistake of ours: its traceback goes to the log, and nothing of it to who asked."""
    log.logger().error("request broke", method=request.method, error=type(error).__name__, exc_info=error)
    return answer(
        500,
        "broken",
        "This is a mistake of the service, not of the sender.",
        "Its log says more; send it again.",
    )


_REFUSALS = {
    404: (
        "not_found",
        "There is nothing at this address.",
        "Compare it with the documentation, letter by letter.",
    ),
    405: (
        "wrong_method",
        "This address does not take that method.",
        "The header Allow names those that it takes.",
    ),
}
