"""What every route of the API goes through: who is it, how much is it, did we answer it before?"""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message

from app.ledger import replies
from app.ledger.replies import Ask, Earlier
from app.ledger.tokens import OPERATOR, READER
from app.web import body
from app.web.api import access
from app.web.api.access import Caller
from app.web.api.ports import Operated, service_of
from app.web.api.refusals import Refusal

ROLE = "x-role"
FOR_READERS = {ROLE: READER}
FOR_OPERATORS = {ROLE: OPERATOR}
"""The role that a route asks for: stands in its description, and is what is checked."""

KEY = "idempotency-key"
LONGEST_KEY = 255

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Gated(APIRoute):
    """Token and role, then size, then the idempotency key; only then is the body understood."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()
        role = (self.openapi_extra or {}).get(ROLE, OPERATOR)

        async def answer(request: Request) -> Response:
            service = service_of(request)
            caller = await run_in_threadpool(access.admit, service, request, role)
            request.state.caller = caller
            if request.method == "GET":
                return await inner(request)
            sent = await _read(request)
            again = Request(request.scope, _replaying(sent))
            if request.method != "POST" or KEY not in request.headers:
                return await inner(again)
            ask = _ask(request, sent, caller)
            return await _once(ask, service, lambda: inner(again))

        return answer


async def _read(request: Request) -> bytes:
    try:
        return await body.read(request)
    except body.TooLarge:
        raise Refusal(
            413, "too_large", f"The body is larger than {body.LIMIT} bytes.", "Send fewer ids at a time."
        ) from None
    except ClientDisconnect:
        raise Refusal(400, "cut_off", "The body did not arrive whole.", "Send it again.") from None


def _replaying(sent: bytes) -> Callable[[], Awaitable[Message]]:
    """The body, which was read here, for whoever reads it next."""

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    return receive


def _ask(request: Request, sent: bytes, caller: Caller) -> Ask:
    key = request.headers[KEY]
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Refusal(
            422,
            "key_invalid",
            f"{KEY}: it has 1 to {LONGEST_KEY} printable ASCII characters.",
            "Send a UUID.",
        )
    where = f"{request.method} {request.url.path}?{request.url.query}\n"
    return Ask(caller.digest, key, hashlib.sha256(where.encode() + sent).hexdigest())


async def _once(ask: Ask, service: Operated, carry_out: Callable[[], Awaitable[Response]]) -> Response:
    """Only what was carried out is kept: a refusal did nothing, and is judged anew."""
    earlier = await run_in_threadpool(_begin, ask, service)
    if earlier:
        return _known(earlier)
    try:
        response = await carry_out()
    except BaseException:
        await run_in_threadpool(_forget, ask, service)
        raise
    await run_in_threadpool(_finish, ask, response, service)
    return response


def _begin(ask: Ask, service: Operated) -> Earlier | None:
    with service.ledger.write() as ledger:
        return replies.begin(ledger, ask, service.clock())


def _forget(ask: Ask, service: Operated) -> None:
    with service.ledger.write() as ledger:
        replies.forget(ledger, ask)


def _finish(ask: Ask, response: Response, service: Operated) -> None:
    with service.ledger.write() as ledger:
        replies.finish(ledger, ask, status=response.status_code, body=bytes(response.body).decode())


def _known(earlier: Earlier) -> Response:
    if not earlier.same:
        raise Refusal(
            422, "key_reused", "This Idempotency-Key came with another request before.", "Use a new key."
        )
    if earlier.status is None:
        raise Refusal(
            409, "in_flight", "The first request with this Idempotency-Key is still at work.",
            "Send it again in a moment.", headers={"Retry-After": "1"},
        )  # fmt: skip
    return Response(
        earlier.body, earlier.status, media_type="application/json", headers={"Idempotency-Replayed": "true"}
    )
