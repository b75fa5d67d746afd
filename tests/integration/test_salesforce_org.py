"""The Salesforce package against a simulated org on a real socket."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier

import httpx
import pytest
from redis import Redis

from app.errors import CallRefused, OutcomeUnknown, RemoteUnavailable, SignInRefused
from app.records import Again, Change, Condition, Refused, Shape, Value, Written
from app.salesforce.failures import RequestRefused, RequestsUsedUp
from app.tokens import TokenShelf as RedisShelf
from app.tokens import seal_of
from simulators.salesforce.app import application
from simulators.salesforce.delivering import Courier
from simulators.salesforce.seed import opened
from simulators.salesforce.settings import Settings
from simulators.server import background
from tests.unit.salesforce.kit import Clock, Desk, MemoryShelf, by_key, by_secret, key_pair

PRIVATE_KEY, PUBLIC_KEY = key_pair()
PAYMENTS = Shape(
    object="AR_Payment__c",
    fields=(
        "Name",
        "Amount__c",
        "CurrencyIsoCode",
        "Receipt_Date__c",
        "Status__c",
        "Overpayment_Amount__c",
        "Sync_Message__c",
        "Account__c",
        "Account__r.Intacct_Customer_Id__c",
    ),
    children="AR_Payment_Lines__r",
    child_object="AR_Payment_Line__c",
    child_fields=("AR_Invoice__c", "AR_Invoice__r.Intacct_Key__c", "Amount__c"),
)
NOBODY = "a0B5g00000zzzzz"
HOUR = timedelta(hours=1)


class Simulated:
    """A simulated org, and what a test does to it from outside."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url}/_sim", trust_env=False)

    def payment(self, **given: object) -> dict[str, str]:
        """A payment of customer C-10233 against one of its invoices."""
        made = self._post("/payments", {"account": "C-10233", **given})
        assert isinstance(made, dict)
        return made

    def fails(self, kind: str, match: str, **more: object) -> None:
        self._post("/faults", {"kind": kind, "match": match, **more})

    def holds(self, id: str, count: int) -> None:
        self._post("/locks", {"id": id, "count": count})

    def spends_its_calls(self) -> None:
        self._post("/budget", {"limit": 10, "used": 10})

    def forgets_calls(self) -> None:
        self._http.delete("/calls").raise_for_status()

    def calls(self, label: str) -> int:
        by = self._http.get("/calls").raise_for_status().json()["by"]
        return sum(count for name, count in by.items() if label in name)

    def invoices(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self._http.get("/books").raise_for_status().json()["invoices"]
        return found

    def close(self) -> None:
        self._http.close()

    def _post(self, path: str, body: dict[str, object]) -> object:
        answer = self._http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def org() -> Iterator[Simulated]:
    state = opened(Settings(public_key=PUBLIC_KEY))
    url, stop = background(application(state, Courier(state)))
    simulated = Simulated(url)
    yield simulated
    simulated.close()
    stop()


@pytest.fixture
def desks(org: Simulated) -> Iterator[list[Desk]]:
    """Two processes of ours that share a shelf."""
    shelf, clock = MemoryShelf(), Clock(datetime.now(UTC))
    opened_desks = [Desk(by_secret(org.url), shelf, clock) for _ in range(2)]
    yield opened_desks
    for desk in opened_desks:
        desk.http.close()


@pytest.fixture
def desk(desks: list[Desk]) -> Desk:
    return desks[0]


def window(desk: Desk) -> tuple[datetime, datetime]:
    now = desk.clock()
    return now - HOUR, now + HOUR


def invoice_of(org: Simulated) -> dict[str, str]:
    """Any invoice: the org does not check whose it is."""
    return org.invoices()[0]


def change(id: str, object: str = "AR_Payment__c", **values: Value) -> Change:
    return Change(object, id, values)


# signing in


def test_a_signed_assertion_opens_the_org(org: Simulated) -> None:
    now = Clock(datetime.now(UTC))
    desk = Desk(by_key(org.url, PRIVATE_KEY), clock=now)
    assert desk.records.usage().limit > 0
    desk.http.close()


def test_an_assertion_signed_by_another_key_is_refused(org: Simulated) -> None:
    desk = Desk(by_key(org.url, key_pair()[0]), clock=Clock(datetime.now(UTC)))
    with pytest.raises(SignInRefused, match="invalid_grant"):
        desk.records.usage()
    desk.http.close()


def test_a_wrong_secret_is_tried_once(org: Simulated) -> None:
    desk = Desk(by_secret(org.url, secret="wrong-secret"))
    with pytest.raises(SignInRefused, match="invalid_client") as caught:
        desk.records.usage()
    assert "wrong-secret" not in str(caught.value)
    assert org.calls("/oauth2/token") == 1
    desk.http.close()


def test_the_right_login_to_the_wrong_org_is_refused(org: Simulated) -> None:
    desk = Desk(by_secret(org.url, org="00D000000000001"))
    with pytest.raises(SignInRefused, match="00D5g00000HrbSm"):
        desk.records.usage()
    desk.http.close()


def test_two_processes_sign_in_once_and_renew_once(org: Simulated, redis: Redis) -> None:
    """Both meet at every step, over the real shelf; whoever is first fetches, the other takes it up."""
    seal = seal_of("a secret key of the test")
    desks = [Desk(by_secret(org.url), RedisShelf(redis, seal), Clock(datetime.now(UTC))) for _ in range(2)]
    together = Barrier(len(desks))

    def ask(desk: Desk) -> None:
        together.wait(10)
        desk.records.usage()

    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(ask, desks))
    assert org.calls("/oauth2/token") == 1

    org.fails("session_expired", "/limits")
    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(ask, desks))
    assert org.calls("/oauth2/token") == 2
    for desk in desks:
        desk.http.close()


