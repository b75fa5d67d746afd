"""Outbound messages: what real ones look like, and what must be refused."""

import re
from pathlib import Path

import pytest
from lxml import etree

from app.channels import salesforce_outbound_message as outbound_message
from app.errors import Malformed
from app.records import Ref, System
from tests.payloads import payload

CHECKOUT = Path(__file__).resolve().parents[3]
CAPTURES = CHECKOUT.parent / "shared" / "reference" / "real" / "salesforce"
ORG = "00D5g00000HrbSmEAJ"


def pointers(name: str) -> list[tuple[str, str, str]]:
    parsed = outbound_message.parse(payload(name))
    return [(notice.delivery_id, notice.subject.object, notice.subject.id) for notice in parsed.notices]


def message(inner: str) -> bytes:
    whole = payload("outbound_message_two_payments.xml").decode()
    return re.sub(r"   <Notification>.*</Notification>\n", lambda _: inner, whole, flags=re.DOTALL).encode()


def notifications(count: int) -> str:
    return "".join(f"<Notification><Id>04l5g{n:010}AAB</Id></Notification>" for n in range(count))


def test_each_notification_becomes_a_notice_in_its_order() -> None:
    parsed = outbound_message.parse(payload("outbound_message_two_payments.xml"))
    assert parsed.organization_id == ORG
    first, second = parsed.notices
    assert (first.channel, first.delivery_id) == ("salesforce_outbound_message", "04l5g00000Ntf01AAB")
    assert first.subject == Ref(System.SALESFORCE, "AR_Payment__c", "a0B5g00000Pmt01EAB")
    assert second.delivery_id == "04l5g00000Ntf02AAB"


def test_prefixes_order_and_place_of_declarations_do_not_matter() -> None:
    assert pointers("outbound_message_other_prefixes.xml") == [
        ("04l5g00000Ntf01AAB", "AR_Payment__c", "a0B5g00000Pmt01EAB"),
        ("04l5g00000Ntf02AAB", "AR_Payment__c", "a0B5g00000Pmt02EAB"),
        ("04l5g00000Ntf03AAB", "AR_Payment__c", "a0B5g00000Pmt03EAB"),
    ]


def test_a_byte_order_mark_is_no_hindrance() -> None:
    assert len(pointers("outbound_message_with_byte_order_mark.xml")) == 1


def test_a_deleted_record_is_told_of_without_an_id_and_its_neighbour_is_not_lost() -> None:
    assert [id for _, _, id in pointers("outbound_message_of_deleted_records.xml")] == [
        "", "", "", "a0B5g00000Pmt04EAB",
    ]  # fmt: skip


def test_a_hundred_notifications_are_taken_and_one_more_is_not() -> None:
    assert len(outbound_message.parse(message(notifications(100))).notices) == 100
    with pytest.raises(Malformed, match="101 notifications"):
        outbound_message.parse(message(notifications(101)))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("outbound_message_without_organization.xml", "has no OrganizationId"),
        ("outbound_message_without_notifications.xml", "no OrganizationId and no Notification"),
        ("outbound_message_reads_a_file.xml", "declares a document type"),
        ("outbound_message_billion_laughs.xml", "declares a document type"),
    ],
)
def test_it_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        outbound_message.parse(payload(name))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not XML: no element found"),
        (b"{}", "not XML"),
        (b'<?xml version="1.0" encoding="gb2312"?><a/>', "not XML"),
        (b'<?xml version="1.0" encoding="x-nobody"?><a/>', "not XML"),
        (b"<html/>", "root is not a SOAP 1.1 Envelope"),
        (payload("outbound_message_two_payments.xml")[:-40], "not XML"),
        (message("<Notification><Id/></Notification>"), "Notification 1 of the message has no Id"),
        (message(f"<Notification><Id>{'x' * 201}</Id></Notification>"), "longer than any"),
        (message("").replace(b"Body>", b"Header>"), "no OrganizationId and no Notification"),
    ],
)
def test_what_is_no_outbound_message_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        outbound_message.parse(body)


def test_a_session_is_not_kept() -> None:
    kept = outbound_message.without_secrets(payload("outbound_message_with_a_session.xml"))
    assert b"not-a-session-any-more" not in kept
    assert b"<SessionId></SessionId>" in kept
    assert outbound_message.without_secrets(b'<o:SessionId a="b">s3cret</o:SessionId>') == (
        b'<o:SessionId a="b"></o:SessionId>'
    )


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("outbound_message_lead.xml", [(f"Lead{n + 1}", f"{n}123456789ABCDEEAE") for n in range(3)]),
        ("outbound_message_contact.xml", [("Contact", "aContactId")]),
    ],
)
def test_what_real_systems_sent_is_understood(name: str, records: list[tuple[str, str]]) -> None:
    if not CAPTURES.is_dir():
        pytest.skip("the captures of real systems are not on this machine")
    notices = outbound_message.parse((CAPTURES / name).read_bytes()).notices
    assert [(notice.subject.object, notice.subject.id) for notice in notices] == records


def test_our_schema_of_it_agrees_with_the_messages_and_the_acknowledgement() -> None:
    schema = etree.XMLSchema(etree.parse(CHECKOUT / "openapi" / "outbound_message.xsd"))
    for body in (
        payload("outbound_message_two_payments.xml"),
        payload("outbound_message_of_deleted_records.xml"),
        outbound_message.ACKNOWLEDGEMENT,
    ):
        schema.assertValid(etree.fromstring(body)[0][0])
    assert not schema.validate(etree.fromstring(payload("outbound_message_without_organization.xml"))[0][0])
