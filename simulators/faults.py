"""Faults that a test or a person switches on: what the network and both vendors do on a bad day."""

import asyncio
import math
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import field, replace
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from starlette.concurrency import run_in_threadpool

from simulators.server import cut

Kind = Literal[
    "refuse",  # cut at once: no work, and where the label allows it, before the body is read
    "cut_before",  # the whole request is taken, then the connection is cut: no work
    "cut_after",  # the work is done, then the connection is cut: the answer is lost
    "html_before",  # 503 with a maintenance page: no work
    "html_after",  # the same page over work that is done
    "status_500",
    "status_502",
    "rate_limit",  # 429 with Retry-After
    "gateway_524",  # the CDN gives up, the work is done all the same
    "gateway_524_before",  # the CDN gives up, and nothing was done
    "slow",  # a right answer, late
    "session_expired",  # as each vendor says it
    "sign_in_refused",  # as each vendor says it
]
ENDLESS = -1

T = TypeVar("T")

_WORK_IS_DONE = frozenset({"cut_after", "html_after", "gateway_524", "slow"})
_CUTS = frozenset({"refuse", "cut_before", "cut_after"})
_PAGES = {
    "html_before": (503, "Scheduled maintenance", "We are making things better. Please come back soon."),
    "html_after": (503, "Scheduled maintenance", "We are making things better. Please come back soon."),
    "status_500": (500, "Internal Server Error", "The server met an unexpected condition."),
    "status_502": (502, "Bad Gateway", "The server received an invalid answer from the origin."),
    "gateway_524": (524, "A timeout occurred", "The origin web server timed out responding to this request."),
    "gateway_524_before": (524, "A timeout occurred", "The origin web server timed out responding."),
}


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Fault:
    """
    One thing that goes wrong.

    `match` is part of a request's label; empty matches all. It lets `skip` matching requests pass, then
    strikes `count` of them. `seconds` is how late the answer or the cut comes; of a rate limit, Retry-After.
    """

    kind: Kind
    match: str = ""
    count: Annotated[int, Field(ge=ENDLESS)] = 1
    skip: Annotated[int, Field(ge=0)] = 0
    seconds: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = field(default=0.0)

    def __post_init__(self) -> None:
        if self.count == 0:
            raise ValueError("count is -1 (endless) or above 0")


_FAULTS = TypeAdapter(list[Fault])


class Faults:
    """The faults that are on, in the order they were added; safe to use from any thread."""

    def __init__(self) -> None:
        self._on: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._on.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._on.clear()

    def pending(self) -> list[Fault]:
        with self._lock:
            return list(self._on)

    def take(self, label: str) -> Fault | None:
        """The fault that strikes this request, used up by one; those added later do not see the request."""
        with self._lock:
            for place, fault in enumerate(self._on):
                if fault.match not in label:
                    continue
                if fault.skip:
                    self._on[place] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.count == 1:
                    del self._on[place]
                elif fault.count != ENDLESS:
                    self._on[place] = replace(fault, count=fault.count - 1)
                return fault
        return None


class Calls:
    """How many requests came, in total and by label; safe to use from any thread."""

    def __init__(self) -> None:
        self._by: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, label: str) -> None:
        with self._lock:
            self._by[label] += 1

    def clear(self) -> None:
        with self._lock:
            self._by.clear()

    def seen(self) -> dict[str, int]:
        with self._lock:
            return dict(self._by)


class Recent(Generic[T]):
    """The last so many things of a kind, latest first; safe to use from any thread."""

    def __init__(self, kept: int) -> None:
        self._kept: deque[T] = deque(maxlen=kept)
        self._lock = threading.Lock()

    def add(self, one: T) -> None:
        with self._lock:
            self._kept.appendleft(one)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def latest(self, limit: int) -> list[T]:
        with self._lock:
            return list(self._kept)[:limit]


async def answer(
    request: Request,
    fault: Fault | None,
    work: Callable[[], Response],
    in_its_words: Callable[[Fault], Response],
) -> Response:
    """
    The answer to one request, with or without a fault.

    `work` does what was asked, in a thread, to its end even if the caller has gone. `in_its_words` says a
    rate limit, an expired session or a refused sign-in as the vendor says it.
    """
    if fault is None:
        return await run_in_threadpool(work)
    answered = await run_in_threadpool(work) if fault.kind in _WORK_IS_DONE else Response(status_code=500)
    if fault.kind == "rate_limit":
        refused = in_its_words(fault)
        refused.headers["Retry-After"] = str(math.ceil(fault.seconds))
        return refused
    await asyncio.sleep(fault.seconds)
    if fault.kind in _CUTS:
        cut(request.scope)
    elif fault.kind in _PAGES:
        return _page(*_PAGES[fault.kind])
    elif fault.kind != "slow":
        return in_its_words(fault)
    return answered


def control_routes(faults: Faults, calls: Calls) -> APIRouter:
    """`/_sim/faults`, `/_sim/calls` and `/_sim/health`, the same on both simulators."""
    router = APIRouter(prefix="/_sim")

    async def add(request: Request) -> Response:
        body = (await request.body()).strip()
        try:
            wanted = _FAULTS.validate_json(body if body.startswith(b"[") else b"[" + body + b"]")
        except ValidationError as wrong:
            return JSONResponse({"errors": _complaints(wrong)}, status_code=400)
        for fault in wanted:
            faults.add(fault)
        return JSONResponse(_FAULTS.dump_python(faults.pending()), status_code=201)

    def counted() -> Response:
        by = calls.seen()
        return JSONResponse({"total": sum(by.values()), "by": by})

    def health() -> dict[str, bool]:
        return {"ok": True}

    router.add_api_route("/faults", faults.pending, methods=["GET"])
    router.add_api_route("/faults", add, methods=["POST"])
    router.add_api_route("/faults", faults.clear, methods=["DELETE"], status_code=204)
    router.add_api_route("/calls", counted, methods=["GET"])
    router.add_api_route("/calls", calls.clear, methods=["DELETE"], status_code=204)
    router.add_api_route("/health", health, methods=["GET"])
    return router


def _complaints(wrong: ValidationError) -> list[dict[str, str | int]]:
    """One complaint per wrong field: which field, of the fault at which place in the list, and why."""
    found: list[dict[str, str | int]] = []
    for error in wrong.errors(include_url=False):
        place, *path = (*error["loc"], "") if error["loc"] else (0, "")
        name = path[0] or "fault"
        found.append({"field": str(name), "fault": place, "reason": error["msg"]})
    return found


def _page(status: int, title: str, text: str) -> HTMLResponse:
    head = f"<!doctype html><html><head><title>{title}</title></head>"
    return HTMLResponse(f"{head}<body><h1>{title}</h1><p>{text}</p></body></html>", status_code=status)
