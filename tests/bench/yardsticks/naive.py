"""
What is usually written: `python -m tests.bench.yardsticks.naive ROLE REDIS REMOTE [PORT]`.

`web` parses with xmltodict and enqueues one RQ job a payment; `worker` is RQ's own, which forks for each job, and each
job makes three calls with a client of its own. `simple` is the well-written cousin: RQ's SimpleWorker, which does not
fork, and one client that is kept. Neither has a ledger, checks anything, or survives a lost answer.
"""

import sys
from collections.abc import Callable

import httpx
import xmltodict
from redis import Redis
from rq import Queue, SimpleWorker, Worker
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.channels.salesforce_outbound_message import ACKNOWLEDGEMENT
from tests.bench.yardsticks import three_calls
from tests.bench.yardsticks.probe import HOOK, serve

QUEUE = "payments"
_MODULE = "tests.bench.yardsticks.naive"
NAIVE_JOB, KEPT_JOB = f"{_MODULE}.carry", f"{_MODULE}.carry_kept"
"""By name: RQ takes no function of a module that was started as a program."""

_kept: list[httpx.Client] = []


def carry(remote: str, record: str) -> None:
    """The job of the naive service."""
    with httpx.Client() as http:
        _carry(http, remote, record)


def carry_kept(remote: str, record: str) -> None:
    """The job of the well-written one."""
    if not _kept:
        _kept.append(httpx.Client())
    _carry(_kept[0], remote, record)


def _carry(http: httpx.Client, remote: str, record: str) -> None:
    rows = three_calls.read(http, remote, [record])
    (posted,) = three_calls.post(http, remote, rows)
    three_calls.write_back(http, remote, record, posted)


def application(queue: Queue, remote: str) -> Starlette:
    async def receive(request: Request) -> Response:
        for record in records(await request.body()):
            queue.enqueue(NAIVE_JOB, remote, record)
        return Response(ACKNOWLEDGEMENT, media_type="text/xml")

    return Starlette(routes=[Route(HOOK, receive, methods=["POST"])])


def records(body: bytes) -> list[str]:
    envelope = xmltodict.parse(body, force_list=("Notification",))["soapenv:Envelope"]
    return [one["sObject"]["sf:Id"] for one in envelope["soapenv:Body"]["notifications"]["Notification"]]


def main(role: str, redis_url: str, remote: str, port: str = "") -> None:
    redis = Redis.from_url(redis_url)
    queue = Queue(QUEUE, connection=redis)
    roles: dict[str, Callable[[], object]] = {
        "web": lambda: serve(application(queue, remote), int(port)),
        "worker": lambda: Worker([queue], connection=redis).work(logging_level="WARNING"),
        "simple": lambda: SimpleWorker([queue], connection=redis).work(logging_level="WARNING"),
    }
    roles[role]()


if __name__ == "__main__":
    main(*sys.argv[1:])
