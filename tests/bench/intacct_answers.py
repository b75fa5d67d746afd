"""What the company of the benchmark answers, in the shapes of `simulators.intacct`, made of strings that stand ready."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from tests.bench import books

GATEWAY_PATH: Final = "/ia/xml/xmlgw.phtml"

_CONTROL = re.compile(r"<controlid>([^<]*)</controlid><uniqueid>(\w+)</uniqueid>")
_FUNCTION = re.compile(r'<function controlid="([^"]*)">(.*?)</function>', re.DOTALL)
_OBJECT = re.compile(r"<object>(\w+)</object><select>(.*?)</select>")
_FIELD = re.compile(r"<field>(\w+)</field>")
_VALUE = re.compile(r"<value>(?:C-|ARP-)?(\d+)</value>")
_KEY = re.compile(r"<DOCNUMBER>ARP-(\d+)</DOCNUMBER>")
_LOCATION = re.compile(r"<locationid>(\w*)</locationid>")

_DAY = "{1}/{2}/{0}".format(*books.RECEIVED.split("-"))
_ROWS: dict[str, dict[str, str]] = {
    "ARINVOICE": {
        "RECORDNO": "%(i)d", "RECORDID": "INV-%(n)06d", "CUSTOMERID": "C-%(c)d", "CURRENCY": "USD",
        "TRX_TOTALDUE": "%(a)s", "STATE": "Posted", "MEGAENTITYID": "100",
    },
    "CUSTOMER": {"CUSTOMERID": "C-%(n)d", "NAME": "Customer %(n)d", "STATUS": "active"},
    "ARPYMT": {
        "RECORDNO": "%(p)d", "CUSTOMERID": "C-%(c)d", "CURRENCY": "USD", "TRX_TOTALENTERED": "%(a)s",
        "RECEIPTDATE": _DAY, "STATE": "C", "DOCNUMBER": "ARP-%(n)06d",
    },
    "ARPYMTDETAIL": {
        "RECORDNO": "%(d)d", "RECORDKEY": "%(i)d", "PAYMENTKEY": "%(p)d", "TRX_PAYMENTAMOUNT": "%(a)s",
    },
}  # fmt: skip
_LISTS = {
    "CHECKINGACCOUNT": ("BANKACCOUNTID", (books.ACCOUNT, "ING-0091")),
    "SAVINGSACCOUNT": ("BANKACCOUNTID", ("CHASE-SAV",)),
    "LOCATIONENTITY": ("LOCATIONID", ("100", "200")),
}
_NUMBERS: dict[tuple[str, str], Callable[[int], int]] = {
    ("ARINVOICE", "RECORDNO"): books.of_invoice,
    ("CUSTOMER", "CUSTOMERID"): int,
    ("ARPYMT", "RECORDNO"): books.of_posted,
    ("ARPYMT", "DOCNUMBER"): int,
    ("ARPYMTDETAIL", "PAYMENTKEY"): books.of_posted,
}
"""From the value that an object is asked by to the number that its rows are made of."""


class Company:
    """Remembers which payments it posted, how often, and which control ids it completed."""

    def __init__(self) -> None:
        self.posted: dict[int, int] = {}
        self._completed: set[str] = set()
        self._endpoint = ""

    def answer(self, request: str, endpoint: str) -> tuple[bytes, list[int]]:
        """The whole answer, and the numbers of the payments that it posted."""
        self._endpoint = endpoint
        control = _CONTROL.search(request)
        assert control is not None, "a request without a control block"
        made: list[int] = []
        unique = control[2] == "true"
        results = "".join([
            f"<result>{self._result(id, body, unique, made)}</result>" for id, body in _FUNCTION.findall(request)
        ])  # fmt: skip
        return f"{_HEAD.format(control[1], control[2])}{results}</operation></response>".encode(), made

    def _result(self, id: str, body: str, unique: bool, made: list[int]) -> str:
        if body.startswith("<query>"):
            return _succeeded("query", id, self._rows(body))
        if body.startswith("<create>"):
            if unique and id in self._completed:
                return _repeated(id)
            self._completed.add(id)
            return _succeeded("create", id, self._created(body, made))
        assert body.startswith("<getAPISession"), f"the benchmark's company does not understand {body[:60]!r}"
        location = _LOCATION.search(body)
        return _succeeded("getAPISession", id, _session(location[1] if location else "", self._endpoint))

    def _created(self, body: str, made: list[int]) -> str:
        key = _KEY.search(body)
        assert key is not None, "a payment without its key"
        number = int(key[1])
        self.posted[number] = self.posted.get(number, 0) + 1
        made.append(number)
        posted = books.posted_key(number)
        return f'<data listtype="objects" count="1"><arpymt><RECORDNO>{posted}</RECORDNO></arpymt></data>'

    def _rows(self, body: str) -> str:
        asked = _OBJECT.search(body)
        assert asked is not None, "a query without object and fields"
        name = asked[1]
        if name in _LISTS:
            return _listed(name)
        by, _, values = body.partition("<in>")[2].partition("</field>")
        number_of = _NUMBERS[name, by.removeprefix("<field>")]
        numbers: Iterator[int] = (number_of(int(value)) for value in _VALUE.findall(values))
        row = _row(name, asked[2])
        posted_only = name.startswith("ARPYMT")
        found = [row % _facts(n) for n in numbers if not posted_only or n in self.posted]
        return _data(name, found)


def _facts(number: int) -> Mapping[str, object]:
    posted = books.posted_key(number)
    return {
        "n": number, "c": books.customer(number), "a": books.amount(number), "i": books.invoice_key(number),
        "p": posted, "d": posted - 1,
    }  # fmt: skip


@cache
def _row(name: str, select: str) -> str:
    fields = "".join([f"<{one}>{_ROWS[name][one]}</{one}>" for one in _FIELD.findall(select)])
    return f"<{name}>{fields}</{name}>"


@cache
def _listed(name: str) -> str:
    field, values = _LISTS[name]
    return _data(name, [f"<{name}><{field}>{value}</{field}></{name}>" for value in values])


def _data(name: str, rows: list[str]) -> str:
    count = len(rows)
    told = f'listtype="{name}" totalcount="{count}" offset="0" count="{count}" numremaining="0"'
    return f"<data {told}>{''.join(rows)}</data>"


def _succeeded(function: str, id: str, inside: str) -> str:
    return f"<status>success</status><function>{function}</function><controlid>{id}</controlid>{inside}"


def _session(location: str, endpoint: str) -> str:
    return (
        f"<data><api><sessionid>bench{location}..</sessionid><endpoint>{endpoint}</endpoint>"
        f"<locationid>{location}</locationid></api></data>"
    )


def _repeated(id: str) -> str:
    text = f"A successful transaction has already been recorded with the control id {id} [Support ID: bench]"
    return (
        f"<status>failure</status><function>create</function><controlid>{id}</controlid>"
        '<data listtype="objects" count="0"/><errormessage><error>'
        f"<errorno>BL01001973</errorno><description></description><description2>{text}</description2>"
        "<correction></correction></error></errormessage>"
    )


_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<response><control><status>success</status><senderid>sim_sender</senderid>'
    "<controlid>{}</controlid><uniqueid>{}</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication>"
    "<status>success</status><userid>sim_user</userid><companyid>HARBORLIGHT-SIM</companyid><locationid></locationid>"
    "<sessiontimestamp>2026-11-24T20:23:59-05:00</sessiontimestamp>"
    "<sessiontimeout>2026-11-25T02:23:59-05:00</sessiontimeout></authentication>"
)
