"""The controls under `/_sim` and the faults that strike the API."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from tests.simulators.conftest import Serve
from tests.simulators.salesforce_org import Running, running, signed_in


@pytest.fixture
def sim(served: Serve) -> Iterator[Running]:
    with running(served) as started:
        yield started


@pytest.fixture
def api(sim: Running) -> Iterator[httpx.Client]:
    """A client with a session, below `/services/data/v65.0/`."""
    auth = ("sim-client", "sim-client-secret")
    grant = {"grant_type": "client_credentials"}
    token = httpx.post(f"{sim.url}/services/oauth2/token", data=grant, auth=auth).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{sim.url}/services/data/v65.0/", headers=headers) as client:
        yield client


def payments(sim: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", "books")["payments"]
    return found


class TestBooks:
    def test_a_payment_stands_there_with_its_lines_in_its_currencys_decimals(self, sim: Running) -> None:
        yen = [{"invoice": "INV-J-0088", "amount": "1284000"}]
        made = sim.pay(account="C-40012", currency="JPY", lines=yen, method="EFT", receipt_date="2026-11-24")
        [stands] = payments(sim)
        assert stands == made
        assert (stands["name"], stands["status"], stands["currency"]) == ("ARP-000001", "Ready", "JPY")
        assert stands["amount"] == "1284000"
        assert stands["lines"][0]["amount"] == "1284000"
        assert (stands["sync_status"], stands["intacct_key"], stands["lines"][0]["intacct_key"]) == (
            None,
        ) * 3

    def test_invoices_stand_there_as_the_shared_books_have_them(self, sim: Running) -> None:
        invoices = {invoice["number"]: invoice for invoice in sim.control("GET", "books")["invoices"]}
        assert len(invoices) == 18
        first = invoices["INV-10482"]
        assert (first["key"], first["total"], first["paid"], first["balance"]) == (
            "55102",
            "14900.00",
            "0.00",
            "14900.00",
        )

    def test_a_payment_takes_any_field_and_refuses_what_the_org_refuses(self, sim: Running) -> None:
        made = sim.pay(amount="1.00", status="Draft", Deposit_To__c="CHASE-4471")
        assert (made["amount"], made["status"]) == ("1.00", "Draft")
        answer = httpx.post(f"{sim.url}/_sim/payments", json={"account": "C-10233", "Nothing__c": 1})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
        unknown = httpx.post(f"{sim.url}/_sim/payments", json={"account": "C-9"})
        assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (404, "NOT_FOUND")
        assert len(payments(sim)) == 1

    def test_a_payment_whose_line_is_refused_is_not_made(self, sim: Running) -> None:
        lines = [{"invoice": "INV-10482", "amount": "1"}, {"invoice": "INV-NONE", "amount": "1"}]
        answer = httpx.post(f"{sim.url}/_sim/payments", json={"account": "C-10233", "lines": lines})
        assert answer.status_code == 404
        assert payments(sim) == []

    def test_many_are_made_at_once(self, sim: Running) -> None:
        one = {"account": "C-10233", "lines": [{"invoice": "INV-10482", "amount": "1.00"}]}
        assert len(sim.control("POST", "payments", [one] * 50)) == 50

    def test_a_correction_replaces_the_lines(self, sim: Running) -> None:
        made = sim.pay()
        lines = [{"invoice": "55131", "amount": "40.00"}, {"invoice": "INV-10540", "amount": "60.00"}]
        corrected = sim.control("PATCH", f"payments/{made['id']}", {"lines": lines, "method": "Cash"})
        assert [line["amount"] for line in corrected["lines"]] == ["40.00", "60.00"]
        assert corrected["name"] == made["name"]

    def test_an_invoice_can_be_added(self, sim: Running) -> None:
        invoice = {"account": "C-10233", "number": "INV-1", "key": 99, "total": "12.50", "currency": "USD"}
        added = sim.control("POST", "invoices", invoice)
        [stands] = [i for i in sim.control("GET", "books")["invoices"] if i["number"] == "INV-1"]
        assert (stands["id"], stands["key"], stands["balance"]) == (added["id"], "99", "12.50")

    @pytest.mark.parametrize(
        ("path", "body", "field"),
        [
            ("payments", {"account": "C-10233", "lines": [{"invoice": "x"}]}, "amount"),
            ("invoices", {"account": "C-10233", "number": "1", "key": 1, "total": "abc"}, "total"),
            ("locks", {"id": "a0B5g0000000001EAA", "count": -1}, "count"),
            ("fields", {"object": "Account", "name": "Bad name"}, "name"),
            ("fields", {"object": "Account", "name": "A__c", "type": "blob"}, "type"),
            ("budget", {"limit": 0}, "limit"),
            ("messages", {"deliver": True}, "deliver"),
        ],
    )
    def test_a_wrong_body_is_400_and_names_the_field(
        self, sim: Running, path: str, body: dict[str, Any], field: str
    ) -> None:
        answer = httpx.post(f"{sim.url}/_sim/{path}", json=body)
        assert answer.status_code == 400
        assert any(field in error["field"].split(".") for error in answer.json()["errors"])


class TestFaults:
    NEW = {"Amount__c": 1}

    def add(self, sim: Running, **fault: Any) -> None:
        sim.control("POST", "faults", fault)

    @pytest.mark.parametrize(("kind", "done"), [("refuse", 0), ("cut_before", 0), ("cut_after", 1)])
    def test_a_cut_connection_gives_no_answer(
        self, sim: Running, api: httpx.Client, kind: str, done: int
    ) -> None:
        self.add(sim, kind=kind, match="POST /services/data")
        with pytest.raises(httpx.TransportError):
            api.post("sobjects/AR_Payment__c", json=self.NEW)
        assert len(payments(sim)) == done
        assert api.post("sobjects/AR_Payment__c", json=self.NEW).status_code == 201

    @pytest.mark.parametrize(
        ("kind", "status", "done"),
        [
            ("html_before", 503, 0),
            ("html_after", 503, 1),
            ("status_500", 500, 0),
            ("status_502", 502, 0),
            ("gateway_524", 524, 1),
            ("gateway_524_before", 524, 0),
        ],
    )
    def test_an_outage_answers_a_page_of_html(
        self, sim: Running, api: httpx.Client, kind: str, status: int, done: int
    ) -> None:
        self.add(sim, kind=kind, match="POST /services/data")
        answer = api.post("sobjects/AR_Payment__c", json=self.NEW)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert len(payments(sim)) == done

    def test_a_rate_limit_is_said_as_the_platform_says_it(self, sim: Running, api: httpx.Client) -> None:
        self.add(sim, kind="rate_limit", seconds=3)
        answer = api.get("limits")
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert answer.headers["retry-after"] == "3"

    def test_a_slow_answer_is_right_and_late(self, sim: Running, api: httpx.Client) -> None:
        self.add(sim, kind="slow", seconds=0.2)
        before = time.monotonic()
        assert api.get("limits").status_code == 200
        assert time.monotonic() - before >= 0.2

    def test_an_expired_session_stays_expired(self, sim: Running, api: httpx.Client) -> None:
        self.add(sim, kind="session_expired", match="limits")
        for _ in range(2):
            answer = api.get("limits")
            assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")

    def test_simple_salesforce_mends_an_expired_session_by_itself(self, sim: Running) -> None:
        with signed_in(sim.url) as sf:
            self.add(sim, kind="session_expired", match="/query")
            assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 8

    def test_a_refused_sign_in_is_an_oauth_error(self, sim: Running) -> None:
        self.add(sim, kind="sign_in_refused", match="oauth2/token")
        with pytest.raises(SalesforceAuthenticationFailed) as failed, signed_in(sim.url):
            pass
        assert failed.value.code == "invalid_grant"

    def test_calls_are_counted_by_method_and_path(self, sim: Running, api: httpx.Client) -> None:
        sim.control("DELETE", "calls")
        api.get("limits")
        api.get("limits")
        assert sim.control("GET", "calls") == {"total": 2, "by": {"GET /services/data/v65.0/limits": 2}}
