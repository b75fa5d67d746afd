"""The Intacct package against the simulated company, over real sockets."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.errors import OutcomeUnknown, RemoteUnavailable, SignInRefused
from app.intacct.fetch import fetch, whole
from app.intacct.payments import Payments
from app.intacct.probe import permissions, user_format
from app.intacct.requests import Login, Query, create_payment
from app.intacct.wire import open_http
from app.records import Again, Payment, PaymentLine, Posting, Refused, Repeated, Unclear, Written
from simulators.intacct.settings import Settings
from simulators.intacct.web import PATH, Simulator
from simulators.server import background
from tests.unit.intacct.doubles import Around, plugged

BOOKS = Settings()


@dataclass
class Company:
    """The simulated company, our gateway into it, and the simulator's own controls."""

    around: Around
    payments: Payments
    login: Login
    controls: httpx.Client

    def books(self) -> Any:  # Any: the simulator's JSON, looked at by the test itself
        return self.controls.get("/_sim/books").raise_for_status().json()

    def posted(self, key: str) -> list[Any]:
        return [one for one in self.books()["payments"] if one["docnumber"] == key]

    def strike(self, kind: str, match: str = "create", **more: object) -> None:
        self.controls.post("/_sim/faults", json={"kind": kind, "match": match, **more}).raise_for_status()

    def calls(self) -> dict[str, int]:
        by: dict[str, int] = self.controls.get("/_sim/calls").raise_for_status().json()["by"]
        return by

    def expire_sessions(self) -> None:
        self.controls.delete("/_sim/sessions").raise_for_status()

    def invoice(self, customer: str, total: str) -> str:
        wanted = {"customer": customer, "entity": "100", "currency": "USD", "total": total}
        return str(self.controls.post("/_sim/invoices", json=wanted).raise_for_status().json()["recordno"])


Open = Callable[[Settings], Company]


@pytest.fixture
def opened() -> Iterator[Open]:
    closing: list[Callable[[], None]] = []

    def start(settings: Settings) -> Company:
        simulator = Simulator(settings)
        url, stop = background(simulator.app)
        login = Login(
            endpoint=url + PATH,
            sender_id=settings.sender_id,
            sender_password=settings.sender_password,
            company_id=settings.company_id,
            user_id=settings.user_id,
            user_password=settings.user_password,
        )
        http, controls = open_http(), httpx.Client(base_url=url)
        closing.extend([http.close, controls.close, stop, simulator.close])
        around = plugged(http, login=login)
        return Company(around, around.payments(), login, controls)

    yield start
    for close in closing:
        close()


@pytest.fixture
def company(opened: Open) -> Company:
    return opened(BOOKS)


def posting(
    key: str = "ARP-000001",
    invoice: str = "55172",
    amount: str = "1900.00",
    *,
    entity: str = "",
    **header: str,
) -> Posting:
    fields = {
        "FINANCIALENTITY": "CHASE-4471",
        "PAYMENTMETHOD": "EFT",
        "CUSTOMERID": "C-10241",
        "DOCNUMBER": key,
        "RECEIPTDATE": "11/24/2026",
        "CURRENCY": "USD",
        **header,
    }
    lines = ((("RECORDKEY", invoice), ("TRX_PAYMENTAMOUNT", amount)),)
    return Posting(key, f"main:{key}:create:1", entity, tuple(fields.items()), lines)


def a_payment(customer: str, invoices: list[str]) -> Payment:
    lines = tuple(PaymentLine(f"l{key}", key, key, key, Decimal(1)) for key in invoices)
    return Payment(
        id="a",
        key="ARP-1",
        account="001",
        account_name="x",
        customer=customer,
        amount=Decimal(1),
        currency="USD",
        receipt_date=date(2026, 11, 24),
        method="EFT",
        method_entered="EFT",
        status="Ready",
        lines=lines,
    )


def test_a_payment_is_written_read_back_and_found_by_its_key(company: Company) -> None:
    (outcome,) = company.payments.write([posting()])
    assert isinstance(outcome, Written)
    read = company.payments.read([outcome.id, "999999"])
    (found,) = company.payments.find(["ARP-000001", "ARP-000002"])["ARP-000001"]
    assert read == {outcome.id: found}
    assert (found.customer, found.currency, found.amount) == ("C-10241", "USD", Decimal(1900))
    assert (found.receipt_date, found.is_reversal, found.is_reversed) == (date(2026, 11, 24), False, False)
    assert [(line.invoice_key, line.amount) for line in found.lines] == [("55172", Decimal(1900))]
    assert company.books()["payments"][-1]["lines"][0]["recordno"] == int(found.lines[0].id)


