"""Outbound messages and platform events, as a receiver that was made from the WSDL gets them."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import zeep
from lxml import etree

from simulators.salesforce.delivering import Sender
from simulators.salesforce.envelope import acknowledged
from simulators.salesforce.settings import Retry, Settings
from tests.simulators.conftest import Serve
from tests.simulators.salesforce_org import ACK, NACK, Receiver, Running, receiving, running, signed_in, until

OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
SOBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
XSD = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def sim(served: Serve, receiver: Receiver) -> Iterator[Running]:
    with running(served, Settings(hook_url=receiver.url)) as started:
        yield started


def turn(sim: Running, **knobs: Any) -> None:
    sim.control("POST", "messages", {"knobs": knobs})


def notifications(body: bytes) -> list[etree._Element]:
    return list(etree.fromstring(body).iter(f"{OUTBOUND}Notification"))


def records(body: bytes) -> list[str]:
    return [n.findtext(f"{OUTBOUND}sObject/{SOBJECT}Id") or "" for n in notifications(body)]


def ids_of(body: bytes) -> list[str]:
    return [n.findtext(f"{OUTBOUND}Id") or "" for n in notifications(body)]


def fields(notification: etree._Element) -> dict[str, str | None]:
    sobject = notification.find(f"{OUTBOUND}sObject")
    assert sobject is not None
    return {str(element.tag).removeprefix(SOBJECT): element.text for element in sobject}


def read_by_zeep(sim: Running, body: bytes) -> Any:
    """The message as zeep's own types, made from the WSDL that the org serves, understand it."""
    wsdl = httpx.get(f"{sim.url}/_sim/outbound_message.wsdl").content
    client = zeep.Client(BytesIO(wsdl))
    message = etree.fromstring(body).find(f".//{OUTBOUND}notifications")
    return client.get_element(f"{OUTBOUND}notifications").parse(message, client.wsdl.types)


def schema_valid(sim: Running, body: bytes) -> None:
    """Raises where the message is not valid under the schemas inside the WSDL."""
    wsdl = etree.fromstring(httpx.get(f"{sim.url}/_sim/outbound_message.wsdl").content)
    schemas = {s.get("targetNamespace"): etree.tostring(s) for s in wsdl.iter(f"{XSD}schema")}

    class Inside(etree.Resolver):
        def resolve(self, system_url: str, _public_id: str, context: Any) -> Any:
            return self.resolve_string(schemas[system_url], context)

    parser = etree.XMLParser()
    parser.resolvers.add(Inside())
    text = schemas["http://soap.sforce.com/2005/09/outbound"].decode()
    for namespace in schemas:
        text = text.replace(
            f'namespace="{namespace}"/>', f'namespace="{namespace}" schemaLocation="{namespace}"/>'
        )
    schema = etree.XMLSchema(etree.fromstring(text.encode(), parser))
    message = etree.fromstring(body).find(f".//{OUTBOUND}notifications")
    assert message is not None
    schema.assertValid(etree.fromstring(etree.tostring(message)))


