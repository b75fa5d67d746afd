"""The sales user's pages, used as a browser without JavaScript uses them."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from lxml import html

from simulators.salesforce.settings import Settings
from tests.simulators.conftest import Serve
from tests.simulators.salesforce_org import Running, running, signed_in


@pytest.fixture
def sim(served: Serve) -> Iterator[Running]:
    with running(served, Settings(hook_url="http://127.0.0.1:9/hook/very-secret")) as started:
        yield started


class Browser:
    """Follows links and sends forms with what stands in them, as a browser does."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self.status = 0
        self.page: Any = None

    def open(self, path: str) -> None:
        self._take(self._http.get(path))

    def send(self, action: str, button: tuple[str, str] | None = None, **typed: Any) -> None:
        """Fill the form with that action and press a button; a value None takes a tick away."""
        [form] = [f for f in self.page.forms if f.action == action]
        for name, value in typed.items():
            if name in form.inputs.keys():  # noqa: SIM118 - lxml's inputs iterate over elements
                self._fill(form.inputs[name], value)
        sent = list(form.form_values()) + ([button] if button else [])
        body = httpx.QueryParams(sent)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._take(self._http.post(action, content=str(body), headers=headers))

    def tick(self, label: str, *, on: bool = True) -> None:
        [box] = self.page.xpath(f"//input[@type='checkbox'][@aria-label='{label}']")
        box.checked = on

    def type_in(self, label: str, text: str) -> None:
        [field] = self.page.xpath(f"//input[starts-with(@aria-label, '{label}')]")
        field.value = text

    def text(self) -> str:
        return " ".join(self.page.text_content().split())

    def _fill(self, field: Any, value: Any) -> None:
        if field.tag == "input" and field.type == "checkbox":
            field.checked = value is not None
        else:
            field.value = value

    def _take(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.page = html.document_fromstring(answer.text)
        for forbidden in (" style=", "<style", "onclick=", "very-secret"):
            assert forbidden not in answer.text
        assert "style-src 'self'" in answer.headers["content-security-policy"]


@pytest.fixture
def browser(sim: Running) -> Iterator[Browser]:
    with httpx.Client(base_url=sim.url, follow_redirects=True) as http:
        yield Browser(http)


def castellan(sim: Running) -> str:
    with signed_in(sim.url) as sf:
        found = sf.query("SELECT Id FROM Account WHERE Intacct_Customer_Id__c = 'C-10233'")
        return f"/accounts/{found['records'][0]['Id']}"


def payment(sim: Running) -> dict[str, Any]:
    [found] = sim.control("GET", "books")["payments"]
    return dict(found)


READY, DRAFT, ADD_UP = ("act", "ready"), ("act", "draft"), ("act", "add-up")


def test_a_payment_is_taken_against_two_invoices(sim: Running, browser: Browser) -> None:
    account = castellan(sim)
    browser.open(account)
    browser.tick("Apply to INV-10533")
    browser.tick("Apply to INV-10507")
    browser.type_in("Amount applied to INV-10507", "2,000.00")
    browser.send(account, READY, amount="11,000.00", receipt_date="2026-11-24", reference="CFF-88140")
    assert "ARP-000001 is saved as Ready. It is on its way to Intacct." in browser.text()
    made = payment(sim)
    assert (made["amount"], made["status"]) == ("11000.00", "Ready")
    assert sorted(line["amount"] for line in made["lines"]) == ["2000.00", "9000.00"]
    assert len(sim.messages()) == 1


def test_adding_up_saves_nothing_and_says_what_is_missing(sim: Running, browser: Browser) -> None:
    account = castellan(sim)
    browser.open(account)
    browser.tick("Apply to INV-10533")
    browser.send(account, ADD_UP, amount="9,500.00")
    assert "Applied USD 9,000.00, overpayment USD 0.00" in browser.text()
    assert "USD 500.00 too little applied" in browser.text()
    browser.send(account, ADD_UP, overpayment="500")
    assert "Adds up" in browser.text()
    assert sim.control("GET", "books")["payments"] == []


def test_an_amount_left_empty_is_what_the_lines_make(sim: Running, browser: Browser) -> None:
    account = castellan(sim)
    browser.open(account)
    browser.tick("Apply to INV-10482")
    browser.send(account, DRAFT, amount="")
    assert (payment(sim)["amount"], payment(sim)["status"]) == ("14900.00", "Draft")
    assert sim.messages() == []


def test_what_is_no_amount_is_said_beside_it_and_kept(sim: Running, browser: Browser) -> None:
    account = castellan(sim)
    browser.open(account)
    browser.tick("Apply to INV-10482")
    browser.type_in("Amount applied to INV-10482", "ten")
    browser.send(account, READY, amount="much")
    assert browser.status == 400
    assert "“ten” is not an amount." in browser.text()
    [field] = browser.page.xpath("//input[@name='amount']")
    assert (field.get("aria-invalid"), field.get("aria-describedby"), field.value) == (
        "true",
        "amount-wrong",
        "much",
    )
    assert sim.control("GET", "books")["payments"] == []


def test_what_salesforce_refuses_is_said_on_the_form(sim: Running, browser: Browser) -> None:
    account = castellan(sim)
    browser.open(account)
    browser.send(account, READY, amount="5", reference="x" * 300)
    assert browser.status == 400
    assert "Salesforce refused: Reference: data value too large" in browser.text()
    assert sim.control("GET", "books")["payments"] == []


def test_a_refused_payment_is_corrected_and_sent_again(sim: Running, browser: Browser) -> None:
    why = "Intacct has no payment method “ACH Credit”."
    made = sim.pay(method="ACH Credit", Sync_Status__c="Needs Attention", Sync_Message__c=why)
    browser.open("/payments")
    assert "Needs Attention" in browser.text()
    path = f"/payments/{made['id']}"
    browser.open(path)
    assert why in browser.text()
    assert [field.value for field in browser.page.xpath("//select[@name='method']")] == ["ACH Credit"]
    browser.send(path, READY, method="EFT")
    assert "ARP-000001 is Ready" in browser.text()
    assert len(sim.messages()) == 2
    assert payment(sim)["lines"][0]["amount"] == "100.00"


def test_a_posted_payment_is_asked_to_be_reversed(sim: Running, browser: Browser) -> None:
    made = sim.pay(status="Posted", Intacct_Key__c="88213", Sync_Status__c="Synced")
    path = f"/payments/{made['id']}"
    browser.open(path)
    browser.send(f"{path}/reversal", date="2026-11-30", reason="Bounced")
    assert "ARP-000001 is Reversal Requested" in browser.text()
    with signed_in(sim.url) as sf:
        read = sf.AR_Payment__c.get(made["id"])
    assert (read["Reversal_Date__c"], read["Reversal_Reason__c"]) == ("2026-11-30", "Bounced")
    assert len(sim.messages()) == 1


def test_switches_are_set_and_an_untouched_one_stays(sim: Running, browser: Browser) -> None:
    sim.control("POST", "messages", {"knobs": {"reorder": True}})
    account = castellan(sim)
    browser.open(account)
    browser.send("/knobs", messages=None, twice="on")
    knobs = sim.control("GET", "messages")["knobs"]
    assert (knobs["messages"], knobs["twice"], knobs["reorder"]) == (False, True, True)
    browser.open("/messages")
    browser.send("/knobs", lose_every="10", reorder=None)
    knobs = sim.control("GET", "messages")["knobs"]
    assert (knobs["lose_every"], knobs["reorder"], knobs["twice"]) == (10, False, True)


def test_messages_show_their_tries_and_can_be_removed(sim: Running, browser: Browser) -> None:
    sim.pay()
    sim.courier.deliver()
    browser.open("/messages")
    assert "1 message waiting, 0 delivered" in browser.text()
    assert "no answer (ConnectError)" in browser.text()
    browser.tick("Choose the message about ARP-000001")
    browser.send("/messages", ("act", "remove"))
    assert sim.messages()[0]["state"] == "removed"


def test_faults_and_locks_are_set_by_hand(sim: Running, browser: Browser) -> None:
    made = sim.pay()
    browser.open("/faults")
    browser.send("/faults", kind="html_after", match="POST /services", count="2")
    assert "Html after" in browser.text()
    browser.send("/locks", id=made["id"], count="3")
    assert "ARP-000001 refuses 3 writes more." in browser.text()
    browser.send("/faults", kind="slow", seconds="long")
    assert browser.status == 400
    assert "seconds" in browser.text()
    browser.send("/faults/clear")
    assert sim.control("GET", "faults") == []


def test_a_record_that_is_not_there_has_a_page_that_says_so(browser: Browser) -> None:
    for path in ("/accounts/0015g0000000999AAA", "/payments/nothing"):
        browser.open(path)
        assert browser.status == 404
        assert "That is not here" in browser.text()


def test_a_form_from_another_site_is_refused(sim: Running) -> None:
    answer = httpx.post(
        f"{sim.url}/knobs", data={"shown": "hold"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert (
        not httpx.post(f"{sim.url}/knobs", data={"shown": "hold", "back": "//evil.example"})
        .headers["location"]
        .startswith("//")
    )


def test_every_page_leads_to_ledgerline_and_money_has_its_currency(sim: Running, browser: Browser) -> None:
    sim.pay()
    for path in ("/", "/invoices", "/payments", "/messages", "/faults", castellan(sim)):
        browser.open(path)
        assert browser.status == 200
        assert browser.page.xpath("//a[text()='To Ledgerline']/@href") == ["http://127.0.0.1:8000/"]
        naked = [cell.text_content() for cell in browser.page.xpath("//span[@class='amt']")]
        assert all(re.fullmatch(r"[A-Z]{3} [\d,]+(\.\d\d)?", text) for text in naked)


def test_a_single_currency_org_asks_for_no_currency(served: Serve) -> None:
    with running(served, Settings(multi_currency=False)) as sim, httpx.Client(base_url=sim.url) as http:
        browser = Browser(http)
        browser.open(castellan(sim))
        assert browser.page.xpath("//select[@name='currency']") == []
        browser.open("/invoices")
        assert browser.status == 200
