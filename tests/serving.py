"""The real web application on a socket, with what it serves in the hands of the test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