class TestTheMessage:
    def test_zeep_reads_what_the_wsdl_promises(self, sim: Running, receiver: Receiver) -> None:
        made = sim.pay(lines=[{"invoice": "INV-10482", "amount": "1250.50"}], receipt_date="2026-11-24")
        sim.courier.deliver()
        read = read_by_zeep(sim, receiver.posts[0].body)
        assert read.OrganizationId == sim.org.settings.org_id
        assert read.SessionId is None
        assert read.EnterpriseUrl.endswith("/services/Soap/c/65.0/" + sim.org.settings.org_id[:15])
        sobject = read.Notification[0].sObject
        assert (sobject.Id, sobject.Amount__c, sobject.Status__c) == (made["id"], 1250.5, "Ready")
        assert sobject.Receipt_Date__c.isoformat() == "2026-11-24"
        assert sobject.Intacct_Key__c is None

    def test_the_envelope_is_the_published_one_to_the_letter(self, sim: Running, receiver: Receiver) -> None:
        sim.pay(receipt_date="2026-11-24", method="EFT", Reference__c="Fish & <Chips>")
        sim.courier.deliver()
        body = receiver.posts[0].body.decode()
        assert body.startswith(
            '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope '
            'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n <soapenv:Body>\n'
            '  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
        )
        assert '   <SessionId xsi:nil="true"/>\n' in body
        assert (
            '    <sObject xsi:type="sf:AR_Payment__c" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">\n'
            in body
        )
        assert list(fields(notifications(receiver.posts[0].body)[0])) == [
            "Id",
            "Account__c",
            "Amount__c",
            "CreatedDate",
            "CurrencyIsoCode",
            "LastModifiedDate",
            "Name",
            "Payment_Method__c",
            "Receipt_Date__c",
            "Reference__c",
            "Status__c",
            "SystemModstamp",
        ]
        assert "<sf:CreatedDate>2026-11-24T19:32:05.000Z</sf:CreatedDate>" in body
        assert "<sf:Amount__c>100.0</sf:Amount__c>" in body
        schema_valid(sim, receiver.posts[0].body)

    def test_it_has_the_shape_of_what_a_real_org_sent(
        self, sim: Running, receiver: Receiver, captures: Path
    ) -> None:
        sim.pay()
        sim.courier.deliver()
        turn(sim, id_only=True)
        sim.pay()
        sim.courier.deliver()
        real = (captures / "real/salesforce/outbound_message_contact.xml").read_bytes()
        ours = receiver.posts[1].body
        assert _shape(ours, "AR_Payment__c") == _shape(real, "Contact")
        sample = (captures / "outbound_message_request.xml").read_bytes()
        assert [e.tag for e in etree.fromstring(sample)[0][0]][:5] == [
            e.tag for e in etree.fromstring(ours)[0][0]
        ][:5]

    def test_the_headers_are_those_of_soap_1_1(self, sim: Running, receiver: Receiver) -> None:
        sim.pay()
        sim.courier.deliver()
        headers = receiver.posts[0].headers
        assert headers["content-type"] == "text/xml; charset=utf-8"
        assert headers["soapaction"] == '""'

    def test_the_body_is_made_when_it_is_sent(self, sim: Running, receiver: Receiver) -> None:
        made = sim.pay()
        receiver.answers.append((503, b"down"))
        sim.courier.deliver()
        sim.control("PATCH", f"payments/{made['id']}", {"amount": "77.00", "status": "Draft"})
        sim.clock.turn(seconds=5)
        sim.courier.deliver()
        first, second = receiver.bodies()
        assert ids_of(first) == ids_of(second)
        assert fields(notifications(second)[0])["Amount__c"] == "77.0"
        assert fields(notifications(second)[0])["Status__c"] == "Draft"

    @pytest.mark.parametrize("deleted_as", ["nil", "empty", "absent"])
    def test_a_record_deleted_meanwhile_has_no_data(
        self, sim: Running, receiver: Receiver, deleted_as: str
    ) -> None:
        turn(sim, hold=True, deleted_as=deleted_as)
        made = sim.pay()
        with signed_in(sim.url) as sf:
            sf.AR_Payment__c.delete(made["id"])
        turn(sim, hold=False)
        sim.courier.deliver()
        [told] = notifications(receiver.posts[0].body)
        assert (told.find(f"{OUTBOUND}sObject") is None) is (deleted_as == "absent")
        assert made["id"].encode() not in receiver.posts[0].body
        if deleted_as == "nil":
            schema_valid(sim, receiver.posts[0].body)

    def test_large_amounts_can_come_with_an_exponent(self, sim: Running, receiver: Receiver) -> None:
        turn(sim, exponents=True)
        sim.pay(amount="12500000.00", lines=[])
        sim.pay(amount="9999999.99", lines=[])
        sim.courier.deliver()
        amounts = [fields(n)["Amount__c"] for n in notifications(receiver.posts[0].body)]
        assert amounts == ["1.25E7", "9999999.99"]
        schema_valid(sim, receiver.posts[0].body)


