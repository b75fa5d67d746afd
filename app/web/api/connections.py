"""`/connections`: whether each may work, what it waits for, and what its systems bear; pause and resume."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection as Transaction

from app import flows
from app.ledger import health, inbox, messages
from app.ledger.health import Condition
from app.meter import Usage
from app.records import System
from app.sync import intake
from app.web.api.gate import FOR_OPERATORS, FOR_READERS
from app.web.api.ports import Operated, Service
from app.web.api.refusals import Refusal
from app.web.api.shapes import Shape
from app.web.api.values import Name, Words


class Paused(Shape):
    reason: str
    since: datetime


class SystemState(Shape):
    """`calls_limit` null: the system told none; then `calls_used` counts ours since midnight UTC."""

    healthy: bool
    reason: str | None
    since: datetime | None
    calls_used: int
    calls_limit: int | None
    reserve: int | None = Field(
        description="Calls that are left to others; null where nobody has set any aside."
    )


class FlowState(Shape):
    name: str
    paused: Paused | None


class Connection(Shape):
    """One Salesforce org with one Intacct company. `paused` is of the whole connection, `waiting` counts messages."""

    slug: str
    paused: Paused | None
    waiting: int
    salesforce: SystemState
    intacct: SystemState
    flows: Sequence[FlowState]


class Connections(Shape):
    items: Sequence[Connection]
    next: None = None


class PauseRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Words
    flow: Name | None = Field(default=None, description="`payment-to-intacct`, …; left out = all of them.")


class ResumeRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    flow: Name | None = Field(default=None, description="As it was paused.")


def add_routes(router: APIRouter) -> None:
    router.get("/connections", openapi_extra=FOR_READERS)(list_connections)
    router.get("/connections/{slug}", openapi_extra=FOR_READERS)(read_connection)
    router.post("/connections/{slug}/pause", openapi_extra=FOR_OPERATORS)(pause_connection)
    router.post("/connections/{slug}/resume", openapi_extra=FOR_OPERATORS)(resume_connection)


def list_connections(service: Service) -> Connections:
    return Connections(items=[_read(service)])


def read_connection(slug: Name, service: Service) -> Connection:
    _known(slug, service)
    return _read(service)


def pause_connection(slug: Name, asked: PauseRequest, service: Service) -> Connection:
    """Messages queue, and nothing is written on either side. A batch in hand is finished first."""
    _known(slug, service)
    flow = _flow(asked.flow)
    with service.ledger.write() as ledger:
        health.pause(ledger, slug, flow, reason=asked.reason, now=service.clock())
    return _read(service)


def resume_connection(slug: Name, service: Service, asked: ResumeRequest | None = None) -> Connection:
    """End a pause, and try systems again at once that were given up for a while; a refused login once."""
    _known(slug, service)
    with service.ledger.write() as ledger:
        health.resume(ledger, slug, _flow(asked.flow if asked else None))
        due = messages.due_lanes(ledger, now=service.clock())
    intake.ring(service.doorbell, due)
    return _read(service)


def _known(slug: str, service: Operated) -> None:
    if slug != service.settings.connection:
        raise Refusal(
            404, "connection_not_found", "There is no such connection.", "`/connections` lists all."
        )


def _flow(name: str | None) -> str:
    """As a pause has it: empty = the whole connection."""
    if name and name not in flows.FLOWS:
        known = ", ".join(flows.FLOWS)
        raise Refusal(422, "invalid", f"flow: there is no flow {name}.", f"There are: {known}.")
    return name or ""


def _read(service: Operated) -> Connection:
    slug = service.settings.connection
    with service.ledger.read() as ledger:
        conditions = health.conditions(ledger, slug)
        paused = _pauses(ledger, slug)
        waiting = inbox.waiting(ledger, slug)
    usage = service.meter.read()
    return Connection(
        slug=slug,
        paused=paused.get(""),
        waiting=waiting,
        salesforce=_system(System.SALESFORCE, conditions, usage),
        intacct=_system(System.INTACCT, conditions, usage),
        flows=[FlowState(name=name, paused=paused.get(name)) for name in flows.FLOWS],
    )


def _pauses(ledger: Transaction, slug: str) -> Mapping[str, Paused]:
    pauses = health.pauses(ledger, slug).items()
    return {flow: Paused(reason=reason, since=since) for flow, (reason, since) in pauses}


def _system(system: System, conditions: Mapping[str, Condition], usage: Mapping[str, Usage]) -> SystemState:
    """A system that never failed is well."""
    condition, used = conditions.get(system, Condition(True)), usage.get(system, Usage(0))
    return SystemState(
        healthy=condition.healthy,
        reason=condition.reason or None,
        since=condition.since,
        calls_used=used.calls_today if used.used is None else used.used,
        calls_limit=used.limit,
        reserve=None,
    )
