"""The REST API under `/api/v1`: what an operator asks of the service, as JSON."""

from fastapi import APIRouter, FastAPI

from app.web.api import connections, links, messages, previews, refusals, runs, schema
from app.web.api.gate import Gated
from app.web.api.ports import Operated

PREFIX = "/api/v1"


def mount(web: FastAPI, service: Operated) -> None:
    """Add all routes, and have every refusal answered as a problem."""
    web.state.service = service
    for part in (runs, messages, links, previews, connections):
        router = APIRouter(prefix=PREFIX, route_class=Gated, responses=schema.PROBLEMS)
        part.add_routes(router)
        web.include_router(router)
    refusals.install(web)
    schema.describe(web)