class TestWhatIsSent:
    def test_only_a_payment_that_asks_for_something_is_told_of(
        self, sim: Running, receiver: Receiver
    ) -> None:
        draft = sim.pay(status="Draft")
        ready = sim.pay()
        sim.control("PATCH", f"payments/{ready['id']}", {"status": "Posted"})
        sim.control("PATCH", f"payments/{ready['id']}", {"status": "Reversal Requested"})
        sim.courier.deliver()
        assert records(receiver.posts[0].body) == [ready["id"], ready["id"]]
        assert draft["id"] not in records(receiver.posts[0].body)

    def test_every_save_can_be_told_of(self, sim: Running, receiver: Receiver) -> None:
        turn(sim, every_save=True)
        draft = sim.pay(status="Draft")
        sim.courier.deliver()
        assert records(receiver.posts[0].body) == [draft["id"]]

    def test_a_save_by_the_api_is_told_of_unless_its_user_may_not_send(
        self, sim: Running, receiver: Receiver
    ) -> None:
        with signed_in(sim.url) as sf:
            told = sf.AR_Payment__c.create({"Status__c": "Ready"})["id"]
            turn(sim, api_saves=False)
            sf.AR_Payment__c.create({"Status__c": "Ready"})
        sim.courier.deliver()
        assert [records(body) for body in receiver.bodies()] == [[told]]

    def test_what_was_rolled_back_is_not_told_of(self, sim: Running, receiver: Receiver) -> None:
        good = {"attributes": {"type": "AR_Payment__c"}, "Status__c": "Ready"}
        with signed_in(sim.url) as sf:
            body = {"allOrNone": True, "records": [good, {**good, "Nothing__c": 1}]}
            sf.restful("composite/sobjects", method="POST", json=body)
        assert sim.courier.deliver() == 0
        assert receiver.posts == []

    def test_a_hundred_go_into_one_message_and_no_more(self, sim: Running, receiver: Receiver) -> None:
        body = [{"attributes": {"type": "AR_Payment__c"}, "Status__c": "Ready"} for _ in range(130)]
        with signed_in(sim.url) as sf:
            outcomes = sf.restful("composite/sobjects", method="POST", json={"records": body})
        assert sim.courier.deliver() == 2
        assert [len(notifications(b)) for b in receiver.bodies()] == [100, 30]
        assert [id for b in receiver.bodies() for id in records(b)] == [o["id"] for o in outcomes]
        schema_valid(sim, receiver.posts[0].body)


