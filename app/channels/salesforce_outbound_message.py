"""
Salesforce outbound messages: SOAP in, SOAP acknowledgement out.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm
"""

import re
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from app.errors import Malformed
from app.records import Notice, Ref, System
from app.records.ids import is_id, to18

CHANNEL = "salesforce_outbound_message"
MOST = 100  # the generated WSDL: Notification maxOccurs="100"
LONGEST = 200  # characters of an id or a name; the ledger indexes them

ACKNOWLEDGEMENT = b"""\
<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">
 <soapenv:Body>
  <notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">
   <Ack>true</Ack>
  </notificationsResponse>
 </soapenv:Body>
</soapenv:Envelope>
"""
"""One answer for the whole message: it stands for each notification in it."""

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
_ENVELOPE = f"{_SOAP} Envelope"
_SOBJECT = f"{_OUTBOUND} sObject"
_NOTIFICATION = f"{_OUTBOUND} Notification"
_ORGANIZATION_ID = f"{_OUTBOUND} OrganizationId"
_NOTIFICATION_ID = f"{_OUTBOUND} Id"
_RECORD_ID = "urn:sobject.enterprise.soap.sforce.com Id"
_TYPE = "http://www.w3.org/2001/XMLSchema-instance type"

_IN_MESSAGE = [_ENVELOPE, f"{_SOAP} Body", f"{_OUTBOUND} notifications"]
_IN_NOTIFICATION = [*_IN_MESSAGE, _NOTIFICATION]
_LEAVES = {
    _ORGANIZATION_ID: _IN_MESSAGE,
    _NOTIFICATION_ID: _IN_NOTIFICATION,
    _RECORD_ID: [*_IN_NOTIFICATION, _SOBJECT],
}
"""The elements whose text we want, and where they must stand."""

_SESSION = re.compile(rb"(<(?:[\w.-]+:)?SessionId\b[^<>]*(?<!/)>)[^<]+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """Who sent it, and what it points at. A subject whose id is empty, or is none, points at nothing to be read."""

    organization_id: str
    notices: tuple[Notice, ...]


def parse(body: bytes) -> Parsed:
    """
    Read the pointers of an outbound message, and of its fields none: they are as old as the message.

    A record that was deleted before delivery comes as a notification without data.

    :raises Malformed: if this is not an outbound message, whole
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    reader = _Reader(parser)
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        # LookupError, ValueError: the body names an encoding that nobody knows, or that expat cannot take
        raise Malformed(f"The body is not XML: {error}.") from None
    return reader.parsed()


def without_secrets(body: bytes) -> bytes:
    """The body as it may be kept: until February 2026 `SessionId` was a session that anybody could use."""
    return _SESSION.sub(rb"\1", body)


class _Reader:
    """
    What the parser tells us on the way.

    Most of a message is fields, so once a record's id is known only the end of its sObject is listened for. Salesforce
    declares `xmlns:sf` on each sObject, and the end of that declaration is one call instead of one for each field.
    """

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self._open: list[str] = []
        self._listening = ""
        self._text: list[str] = []
        self._found: dict[str, str] = {}
        self._object = ""
        self._organization_id = ""
        self._notices: list[Notice] = []
        self._skipping = False
        self._declared = 0
        self._declared_at = -1
        self._declared_for_record = 0
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartNamespaceDeclHandler = self._declare
        parser.EndNamespaceDeclHandler = self._undeclare
        self._listen_to_all()

    def parsed(self) -> Parsed:
        missing = [
            name
            for name, value in (("OrganizationId", self._organization_id), ("Notification", self._notices))
            if not value
        ]
        if missing:
            raise Malformed(f"The message has no {' and no '.join(missing)}.")
        if len(self._notices) > MOST:
            raise Malformed(
                f"The message has {len(self._notices)} notifications; Salesforce sends at most {MOST}."
            )
        return Parsed(self._organization_id, tuple(self._notices))

    def _listen_to_all(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name != _ENVELOPE:
            raise Malformed("The body is XML, but its root is not a SOAP 1.1 Envelope.")
        if name in _LEAVES and self._open == _LEAVES[name]:
            self._listening = name
            self._text.clear()
            self._parser.CharacterDataHandler = self._text.append
        elif name == _SOBJECT and self._open == _IN_NOTIFICATION:
            self._object = attributes.get(_TYPE, "").rpartition(":")[2]
            # the parser tells of declarations before it tells of the element that they stand on
            declares = self._declared_at == len(_IN_NOTIFICATION)
            self._declared_for_record = self._declared if declares else 0
        self._open.append(name)

    def _end(self, name: str) -> None:
        self._open.pop()
        if name == self._listening:
            self._parser.CharacterDataHandler = None
            self._listening = ""
            self._keep(name, "".join(self._text).strip())
        elif name == _NOTIFICATION and self._open == _IN_MESSAGE:
            self._notices.append(self._notice())
            self._found.clear()
            self._object = ""

    def _keep(self, name: str, text: str) -> None:
        if name == _ORGANIZATION_ID:
            self._organization_id = text
            return
        self._found[name] = text
        if name == _RECORD_ID:
            self._skipping = True
            self._parser.StartElementHandler = None
            self._parser.EndElementHandler = None if self._declared_for_record else self._end_of_element

    def _declare(self, *_: object) -> None:
        self._declared += 1
        self._declared_at = len(self._open)

    def _undeclare(self, _: object) -> None:
        self._declared -= 1
        self._declared_at = -1
        if self._skipping and self._declared < self._declared_for_record:
            self._end_of_record()

    def _end_of_element(self, name: str) -> None:
        if name == _SOBJECT:
            self._end_of_record()

    def _end_of_record(self) -> None:
        self._skipping = False
        self._open.pop()
        self._listen_to_all()

    def _notice(self) -> Notice:
        notification, record = self._found.get(_NOTIFICATION_ID, ""), self._found.get(_RECORD_ID, "")
        if not notification:
            raise Malformed(f"Notification {len(self._notices) + 1} of the message has no Id of its own.")
        if len(notification) > LONGEST or len(record) > LONGEST or len(self._object) > LONGEST:
            raise Malformed(
                f"Notification {len(self._notices) + 1} of the message has an Id longer than any."
            )
        id = to18(record) if is_id(record) else record
        return Notice(CHANNEL, notification, Ref(System.SALESFORCE, self._object, id))


def _refuse_doctype(*_: object) -> NoReturn:
    raise Malformed(
        "The body declares a document type; outbound messages have none, and it could hide an attack."
    )
