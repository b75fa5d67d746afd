"""`/metrics` for Prometheus: what is open, what is due and since when, what the two systems bear."""

import ipaddress
from collections.abc import Iterator
from datetime import datetime

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from redis.exceptions import RedisError
from sqlalchemy import Connection
from starlette.responses import PlainTextResponse, Response

from app import log
from app.ledger import health, inbox, tallies
from app.ledger.tokens import READER
from app.records import System
from app.records.lane import flow_of
from app.web.api import access
from app.web.api.ports import Operated, Service
from app.web.api.schema import PROBLEMS
from app.web.health import workers

MEDIA_TYPE = "text/plain; version=0.0.4"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def add_routes(router: APIRouter) -> None:
    router.get("/metrics", response_class=PlainTextResponse, responses=PROBLEMS)(metrics)


def metrics(request: Request, service: Service) -> Response:
    """For a scraper on this host without a token, for any other with one of the API's."""
    if not _is_local(request):
        access.admit(service, request, READER)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([*_of_ledger(service), *_of_redis(service)]))
    return Response(generate_latest(registry), media_type=MEDIA_TYPE)


def _is_local(request: Request) -> bool:
    """Trap: behind a proxy on this host everybody comes from loopback; such a proxy says for whom it asks."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class _Collected:
    """What was counted for this one answer."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def _of_ledger(service: Operated) -> Iterator[Metric]:
    now = service.clock()
    with service.ledger.read() as ledger:
        yield _open(ledger)
        yield _closed(ledger)
        yield from _due(ledger, now)
        yield _healthy(ledger, service.settings.connection)


def _open(ledger: Connection) -> Metric:
    family = GaugeMetricFamily(
        "ledgerline_messages_open",
        "Messages that are open, or need a person.",
        labels=("connection", "state"),
    )
    for labels, count in inbox.open_now(ledger).items():
        family.add_metric(labels, count)
    return family


def _closed(ledger: Connection) -> Metric:
    family = CounterMetricFamily(
        "ledgerline_messages_closed", "Messages as they closed; one that was replayed closes once more.",
        labels=("connection", "flow", "state"),
    )  # fmt: skip
    for connection, flow, state, count in tallies.read(ledger):
        family.add_metric((connection, flow, state), count)
    return family


def _due(ledger: Connection, now: datetime) -> Iterator[Metric]:
    labels = ("connection", "flow")
    counts: dict[tuple[str, str], int] = {}
    ages: dict[tuple[str, str], float] = {}
    for lane, (oldest, count) in inbox.overdue(ledger, now).items():
        flow = flow_of(lane)
        counts[flow] = counts.get(flow, 0) + count
        ages[flow] = max(ages.get(flow, 0), (now - oldest).total_seconds())
    due = GaugeMetricFamily("ledgerline_due", "Messages that are due now.", labels=labels)
    age = GaugeMetricFamily("ledgerline_oldest_due_seconds", "For how long the oldest is due.", labels=labels)
    for flow, count in counts.items():
        due.add_metric(flow, count)
        age.add_metric(flow, ages[flow])
    yield from (due, age)


def _healthy(ledger: Connection, connection: str) -> Metric:
    family = GaugeMetricFamily(
        "ledgerline_system_healthy", "1 while the system takes our calls.", labels=("connection", "system")
    )
    conditions = health.conditions(ledger, connection)
    for system in System:
        known = conditions.get(system)
        family.add_metric((connection, system), 1 if known is None or known.healthy else 0)
    return family


def _of_redis(service: Operated) -> Iterator[Metric]:
    """Hints: while Redis is away they are left out, and the rest is told all the same."""
    labels, connection = ("connection", "system"), service.settings.connection
    calls = GaugeMetricFamily("ledgerline_calls_today", "Our calls since midnight UTC.", labels=labels)
    used = GaugeMetricFamily("ledgerline_calls_used", "Calls used of its limit, as it says.", labels=labels)
    limit = GaugeMetricFamily("ledgerline_calls_limit", "Its limit, as it says.", labels=labels)
    for system, usage in service.meter.read().items():
        calls.add_metric((connection, system), usage.calls_today)
        if usage.used is not None and usage.limit is not None:
            used.add_metric((connection, system), usage.used)
            limit.add_metric((connection, system), usage.limit)
    yield from (calls, used, limit)
    try:
        yield GaugeMetricFamily("ledgerline_workers", "Workers that live.", value=workers(service.redis))
    except (RedisError, OSError) as error:
        log.logger().warning("metrics.without_redis", error=type(error).__name__)
