"""The one place where settings become objects."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from pydantic import SecretStr
from redis import Redis

from app import flows, redis_server
from app.config import Settings
from app.errors import BadSetting
from app.idempotency import Claims
from app.intacct import wire as intacct_wire
from app.intacct.client import Gateway
from app.intacct.payments import Payments as IntacctPayments
from app.intacct.requests import Login as IntacctLogin
from app.intacct.signin import SignIn as IntacctSignIn
from app.intacct.wire import Wire
from app.ledger import health, mappings
from app.ledger.engine import Ledger, connect
from app.mapping import document
from app.mapping.plan import Plan, prepare
from app.mapping.preset import preset
from app.mapping.writing import Defaults
from app.meter import Meter, Pace, Slots
from app.queue import Doorbell
from app.records import System
from app.salesforce import transport as salesforce_transport
from app.salesforce.client import Client
from app.salesforce.grants import ClientCredentials, SignedAssertion
from app.salesforce.grants import Login as SalesforceLogin
from app.salesforce.records import Records
from app.salesforce.signin import SignIn as SalesforceSignIn
from app.salesforce.signin import TokenShelf as SessionShelf
from app.salesforce.transport import Transport
from app.sync.desk import Desk
from app.sync.drain import Drainer
from app.sync.flow import Flow
from app.sync.intake import Routes
from app.tokens import TokenShelf, seal_of

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Gates:
    """Whether a lane's connection may work now."""

    ledger: Ledger

    def open(self, lane: str, now: datetime) -> bool:
        with self.ledger.read() as reading:
            return health.gate(reading, lane, now=now).is_open


@dataclass(frozen=True)
class Connection:
    """One Salesforce org with one Intacct company, and everything that speaks to them."""

    slug: str
    records: Records
    gateway: Gateway
    payments: flows.MappedPayments
    books: IntacctPayments
    defaults: Defaults
    flows: Mapping[str, Flow]
    desk: Desk


@dataclass(frozen=True)
class Service:
    """Everything a process may need. What speaks to the remote systems is made when it is first asked for."""

    settings: Settings
    ledger: Ledger
    redis: Redis
    clock: Clock = utc_now

    @cached_property
    def doorbell(self) -> Doorbell:
        return Doorbell(self.redis)

    @cached_property
    def gates(self) -> Gates:
        return Gates(self.ledger)

    @cached_property
    def meter(self) -> Meter:
        return Meter(self.redis, self.settings.connection, clock=self.clock, hold_seconds=0.5)

    @cached_property
    def plans(self) -> flows.Plans:
        return flows.Plans(self._plan)

    @property
    def routes(self) -> Routes:
        """Which object's notices go to which flow, by the mapping in force."""
        return {(System.SALESFORCE, self.plans().document.origin.object): flows.PAYMENT_TO_INTACCT}

    @property
    def connection(self) -> Connection:
        """
        :raises BadSetting: a login that can never work, with the variable's name
        """
        with _making:
            return self._connection

    @cached_property
    def _connection(self) -> Connection:
        return open_connection(
            self, TokenShelf(self.redis, seal_of(self.settings.secret_key.get_secret_value()))
        )

    @property
    def drainer(self) -> Drainer:
        made = self.connection
        return Drainer({(made.slug, name): flow for name, flow in made.flows.items()}, {made.slug: made.desk})

    def _plan(self) -> Plan:
        with self.ledger.read() as reading:
            saved = mappings.newest(reading, self.settings.connection, flows.PAYMENT_TO_INTACCT)
        return prepare(document.Document.model_validate(saved.document) if saved else preset())


_making = threading.Lock()  # two threads of the web must not open two sets of clients


def build(settings: Settings) -> Service:
    return Service(settings, connect(settings.ledger_url), redis_server.connect(redis_server.url(settings)))


def open_connection(service: Service, shelf: SessionShelf) -> Connection:
    """With sessions of its own shelf: `doctor` brings an empty one, so that it tries the logins themselves."""
    settings = service.settings
    records = _salesforce(settings, service.meter, shelf, service.clock)
    gateway = _intacct(settings, service, shelf)
    pace = Pace(service.redis, settings.connection)
    books = IntacctPayments(gateway, key_field=settings.intacct_key_field, pace=pace, clock=time.monotonic)
    payments = flows.MappedPayments(records, service.plans)
    defaults = Defaults(
        connection=settings.connection,
        key_field=settings.intacct_key_field,
        deposit_account=settings.intacct_deposit_account,
        undeposited_account=settings.intacct_undeposited_account,
        currency=settings.connection_currency,
        entity=settings.intacct_entity_id,
    )
    desk = Desk(
        connection=settings.connection,
        ledger=service.ledger,
        claims=Claims(service.redis),
        clock=service.clock,
        lease=timedelta(seconds=settings.lease_seconds),
        retry=settings.retry_seconds,
        lookup=settings.lookup_seconds,
        parent_wait=timedelta(seconds=settings.sweep_seconds),
    )
    flow = flows.payment_to_intacct(payments, books, defaults)
    return Connection(
        settings.connection, records, gateway, payments, books, defaults, {flow.name: flow}, desk
    )


def _salesforce(settings: Settings, meter: Meter, shelf: SessionShelf, clock: Clock) -> Records:
    transport = Transport(salesforce_transport.open_http(), meter)
    login = SalesforceLogin(settings.salesforce_login_url, settings.salesforce_org_id, _grant(settings))
    sign_in = SalesforceSignIn(login, shelf, transport, clock)
    return Records(Client(sign_in, transport, version=settings.salesforce_api_version), clock)


def _grant(settings: Settings) -> ClientCredentials | SignedAssertion:
    if settings.salesforce_private_key_file:
        key = SecretStr(_private_key(settings.salesforce_private_key_file))
        return SignedAssertion(settings.salesforce_client_id, settings.salesforce_username, key)
    return ClientCredentials(settings.salesforce_client_id, settings.salesforce_client_secret)


def _private_key(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        name = "SALESFORCE_PRIVATE_KEY_FILE"
        raise BadSetting(
            name, f"cannot be read ({error.strerror})", "Name the PEM file of the app's RSA key."
        ) from None


def _intacct(settings: Settings, service: Service, shelf: SessionShelf) -> Gateway:
    slots = Slots(service.redis, settings.connection, settings.intacct_concurrency)
    wire = Wire(intacct_wire.open_http(), slots, service.meter)
    login = IntacctLogin(
        endpoint=settings.intacct_endpoint,
        sender_id=settings.intacct_sender_id,
        sender_password=settings.intacct_sender_password.get_secret_value(),
        company_id=settings.intacct_company_id,
        user_id=settings.intacct_user_id,
        user_password=settings.intacct_user_password.get_secret_value(),
        entity_id=settings.intacct_entity_id,
    )
    return Gateway(login, wire, IntacctSignIn(settings.connection, login, wire, shelf))
