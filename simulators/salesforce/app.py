"""The web application of the simulator: the API, the controls and the pages over one org."""

import json
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from simulators.faults import Calls, Fault, Faults, control_routes
from simulators.faults import answer as answered
from simulators.server import cut

from . import controls, pages, rest, sending_pages
from .delivering import Courier
from .org import Org
from .refusals import Refused
from .site import Site
from .wire import Answer, Call, error

_STATIC = Path(__file__).parents[1] / "static"
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def application(org: Org, courier: Courier) -> FastAPI:
    """Serves one org; a fault added under `/_sim/faults` strikes the API only."""
    faults, calls = Faults(), Calls()
    app = FastAPI(title="Simulated Salesforce", docs_url=None, redoc_url=None, openapi_url=None)

    async def api(request: Request) -> Response:
        label = f"{request.method} {request.url.path}"
        calls.count(label)
        fault = faults.take(label)
        if fault and fault.kind == "refuse":
            cut(request.scope)  # before the body is read, as a listener that is gone would
            return Response(status_code=500)
        call = await _call(request)
        return await answered(
            request, fault, lambda: _response(org, rest.answer(org, call)), lambda f: _refused(org, call, f)
        )

    app.add_api_route("/services/{path:path}", api, methods=_METHODS, response_model=None)
    app.include_router(control_routes(faults, calls))
    site = Site(org)
    app.include_router(controls.routes(org, courier))
    app.include_router(pages.routes(org, site))
    app.include_router(sending_pages.routes(org, site, courier, faults))
    app.add_exception_handler(RequestValidationError, controls.complaints)
    app.add_exception_handler(Refused, partial(_refusal, site))
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    return app


def _refusal(site: Site, request: Request, refused: Exception) -> Response:
    """A page for a person, the API's own array for a program."""
    assert isinstance(refused, Refused)
    if request.url.path.startswith("/_sim"):
        return JSONResponse([error(refused)], status_code=refused.status)
    return site.problem(refused)


async def _call(request: Request) -> Call:
    raw: bytes = request.scope["raw_path"]
    return Call(
        method=request.method,
        path=raw.decode("ascii"),
        query=dict(request.query_params),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
        base=f"{request.url.scheme}://{request.url.netloc}",
    )


def _refused(org: Org, call: Call, fault: Fault) -> Response:
    """A rate limit, an ended session or a refused sign-in, as the platform says it."""
    match fault.kind:
        case "session_expired":
            return _response(org, rest.expired(org, call))
        case "rate_limit":
            return _response(org, rest.limited())
        case _:
            words = {"error": "invalid_grant", "error_description": "authentication failure"}
            return _response(org, Answer(400, dict(words)))


def _response(org: Org, answer: Answer) -> Response:
    headers = {**answer.headers, **rest.usage(org)}
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    body = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, answer.status, headers, "application/json;charset=UTF-8")