# reading


def test_a_payment_comes_with_its_parents_and_its_lines_and_exact_money(org: Simulated, desk: Desk) -> None:
    invoice = invoice_of(org)
    made = org.payment(
        amount="1250.10", Status__c="Ready", lines=[{"invoice": invoice["id"], "amount": "1250.10"}]
    )
    row = desk.records.read(PAYMENTS, [made["id"]])[made["id"]]
    assert row.values["Amount__c"] == Decimal("1250.10")
    assert row.values["Account__r.Intacct_Customer_Id__c"] == "C-10233"
    assert row.values["Overpayment_Amount__c"] is None
    assert row.values["Status__c"] == "Ready"
    [line] = row.lines
    assert line.values["Amount__c"] == Decimal("1250.10")
    assert line.values["AR_Invoice__c"] == invoice["id"]


def test_a_hundred_payments_are_one_call(org: Simulated, desk: Desk) -> None:
    invoice = invoice_of(org)
    ids = [
        org.payment(amount="1.00", lines=[{"invoice": invoice["id"], "amount": "1.00"}])["id"]
        for _ in range(100)
    ]
    org.forgets_calls()
    rows = desk.records.read(PAYMENTS, ids)
    assert list(rows) == ids
    assert all(len(row.lines) == 1 for row in rows.values())
    assert org.calls("/query") == 1
    assert desk.counts.calls == {"token": 1, "query": 1}
    assert desk.counts.usage is not None


def test_an_id_is_answered_as_it_was_asked_and_what_is_not_there_is_absent(
    org: Simulated, desk: Desk
) -> None:
    made = org.payment(amount="1.00")["id"]
    account = desk.records.read(PAYMENTS, [made])[made].values["Account__c"]
    assert isinstance(account, str)
    asked = [made[:15], made, made.lower(), NOBODY, account, "C-10233", ""]
    rows = desk.records.read(PAYMENTS, asked)
    assert list(rows) == [made[:15], made, made.lower()]
    assert {row.id for row in rows.values()} == {made}


def test_a_field_that_the_org_does_not_have_is_named(desk: Desk) -> None:
    with pytest.raises(RequestRefused) as caught:
        desk.records.read(Shape("AR_Payment__c", ("Nmae__c",)), [NOBODY])
    assert (caught.value.code, caught.value.field) == ("INVALID_FIELD", "Nmae__c")


def test_an_object_that_the_org_does_not_have_is_refused(desk: Desk) -> None:
    with pytest.raises(CallRefused, match="Zahlung__c"):
        desk.records.read(Shape("Zahlung__c", ("Name",)), [NOBODY])
    with pytest.raises(CallRefused):
        desk.records.facts("Zahlung__c")


# what changed


