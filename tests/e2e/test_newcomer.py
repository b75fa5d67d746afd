"""What the README promises a newcomer, clicked in a real browser."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Product

SECONDS = 30_000


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(SECONDS)
    yield opened
    opened.close()


def take_payment(page: Page, product: Product, account: str, invoice: str, amount: str) -> None:
    page.goto(product.salesforce)
    page.get_by_role("link", name=account).first.click()
    page.get_by_label("Amount", exact=True).fill(amount)
    page.get_by_label(f"Apply to {invoice}").check()
    page.get_by_label(f"Amount applied to {invoice}").fill(amount)
    page.get_by_role("button", name="Save as Ready").click()


def shows(page: Page, sync_status: str) -> None:
    """The newest payment of the account says so, on a page that looks again by itself."""
    newest = page.get_by_role("row", name="ARP-").first
    expect(newest.get_by_role("cell", name=sync_status)).to_be_visible(timeout=SECONDS)


def newest_payment(product: Product) -> dict[str, str]:
    payment: dict[str, str] = httpx.get(f"{product.salesforce}/_sim/books").json()["payments"][-1]
    return payment


class TestANewcomer:
    def test_takes_a_payment_and_sees_it_synced_on_both_pages(self, page: Page, product: Product) -> None:
        take_payment(page, product, "Castellan", "INV-10533", "1,250.00")
        shows(page, "Synced")
        payment = newest_payment(product)

        page.goto(product.intacct)
        row = page.get_by_role("row", name=payment["name"])
        expect(row).to_contain_text("1,250.00")
        expect(row).to_contain_text(payment["intacct_key"])
        expect(page.get_by_role("row", name="INV-10533")).to_contain_text("7,750.00")

    def test_cuts_the_connection_and_the_payment_is_still_posted_once(
        self, page: Page, product: Product
    ) -> None:
        page.goto(product.intacct)
        page.get_by_label("Cut the connection after the request").check()
        page.get_by_label("For the next").fill("1")
        page.get_by_role("button", name="Apply faults").click()
        take_payment(page, product, "Osei", "INV-10561", "18.40")
        shows(page, "Unknown")
        shows(page, "Synced")

        name = newest_payment(product)["name"]
        posted = [
            p for p in httpx.get(f"{product.intacct}/_sim/books").json()["payments"] if p["docnumber"] == name
        ]
        assert len(posted) == 1

    def test_is_told_in_words_what_is_wrong(self, page: Page, product: Product) -> None:
        take_payment(page, product, "Pemberton", "INV-10551", "5,000.00")
        shows(page, "Needs Attention")

        expect(page.get_by_text("INV-10551 owes USD 1,900.00")).to_be_visible()

    def test_finds_the_whole_story_by_the_api(self, product: Product, page: Page) -> None:
        take_payment(page, product, "Osei", "INV-10562", "8.10")
        shows(page, "Synced")
        record = newest_payment(product)["id"]
        token = {"Authorization": f"Bearer {product.token}"}
        with httpx.Client(base_url=f"{product.ledgerline}/api/v1", headers=token) as api:
            found = api.get("/messages", params={"record": record, "state": "carried"}).json()["items"]
            story = api.get(f"/messages/{found[0]['id']}").json()

        assert story["target"] == newest_payment(product)["intacct_key"]
        assert story["attempts"][-1]["outcome"] == "carried"