class TestDelivery:
    @pytest.mark.parametrize(
        ("status", "body", "reason"),
        [
            (200, NACK, "SOAP response was a nack"),
            (200, b"OK", "Content is not allowed in prolog"),
            (200, b'{"Ack": true}', "Content is not allowed in prolog"),
            (200, b"", "Content is not allowed in prolog"),
            (
                200,
                ACK.replace(b' xmlns="http://soap.sforce.com/2005/09/outbound"', b""),
                "no notificationsResponse",
            ),
            (200, ACK.replace(b"notificationsResponse", b"notifications"), "no notificationsResponse"),
            (
                200,
                b'<!DOCTYPE a [<!ENTITY t "true">]>' + ACK.replace(b"true", b"&t;"),
                "not allowed in prolog",
            ),
            (202, ACK, "HTTP 202"),
            (302, b"", "HTTP 302"),
            (500, ACK, "HTTP 500"),
        ],
    )
    def test_nothing_but_200_and_a_true_ack_delivers(
        self, sim: Running, receiver: Receiver, status: int, body: bytes, reason: str
    ) -> None:
        receiver.answers.append((status, body))
        sim.pay()
        sim.courier.deliver()
        [message] = sim.messages()
        assert (message["state"], message["attempts"]) == ("queued", 1)
        assert reason in message["last_answer"]
        sim.clock.turn(seconds=5)
        sim.courier.deliver()
        assert sim.messages()[0]["state"] == "delivered"

    def test_an_ack_may_be_written_as_xsd_boolean_allows(self) -> None:
        assert acknowledged(200, ACK.replace(b"true", b"1")).good
        assert acknowledged(200, ACK.replace(b"<Ack>true", b"<Ack> true ")).good

    def test_waits_double_up_to_two_hours_and_end_after_a_day(self, sim: Running, receiver: Receiver) -> None:
        receiver.answers = [(503, b"")] * 100
        sim.pay()
        waits: list[float] = []
        while (due := sim.org.outbox.next_due()) is not None:
            waits.append((due - sim.clock.now).total_seconds())
            sim.clock.now = due
            sim.courier.deliver()
        assert waits[:6] == [0, 5, 10, 20, 40, 80]
        assert max(waits) == 7200
        assert sum(waits) <= 86_400 < sum(waits) + 7200
        [message] = sim.messages()
        assert (message["state"], message["attempts"]) == ("given up", len(waits))
        assert len({tuple(ids_of(body)) for body in receiver.bodies()}) == 1

    def test_nobody_listening_is_tried_again_and_names_no_address(self, served: Serve) -> None:
        with running(served, Settings(hook_url="http://127.0.0.1:9/hook/very-secret")) as sim:
            sim.pay()
            sim.courier.deliver()
            said = httpx.get(f"{sim.url}/_sim/messages").text + httpx.get(f"{sim.url}/messages").text
            assert "ConnectError" in said
            assert "very-secret" not in said

    def test_a_message_is_not_sent_before_it_is_due(self, sim: Running, receiver: Receiver) -> None:
        receiver.answers.append((503, b""))
        sim.pay()
        sim.courier.deliver()
        sim.clock.turn(seconds=4.9)
        assert sim.courier.deliver() == 0
        sim.clock.turn(seconds=0.1)
        assert sim.courier.deliver() == 1

    def test_retry_now_does_not_wait_and_a_removed_one_is_never_sent(
        self, sim: Running, receiver: Receiver
    ) -> None:
        receiver.answers.append((503, b""))
        sim.pay()
        sim.pay()
        sim.courier.deliver()
        removed = sim.messages()[0]["id"]
        sim.control("POST", "messages", {"remove": [removed]})
        said = sim.control("POST", "messages", {"deliver_now": True})
        assert said["posts"] == 1
        assert {m["state"] for m in said["messages"]} == {"removed", "delivered"}
        assert removed not in ids_of(receiver.posts[1].body)

    def test_the_sending_thread_delivers_without_being_asked(self, sim: Running, receiver: Receiver) -> None:
        with Sender(sim.org, sim.courier):
            made = sim.pay()
            until(lambda: len(receiver.posts) == 1)
        assert records(receiver.posts[0].body) == [made["id"]]


