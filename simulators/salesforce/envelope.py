"""The SOAP of an outbound message: the body as it is sent, and the acknowledgement as it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

import xmltodict

from . import ids
from .catalogue import PAYMENT
from .knobs import Knobs
from .outbox import Answered, Notification
from .records import Record
from .settings import Settings
from .values import to_xml

API_VERSION = "65.0"
ACTION_ID = ids.mint("04k", 1)
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

# What the message's definition selects, besides the Id that always comes first; sent in this order.
FIELDS = (
    "Account__c",
    "Amount__c",
    "CreatedDate",
    "CurrencyIsoCode",
    "Intacct_Key__c",
    "LastModifiedDate",
    "Name",
    "Payment_Method__c",
    "Receipt_Date__c",
    "Reference__c",
    "Status__c",
    "SystemModstamp",
)


@dataclass(frozen=True)
class Told:
    """A notification with its record as it is now; None where it was deleted meanwhile."""

    notification: Notification
    record: Record | None


def envelope(settings: Settings, knobs: Knobs, told: Sequence[Told]) -> bytes:
    """One message of 1 to 100 notifications, as section 1.3 of the reference shows it."""
    soap = f"https://{settings.host_name}/services/Soap"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
        " <soapenv:Body>",
        f'  <notifications xmlns="{OUTBOUND}">',
        f"   <OrganizationId>{settings.org_id}</OrganizationId>",
        f"   <ActionId>{ACTION_ID}</ActionId>",
        '   <SessionId xsi:nil="true"/>',
        f"   <EnterpriseUrl>{soap}/c/{API_VERSION}/{settings.org_id[:15]}</EnterpriseUrl>",
        f"   <PartnerUrl>{soap}/u/{API_VERSION}/{settings.org_id[:15]}</PartnerUrl>",
        *(_notification(knobs, one) for one in told),
        "  </notifications>",
        " </soapenv:Body>",
        "</soapenv:Envelope>",
    ]
    return "\n".join(lines).encode()


def acknowledged(status: int, body: bytes) -> Answered:
    """
    Whether an answer delivers the message: 200 and `<Ack>true</Ack>` in its namespace, nothing else.

    The reasons are those of the delivery status page. [source: help article 000381752]
    """
    if status != 200:
        return Answered(False, f"HTTP {status}")
    try:
        read = xmltodict.parse(body, process_namespaces=True, disable_entities=True)
    except (ExpatError, ValueError):
        return Answered(False, "org.xml.sax.SAXParseException: Content is not allowed in prolog.")
    found: object = read
    for step in (f"{SOAP}:Envelope", f"{SOAP}:Body", f"{OUTBOUND}:notificationsResponse", f"{OUTBOUND}:Ack"):
        found = found.get(step) if isinstance(found, dict) else None
    if found in ("true", "1"):
        return Answered(True, "Ack true")
    if found in ("false", "0"):
        return Answered(False, "SOAP response was a nack")
    return Answered(False, "The answer holds no notificationsResponse with an Ack")


def _notification(knobs: Knobs, told: Told) -> str:
    body = _sobject(knobs, told.record) if told.record else _GONE[knobs.deleted_as]
    inside = f"    <Id>{told.notification.id}</Id>\n" + body
    return f"   <Notification>\n{inside}   </Notification>"


def _sobject(knobs: Knobs, record: Record) -> str:
    """The Id first, then what is selected, alphabetically; what is null is left out."""
    lines = [f"     <sf:Id>{record.id}</sf:Id>"]
    for name in () if knobs.id_only else FIELDS:
        value = record[name]
        if value is not None:
            text = escape(to_xml(value, exponents=knobs.exponents))
            lines.append(f"     <sf:{name}>{text}</sf:{name}>")
    return "\n".join((_OPEN, *lines, "    </sObject>\n"))


_OPEN = f'    <sObject xsi:type="sf:{PAYMENT}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
_GONE = {
    "nil": f'{_OPEN}\n     <sf:Id xsi:nil="true"/>\n    </sObject>\n',
    "empty": f"{_OPEN}</sObject>\n",
    "absent": "",
}