def test_looking_around_takes_one_request_and_tells_all(company: Company) -> None:
    books = company.payments.look_around(
        [a_payment("C-10241", ["55172", "424242"]), a_payment("C-40012", ["55201"])]
    )
    assert books.invoices["55172"].due == Decimal("1900.00")
    assert (books.invoices["55201"].currency, books.invoices["55201"].entity) == ("JPY", "400")
    assert "424242" not in books.invoices
    assert books.customers["C-10241"].active
    assert books.accounts is not None
    assert "CHASE-4471" in books.accounts
    assert books.entities == {"100", "200", "300", "400"}
    assert company.calls() == {"getAPISession": 1, "query query query query query": 1}


def test_an_inactive_customer_is_told(company: Company) -> None:
    company.controls.post("/_sim/customers/C-10241", json={"active": False}).raise_for_status()
    assert not company.payments.look_around([a_payment("C-10241", ["55172"])]).customers["C-10241"].active


def test_a_company_in_one_currency_without_entities_is_read_all_the_same(opened: Open) -> None:
    company = opened(replace(BOOKS, multi_currency=False, multi_entity=False))
    books = company.payments.look_around([a_payment("C-10241", ["55172"])])
    assert books.invoices["55172"].entity == ""
    assert not books.entities


def test_two_hundred_and_fifty_invoices_are_looked_at_in_one_request(company: Company) -> None:
    keys = [company.invoice("C-10241", "10.00") for _ in range(250)]
    books = company.payments.look_around([a_payment("C-10241", keys[:125]), a_payment("C-10241", keys[125:])])
    assert set(books.invoices) == set(keys)
    assert company.calls()["query query query query query"] == 1


def test_a_payment_that_was_recorded_before_is_refused_as_repeated_and_stands_once(company: Company) -> None:
    company.payments.write([posting()])
    (again,) = company.payments.write([posting()])
    assert isinstance(again, Repeated)
    assert len(company.posted("ARP-000001")) == 1


def test_a_repeat_while_the_first_is_still_at_work_is_refused_as_repeated(opened: Open) -> None:
    company = opened(replace(BOOKS, seconds_per_record=1.0))
    first: list[object] = []
    thread = threading.Thread(target=lambda: first.extend(company.payments.write([posting()])))
    company.payments.find(["x"])  # signed in: the two posts are all that is left to do
    thread.start()
    seen: list[object] = []
    while thread.is_alive() and not any(isinstance(one, Repeated) for one in seen):
        seen += company.payments.write([posting()])
    thread.join(20)
    both = [*first, *seen]
    assert sum(isinstance(one, Written) for one in both) == 1
    assert any(isinstance(one, Repeated) for one in both)
    assert len(company.posted("ARP-000001")) == 1


@pytest.mark.parametrize(
    ("kind", "stands"),
    [
        ("cut_after", 1),
        ("cut_before", 0),
        ("html_after", 1),
        ("html_before", 0),
        ("gateway_524", 1),
        ("gateway_524_before", 0),
        ("status_500", 0),
        ("status_502", 0),
    ],
)
def test_a_lost_answer_is_unclear_and_looking_it_up_tells(company: Company, kind: str, stands: int) -> None:
    company.payments.find(["x"])
    company.strike(kind)
    (outcome,) = company.payments.write([posting()])
    assert isinstance(outcome, Unclear)
    assert "ARP-000001" in outcome.exchange.sent
    assert len(company.payments.find(["ARP-000001"]).get("ARP-000001", ())) == stands
    assert company.calls()["create"] == 1
    (second,) = company.payments.write([posting()])
    assert isinstance(second, Repeated if stands else Written)
    assert len(company.posted("ARP-000001")) == 1


def test_a_gateway_that_cannot_be_reached_is_unavailable(company: Company) -> None:
    away = plugged(company.around.http, login=replace(company.login, endpoint="http://127.0.0.1:9" + PATH))
    with pytest.raises(RemoteUnavailable, match="cannot be reached"):
        away.payments().write([posting()])
    assert away.meter.operations == []


