"""Payments as they stand in Intacct: found by our key or by number, with originals and their reversals told apart."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from app.errors import CallRefused
from app.intacct.answers import Done, Failed, Record
from app.intacct.client import Gateway
from app.intacct.faults import Next, judge
from app.intacct.fetch import Fetched, amount, failure, fetch, record_numbers, whole
from app.intacct.requests import Query, read
from app.records import PostedLine, PostedPayment, System

MOST_READ_KEYS = 100

_HEADER = ("RECORDNO", "CUSTOMERID", "CURRENCY", "TRX_TOTALENTERED", "RECEIPTDATE", "STATE")
_DETAIL = ("RECORDNO", "RECORDKEY", "PAYMENTKEY", "TRX_PAYMENTAMOUNT")
# `V` was seen on captured voids; the words are the REST API's. Intacct's other literals are not published.
_REVERSED = frozenset({"v", "voided", "reversed"})
_REVERSAL = frozenset({"reversal"})

_MONTH_FIRST = re.compile(r"\s*(?P<month>\d{2})/(?P<day>\d{2})/(?P<year>\d{4})(?!\d)")
_YEAR_FIRST = re.compile(r"\s*(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)")

Lines = Mapping[str, Sequence[PostedLine]]


class Posted:
    """
    Reads ARPYMT with its applications. Where a company's user cannot query ARPYMTDETAIL, they come with `read` of the
    whole payments instead, which is one request more; that is remembered.
    """

    def __init__(self, gateway: Gateway, key_field: str) -> None:
        self._gateway = gateway
        self._key_field = key_field
        self._queries_details = True

    def find(self, keys: Sequence[str]) -> Mapping[str, Sequence[PostedPayment]]:
        """
        Everything that carries one of the keys, reversals included, oldest first.

        :raises RemoteUnavailable, SignInRefused, CallRefused: nothing is known then
        """
        wanted = tuple(dict.fromkeys(key for key in keys if key))
        headers = whole(fetch(self._gateway, [self._headers(self._key_field, wanted)])[0])
        if not headers:
            return {}
        ids = record_numbers([one["RECORDNO"] for one in headers])
        lines = self._lines(ids, self._details(ids)) if ids else {}
        # A company may compare without regard to case; the caller looks under the key that it asked for.
        asked = {key.strip().casefold(): key for key in wanted} | {key: key for key in wanted}
        found: defaultdict[str, list[PostedPayment]] = defaultdict(list)
        for payment in self._payments(headers, lines):
            key = asked.get(payment.key) or asked.get(payment.key.casefold(), payment.key)
            found[key].append(payment)
        return dict(found)

    def read(self, ids: Sequence[str]) -> Mapping[str, PostedPayment]:
        """
        By RECORDNO; what cannot be seen (yet) is absent.

        :raises RemoteUnavailable, SignInRefused, CallRefused: nothing is known then
        """
        wanted = record_numbers(ids)
        if not wanted:
            return {}
        details = [self._detail_query(wanted)] if self._queries_details else []
        headers, *fetched = fetch(self._gateway, [self._headers("RECORDNO", wanted), *details])
        seen = whole(headers)
        numbers = record_numbers([one["RECORDNO"] for one in seen])
        lines = self._lines(numbers, fetched[0] if fetched else None)
        return {one.id: one for one in self._payments(seen, lines)}

    def _headers(self, by: str, values: tuple[str, ...]) -> Query:
        fields = tuple(dict.fromkeys((*_HEADER, self._key_field)))
        return Query("ARPYMT", fields, by=by, values=values)

    def _detail_query(self, ids: tuple[str, ...]) -> Query:
        return Query("ARPYMTDETAIL", _DETAIL, by="PAYMENTKEY", values=ids)

    def _details(self, ids: tuple[str, ...]) -> Fetched | None:
        return fetch(self._gateway, [self._detail_query(ids)])[0] if self._queries_details else None

    def _lines(self, ids: tuple[str, ...], fetched: Fetched | None) -> Lines:
        """The lines of the payments that exist; `fetched` is None where details are not queried."""
        if isinstance(fetched, Failed):
            if judge(fetched.complaints).next in (Next.AGAIN, Next.UNCLEAR):
                raise failure(fetched)
            self._queries_details = False
        elif fetched is not None:
            return _by_payment([one.fields for one in fetched])
        return _by_payment(self._read_whole(ids))

    def _read_whole(self, ids: tuple[str, ...]) -> list[Mapping[str, str]]:
        starts = range(0, len(ids), MOST_READ_KEYS)
        functions = [read(f"r{at}", "ARPYMT", ids[at : at + MOST_READ_KEYS]) for at in starts]
        details: list[Mapping[str, str]] = []
        for result in self._gateway.call(functions) if functions else []:
            if isinstance(result, Failed):
                raise failure(result)
            for one in result.records if isinstance(result, Done) else ():
                own = {"PAYMENTKEY": one["RECORDNO"]}
                details += [{**detail, **own} for detail in one.owned.get("ARPYMTDETAILS", ())]
        return details

    def _payments(self, headers: Sequence[Record], lines: Lines) -> list[PostedPayment]:
        payments = [self._payment(one, lines.get(one["RECORDNO"], ())) for one in headers]
        return with_reversals(payments)

    def _payment(self, one: Record, lines: Sequence[PostedLine]) -> PostedPayment:
        total, state = amount(f"ARPYMT {one['RECORDNO']}", one["TRX_TOTALENTERED"]), one["STATE"].strip()
        negative = total < 0 or (bool(lines) and all(line.amount < 0 for line in lines))
        is_reversal = negative or state.lower() in _REVERSAL
        return PostedPayment(
            id=one["RECORDNO"],
            key=one[self._key_field.upper()].strip(),
            customer=one["CUSTOMERID"],
            currency=one["CURRENCY"],
            amount=total,
            receipt_date=day(one["RECEIPTDATE"]),
            state=state,
            lines=tuple(lines),
            is_reversal=is_reversal,
            is_reversed=not is_reversal and state.lower() in _REVERSED,
        )


def with_reversals(payments: Sequence[PostedPayment]) -> list[PostedPayment]:
    """
    The same, oldest first, with originals marked whose reversal is among them though their state does not say so.

    A reversal carries its original's key, customer and amount, and no pointer to it. Each takes one original older than
    itself, and first one that its state calls reversed: so a payment that was posted again stands.
    """
    standing: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    said_reversed: defaultdict[tuple[str, ...], int] = defaultdict(int)
    marked = sorted(payments, key=_age)
    for place, one in enumerate(marked):
        alike = _alike(one)
        if one.is_reversed:
            said_reversed[alike] += 1
        elif not one.is_reversal:
            standing[alike].append(place)
        elif said_reversed[alike]:
            said_reversed[alike] -= 1
        elif one.key and standing[alike]:
            original = standing[alike].pop(0)
            marked[original] = replace(marked[original], is_reversed=True)
    return marked


def day(text: str) -> date | None:
    """
    `query` answers mm/dd/yyyy, `read` yyyy-mm-dd; either may carry a time behind it.

    :raises CallRefused: neither, as where the user's own format is another
    """
    if not text.strip():
        return None
    found = _MONTH_FIRST.match(text) or _YEAR_FIRST.match(text)
    try:
        if found:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        pass  # no such day: a date in another order
    remedy = "set the date format of this connection's Intacct user to mm/dd/yyyy"
    raise CallRefused(System.INTACCT, f"a date comes as {text[:20]!r}: {remedy}")


def _by_payment(details: Sequence[Mapping[str, str]]) -> Lines:
    lines: defaultdict[str, list[PostedLine]] = defaultdict(list)
    for one in details:
        number = one.get("RECORDNO", "")
        applied = amount(f"ARPYMTDETAIL {number}", one.get("TRX_PAYMENTAMOUNT", ""))
        lines[one.get("PAYMENTKEY", "")].append(PostedLine(number, one.get("RECORDKEY", ""), applied))
    return lines


def _alike(one: PostedPayment) -> tuple[str, ...]:
    return one.key, one.customer, one.currency, format(abs(one.amount).normalize(), "f")


def _age(one: PostedPayment) -> int:
    return int(one.id) if one.id.isdecimal() else 0
