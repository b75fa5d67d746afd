"""Outbound messages as an org sends them, and a sender that costs little while it sends."""

import asyncio
import time
from collections.abc import Iterator, Sequence

from tests.bench import books

_HEAD = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>{books.ORG_ID}</OrganizationId>
   <ActionId>04k5g0000000001AAA</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://harborlight.my.salesforce.com/services/Soap/c/65.0/{books.ORG_ID[:15]}</EnterpriseUrl>
   <PartnerUrl>https://harborlight.my.salesforce.com/services/Soap/u/65.0/{books.ORG_ID[:15]}</PartnerUrl>
"""
_NOTIFICATION = """\
   <Notification>
    <Id>04l5g%(n)010dAAA</Id>
    <sObject xsi:type="sf:AR_Payment__c" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>%(id)s</sf:Id>
     <sf:Account__c>0015g%(c)010dAAA</sf:Account__c>
     <sf:Amount__c>%(a)s</sf:Amount__c>
     <sf:CreatedDate>2026-11-20T14:05:09.000Z</sf:CreatedDate>
     <sf:CurrencyIsoCode>USD</sf:CurrencyIsoCode>
     <sf:LastModifiedDate>2026-11-20T14:05:09.000Z</sf:LastModifiedDate>
     <sf:Name>%(key)s</sf:Name>
     <sf:Payment_Method__c>EFT</sf:Payment_Method__c>
     <sf:Receipt_Date__c>2026-11-20</sf:Receipt_Date__c>
     <sf:Reference__c>CHK %(n)d</sf:Reference__c>
     <sf:Status__c>Ready</sf:Status__c>
     <sf:SystemModstamp>2026-11-20T14:05:09.000Z</sf:SystemModstamp>
    </sObject>
   </Notification>
"""
_TAIL = "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"


def body(numbers: Sequence[int]) -> bytes:
    """One message that tells of these payments, 1 to 100."""
    told = [
        _NOTIFICATION
        % {
            "n": number,
            "id": books.payment_id(number),
            "key": books.key(number),
            "c": books.customer(number),
            "a": books.amount(number),
        }
        for number in numbers
    ]
    return f"{_HEAD}{''.join(told)}{_TAIL}".encode()


def send(port: int, path: str, bodies: Sequence[bytes], *, connections: int) -> float:
    """
    Deliver each, one after another on each of so many kept connections; answers the seconds until the last was
    acknowledged.

    :raises RuntimeError: one was not answered with 200
    """
    return asyncio.run(_send(port, path, bodies, connections))


async def _send(port: int, path: str, bodies: Sequence[bytes], connections: int) -> float:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\n"
    requests = iter([f"{head}Content-Length: {len(one)}\r\n\r\n".encode() + one for one in bodies])
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    began = time.perf_counter()
    await asyncio.gather(*(_deliver(reader, writer, requests) for reader, writer in streams))
    took = time.perf_counter() - began
    for _, writer in streams:
        writer.close()
        await writer.wait_closed()
    return took


async def _deliver(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: Iterator[bytes]
) -> None:
    for request in requests:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"not acknowledged: {head.decode()}")
        await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
