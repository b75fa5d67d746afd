"""The query language, over the books that both simulators share."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

from simulators import company
from simulators.salesforce import ids
from tests.simulators.conftest import Serve
from tests.simulators.salesforce_org import Running, running, signed_in


@pytest.fixture
def sim(served: Serve) -> Iterator[Running]:
    with running(served) as started:
        yield started


@pytest.fixture
def sf(sim: Running) -> Iterator[Salesforce]:
    with signed_in(sim.url) as client:
        yield client


def names(sf: Salesforce, where: str) -> list[str]:
    found = sf.query(f"SELECT Name FROM AR_Invoice__c WHERE {where} ORDER BY Name")
    return [record["Name"] for record in found["records"]]


def test_conditions_find_what_they_say(sf: Salesforce) -> None:
    def numbers(keep: Any) -> list[str]:
        return sorted(invoice.number for invoice in company.INVOICES if keep(invoice))

    cases = {
        "Total__c > 9000": lambda i: i.total > 9000,
        "Total__c >= 9000.00 AND Total__c <= 9640": lambda i: 9000 <= i.total <= 9640,
        "Total__c != 3310": lambda i: i.total != 3310,
        "CurrencyIsoCode = 'eur'": lambda i: i.currency == "EUR",
        "CurrencyIsoCode IN ('EUR', 'GBP')": lambda i: i.currency in ("EUR", "GBP"),
        "CurrencyIsoCode NOT IN ('USD','JPY')": lambda i: i.currency in ("EUR", "GBP"),
        "Name LIKE 'inv-e-%'": lambda i: i.number.startswith("INV-E-"),
        "Name LIKE 'INV-1055_'": lambda i: i.number.startswith("INV-1055"),
        "Due_Date__c < 2026-12-01": lambda i: i.due.isoformat() < "2026-12-01",
        "Account__r.Intacct_Customer_Id__c = 'C-10258'": lambda i: i.customer == "C-10258",
        "Intacct_Key__c IN ('55102','55202')": lambda i: i.key in (55102, 55202),
        "Intacct_Key__c = '55102' AND Total__c < 1": lambda _: False,
        "NOT (CurrencyIsoCode = 'USD' OR CurrencyIsoCode = 'JPY')": lambda i: i.currency in ("EUR", "GBP"),
        "(CurrencyIsoCode = 'EUR' OR Total__c > 1000000) AND Paid__c = 0": lambda i: (
            i.currency == "EUR" or i.total > 1000000
        ),
        "Synced_At__c = null": lambda _: True,
        "Synced_At__c != null": lambda _: False,
        "Synced_At__c > 2020-01-01T00:00:00Z": lambda _: False,
        "CreatedDate = 2026-11-24T19:32:05Z": lambda _: True,
        "SystemModstamp >= 2026-11-24T20:32:05+01:00": lambda _: True,
        "IsDeleted = true": lambda _: False,
        "Account__c IN (SELECT Id FROM Account WHERE Name LIKE 'Osei%')": lambda i: i.customer == "C-10258",
        "Account__c NOT IN (SELECT Id FROM Account WHERE Name LIKE 'Osei%')": lambda i: (
            i.customer != "C-10258"
        ),
    }
    assert {where: names(sf, where) for where in cases} == {w: numbers(keep) for w, keep in cases.items()}


def test_fields_come_as_asked_with_parents_inside(sf: Salesforce) -> None:
    soql = (
        "SELECT Name, Account__r.Name, Account__r.Intacct_Customer_Id__c, Total__c FROM AR_Invoice__c "
        "WHERE Intacct_Key__c = '55201'"
    )
    record = sf.query(soql)["records"][0]
    assert list(record) == ["attributes", "Name", "Account__r", "Total__c"]
    assert list(record["Account__r"]) == ["attributes", "Name", "Intacct_Customer_Id__c"]
    assert record["Account__r"]["attributes"]["type"] == "Account"
    assert record["Account__r"]["Name"] == "Kyokuto Optical Trading"
    assert record["Total__c"] == 1284000.0


def test_a_parent_that_is_not_there_is_null(sf: Salesforce) -> None:
    made = sf.AR_Payment__c.create({"Amount__c": 1})["id"]
    soql = f"SELECT Account__c, Account__r.Name FROM AR_Payment__c WHERE Id = '{made}'"
    record = sf.query(soql)["records"][0]
    assert (record["Account__c"], record["Account__r"]) == (None, None)


def test_children_come_as_a_page_of_their_own(sim: Running, sf: Salesforce) -> None:
    lines = [{"invoice": "INV-10482", "amount": "60.00"}, {"invoice": "INV-10507", "amount": "40.00"}]
    made = sim.pay(lines=lines)
    soql = (
        "SELECT Id, (SELECT Amount__c, AR_Invoice__r.Intacct_Key__c FROM AR_Payment_Lines__r "
        f"WHERE Amount__c > 50 ORDER BY Name) FROM AR_Payment__c WHERE Id = '{made['id']}'"
    )
    page = sf.query(soql)["records"][0]["AR_Payment_Lines__r"]
    assert (page["totalSize"], page["done"]) == (1, True)
    assert page["records"][0]["AR_Invoice__r"]["Intacct_Key__c"] == "55102"
    none = sf.query("SELECT (SELECT Id FROM AR_Payment_Lines__r WHERE Amount__c > 99) FROM AR_Payment__c")
    assert none["records"][0]["AR_Payment_Lines__r"] is None


def test_order_limit_and_offset_hold_together(sf: Salesforce) -> None:
    soql = "SELECT Total__c FROM AR_Invoice__c WHERE CurrencyIsoCode = 'USD' ORDER BY Total__c DESC LIMIT 2 OFFSET 1"
    totals = [record["Total__c"] for record in sf.query(soql)["records"]]
    assert totals == [14900.0, 12000.0]


def test_nulls_stand_first_unless_told_otherwise(sf: Salesforce) -> None:
    for reference in ("b", None, "a"):
        sf.AR_Payment__c.create({"Reference__c": reference})
    for order, expected in (
        ("", [None, "a", "b"]),
        (" DESC", [None, "b", "a"]),
        (" ASC NULLS LAST", ["a", "b", None]),
    ):
        found = sf.query(f"SELECT Reference__c FROM AR_Payment__c ORDER BY Reference__c{order}")
        assert [record["Reference__c"] for record in found["records"]] == expected


def test_count_answers_a_number_and_no_records(sf: Salesforce) -> None:
    said = sf.query("SELECT COUNT() FROM AR_Invoice__c WHERE CurrencyIsoCode = 'JPY'")
    assert (said["totalSize"], said["records"]) == (2, [])


def test_a_quote_in_a_text_is_escaped(sf: Salesforce) -> None:
    sf.Account.create({"Name": "O'Brien \\ Sons"})
    assert sf.query(r"SELECT Id FROM Account WHERE Name = 'O\'Brien \\ Sons'")["totalSize"] == 1


def test_pages_follow_one_another_to_the_end(sf: Salesforce) -> None:
    for start in range(0, 600, 200):
        records = [
            {"attributes": {"type": "AR_Payment__c"}, "Reference__c": f"{n:04d}"}
            for n in range(start, start + 200)
        ]
        sf.restful("composite/sobjects", method="POST", json={"records": records})
    sf.headers["Sforce-Query-Options"] = "batchSize=250"
    soql = "SELECT Reference__c FROM AR_Payment__c ORDER BY Reference__c"
    first = sf.query(soql)
    assert (first["totalSize"], first["done"], len(first["records"])) == (600, False, 250)
    assert first["nextRecordsUrl"].endswith("-250")
    every = sf.query_all(soql)["records"]
    assert [record["Reference__c"] for record in every] == [f"{n:04d}" for n in range(600)]


def test_children_are_paged_like_records(sim: Running, sf: Salesforce) -> None:
    made = sim.pay(lines=[{"invoice": "INV-10482", "amount": "1.00"}] * 201)
    sf.headers["Sforce-Query-Options"] = "batchSize=200"
    soql = f"SELECT (SELECT Name FROM AR_Payment_Lines__r) FROM AR_Payment__c WHERE Id = '{made['id']}'"
    page = sf.query(soql)["records"][0]["AR_Payment_Lines__r"]
    assert (page["totalSize"], page["done"], len(page["records"])) == (201, False, 200)
    rest = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    assert (rest["done"], [r["Name"] for r in rest["records"]]) == (True, ["ARPL-000201"])


def test_a_cursor_lives_two_days(sim: Running, sf: Salesforce) -> None:
    sim.pay(lines=[{"invoice": "INV-10482", "amount": "1.00"}] * 201)
    sf.headers["Sforce-Query-Options"] = "batchSize=200"
    url = sf.query("SELECT Id FROM AR_Payment_Line__c")["nextRecordsUrl"]
    sim.clock.turn(days=2, seconds=1)
    with pytest.raises(SalesforceMalformedRequest) as failed:
        sf.query_more(url, identifier_is_url=True)
    assert failed.value.content[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Foo__c FROM AR_Payment__c", "INVALID_FIELD"),
        ("SELECT Id FROM AR_Payment__c WHERE Foo__c = 1", "INVALID_FIELD"),
        ("SELECT Id FROM AR_Payment__c ORDER BY Foo__c", "INVALID_FIELD"),
        ("SELECT Nobody__r.Name FROM AR_Payment__c", "INVALID_FIELD"),
        ("SELECT (SELECT Id FROM Nothing__r) FROM AR_Payment__c", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        ("SELECT Id FROM AR_Payment_Event__e", "INVALID_TYPE"),
        ("SELECT Id FROM AR_Payment__c WHERE Amount__c = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM AR_Payment__c WHERE Receipt_Date__c = '2026-11-24'", "INVALID_FIELD"),
        ("SELECT Id FROM AR_Payment__c WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM AR_Payment__c WHERE Sync_Message__c LIKE 'x%'", "INVALID_FIELD"),
        ("SELECT Id FROM AR_Payment__c WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM AR_Payment__c WHERE Amount__c LIKE '5%'", "INVALID_FIELD"),
        ("SELECT", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
        ("SELECT Id AR_Payment__c", "MALFORMED_QUERY"),
        ("SELECT Id, FROM AR_Payment__c", "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c WHERE Name = 'open", "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c WHERE Name == 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c WHERE Name = 'x' OR Name = 'y' AND Name = 'z'", "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c WHERE (Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c LIMIT many", "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c WHERE Receipt_Date__c = 2026-02-30", "MALFORMED_QUERY"),
        ("DELETE FROM AR_Payment__c", "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c WHERE " + "(" * 3000, "MALFORMED_QUERY"),
        ("SELECT Id FROM AR_Payment__c; SELECT Id FROM Account", "MALFORMED_QUERY"),
    ],
)
def test_a_wrong_query_is_refused_by_its_code(sf: Salesforce, soql: str, code: str) -> None:
    with pytest.raises(SalesforceMalformedRequest) as failed:
        sf.query(soql)
    assert failed.value.content[0]["errorCode"] == code


@given(st.text("abcXYZ059", min_size=15, max_size=15), st.randoms(use_true_random=False))
def test_an_id_survives_any_change_of_case(id15: str, dice: Any) -> None:
    whole = ids.with_checksum(id15)
    mangled = "".join(dice.choice((letter.upper(), letter.lower())) for letter in whole)
    assert ids.full(mangled) == whole
    assert ids.full(id15) == whole


@pytest.mark.parametrize("known", ["001xx000003DGb2AAG", "04l37000000L0E5AAK", "001D000000IRFmaIAH"])
def test_the_checksum_is_the_one_of_published_ids(known: str) -> None:
    assert ids.with_checksum(known[:15]) == known


@pytest.mark.parametrize(
    "wrong", ["", "short", "001xx000003DGb2AA!", "001xx000003DGb2AA9", "001xx000003DGb2A"]
)
def test_what_is_no_id_is_none(wrong: str) -> None:
    assert ids.full(wrong) is None
