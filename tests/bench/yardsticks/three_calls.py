"""What every yardstick asks of the remote systems: read payments, post them, write back. No sign-in: it is given one."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import httpx

from tests.bench import books
from tests.bench.intacct_answers import GATEWAY_PATH
from tests.bench.salesforce_answers import API

_HEADERS = {"Authorization": "Bearer bench"}
_SOQL = (
    "SELECT Id, Name, Account__c, Account__r.Name, Account__r.Intacct_Customer_Id__c, Amount__c, CurrencyIsoCode,"
    " Receipt_Date__c, Payment_Method__c, Reference__c, Description__c, Deposit_To__c, Entity__c, Payer__c, Status__c,"
    " Sync_Status__c, (SELECT Id, AR_Invoice__c, AR_Invoice__r.Intacct_Key__c, AR_Invoice__r.Name, Amount__c"
    " FROM AR_Payment_Lines__r) FROM AR_Payment__c WHERE Id IN ({})"
)

Row = dict[str, Any]
"""A payment as it came, floats and all: a yardstick does what is usually done."""


def read(http: httpx.Client, remote: str, ids: Sequence[str]) -> list[Row]:
    soql = _SOQL.format(",".join(f"'{one}'" for one in ids))
    answer = http.get(f"{remote}{API}/query", params={"q": soql}, headers=_HEADERS)
    rows: list[Row] = answer.raise_for_status().json()["records"]
    return rows


def post(http: httpx.Client, remote: str, rows: Sequence[Row]) -> list[str]:
    """The new RECORDNOs, in order."""
    functions = "".join([_create(row) for row in rows])
    request = (
        '<?xml version="1.0" encoding="utf-8"?><request><control><senderid>s</senderid><password>p</password>'
        "<controlid>bench</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation>"
        "<authentication><sessionid>bench</sessionid></authentication>"
        f"<content>{functions}</content></operation></request>"
    )
    answer = http.post(
        f"{remote}{GATEWAY_PATH}", content=request, headers={"Content-Type": "application/xml"}
    )
    found = ET.fromstring(answer.raise_for_status().content)
    return [one.text or "" for one in found.findall("operation/result/data/arpymt/RECORDNO")]


def write_back(http: httpx.Client, remote: str, id: str, posted: str) -> None:
    """One record, as one writes it who has one."""
    url = f"{remote}{API}/sobjects/AR_Payment__c/{id}"
    http.patch(url, json=_synced(posted), headers=_HEADERS).raise_for_status()


def write_back_all(http: httpx.Client, remote: str, posted: Sequence[tuple[str, str]]) -> None:
    records = [
        {"attributes": {"type": "AR_Payment__c"}, "id": id, **_synced(number)} for id, number in posted
    ]
    answer = http.patch(
        f"{remote}{API}/composite/sobjects",
        content=json.dumps({"allOrNone": False, "records": records}),
        headers={**_HEADERS, "Content-Type": "application/json"},
    )
    if not all(one["success"] for one in answer.raise_for_status().json()):
        raise RuntimeError("a write-back was refused")


def _synced(posted: str) -> dict[str, str]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"Sync_Status__c": "Synced", "Status__c": "Posted", "Intacct_Key__c": posted, "Synced_At__c": now}


def _create(row: Row) -> str:
    received = date.fromisoformat(row["Receipt_Date__c"])
    lines = "".join([
        f"<ARPYMTDETAIL><RECORDKEY>{line['AR_Invoice__r']['Intacct_Key__c']}</RECORDKEY>"
        f"<TRX_PAYMENTAMOUNT>{line['Amount__c']:.2f}</TRX_PAYMENTAMOUNT></ARPYMTDETAIL>"
        for line in row["AR_Payment_Lines__r"]["records"]
    ])  # fmt: skip
    return (
        f'<function controlid="{row["Name"]}"><create><ARPYMT><DOCNUMBER>{row["Name"]}</DOCNUMBER>'
        f"<CUSTOMERID>{row['Account__r']['Intacct_Customer_Id__c']}</CUSTOMERID>"
        f"<CURRENCY>{row['CurrencyIsoCode']}</CURRENCY><RECEIPTDATE>{received:%m/%d/%Y}</RECEIPTDATE>"
        f"<PAYMENTMETHOD>{row['Payment_Method__c']}</PAYMENTMETHOD><DESCRIPTION>{row['Reference__c']}</DESCRIPTION>"
        f"<FINANCIALENTITY>{books.ACCOUNT}</FINANCIALENTITY>"
        f"<ARPYMTDETAILS>{lines}</ARPYMTDETAILS></ARPYMT></create></function>"
    )
