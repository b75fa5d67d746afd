"""What a Salesforce client needs around it: a shelf, a meter, a clock, a login."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr

from app.records import System
from app.salesforce.client import Client
from app.salesforce.grants import ClientCredentials, Login, SignedAssertion
from app.salesforce.records import Records
from app.salesforce.signin import SignIn, TokenShelf
from app.salesforce.transport import Transport, open_http

ORG = "00D5g00000HrbSmEAJ"
SECRET = "sim-client-secret"
NOW = datetime(2026, 3, 2, 14, 5, 9, tzinfo=UTC)


class MemoryShelf:
    """A shelf that the threads of one process share, as processes share the real one."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, text: str, seconds: float) -> None:
        self.kept[name] = text

    def drop(self, name: str, text: str) -> None:
        with self._guard:
            if self.kept.get(name) == text:
                del self.kept[name]

    def lock(self, name: str) -> AbstractContextManager[bool]:
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())


class Counts:
    """A meter that remembers."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.usage: tuple[int, int] | None = None

    def called(self, system: System, operation: str) -> None:
        assert system is System.SALESFORCE
        self.calls[operation] += 1

    def used(self, system: System, used: int, limit: int) -> None:
        self.usage = (used, limit)


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


class Naps:
    """Takes the place of sleeping, and remembers for how long."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


class Desk:
    """One process: its own HTTP connections, meter and clock around a shelf that it may share."""

    def __init__(
        self, login: Login, shelf: TokenShelf | None = None, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.http = open_http()
        self.counts = Counts()
        self.naps = Naps()
        self.shelf = shelf or MemoryShelf()
        self.clock = clock or Clock()
        transport = Transport(self.http, self.counts)
        self.sign_in = SignIn(login, self.shelf, transport, self.clock)
        self.client = Client(self.sign_in, transport, version="65.0", sleep=self.naps)
        self.records = Records(self.client, self.clock, sleep=self.naps)


def by_secret(url: str, secret: str = SECRET, org: str = ORG) -> Login:
    return Login(url, org, ClientCredentials("sim-client", SecretStr(secret)))


def by_key(url: str, private_key: str, org: str = ORG) -> Login:
    return Login(
        url, org, SignedAssertion("sim-client", "ledgerline@harborlight.example", SecretStr(private_key))
    )


def key_pair() -> tuple[str, str]:
    """An RSA key pair as PEM: private, public."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
