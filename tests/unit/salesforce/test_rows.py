"""From a query's answer to rows, and from describe to facts."""

from collections.abc import Iterable
from decimal import Decimal

import pytest

from app.records import FieldFacts, Row, Shape
from app.salesforce import wire
from app.salesforce.describe import facts_in
from app.salesforce.rows import Record, reader
from app.salesforce.wire import AnswerNotUnderstood

SHAPE = Shape(
    "AR_Payment__c",
    ("Name", "Amount__c", "Is_Test__c", "Account__r.Name", "Account__r.Owner.Name"),
    "AR_Payment_Lines__r",
    "AR_Payment_Line__c",
    ("Amount__c", "AR_Invoice__r.Name"),
)
FULL = b"""{"attributes":{"type":"AR_Payment__c","url":"/services/data/v65.0/x"},"Id":"a0B5g00000Pmt01EAB",
"Name":"ARP-000042","Amount__c":1250.50,"Is_Test__c":false,
"Account__r":{"attributes":{},"Name":"Castellan","Owner":{"attributes":{},"Name":"Ann"}},
"AR_Payment_Lines__r":{"totalSize":1,"done":true,"records":[
 {"attributes":{},"Id":"a0C5g00000Lin01EAB","Amount__c":7,"AR_Invoice__r":null}]}}"""


def no_more_pages(page: wire.Json) -> Iterable[Record]:
    return [
        wire.as_object(one, "a record")
        for one in wire.as_list(wire.as_object(page, "x")["records"], "records")
    ]


def row_of(text: bytes, shape: Shape = SHAPE) -> Row:
    return reader(shape, no_more_pages)(wire.as_object(wire.loads(text), "a record"))


def test_a_record_becomes_a_row_with_its_parents_values_and_its_lines() -> None:
    assert row_of(FULL) == Row(
        "a0B5g00000Pmt01EAB",
        {
            "Name": "ARP-000042",
            "Amount__c": Decimal("1250.50"),
            "Is_Test__c": False,
            "Account__r.Name": "Castellan",
            "Account__r.Owner.Name": "Ann",
        },
        (Row("a0C5g00000Lin01EAB", {"Amount__c": Decimal(7), "AR_Invoice__r.Name": None}),),
    )


def test_empty_fields_parents_and_lists_are_none_and_nothing() -> None:
    row = row_of(
        b'{"Id":"a","Name":null,"Amount__c":null,"Is_Test__c":true,"Account__r":null,"AR_Payment_Lines__r":null}'
    )
    assert row.values == {
        "Name": None,
        "Amount__c": None,
        "Is_Test__c": True,
        "Account__r.Name": None,
        "Account__r.Owner.Name": None,
    }
    assert row.lines == ()


def test_a_name_in_another_case_is_found_and_answered_as_asked() -> None:
    shape = Shape("AR_Payment__c", ("name", "ACCOUNT__R.NAME"))
    assert row_of(FULL, shape).values == {"name": "ARP-000042", "ACCOUNT__R.NAME": "Castellan"}


@pytest.mark.parametrize("missing", ["Nowhere__c", "Account__r.Nowhere__c"])
def test_a_field_that_was_asked_for_and_does_not_come_is_an_error_and_not_an_empty_value(
    missing: str,
) -> None:
    with pytest.raises(AnswerNotUnderstood, match="Nowhere__c"):
        row_of(FULL, Shape("AR_Payment__c", (missing,)))


@pytest.mark.parametrize("compound", ["Account__r", "Account__r.Owner"])
def test_a_compound_field_is_not_a_value(compound: str) -> None:
    with pytest.raises(AnswerNotUnderstood, match="no single value"):
        row_of(FULL, Shape("AR_Payment__c", (compound,)))


def test_describe_tells_types_lengths_choices_and_what_we_may_change() -> None:
    description = wire.loads(
        b"""{"name":"AR_Payment__c","fields":[
        {"name":"Name","type":"string","length":80,"updateable":false,"picklistValues":[]},
        {"name":"Sync_Status__c","type":"picklist","length":255,"updateable":true,"picklistValues":[
          {"active":true,"value":"Waiting","label":"Waiting"},{"active":false,"value":"Old","label":"Old"}]}],
        "childRelationships":[
          {"relationshipName":"AR_Payment_Lines__r","childSObject":"AR_Payment_Line__c"},
          {"relationshipName":null,"childSObject":"AR_Payment__History"}]}"""
    )
    facts = facts_in(description)
    assert facts.name == "AR_Payment__c"
    assert facts.fields == {
        "Name": FieldFacts("Name", "string", writable=False, length=80),
        "Sync_Status__c": FieldFacts("Sync_Status__c", "picklist", choices=("Waiting",), length=255),
    }
    assert facts.children == {"AR_Payment_Lines__r": "AR_Payment_Line__c"}
