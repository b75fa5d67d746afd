"""A real HTTP server for a simulator, whose connections can be cut in the middle of an exchange."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

STOP_SECONDS = 10

Peers = tuple[object, object]

_connections: dict[Peers, asyncio.Transport] = {}


class _CuttableProtocol(HttpToolsProtocol):
    """Remembers the transport of every open connection under the two addresses that the scope names."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        super().connection_made(transport)
        _connections[(self.client, self.server)] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _connections.pop((self.client, self.server), None)
        super().connection_lost(exc)


def cut(scope: Scope) -> None:
    """
    Abort the TCP connection of this request without an answer. Only on the event loop's own thread.

    What the handler returns afterwards goes nowhere. A connection that is already gone is left alone.
    """
    transport = _connections.get((scope["client"], scope["server"]))
    if transport is not None:
        transport.abort()


def _config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=_CuttableProtocol,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
    )


def serve(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve until the process is told to stop (SIGINT, SIGTERM)."""
    uvicorn.Server(_config(app, host, port)).run()


def background(app: ASGIApp) -> tuple[str, Callable[[], None]]:
    """
    Serve in a thread on a free port of 127.0.0.1; answers the address and what stops it.

    The socket listens before this returns, so the first request needs no waiting.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    port = cast(int, listener.getsockname()[1])
    server = uvicorn.Server(_config(app, "127.0.0.1", port))
    thread = threading.Thread(target=server.run, args=([listener],), name=f"simulator-{port}", daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        listener.close()
        if thread.is_alive():
            raise TimeoutError(f"the simulator on port {port} did not stop within {STOP_SECONDS} s")

    return f"http://127.0.0.1:{port}", stop
