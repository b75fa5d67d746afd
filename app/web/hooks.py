"""
Where the two systems call us: check who it is, write down what it points at, say thanks.

The checks, in this order: method 405, connection 404, size 413, proof 401, format 400, ledger 503. Nothing is
acknowledged that was not recorded.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from app import log
from app.channels import proof
from app.channels import salesforce_outbound_message as outbound_message
from app.channels import salesforce_platform_event as platform_event
from app.config import Settings
from app.errors import Malformed, ProofMissing
from app.ledger import quarantine
from app.ledger.engine import Ledger
from app.records import Notice
from app.records.ids import same_org
from app.sync import intake
from app.sync.intake import Doorbell, LedgerUnreachable, Routes
from app.web import body, problems
from app.web.scribe import Entry, Scribe

PREFIX = "/hooks/{connection}/"


class Receiver(Protocol):
    """What of the service the hooks need."""

    @property
    def settings(self) -> Settings: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def doorbell(self) -> Doorbell: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def routes(self) -> Routes: ...


@dataclass(frozen=True, slots=True)
class Hook:
    """
    One inbound address. `proven` looks at address and headers only; `read` may still find in the body that the sender
    is another (ProofMissing), or that it is not of the format (Malformed). `answer` is for (notices, of them new).
    """

    path: str
    channel: str
    proven: Callable[[Request, Settings], bool]
    read: Callable[[bytes, Settings], Sequence[Notice]]
    answer: Callable[[int, int], Response]
    keepable: Callable[[bytes], bytes]


def routes(receiver: Receiver, scribe: Scribe) -> list[Route]:
    return [
        Route(PREFIX + hook.path, partial(_receive, hook, receiver, scribe), methods=["POST"])
        for hook in HOOKS
    ]


async def _receive(hook: Hook, receiver: Receiver, scribe: Scribe, request: Request) -> Response:
    if request.path_params["connection"] != receiver.settings.connection:
        return problems.answer(
            404, "unknown_connection", "There is no such connection.", "Check its name in the address."
        )
    try:
        sent = await body.read(request)
    except body.TooLarge:
        return _too_large()
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    return await _take(hook, receiver, scribe, request, sent)


async def _take(hook: Hook, receiver: Receiver, scribe: Scribe, request: Request, sent: bytes) -> Response:
    settings = receiver.settings
    try:
        if not hook.proven(request, settings):
            raise ProofMissing("The secret is missing or wrong.")
        return await _record(hook, receiver, scribe, hook.read(sent, settings))
    except ProofMissing as error:
        return _unproven(hook, error)
    except Malformed as error:
        return await _malformed(hook, receiver, sent, error)
    except LedgerUnreachable as error:
        return _unreachable(hook, error)
    except SQLAlchemyError as error:  # raised on, it would make the server close the sender's connection
        return problems.broken(request, error)


async def _record(hook: Hook, receiver: Receiver, scribe: Scribe, notices: Sequence[Notice]) -> Response:
    connection = receiver.settings.connection
    arrivals = intake.addressed(notices, receiver.routes, connection)
    new = await scribe.record(Entry(connection, arrivals, receiver.clock()))
    return hook.answer(len(notices), new)


async def _malformed(hook: Hook, receiver: Receiver, sent: bytes, error: Malformed) -> Response:
    try:
        await run_in_threadpool(_keep, hook, receiver, sent, str(error))
    except LedgerUnreachable as unreachable:
        return _unreachable(hook, unreachable)
    log.logger().warning("hook refused", channel=hook.channel, status=400, reason=str(error))
    return problems.answer(
        400,
        "malformed",
        str(error),
        "The body is kept in quarantine. Correct what sends it, then send it again.",
    )


def _keep(hook: Hook, receiver: Receiver, sent: bytes, reason: str) -> None:
    with intake.reaching(receiver.ledger), receiver.ledger.write() as transaction:
        quarantine.keep(
            transaction, receiver.settings.connection, hook.channel,
            reason=reason, body=hook.keepable(sent), now=receiver.clock(),
        )  # fmt: skip


def _too_large() -> Response:
    return problems.answer(
        413, "too_large", f"The body is larger than {body.LIMIT} bytes.", "Send fewer notices at a time."
    )


def _unproven(hook: Hook, error: ProofMissing) -> Response:
    log.logger().warning("hook refused", channel=hook.channel, status=401, reason=str(error))
    return problems.answer(
        401, "unproven", str(error), "Compare what the sender is set up with and this connection's settings.",
        headers={"WWW-Authenticate": "Bearer"},
    )  # fmt: skip


def _unreachable(hook: Hook, error: LedgerUnreachable) -> Response:
    log.logger().error("hook refused", channel=hook.channel, status=503, reason=str(error))
    return problems.answer(
        503, "ledger_unreachable", "The ledger cannot be written now; nothing was recorded.", "Send it again later.",
        headers={"Retry-After": "10"},
    )  # fmt: skip


def _outbound_message_proven(request: Request, settings: Settings) -> bool:
    secret = settings.salesforce_hook_token.get_secret_value()
    return proof.matches(secret, request.path_params["token"].encode(errors="surrogatepass"))


def _read_outbound_message(sent: bytes, settings: Settings) -> Sequence[Notice]:
    message = outbound_message.parse(sent)
    if not same_org(message.organization_id, settings.salesforce_org_id):
        raise ProofMissing("The message comes from another Salesforce org than SALESFORCE_ORG_ID names.")
    return message.notices


def _platform_event_proven(request: Request, settings: Settings) -> bool:
    given = request.headers.get("authorization", "").encode("latin-1")  # as starlette decoded it
    return proof.bearer_matches(settings.salesforce_hook_token.get_secret_value(), given)


def _acknowledge(notices: int, new: int) -> Response:  # noqa: ARG001
    return Response(outbound_message.ACKNOWLEDGEMENT, media_type="text/xml")


def _accepted(notices: int, new: int) -> Response:
    return Response(json.dumps({"received": notices, "new": new}), 202, media_type="application/json")


HOOKS = (
    Hook(
        path="salesforce/outbound-message/{token}",
        channel=outbound_message.CHANNEL,
        proven=_outbound_message_proven,
        read=_read_outbound_message,
        answer=_acknowledge,
        keepable=outbound_message.without_secrets,
    ),
    Hook(
        path="salesforce/platform-event",
        channel=platform_event.CHANNEL,
        proven=_platform_event_proven,
        read=lambda sent, _: platform_event.parse(sent),
        answer=_accepted,
        keepable=bytes,
    ),
)
