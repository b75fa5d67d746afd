"""`/healthz`: this process lives. `/readyz`: the service as a whole can work, or why not."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.worker_registration import get_keys
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import Response

import app as ledgerline
from app.ledger import health, inbox
from app.queue import QUEUE
from app.web import problems
from app.web.api.ports import Operated, Service
from app.web.api.schema import PROBLEM

LATE = timedelta(minutes=2)
"""Due work that no worker has touched for so long: somebody should know, though a full lane may just be slow."""


class Alive(BaseModel):
    alive: bool
    version: str


class Ready(BaseModel):
    ready: bool


def add_routes(router: APIRouter) -> None:
    router.get("/healthz")(alive)
    router.get("/readyz", response_model=Ready, responses={503: PROBLEM})(ready)


def alive() -> Alive:
    """Asks nothing of anybody: a process that answers this need not be started anew."""
    return Alive(alive=True, version=ledgerline.__version__)


def ready(service: Service) -> Response | Ready:
    """Whoever may call it is not known, so it says what is the matter and no system's own words."""
    found = reasons(service)
    if not found:
        return Ready(ready=True)
    return problems.answer(
        503, "not_ready", " ".join(found), "Mend what `reasons` names; work goes on by itself then.",
        more={"reasons": found},
    )  # fmt: skip


def reasons(service: Operated) -> list[str]:
    """Why the service cannot work now; nothing = it can."""
    return [*_ledger(service), *_redis(service)]


def workers(redis: Redis) -> int:
    """
    How many workers live, by Redis's own clock: it forgets one that has been silent for a minute or two.

    Trap: a FLUSHALL empties RQ's list for good, while the workers' own keys come back with their next heartbeat.
    """
    listed = get_keys(queue=Queue(QUEUE, connection=redis))
    living = int(redis.exists(*listed)) if listed else 0
    return living or sum(1 for _ in redis.scan_iter(match="rq:worker:*", count=1000))


def _ledger(service: Operated) -> Iterator[str]:
    now = service.clock()
    try:
        with service.ledger.read() as ledger:
            for system, condition in health.conditions(ledger, service.settings.connection).items():
                if not condition.healthy:
                    yield f"{system.title()} does not take our calls ({condition.kind}), so its connection is stopped."
            late = inbox.overdue(ledger, now)
            shut = {lane for lane in late if not health.gate(ledger, lane, now=now).is_open}
    except (DBAPIError, PoolTimeout):
        yield "The ledger cannot be reached."
        return
    oldest = min((due for lane, (due, _) in late.items() if lane not in shut), default=now)
    if now - oldest > LATE:
        yield f"Work has been due for {_minutes(now, oldest)} minutes and nobody has taken it."


def _minutes(now: datetime, since: datetime) -> int:
    return int((now - since).total_seconds() // 60)


def _redis(service: Operated) -> Iterator[str]:
    try:
        living = workers(service.redis)
    except (RedisError, OSError):
        yield "Redis cannot be reached."
        return
    if not living:
        yield "No worker is alive."
