"""The simulator as one web application: the gateway, the controls and the accountant's pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from simulators import faults
from simulators.intacct.books import Books
from simulators.intacct.controls import Controls, control_routes
from simulators.intacct.events import Events
from simulators.intacct.gateway import Gateway
from simulators.intacct.pages import Pages, page_routes
from simulators.intacct.seed import start
from simulators.intacct.settings import Settings
from simulators.store import Store

PATH = "/ia/xml/xmlgw.phtml"
_STATIC = Path(__file__).parents[1] / "static"


class Simulator:
    """A company that is running: its books and its application. Close it to post the last events and free the file."""

    def __init__(
        self,
        settings: Settings,
        state: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = Store(state)
        self._events = Events(settings.event_url, settings.event_key, settings.timezone)
        self.books = Books(self._store, settings, clock, self._events)
        with self.books.work():
            start(self.books)
        self.gateway = Gateway(self.books)
        self.app = _app(self.gateway)

    def close(self) -> None:
        self._events.close()
        self._store.close()


def _app(gateway: Gateway) -> FastAPI:
    app = FastAPI(title="Simulated Sage Intacct", docs_url=None, redoc_url=None, openapi_url=None)

    async def answer(request: Request) -> Response:
        opened = gateway.open(await request.body())
        gateway.calls.count(opened.label)
        fault = gateway.faults.take(opened.label)
        if fault is not None:
            gateway.note(opened, 0, f"fault: {fault.kind}")
        endpoint = str(request.url.replace(query=""))
        return await faults.answer(
            request,
            fault,
            lambda: gateway.respond(opened, endpoint),
            lambda struck: gateway.in_its_words(opened, struck),
        )

    app.add_api_route(PATH, answer, methods=["POST"])
    app.include_router(faults.control_routes(gateway.faults, gateway.calls))
    app.include_router(control_routes(Controls(gateway)))
    app.include_router(page_routes(Pages(gateway)))
    app.mount("/static", StaticFiles(directory=_STATIC))
    return app