def test_throttling_is_unavailable_and_says_how_long(company: Company) -> None:
    company.strike("rate_limit", seconds=17)
    with pytest.raises(RemoteUnavailable) as caught:
        company.payments.write([posting()])
    assert caught.value.retry_after == 17
    assert company.posted("ARP-000001") == []


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "html_before", "status_502", "rate_limit"])
def test_a_read_outlives_a_blip(company: Company, kind: str) -> None:
    company.payments.write([posting()])
    company.strike(kind, "query")
    assert company.payments.find(["ARP-000001"])
    assert len(company.around.waits) == 1


def test_a_read_that_stays_broken_is_unavailable(company: Company) -> None:
    company.strike("html_before", "query", count=-1)
    with pytest.raises(RemoteUnavailable):
        company.payments.find(["ARP-000001"])
    assert company.calls()["query"] == 3


def test_an_expired_session_is_renewed_once_and_the_payment_stands_once(company: Company) -> None:
    company.payments.find(["x"])
    company.expire_sessions()
    (outcome,) = company.payments.write([posting()])
    assert isinstance(outcome, Written)
    assert company.calls() == {"getAPISession": 2, "query": 1, "create": 2}
    assert len(company.posted("ARP-000001")) == 1


def test_an_expired_session_is_renewed_for_reads_too(company: Company) -> None:
    company.payments.write([posting()])
    company.expire_sessions()
    assert company.payments.find(["ARP-000001"])
    assert company.calls()["getAPISession"] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_password": "wrong"},
        {"sender_password": "wrong"},
        {"company_id": "NOWHERE"},
        {"user_id": "nobody"},
    ],
)
def test_a_wrong_login_is_tried_once(company: Company, wrong: dict[str, str]) -> None:
    stranger = plugged(company.around.http, login=replace(company.login, **wrong)).payments()
    with pytest.raises(SignInRefused) as caught:
        stranger.look_around([a_payment("C-10241", ["55172"])])
    assert company.calls() == {"getAPISession": 1}
    assert "wrong" not in str(caught.value)


def test_a_login_refused_in_mid_work_is_not_tried_again_either(company: Company) -> None:
    company.payments.find(["x"])
    company.strike("sign_in_refused")
    with pytest.raises(SignInRefused):
        company.payments.write([posting()])
    assert company.calls() == {"getAPISession": 1, "query": 1, "create": 1}


def test_a_payment_is_written_in_the_entity_that_it_names(company: Company) -> None:
    abroad = posting(
        "ARP-000002",
        "55191",
        "3310.00",
        entity="200",
        CUSTOMERID="C-20418",
        CURRENCY="EUR",
        FINANCIALENTITY="ING-0091",
    )
    outcomes = company.payments.write([posting(), abroad])
    assert all(isinstance(one, Written) for one in outcomes)
    assert company.posted("ARP-000002")[0]["entity"] == "200"
    assert company.calls() == {"getAPISession": 2, "create": 2}
    assert company.payments.find(["ARP-000002"])


def test_an_entitys_session_sees_no_other_entitys_invoice(company: Company) -> None:
    """So the payment above was indeed written from within its entity, and not from the top level."""
    (elsewhere,) = company.payments.write([posting(entity="300")])
    assert not isinstance(elsewhere, Written)
    assert company.posted("ARP-000001") == []


def test_the_entity_of_an_expired_session_is_entered_again(company: Company) -> None:
    abroad = posting(
        "ARP-000002",
        "55191",
        "10.00",
        entity="200",
        CUSTOMERID="C-20418",
        CURRENCY="EUR",
        FINANCIALENTITY="ING-0091",
    )
    company.payments.write([replace(abroad, key="ARP-1", control_id="main:ARP-1:create:1")])
    company.expire_sessions()
    (outcome,) = company.payments.write([abroad])
    assert isinstance(outcome, Written)
    assert company.posted("ARP-000002")[0]["entity"] == "200"


def test_an_entity_that_is_not_there_refuses_its_payment_and_no_other(company: Company) -> None:
    refused, done = company.payments.write([posting("ARP-000002", entity="999"), posting()])
    assert isinstance(refused, Refused)
    assert "999" in refused.problem.text
    assert isinstance(done, Written)