def test_what_changed_is_told_over_several_pages_although_all_changed_in_one_second(
    org: Simulated, desk: Desk
) -> None:
    made: list[str] = []
    for start in range(0, 2200, 200):
        records = [{"attributes": {"type": "Account"}, "Name": f"Bulk {start + n}"} for n in range(200)]
        results = desk.client.post("create", "/composite/sobjects", json.dumps({"records": records}))
        assert isinstance(results, list)
        made += [str(result["id"]) for result in results if isinstance(result, dict)]
    org.forgets_calls()
    found = desk.records.changed(Shape("Account", ("Name",)), *window(desk))
    assert len(found) == len(set(found))
    assert set(made) <= set(found)
    assert org.calls("/query") == 2


def test_only_what_the_conditions_take_is_told(org: Simulated, desk: Desk) -> None:
    ready = org.payment(amount="500.00", status="Ready", Entity__c="100")["id"]
    small = org.payment(amount="5.00", status="Ready", Entity__c="200")["id"]
    draft = org.payment(amount="500.00", status="Draft")["id"]

    def found(*conditions: Condition) -> set[str]:
        return set(
            desk.records.changed(Shape("AR_Payment__c", ("Id",), conditions=conditions), *window(desk))
        )

    assert found() == {ready, small, draft}
    assert found(Condition("Status__c", "in", ("Ready", "Reversal Requested"))) == {ready, small}
    assert found(Condition("Amount__c", ">", ("99.99",))) == {ready, draft}
    assert found(Condition("Entity__c", "=", ("100",))) == {ready}
    assert found(Condition("Entity__c", "in", ("200", ""))) == {small, draft}
    assert found(Condition("Status__c", "not in", ("Draft",)), Condition("Amount__c", "<=", ("5",))) == {
        small
    }
    assert found(Condition("Account__r.Intacct_Customer_Id__c", "!=", ("C-10233",))) == set()


def test_a_window_before_or_after_the_change_is_empty(org: Simulated, desk: Desk) -> None:
    org.payment(amount="1.00")
    now, shape = desk.clock(), Shape("AR_Payment__c", ("Id",))
    assert desk.records.changed(shape, now - 2 * HOUR, now - HOUR) == []
    assert desk.records.changed(shape, now + HOUR, now + 2 * HOUR) == []


# writing


def test_what_is_written_is_there_and_can_be_emptied(org: Simulated, desk: Desk) -> None:
    id = org.payment(amount="1.00")["id"]
    message = "Posted.\n“Größe” 'quoted' \\ and more"
    written = desk.records.update(
        [change(id[:15], Sync_Message__c=message, Overpayment_Amount__c=Decimal("0.10"))]
    )
    assert [type(outcome) for outcome in written] == [Written]
    row = desk.records.read(PAYMENTS, [id])[id]
    assert (row.values["Sync_Message__c"], row.values["Overpayment_Amount__c"]) == (message, Decimal("0.10"))
    desk.records.update([change(id, Sync_Message__c=None)])
    assert desk.records.read(PAYMENTS, [id])[id].values["Sync_Message__c"] is None


def test_each_of_a_mixed_batch_gets_its_own_outcome_in_the_order_asked(org: Simulated, desk: Desk) -> None:
    invoice = invoice_of(org)
    fine = org.payment(amount="1.00", lines=[{"invoice": invoice["id"], "amount": "1.00"}])["id"]
    line = desk.records.read(PAYMENTS, [fine])[fine].lines[0].id
    freed, held = (org.payment(amount="1.00")["id"] for _ in range(2))
    org.holds(freed, 1)
    org.holds(held, 2)
    outcomes = desk.records.update(
        [
            change(held, Sync_Status__c="Synced"),
            change(fine, Sync_Status__c="Nonsense"),
            change(line, "AR_Payment_Line__c", Intacct_Key__c="17"),
            change(freed, Sync_Status__c="Synced"),
            change(fine, Intacct_State__c="x" * 256),
            change(NOBODY, Sync_Status__c="Synced"),
            change("C-10233", Sync_Status__c="Synced"),
            change(fine, Sync_Status__c="Synced"),
        ]
    )
    kinds = [Again, Refused, Written, Written, Refused, Refused, Refused, Written]
    assert [type(outcome) for outcome in outcomes] == kinds
    codes = [outcome.problem.code for outcome in outcomes if isinstance(outcome, Refused)]
    assert codes == [
        "salesforce_choice_unknown",
        "salesforce_text_too_long",
        "salesforce_record_gone",
        "salesforce_id_malformed",
    ]
    assert len(desk.naps.taken) == 1


