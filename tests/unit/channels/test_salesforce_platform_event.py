"""Platform events: the shapes in which they come, what tells a repeat, and what is refused."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from app.channels import salesforce_platform_event as platform_event
from app.errors import Malformed
from app.records import Ref, System
from tests.payloads import payload

UUID = "e981b488-81f3-4fcc-bd6f-f7033c9d7ac3"
PAYLOAD = {"Record_Id__c": "a0B5g00000Pmt01", "Object__c": "AR_Payment__c", "Change__c": "Delete"}
SCHEMA = Path(__file__).resolve().parents[3] / "openapi" / "platform_event.schema.json"
SHAPES = [
    ("platform_event_eventbridge.json", "6d1c5a3e-3f0a-4f0e-9d7b-0c5b6f4e2a11"),
    ("platform_event_cloudevents_payload.json", "//salesforce/00D5g00000HrbSmEAJ 41"),
    ("platform_event_cloudevents_data.json", "//salesforce/00D5g00000HrbSmEAJ 41"),
    ("platform_event_streaming.json", UUID),
    ("platform_event_bare.json", "replay 52"),
]


def notice_of(event: dict[str, Any]):
    (notice,) = platform_event.parse(json.dumps(event).encode())
    return notice


@pytest.mark.parametrize(("name", "delivery_id"), SHAPES)
def test_every_shape_is_understood(name: str, delivery_id: str) -> None:
    (notice,) = platform_event.parse(payload(name))
    assert notice.channel == "salesforce_platform_event"
    assert notice.delivery_id == delivery_id
    assert notice.subject == Ref(System.SALESFORCE, "AR_Payment__c", "a0B5g00000Pmt01EAB")
    assert notice.change == "updated"


def test_a_list_keeps_its_order() -> None:
    notices = platform_event.parse(payload("platform_event_list.json"))
    assert [notice.delivery_id for notice in notices] == ["replay 51", "replay 52", "replay 53"]


def test_a_short_id_and_a_word_of_its_own_for_the_change_become_ours() -> None:
    notice = notice_of({"data": PAYLOAD})
    assert (notice.subject.id, notice.change) == ("a0B5g00000Pmt01EAB", "deleted")
    assert notice_of({"data": {**PAYLOAD, "Change__c": None}}).change == ""
    assert notice_of({"data": {**PAYLOAD, "Change__c": "merged"}}).change == ""


def test_the_uuid_of_the_event_goes_before_every_other_id() -> None:
    event = {"id": "envelope", "data": {"payload": PAYLOAD, "event": {"EventUuid": UUID, "replayId": 7}}}
    assert notice_of(event).delivery_id == UUID
    assert notice_of({"id": "envelope", "data": {**PAYLOAD, "EventUuid": UUID}}).delivery_id == UUID


def test_without_any_id_the_content_tells_a_repeat_whatever_the_order_of_its_members() -> None:
    first = notice_of({"data": {**PAYLOAD, "CreatedDate": "2026-03-02T14:05:09Z"}})
    again = notice_of({"data": {"CreatedDate": "2026-03-02T14:05:09Z", **PAYLOAD}})
    later = notice_of({"data": {**PAYLOAD, "CreatedDate": "2026-03-02T14:05:10Z"}})
    assert first.delivery_id == again.delivery_id != later.delivery_id


@pytest.mark.parametrize("id", ["x" * 4000, "a\x00b", "\ud800"])
def test_an_id_that_no_index_can_hold_is_known_by_its_digest(id: str) -> None:
    assert notice_of({"id": id, "data": PAYLOAD}).delivery_id.startswith("sha256 ")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", r"^\$: not JSON"),
        (b"<xml/>", r"^\$: not JSON"),
        (b"\xff\xfe\xfa", r"^\$: not JSON"),
        (b"[" * 100_000, r"^\$: nested too deeply"),
        (b"1" * 5000, r"^\$: not JSON"),
        (b'{"data": NaN}', r"^\$: NaN is not JSON"),
        (b"[]", r"^\$: the list is empty"),
        (b"7", r"^\$: not an object"),
        (b"{}", r"^\$: has none of detail, data and payload"),
        (b'{"detail": {}}', r"^\$\.detail\.payload: missing"),
        (b'{"data": "text"}', r"^\$\.data: not an object"),
        (b'{"data": {"payload": []}}', r"^\$\.data\.payload: not an object"),
        (b'{"payload": {}, "event": {}}', r"^\$\.event\.replayId: missing"),
        (b'{"payload": {}}', r"^\$\.event: missing"),
        (b'{"data": {}}', r"^\$\.data\.Record_Id__c: missing"),
        (b'{"data": {"Record_Id__c": 7}}', r"^\$\.data\.Record_Id__c: not a text"),
        (
            b'{"data": {"Record_Id__c": "ARP-000042"}}',
            r"^\$\.data\.Record_Id__c: this is not a Salesforce id",
        ),
        (b'{"data": {"Record_Id__c": "a0B5g00000Pmt01"}}', r"^\$\.data\.Object__c: missing"),
        (
            b'{"data": {"Record_Id__c": "a0B5g00000Pmt01", "Object__c": "A\\u0000"}}',
            r"^\$\.data\.Object__c: longer than",
        ),
        (
            b'[{"data": {"Record_Id__c": "a0B5g00000Pmt01", "Object__c": "A"}}, {"detail": 1}]',
            r"^\$\[1\]\.detail: not an object",
        ),
    ],
)
def test_anything_else_is_refused_by_its_path(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        platform_event.parse(body)


def test_our_schema_of_it_agrees_with_the_parser() -> None:
    schema = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    for name in (*(name for name, _ in SHAPES), "platform_event_list.json"):
        assert schema.is_valid(json.loads(payload(name))), name
    for wrong in ([], {}, {"payload": PAYLOAD}, {"data": {"Object__c": "A"}}, {"detail": PAYLOAD}):
        assert not schema.is_valid(wrong), wrong
