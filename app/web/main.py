"""The web application, and the server that it runs in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import app as ledgerline
from app.web import api, health, hooks, metrics, problems, welcome
from app.web.api.ports import Operated
from app.web.scribe import Scribe

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"cache-control", b"no-store"),
)
"""What every answer says to browsers, unless it says it itself."""

THREADS = 12
"""Routes of the API at work at once; the ledger's pool holds few more, and each thread keeps memory of its own."""


def create_app(service: Operated) -> FastAPI:
    """All addresses of the service. A redirect from `…/` would show a secret in `Location`, so there are none."""
    scribe = Scribe(service.ledger, service.doorbell)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        yield
        await scribe.close()

    web = FastAPI(
        title="Ledgerline",
        version=ledgerline.__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # a span would hold the whole address
        lifespan=lifespan,
    )
    web.router.routes.extend(hooks.routes(service, scribe))
    health.add_routes(web.router)
    metrics.add_routes(web.router)
    welcome.add_routes(web.router)
    api.mount(web, service)
    web.add_middleware(_Guarded)
    problems.install(web)
    return web


def server(web: FastAPI, *, host: str, port: int) -> uvicorn.Server:
    """
    A server that is not started. It writes no access log: some of our addresses hold a secret.
    """
    config = uvicorn.Config(
        web,
        host=host,
        port=port,
        loop="auto",
        http="httptools",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=30,
    )
    return uvicorn.Server(config)


class _Guarded:
    """Adds the headers that browsers need to hear."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message["headers"]
                names = {name for name, _ in said}
                message["headers"] = [*said, *(pair for pair in _HEADERS if pair[0] not in names)]
            await send(message)

        await self._inner(scope, receive, guarded if scope["type"] == "http" else send)