def test_changes_of_one_record_travel_in_different_calls_and_the_last_one_stands(
    org: Simulated, desk: Desk
) -> None:
    ids = [org.payment(amount="1.00")["id"] for _ in range(50)]
    org.forgets_calls()
    changes = [change(id, Sync_Status__c="Synced", Sync_Message__c=f"{n}") for n in range(10) for id in ids]
    outcomes = desk.records.update(changes)
    assert all(isinstance(outcome, Written) for outcome in outcomes)
    assert org.calls("/composite/sobjects") == 10, "a record is never twice in a call"
    rows = desk.records.read(PAYMENTS, ids)
    assert {row.values["Sync_Message__c"] for row in rows.values()} == {"9"}, "in the order asked"


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "html_after", "refuse", "status_502"])
def test_an_update_outlives_one_failure_whatever_became_of_it(org: Simulated, desk: Desk, kind: str) -> None:
    id = org.payment(amount="1.00")["id"]
    desk.sign_in.token()
    org.fails(kind, "PATCH /services/data/v65.0/composite/sobjects")
    [outcome] = desk.records.update([change(id, Sync_Status__c="Synced")])
    assert isinstance(outcome, Written)


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "html_before", "refuse", "status_500"])
def test_a_read_outlives_two_failures_and_not_three(org: Simulated, desk: Desk, kind: str) -> None:
    id = org.payment(amount="1.00")["id"]
    desk.sign_in.token()
    org.fails(kind, "/query", count=2)
    assert id in desk.records.read(PAYMENTS, [id])
    org.fails(kind, "/query", count=3)
    with pytest.raises(RemoteUnavailable):
        desk.records.read(PAYMENTS, [id])


def test_a_create_whose_answer_is_lost_is_not_sent_twice(org: Simulated, desk: Desk) -> None:
    desk.sign_in.token()
    org.fails("cut_after", "POST /services/data/v65.0/sobjects/Account")
    with pytest.raises(OutcomeUnknown):
        desk.client.post("create", "/sobjects/Account", '{"Name":"Once"}')
    page = desk.client.get("query", "/query", {"q": "SELECT Id FROM Account WHERE Name = 'Once'"})
    assert isinstance(page, dict)
    assert page["totalSize"] == 1


def test_an_org_without_calls_left_says_so_once(org: Simulated, desk: Desk) -> None:
    desk.sign_in.token()
    org.spends_its_calls()
    with pytest.raises(RequestsUsedUp):
        desk.records.read(PAYMENTS, [NOBODY])
    assert org.calls("/query") == 1


def test_an_org_that_cannot_be_reached_is_unavailable(desk: Desk, org: Simulated) -> None:
    token = desk.sign_in.token()
    elsewhere = Desk(by_secret(org.url), desk.shelf, desk.clock)
    name, kept = next(iter(desk.shelf.kept.items()))
    desk.shelf.kept[name] = kept.replace(token.instance_url, "http://127.0.0.1:1")
    with pytest.raises(RemoteUnavailable, match="no connection to 127.0.0.1"):
        elsewhere.records.usage()
    elsewhere.http.close()


# knowing the objects


def test_describe_is_asked_once_an_hour(org: Simulated, desk: Desk) -> None:
    facts = desk.records.facts("AR_Payment__c")
    assert desk.records.facts("AR_Payment__c") is facts
    assert facts.children["AR_Payment_Lines__r"] == "AR_Payment_Line__c"
    assert facts.fields["Sync_Status__c"].choices == (
        "Waiting",
        "Synced",
        "Needs Attention",
        "Unknown",
        "Ignored",
    )
    assert facts.fields["Sync_Status__c"].writable
    assert not facts.fields["SystemModstamp"].writable
    assert facts.fields["Intacct_State__c"].length == 255
    assert org.calls("/describe") == 1
    assert isinstance(desk.clock, Clock)
    desk.clock.pass_by(minutes=61)
    assert desk.records.facts("AR_Payment__c") is not facts
    assert org.calls("/describe") == 2


def test_the_orgs_usage_is_told_and_reaches_the_meter(desk: Desk) -> None:
    usage = desk.records.usage()
    assert 0 < usage.used < usage.limit == 115_000
    assert desk.counts.usage == (usage.used, usage.limit)
