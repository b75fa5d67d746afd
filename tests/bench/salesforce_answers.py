"""What the org of the benchmark answers, in the shapes of `simulators.salesforce`, made of strings that stand ready."""

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Final
from urllib.parse import parse_qs, urlsplit

from simulators.salesforce import describing
from simulators.salesforce.seed import opened
from simulators.salesforce.settings import Settings
from simulators.salesforce.wire import Call
from tests.bench import books

API: Final = "/services/data/v65.0"
TOKEN_PATH: Final = "/services/oauth2/token"

_IDS = re.compile(r"a0B5g(\d{10})EAA")
_WRITTEN = re.compile(r'"id":\s?"(\w{18})"')
_CHILDREN = re.compile(r",?\s*\(SELECT (.+?) FROM AR_Payment_Lines__r\)")
_SELECTED = re.compile(r"SELECT (.+?) FROM AR_Payment__c WHERE ")

_HEADER = {
    "Id": '"a0B5g%(n)010dEAA"',
    "Name": '"ARP-%(n)06d"',
    "Account__c": '"0015g%(c)010dAAA"',
    "Account__r": '"type":"Account","url":"' + API + '/sobjects/Account/0015g%(c)010dAAA"',
    "Account__r.Name": '"Customer %(c)d"',
    "Account__r.Intacct_Customer_Id__c": '"C-%(c)d"',
    "Amount__c": "%(a)s",
    "CurrencyIsoCode": '"USD"',
    "Receipt_Date__c": f'"{books.RECEIVED}"',
    "Payment_Method__c": '"EFT"',
    "Reference__c": '"CHK %(n)d"',
    "Status__c": '"Ready"',
}
_LINE = {
    "Id": '"a0C5g%(n)010dEAA"',
    "AR_Invoice__c": '"a0A5g%(n)010dEAA"',
    "AR_Invoice__r": '"type":"AR_Invoice__c","url":"' + API + '/sobjects/AR_Invoice__c/a0A5g%(n)010dEAA"',
    "AR_Invoice__r.Intacct_Key__c": '"%(i)d"',
    "AR_Invoice__r.Name": '"INV-%(n)06d"',
    "Amount__c": "%(a)s",
}


def token(instance_url: str) -> bytes:
    identity = f"https://login.salesforce.com/id/{books.ORG_ID}/0055g0000000001AAA"
    said = {
        "access_token": f"{books.ORG_ID[:15]}!bench",
        "scope": "id api",
        "instance_url": instance_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": "1795569839406",
        "signature": "M4+BGETsdoLg29CotvvZdZymsdo8CuU9924mPflXCRw=",
    }
    return json.dumps(said).encode()


@cache
def description(sobject: str) -> bytes:
    """The simulator's own, asked in this process: it is 20 kB that no test need repeat."""
    path = f"/sobjects/{sobject}/describe"
    call = Call("GET", path, {}, {}, b"", "http://127.0.0.1").under("65.0", path)
    return json.dumps(describing.describe(opened(Settings(empty=True)), call).body).encode()


def query(url: str) -> bytes:
    """Payments by their ids, with the fields and lines that are asked for; all of them are ready to be posted."""
    soql = parse_qs(urlsplit(url).query)["q"][0]
    head, _, condition = soql.partition(" WHERE ")
    numbers = [int(digits) for digits in _IDS.findall(condition)]
    template = _template(head)
    return _page(template % _facts(number) for number in numbers).encode()


def updated(body: bytes) -> tuple[bytes, list[int]]:
    """The answer to a collection, and the numbers of the payments in it."""
    ids = _WRITTEN.findall(body.decode())
    results = ",".join([f'{{"id":"{one}","success":true,"errors":[]}}' for one in ids])
    return f"[{results}]".encode(), [int(one[5:15]) for one in ids if one.startswith("a0B")]


def _facts(number: int) -> dict[str, object]:
    return {
        "n": number,
        "c": books.customer(number),
        "a": books.amount(number),
        "i": books.invoice_key(number),
    }


@cache
def _template(head: str) -> str:
    """One record of the answer to a query that selects so."""
    children = _CHILDREN.search(head)
    selected = _SELECTED.search(_CHILDREN.sub("", head) + " WHERE ")
    assert selected is not None, f"the benchmark's org does not understand {head!r}"
    parts = _members("AR_Payment__c", selected[1].split(", "), _HEADER)
    if children:
        line = _record("AR_Payment_Line__c", _members("AR_Payment_Line__c", children[1].split(", "), _LINE))
        parts.append(f'"AR_Payment_Lines__r":{_page([line])}')
    return _record("AR_Payment__c", parts)


def _record(type: str, members: Iterable[str]) -> str:
    prefix = "a0B" if type == "AR_Payment__c" else "a0C"
    url = f"{API}/sobjects/{type}/{prefix}5g%(n)010dEAA"
    return f'{{"attributes":{{"type":"{type}","url":"{url}"}},{",".join(members)}}}'


def _members(type: str, names: list[str], texts: dict[str, str]) -> list[str]:
    """`"name":text` of each, parents as objects of their own where they are first named."""
    members: dict[str, list[str]] = {}
    for name in names:
        parent, _, own = name.rpartition(".")
        said = f'"{own}":{texts.get(name, "null")}'
        if parent:
            members.setdefault(parent, [f'"attributes":{{{texts[parent]}}}']).append(said)
        else:
            members[name] = [said]
    return [
        f'"{name}":{{{",".join(parts)}}}' if name in texts and name.endswith("__r") else parts[0]
        for name, parts in members.items()
    ]


def _page(records: Iterable[str]) -> str:
    made = list(records)
    return f'{{"totalSize":{len(made)},"done":true,"records":[{",".join(made)}]}}'
