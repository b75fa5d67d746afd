"""Queries of any size in as few HTTP requests as can be, with every page of every one of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from app.errors import CallRefused, RemoteError, RemoteUnavailable
from app.intacct.answers import Done, Failed, FunctionResult, Record
from app.intacct.client import Gateway
from app.intacct.faults import as_error, judge
from app.intacct.requests import MOST_VALUES, PAGE_SIZE, Function, Query, query
from app.records import System

_RECORD_NUMBER = re.compile(r"[0-9]{1,18}")

Fetched = tuple[Record, ...] | Failed
"""All records of one query, or why it has none; that one query fails says nothing of the others."""


@dataclass(frozen=True, slots=True)
class _Page:
    place: int  # of its query among those asked
    query: Query
    offset: int = 0

    def function(self, control_id: str) -> Function:
        return query(control_id, self.query, offset=self.offset)


def fetch(gateway: Gateway, queries: Sequence[Query]) -> list[Fetched]:
    """
    One answer for each query, in their order. One HTTP request, and one more for each round of further pages; none at
    all where there is nothing to ask for.

    :raises RemoteUnavailable: also where Intacct promises records and does not send them. Half a list must not
        pass for the whole: a payment that it leaves out would be posted again
    """
    pages = [page for place, asked in enumerate(queries) for page in _first_pages(place, asked)]
    records: list[list[Record]] = [[] for _ in queries]
    failures: dict[int, Failed] = {}
    while pages:
        functions = [page.function(f"q{number}") for number, page in enumerate(pages)]
        results = gateway.call(functions)
        further = []
        for page, result in zip(pages, results, strict=True):
            if isinstance(result, Failed):
                failures.setdefault(page.place, result)
            else:
                records[page.place] += _records(result)
                further += _next_page(page, result)
        pages = further
    return [failures.get(place) or tuple(found) for place, found in enumerate(records)]


def whole(fetched: Fetched) -> tuple[Record, ...]:
    """
    The records.

    :raises RemoteUnavailable, CallRefused: the query failed, by what its error means
    """
    if isinstance(fetched, Failed):
        raise failure(fetched)
    return fetched


def failure(failed: Failed) -> RemoteError:
    """What a failed function that only reads is raised as."""
    error = as_error(judge(failed.complaints))
    return (
        error
        if isinstance(error, RemoteUnavailable | CallRefused)
        else CallRefused(error.system, error.reason)
    )


def record_numbers(texts: Sequence[str]) -> tuple[str, ...]:
    """Those that can be a RECORDNO, each once. One that cannot would have the whole query refused."""
    return tuple(dict.fromkeys(text for text in texts if _RECORD_NUMBER.fullmatch(text)))


def amount(record_name: str, text: str) -> Decimal:
    """
    Money as Intacct writes it; empty is 0.

    :raises CallRefused: it is no amount
    """
    try:
        value = Decimal(text.strip() or 0)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise CallRefused(System.INTACCT, f"{record_name} comes with the amount {text[:40]!r}, which is none")
    return value


def _first_pages(place: int, asked: Query) -> list[_Page]:
    if not asked.by:
        return [_Page(place, asked)]
    starts = range(0, len(asked.values), MOST_VALUES)
    return [_Page(place, replace(asked, values=asked.values[at : at + MOST_VALUES])) for at in starts]


def _records(result: FunctionResult) -> tuple[Record, ...]:
    return result.records if isinstance(result, Done) else ()


def _next_page(page: _Page, result: FunctionResult) -> list[_Page]:
    found = _records(result)
    remaining = result.remaining if isinstance(result, Done) else None
    if remaining is None:  # an answer that does not count them: a full page may have a next one
        remaining = 1 if len(found) >= PAGE_SIZE else 0
    if remaining and not found:
        raise RemoteUnavailable(System.INTACCT, f"it keeps back {remaining} records of {page.query.object}")
    return [replace(page, offset=page.offset + len(found))] if remaining else []
