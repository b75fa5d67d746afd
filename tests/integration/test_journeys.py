"""Journeys over sockets: the org's own notices, the real web application, Redis, worker processes, both systems."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app import bootstrap
from app.config import Settings
from app.ledger import health
from app.web.main import create_app
from simulators.server import background
from tests.crash.both import CREDENTIALS, Both, OrgApi, a_payment, both_running, many_payments
from tests.crash.processes import Zygote
from tests.crash.scene import Scene, scene
from tests.crash.worker import BELLS
from tests.waiting import until
from workers.ticker import utc_now

TOKEN = "a-token-of-tests"


@dataclass
class Journey:
    """Everything at work: what a user enters in the org goes its whole way by itself."""

    both: Both
    scene: Scene
    web: str

    def arrives(self, *ids: str, status: str = "Synced", seconds: float = 20) -> None:
        """Wait until the org shows these payments so, and all messages are closed."""

        def shown() -> bool:
            self.scene.tick()
            payments = {one["id"]: one for one in self.both.salesforce("GET", "books")["payments"]}
            return all(payments[id]["sync_status"] == status for id in ids)

        until(shown, seconds=seconds)

    def is_at_rest(self) -> None:
        """Wait until Salesforce has nothing more to tell, and we have nothing more to do."""

        def quiet() -> bool:
            self.scene.tick()
            return self.has_told_all() and self.scene.is_quiet()

        until(quiet, seconds=30)

    def has_told_all(self) -> bool:
        return not self.both.salesforce("GET", "messages?limit=1")["counts"].get("waiting")

    def message_of(self, id: str) -> str:
        said: str = self.both.payment(id)["sync_message"]
        return said

    def knobs(self, **knobs: object) -> None:
        self.both.salesforce("POST", "messages", {"knobs": knobs})


@pytest.fixture(scope="module")
def around(
    redis_url: str, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Journey]:
    """One of everything for the whole module; each test enters payments of its own."""
    home = tmp_path_factory.mktemp("home")
    ledger = home / "ledger.db"
    ledger.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{ledger}"
    told = {name.lower(): value for name, value in CREDENTIALS.items()}
    settings = Settings(
        _env_file=None, ledgerline_home=home, database_url=url, redis_url=redis_url, secret_key="a key of tests",
        salesforce_hook_token=TOKEN, **told,
    )  # fmt: skip
    with ExitStack() as last:
        service = bootstrap.build(settings)
        last.callback(service.ledger.engine.dispose)
        last.callback(service.redis.close)
        web, stop = background(create_app(service))
        last.callback(stop)
        hooks = f"{web}/hooks/main/salesforce"
        both = last.enter_context(
            both_running(
                hook_url=f"{hooks}/outbound-message/{TOKEN}",
                event_url=f"{hooks}/platform-event",
                event_token=TOKEN,
            )
        )
        zygote = Zygote()
        last.callback(zygote.close)
        here = last.enter_context(scene(both, zygote, redis_url, url, home))
        here.crew.start(BELLS)
        yield Journey(both, here, web)


@pytest.fixture
def journey(around: Journey) -> Journey:
    """Both systems as on the first day, told by outbound messages only."""
    around.is_at_rest()
    around.both.reset()
    around.knobs(messages=True, events=False)
    return around


def test_an_outbound_message_brings_a_payment_to_intacct_and_the_news_back(journey: Journey) -> None:
    id = journey.both.pay(("INV-10482", "40.25"), ("INV-10507", "9.50"))["id"]
    journey.arrives(id)
    journey.is_at_rest()

    assert journey.both.differences(posted=[id]) == []
    payment = journey.both.payment(id)
    assert payment["sync_message"] == f"Intacct payment {payment['intacct_key']}, USD 49.75."


def test_a_platform_event_does_the_same(journey: Journey) -> None:
    journey.knobs(messages=False, events=True)
    id = journey.both.pay()["id"]
    journey.arrives(id)
    journey.is_at_rest()

    assert journey.both.differences(posted=[id]) == []


def test_both_channels_told_twice_and_at_every_save_carry_it_once(journey: Journey) -> None:
    journey.knobs(messages=True, events=True, twice=True, every_save=True, split=True)
    ids = [made["id"] for made in journey.both.pay_all(many_payments(5))]
    journey.arrives(*ids)
    journey.is_at_rest()

    assert journey.both.differences(posted=ids) == []
    assert journey.both.intacct.calls().get("create", 0) <= 5


def test_a_mixed_batch_carries_what_is_good_and_says_what_is_wrong_with_the_rest(journey: Journey) -> None:
    good = [made["id"] for made in journey.both.pay_all(many_payments(6))]
    bad = [
        made["id"] for made in journey.both.pay_all([a_payment(amount="7.00"), a_payment(method="Barter")])
    ]
    journey.arrives(*good)
    journey.arrives(*bad, status="Needs Attention")
    journey.is_at_rest()

    assert journey.both.differences(posted=good, refused=bad) == []


def test_a_refused_payment_goes_its_way_when_its_user_has_mended_it(journey: Journey) -> None:
    id = journey.both.pay(amount="7.00")["id"]
    journey.arrives(id, status="Needs Attention")
    journey.both.correct(id, amount="100.00")
    journey.arrives(id)
    journey.is_at_rest()

    assert journey.both.differences(posted=[id]) == []


class TestARefusal:
    """Each refusal of the contract that a user can bring about, in words that this user can act on."""

    def _is_told(self, journey: Journey, said: str, payment: Mapping[str, object]) -> None:
        (made,) = journey.both.pay_all([payment])
        journey.arrives(made["id"], status="Needs Attention")
        journey.is_at_rest()

        assert said in journey.message_of(made["id"])
        assert journey.both.differences(posted=[], refused=[made["id"]]) == []

    @pytest.mark.parametrize(
        ("said", "changes"),
        [
            ("The amount is USD 0.00.", {"amount": "0.00"}),
            ("The amount is USD -5.00.", {"amount": "-5.00"}),
            ("the payment is USD 7.00", {"amount": "7.00"}),
            ("has no receipt date", {"receipt_date": None}),
            ("“Barter”", {"method": "Barter"}),
            ("no payment method", {"method": None}),
            ("NO-SUCH", {"Deposit_To__c": "NO-SUCH"}),
            ("The payment is in EUR, INV-10482 in USD.", {"currency": "EUR"}),
        ],
    )
    def test_of_the_header_is_told(self, journey: Journey, said: str, changes: dict[str, Any]) -> None:
        self._is_told(journey, said, a_payment(**changes))

    @pytest.mark.parametrize(
        ("said", "lines"),
        [
            ("says no invoice it pays", []),
            ("INV-10482", [("INV-10482", "0.00")]),
            ("INV-10482", [("INV-10482", "10.00"), ("INV-10482", "20.00")]),
            ("INV-10551", [("INV-10551", "10.00")]),
            ("INV-10482", [("INV-10482", "14900.01")]),
        ],
        ids=["no-line", "line-not-above-zero", "invoice-twice", "other-customer", "above-due"],
    )
    def test_of_the_lines_is_told(self, journey: Journey, said: str, lines: list[tuple[str, str]]) -> None:
        applied = [{"invoice": invoice, "amount": amount} for invoice, amount in lines]
        total = sum(float(amount) for _, amount in lines)
        self._is_told(journey, said, a_payment(amount=f"{total or 5:.2f}") | {"lines": applied})

    def test_of_an_amount_finer_than_its_currency_is_told(self, journey: Journey) -> None:
        lines = [{"invoice": "INV-J-0088", "amount": "1284.50"}]
        yen = {"account": "C-40012", "currency": "JPY", "Deposit_To__c": "MUFG-7703", "amount": "1284.50"}
        self._is_told(journey, "JPY has no decimals", a_payment(**yen) | {"lines": lines})

    def test_of_an_inactive_customer_is_told(self, journey: Journey) -> None:
        journey.both.intacct("POST", "customers/C-10233", {"active": False})
        self._is_told(journey, "inactive", a_payment())

    def test_of_an_invoice_that_is_gone_in_intacct_is_told(self, journey: Journey) -> None:
        journey.both.intacct("DELETE", "invoices/55102")
        self._is_told(journey, "INV-10482", a_payment())

    def test_of_an_overpayment_without_its_location_is_told(self, journey: Journey) -> None:
        self._is_told(journey, "location", a_payment(amount="130.00", Overpayment_Amount__c="30.00"))

    def test_that_only_intacct_can_say_is_told_in_its_words(self, journey: Journey) -> None:
        self._is_told(journey, "period", a_payment(receipt_date="2023-01-31"))


def test_a_payment_of_an_account_that_is_not_linked_waits_and_goes_when_it_is(journey: Journey) -> None:
    org = OrgApi(journey.both)
    stranger = org.create("Account", {"Name": "Newcomer Ltd"})
    made = journey.both.pay(status="Draft")
    invoice = journey.both.salesforce(
        "POST", "invoices", {"account": stranger, "number": "INV-N-1", "key": "77001", "total": "50.00"}
    )
    recordno = journey.both.intacct(
        "POST", "invoices", {"customer": "C-10233", "entity": "100", "total": "50.00"}
    )
    org.update("AR_Invoice__c", invoice["id"], {"Intacct_Key__c": str(recordno["recordno"])})
    lines = [{"invoice": invoice["id"], "amount": "50.00"}]
    journey.both.correct(made["id"], account=stranger, amount="50.00", lines=lines, status="Ready")
    journey.arrives(made["id"], status="Waiting")
    assert "Newcomer Ltd" in journey.message_of(made["id"])

    org.update(
        "Account",
        org.by_key("Account", "Intacct_Customer_Id__c", "C-10233"),
        {"Intacct_Customer_Id__c": None},
    )
    org.update("Account", stranger, {"Intacct_Customer_Id__c": "C-10233"})
    journey.arrives(made["id"])
    journey.is_at_rest()


@pytest.mark.parametrize(("paused", "most"), [(True, 0.08), (False, 0.24)], ids=["backlog", "live"])
def test_a_burst_of_250_payments_costs_few_calls(journey: Journey, paused: bool, most: float) -> None:
    """
    Five calls a batch and four lanes: 20 calls where all is recorded before a worker looks. Where one works while the
    org delivers, in three posts, a post costs a batch of each lane at most. Signing in and learning the org's fields
    is done once an hour, not for a payment: the first one pays for it.
    """
    first = journey.both.pay()["id"]
    journey.arrives(first)
    journey.is_at_rest()
    journey.both.salesforce("POST", "messages", {"pause": True})
    burst = many_payments(250)
    ids = [
        made["id"] for start in range(0, 250, 50) for made in journey.both.pay_all(burst[start : start + 50])
    ]
    for system in (journey.both.salesforce, journey.both.intacct):
        system("DELETE", "calls")
    if paused:
        with journey.scene.ledger.write() as ledger:
            health.pause(ledger, "main", "", reason="A person looks at it.", now=utc_now())
    journey.both.salesforce("POST", "messages", {"resume": True, "deliver_now": True})
    until(journey.has_told_all)
    with journey.scene.ledger.write() as ledger:
        health.resume(ledger, "main", "")
    journey.arrives(*ids, seconds=60)
    journey.is_at_rest()
    calls = list(journey.both.salesforce.calls().items()) + list(journey.both.intacct.calls().items())

    assert journey.both.differences(posted=[first, *ids]) == []
    assert sum(count for _, count in calls) / len(ids) <= most, calls
