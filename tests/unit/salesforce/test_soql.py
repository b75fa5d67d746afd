"""The text of our queries."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote_plus

import pytest

from app.errors import BadSetting
from app.records import Condition, Shape
from app.salesforce.soql import select, select_changed, text

PAYMENTS = Shape(
    object="AR_Payment__c",
    fields=("Id", "Name", "Amount__c", "Account__r.Name"),
    children="AR_Payment_Lines__r",
    child_object="AR_Payment_Line__c",
    child_fields=("AR_Invoice__c", "Amount__c"),
)
ONE = "a0B5g00000Pmt01EAB"
SINCE = datetime(2026, 3, 2, 14, 5, 9, 999_000, tzinfo=UTC)
UNTIL = SINCE + timedelta(minutes=5)
TYPES = {
    "status__c": "picklist",
    "amount__c": "currency",
    "receipt_date__c": "date",
    "synced_at__c": "datetime",
    "is_test__c": "boolean",
    "entity__c": "string",
}


def changed(*conditions: Condition, after_id: str = "") -> str:
    shape = Shape("AR_Payment__c", ("Id",), conditions=conditions)
    return select_changed(shape, SINCE, UNTIL, after_id, types=TYPES)


def test_records_are_read_with_parents_and_lines_in_one_query() -> None:
    assert select(PAYMENTS, [ONE, "a0B5g00000Pmt02EAB"]) == [
        "SELECT Id, Name, Amount__c, Account__r.Name, "
        "(SELECT Id, AR_Invoice__c, Amount__c FROM AR_Payment_Lines__r) "
        "FROM AR_Payment__c WHERE Id IN ('a0B5g00000Pmt01EAB','a0B5g00000Pmt02EAB')"
    ]


def test_nothing_asked_is_no_query() -> None:
    assert select(PAYMENTS, []) == []


def test_a_field_is_asked_once_whatever_its_case() -> None:
    [query] = select(Shape("Account", ("Name", "ID", "name")), [ONE])
    assert query.startswith("SELECT ID, name FROM")


def test_more_than_200_ids_are_split() -> None:
    queries = select(PAYMENTS, [ONE] * 401)
    assert [query.count(ONE) for query in queries] == [200, 200, 1]


def test_a_query_of_many_fields_takes_fewer_ids_rather_than_too_long_an_address() -> None:
    wide = Shape("Account", tuple(f"A_Field_With_A_Rather_Long_Name_{n:03}__c" for n in range(260)))
    queries = select(wide, [ONE] * 100)
    assert len(queries) > 1
    assert sum(query.count(ONE) for query in queries) == 100
    assert max(len(quote_plus(query)) for query in queries) <= 12_100


@pytest.mark.parametrize(
    "name", ["", "Name FROM User--", "Amount__c)", "a b", "Account__r.", "Naïve__c", "1st"]
)
def test_a_name_that_is_none_is_a_bad_setting_and_never_reaches_a_query(name: str) -> None:
    with pytest.raises(BadSetting):
        select(Shape("Account", (name,)), [ONE])
    with pytest.raises(BadSetting):
        select(Shape(name, ("Id",)), [ONE])
    with pytest.raises(BadSetting):
        changed(Condition(name, "=", ("x",)))


def test_changes_are_listed_by_stamp_in_whole_seconds_of_utc() -> None:
    assert changed() == (
        "SELECT Id, SystemModstamp FROM AR_Payment__c "
        "WHERE SystemModstamp >= 2026-03-02T14:05:09Z AND SystemModstamp < 2026-03-02T14:10:09Z "
        "ORDER BY SystemModstamp, Id"
    )


def test_an_instant_of_another_zone_is_asked_in_utc() -> None:
    tokyo = datetime(2026, 3, 2, 23, 5, 9, tzinfo=timezone(timedelta(hours=9)))
    query = select_changed(Shape("Account", ("Id",)), tokyo, tokyo, types={})
    assert "SystemModstamp >= 2026-03-02T14:05:09Z AND SystemModstamp < 2026-03-02T14:05:09Z" in query


def test_going_on_after_a_record_leaves_out_those_of_the_same_second_before_it() -> None:
    assert f"AND (SystemModstamp > 2026-03-02T14:05:09Z OR Id > '{ONE}')" in changed(after_id=ONE)


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (
            Condition("Status__c", "in", ("Ready", "Reversal Requested")),
            "Status__c IN ('Ready', 'Reversal Requested')",
        ),
        (Condition("Status__c", "NOT IN", ("Draft",)), "Status__c NOT IN ('Draft')"),
        (Condition("Status__c", "in", ("Ready", "")), "(Status__c IN ('Ready') OR Status__c = null)"),
        (
            Condition("Status__c", "not in", ("Ready", "")),
            "(Status__c NOT IN ('Ready') AND Status__c != null)",
        ),
        (Condition("Status__c", "not in", ("",)), "Status__c != null"),
        (Condition("Entity__c", "=", ("100",)), "Entity__c = '100'"),
        (Condition("Entity__c", "!=", ("",)), "Entity__c != null"),
        (Condition("Amount__c", ">=", ("1000.50",)), "Amount__c >= 1000.50"),
        (Condition("AMOUNT__C", ">", ("1E+3",)), "AMOUNT__C > 1000"),
        (Condition("Receipt_Date__c", "<", ("2026-03-02",)), "Receipt_Date__c < 2026-03-02"),
        (
            Condition("Synced_At__c", "<=", ("2026-03-02T15:05:09+01:00",)),
            "Synced_At__c <= 2026-03-02T14:05:09Z",
        ),
        (Condition("Is_Test__c", "=", ("False",)), "Is_Test__c = false"),
        (Condition("Account__r.Name", "=", ("O'Hara \\ Co",)), r"Account__r.Name = 'O\'Hara \\ Co'"),
    ],
)
def test_a_condition_is_asked_in_the_type_of_its_field(condition: Condition, asked: str) -> None:
    assert f" AND {asked} ORDER BY" in changed(condition)


@pytest.mark.parametrize(
    "condition",
    [
        Condition("Status__c", "like", ("R%",)),
        Condition("Status__c", "in", ()),
        Condition("Status__c", "=", ("a", "b")),
        Condition("Amount__c", ">", ("a lot",)),
        Condition("Amount__c", ">", ("NaN",)),
        Condition("Receipt_Date__c", "=", ("02.03.2026",)),
        Condition("Synced_At__c", "=", ("yesterday",)),
        Condition("Is_Test__c", "=", ("0 OR 1=1",)),
    ],
)
def test_a_condition_that_cannot_be_asked_is_a_bad_setting_that_names_its_field(condition: Condition) -> None:
    with pytest.raises(BadSetting) as caught:
        changed(condition)
    assert caught.value.name == condition.field


def test_a_literal_cannot_end_early() -> None:
    assert text("' OR Name != '") == r"'\' OR Name != \''"
    assert text("a\\' b\n\r\t\"") == r"'a\\\' b\n\r\t\"'"
