"""
Named points on a worker's way, at which it can be traced or struck down. Nothing of the product knows of them.

A point is passed right before and right after: each commit of the ledger, each request over HTTP, each round of claims
in Redis. Its name says which (`salesforce query:before`); the nth passage of it is its occurrence, counted from 1.
"""

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event

from app.idempotency import Claims
from app.intacct import wire as intacct_wire
from app.salesforce import transport as salesforce_transport

TRACE = "LEDGERLINE_TEST_TRACE"
STRIKE = "LEDGERLINE_TEST_KILL_AT"
SIGNAL = "LEDGERLINE_TEST_SIGNAL"

_FUNCTION = re.compile(rb"<function\b[^>]*>\s*<(\w+)")
_OBJECT = re.compile(rb"<object>(\w+)")
_SALESFORCE = {"token": "token", "query": "query", "describe": "describe", "sobjects": "update"}


@dataclass
class Way:
    """Where this process is on its way. `strike_at` is `name:occurrence`; `trace` gets each point as a line."""

    strike_at: str
    signal: signal.Signals
    trace: Path | None
    _passed: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, name: str) -> None:
        with self._lock:
            self._passed[name] += 1
            point = f"{name}:{self._passed[name]}"
            if self.trace:
                _append(self.trace, point)
        if point == self.strike_at:
            os.kill(os.getpid(), self.signal)


def from_environment() -> Way:
    trace = os.environ.get(TRACE)
    return Way(
        os.environ.get(STRIKE, ""),
        signal.Signals[f"SIG{os.environ.get(SIGNAL) or 'KILL'}"],
        Path(trace) if trace else None,
    )


def watch(engine: Engine, way: Way) -> None:
    """From now on this process passes its points. To be called before the clients of the remote systems are made."""
    _watch_commits(engine, way)
    _watch_claims(way)
    salesforce_transport.open_http = _watched(salesforce_transport.open_http, of_salesforce, way)
    intacct_wire.open_http = _watched(intacct_wire.open_http, of_intacct, way)


def of_salesforce(request: httpx.Request) -> str:
    last = request.url.path.rstrip("/").rpartition("/")[2]
    return f"salesforce {_SALESFORCE.get(last, last)}"


def of_intacct(request: httpx.Request) -> str:
    """The functions of the request, and what the first of them asks about where it only reads."""
    body = request.read()
    functions = " ".join(dict.fromkeys(name.decode() for name in _FUNCTION.findall(body)))
    asked = _OBJECT.search(body) if functions == "query" else None
    return f"intacct {functions} {asked[1].decode()}" if asked else f"intacct {functions}"


def _watch_commits(engine: Engine, way: Way) -> None:
    """The lease's own thread commits whenever its time has come, so its commits have a name of their own."""

    def name() -> str:
        return "lease" if threading.current_thread().name.startswith("lease ") else "commit"

    commit = engine.dialect.do_commit

    def committed(connection: Any) -> None:
        commit(connection)
        way.passes(f"{name()}:after")

    event.listen(engine, "commit", lambda connection: way.passes(f"{name()}:before"))
    engine.dialect.do_commit = committed  # type: ignore[method-assign] # the one place that tells when it is done


def _watch_claims(way: Way) -> None:
    for verb in ("take_many", "settle_many", "release_many"):
        setattr(Claims, verb, _between(way, f"claims {verb.partition('_')[0]}", getattr(Claims, verb)))


def _between(way: Way, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    def passed(claims: Claims, batch: Any, *rest: Any, **named: Any) -> Any:
        if not batch:
            return step(claims, batch, *rest, **named)
        way.passes(f"{name}:before")
        answer = step(claims, batch, *rest, **named)
        way.passes(f"{name}:after")
        return answer

    return passed


def _watched(
    open_http: Callable[..., httpx.Client], named: Callable[[httpx.Request], str], way: Way
) -> Callable[..., httpx.Client]:
    def opened(**options: Any) -> httpx.Client:
        client = open_http(**options)
        client.event_hooks = {
            "request": [lambda request: way.passes(f"{named(request)}:before")],
            "response": [lambda response: way.passes(f"{named(response.request)}:after")],
        }
        return client

    return opened


def _append(trace: Path, point: str) -> None:
    descriptor = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{point}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