def test_each_payment_of_a_batch_has_its_own_outcome(company: Company) -> None:
    company.controls.post(
        "/_sim/periods", json={"entity": "100", "open_from": "2026-11-01"}
    ).raise_for_status()
    closed = posting("ARP-3", "55173", "640.25", RECEIPTDATE="10/31/2026")
    gone = posting("ARP-4", "424242", "1.00")
    nobody = posting("ARP-5", "55173", "1.00", CUSTOMERID="C-0")
    outcomes = company.payments.write(
        [posting("ARP-1"), closed, gone, nobody, posting("ARP-2", "55173", "640.25")]
    )
    assert [type(one) for one in outcomes] == [Written, Refused, Again, Refused, Written]
    period = outcomes[1]
    assert isinstance(period, Refused)
    assert period.problem.code == "period_closed"
    assert "2026-10-31" in period.problem.text
    assert "BL01001973" in period.problem.support
    customer = outcomes[3]
    assert isinstance(customer, Refused)
    assert customer.problem.remedy
    assert sorted(one["docnumber"] for one in company.books()["payments"]) == ["ARP-1", "ARP-2"]


def test_a_refused_payment_may_be_sent_again_with_the_same_control_id(company: Company) -> None:
    company.controls.post(
        "/_sim/periods", json={"entity": "100", "open_from": "2026-12-01"}
    ).raise_for_status()
    (first,) = company.payments.write([posting()])
    company.controls.post(
        "/_sim/periods", json={"entity": "100", "open_from": "2026-01-01"}
    ).raise_for_status()
    (second,) = company.payments.write([posting()])
    assert isinstance(first, Refused)
    assert isinstance(second, Written)


def test_awkward_text_arrives_as_it_was(company: Company) -> None:
    text = 'Müller & Söhne <"O\'Hara"> \u20ac ]]> &amp;'
    (outcome,) = company.payments.write([posting(DESCRIPTION=text)])
    assert isinstance(outcome, Written)
    asked = Query("ARPYMT", ("DESCRIPTION",), by="RECORDNO", values=(outcome.id,))
    (record,) = whole(fetch(company.around.gateway, [asked])[0])
    assert record["DESCRIPTION"] == text


def test_original_and_reversal_are_told_apart_by_the_same_key(company: Company) -> None:
    (outcome,) = company.payments.write([posting()])
    assert isinstance(outcome, Written)
    company.controls.post(f"/_sim/payments/{outcome.id}/reverse", json={}).raise_for_status()
    original, reversal = company.payments.find(["ARP-000001"])["ARP-000001"]
    assert original.id == outcome.id
    assert (original.is_reversed, original.is_reversal) == (True, False)
    assert (reversal.is_reversed, reversal.is_reversal) == (False, True)
    assert company.payments.read([outcome.id])[outcome.id].is_reversed


def test_a_custom_field_can_hold_the_key(company: Company) -> None:
    company.controls.post("/_sim/fields", json={"name": "LEDGERLINE_KEY"}).raise_for_status()
    payments = company.around.payments(key_field="LEDGERLINE_KEY")
    (outcome,) = payments.write([posting(DOCNUMBER="check 17", LEDGERLINE_KEY="ARP-000001")])
    assert isinstance(outcome, Written)
    (found,) = payments.find(["ARP-000001"])["ARP-000001"]
    assert found.key == "ARP-000001"


def test_one_hundred_and_twenty_payments_arrive_once_each_in_their_order(company: Company) -> None:
    invoice = company.invoice("C-10241", "500.00")
    wanted = [posting(f"ARP-{number:06}", invoice, "1.00") for number in range(120)]
    outcomes = company.payments.write(wanted)
    ids = [one.id for one in outcomes if isinstance(one, Written)]
    assert len(ids) == 120
    read = company.payments.read(ids)
    assert [read[number].key for number in ids] == [one.key for one in wanted]
    assert company.calls()["create " * 24 + "create"] == 4


def test_what_is_sent_is_what_describe_shows(company: Company) -> None:
    (outcome,) = company.payments.write([posting()])
    assert outcome.exchange.sent == company.payments.describe(posting()) == create_payment(posting()).text
    assert company.login.user_password not in outcome.exchange.sent
    assert outcome.exchange.received.startswith("<result>")


def test_a_lost_answer_of_the_gateway_itself_is_an_unknown_outcome(company: Company) -> None:
    company.payments.find(["x"])
    company.strike("cut_after")
    with pytest.raises(OutcomeUnknown):
        company.around.gateway.call([create_payment(posting())], unique=True)


def test_the_probe_tells_permissions_and_the_users_own_format(company: Company) -> None:
    assert [one.object for one in permissions(company.around.gateway) if one.problem] == []
    told = user_format(company.around.gateway)
    assert told is not None
    assert told.problem is None
    assert told.date_format == "/mdY"
