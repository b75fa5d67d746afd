"""The real web application on a socket, with what it serves in the hands of the test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from redis import Redis

from app.config import Settings
from app.ledger.engine import Ledger
from app.meter import Meter
from app.queue import Doorbell
from app.records import System
from app.sync.intake import Routes
from app.sync.preview import Previewed
from app.web.main import create_app, server
from tests.conftest import Clock
from tests.fakes import FLOW, a_payment, payment_flow
from tests.previewed import Company, Connection, Org, connection
from tests.unit.sync.test_pipeline import World

API = "/api/v1"
TOKEN = "api-token-9Zq"
ROUTES: Routes = {(System.SALESFORCE, "AR_Payment__c"): "payment-to-intacct"}


@dataclass
class Served:
    """`connection` may be an error: what making the clients raises."""

    ledger: Ledger
    redis: Redis
    clock: Clock
    made: Previewed | Exception
    settings: Settings
    routes: Routes

    @property
    def doorbell(self) -> Doorbell:
        return Doorbell(self.redis)

    @property
    def meter(self) -> Meter:
        return Meter(self.redis, self.settings.connection, clock=self.clock)

    @property
    def connection(self) -> Previewed:
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


def served(
    ledger: Ledger, redis: Redis, clock: Clock, made: Previewed | Exception, **settings: str
) -> Served:
    given = {"api_token": TOKEN, "redis_url": "redis://127.0.0.1:1", **settings}
    return Served(ledger, redis, clock, made, Settings(_env_file=None, **given), ROUTES)


@contextmanager
def serving(service: Served) -> Iterator[str]:
    """Answers the address; the server has stopped when the block is left."""
    listener = socket.create_server(("127.0.0.1", 0))
    web = server(create_app(service), host="127.0.0.1", port=0)
    thread = threading.Thread(target=web.run, args=([listener],), name="web")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        web.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


def client(address: str, token: str = TOKEN) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False)


@dataclass
class Desk:
    """The world, the service over it, and an operator's client."""

    world: World
    service: Served
    web: httpx.Client

    def refused(self, response: httpx.Response, status: int, code: str) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = response.json()
        assert (problem["status"], problem["code"]) == (status, code)
        assert problem["title"]
        assert problem["detail"]
        assert problem["remedy"]
        assert TOKEN not in response.text
        return problem

    def get(self, path: str, **query: object) -> Any:
        response = self.web.get(API + path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return self.web.post(API + path, json=body, headers=headers)

    def arrive(self, *ids: str, amount: str = "100.00") -> None:
        """Payments are made ready, told of and carried as far as they go."""
        self.world.salesforce.hold(*(a_payment(id, amount=amount) for id in ids))
        self.world.told(*ids)
        self.world.drain()


@contextmanager
def opened(ledger: Ledger, redis: Redis, clock: Clock, **settings: str) -> Iterator[Desk]:
    world = World(ledger, redis, clock)
    flow = payment_flow(world.salesforce, world.intacct)
    shown = connection(Org(), Company(), world.desk)
    made = Connection(shown.payments, shown.defaults, {FLOW: flow}, world.desk)
    service = served(ledger, redis, clock, made, **settings)
    with serving(service) as address, client(address) as web:
        yield Desk(world, service, web)