class TestBadDays:
    def test_each_can_come_twice_under_one_notification_id(self, sim: Running, receiver: Receiver) -> None:
        turn(sim, twice=True)
        sim.pay()
        sim.courier.deliver()
        first, second = receiver.bodies()
        assert ids_of(first) == ids_of(second)
        assert sim.messages()[0]["state"] == "delivered"

    def test_every_third_can_be_lost(self, sim: Running, receiver: Receiver) -> None:
        turn(sim, lose_every=3)
        made = [sim.pay()["id"] for _ in range(6)]
        sim.courier.deliver()
        assert records(receiver.posts[0].body) == [made[0], made[1], made[3], made[4]]
        assert sim.control("GET", "messages")["counts"] == {"lost": 2, "delivered": 4}

    def test_the_latest_can_come_first(self, sim: Running, receiver: Receiver) -> None:
        turn(sim, reorder=True, hold=True, batch=2)
        made = [sim.pay()["id"] for _ in range(3)]
        turn(sim, hold=False)
        sim.courier.deliver()
        assert [records(body) for body in receiver.bodies()] == [[made[2], made[1]], [made[0]]]

    def test_one_transaction_can_be_split(self, sim: Running, receiver: Receiver) -> None:
        turn(sim, split=True, hold=True)
        for _ in range(5):
            sim.pay()
        turn(sim, hold=False)
        sim.courier.deliver()
        assert [len(notifications(body)) for body in receiver.bodies()] == [1, 4]

    def test_held_messages_wait_for_their_release(self, sim: Running, receiver: Receiver) -> None:
        sim.control("POST", "messages", {"pause": True})
        sim.pay()
        sim.clock.turn(hours=1)
        assert sim.courier.deliver() == 0
        sim.control("POST", "messages", {"resume": True})
        assert sim.courier.deliver() == 1

    def test_a_knob_that_is_not_there_is_named(self, sim: Running) -> None:
        for knobs, field in (({"twise": True}, "knobs.twise"), ({"batch": 101}, "knobs.batch")):
            answer = httpx.post(f"{sim.url}/_sim/messages", json={"knobs": knobs})
            assert answer.status_code == 400
            assert answer.json()["errors"][0]["field"] == field


class TestEvents:
    def test_they_come_as_an_api_destination_posts_them(self, served: Serve, receiver: Receiver) -> None:
        settings = Settings(event_url=receiver.url, event_token="for-the-relay")
        with running(served, settings) as sim:
            made = sim.pay()
            sim.courier.deliver()
            [post] = receiver.posts
            event = json.loads(post.body)
            assert post.headers["authorization"] == "Bearer for-the-relay"
            assert event["detail-type"] == "AR_Payment_Event__e"
            assert event["source"].startswith(f"aws.partner/salesforce.com/{sim.org.settings.org_id}/0YL")
            payload = event["detail"]["payload"]
            assert payload["Record_Id__c"] == made["id"]
            assert (payload["Object__c"], payload["Change__c"]) == ("AR_Payment__c", "Created")
            assert payload["CreatedDate"] == int(sim.clock.now.timestamp() * 1000)

    def test_a_published_event_goes_the_same_way(self, served: Serve, receiver: Receiver) -> None:
        with running(served, Settings(event_url=receiver.url)) as sim, signed_in(sim.url) as sf:
            said = sf.AR_Payment_Event__e.create({"Record_Id__c": "a0B5g0000000009EAA"})
            sim.courier.deliver()
            event = json.loads(receiver.posts[0].body)
            assert event["detail"]["id"] == said["errors"][0]["message"]
            assert event["detail"]["payload"]["Record_Id__c"] == "a0B5g0000000009EAA"

    def test_a_refusal_is_final_and_an_outage_is_not(self, served: Serve, receiver: Receiver) -> None:
        receiver.answers = [(401, b""), (503, b"")]
        with running(served, Settings(event_url=receiver.url)) as sim:
            sim.pay()
            sim.pay()
            sim.courier.deliver()
            assert [m["state"] for m in sim.messages()] == ["queued", "given up"]

    def test_without_an_address_nothing_is_queued(self, served: Serve) -> None:
        with running(served) as sim:
            sim.pay()
            assert sim.messages() == []


def test_the_waits_can_be_chosen() -> None:
    assert [Retry(first=0.5, longest=2).wait(n) for n in (1, 2, 3, 4, 99)] == [0.5, 1.0, 2.0, 2, 2]


def _shape(body: bytes, sobject: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Elements in order, with the attributes that are part of the format."""
    return [
        (
            str(element.tag),
            tuple(sorted((str(n), str(v).replace(sobject, "X")) for n, v in element.attrib.items())),
        )
        for element in etree.fromstring(body).iter()
    ]
