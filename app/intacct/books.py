"""What payments touch in Intacct, in one request: their invoices and customers, and the lists they choose from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.intacct.answers import Failed, Record
from app.intacct.client import Gateway
from app.intacct.faults import Next, judge
from app.intacct.fetch import Fetched, amount, fetch, record_numbers, whole
from app.intacct.requests import Query
from app.records import Books, Customer, Invoice, Payment

LISTS_SECONDS = 600.0

_INVOICE = ("RECORDNO", "RECORDID", "CUSTOMERID", "CURRENCY", "TRX_TOTALDUE", "STATE")
_ENTITY = "MEGAENTITYID"
_CUSTOMER = ("CUSTOMERID", "NAME", "STATUS")
_LISTS = (
    Query("CHECKINGACCOUNT", ("BANKACCOUNTID",)),
    Query("SAVINGSACCOUNT", ("BANKACCOUNTID",)),
    Query("LOCATIONENTITY", ("LOCATIONID",)),
)


@dataclass(frozen=True, slots=True)
class _Lists:
    accounts: frozenset[str] | None
    entities: frozenset[str] | None
    until: float


class BookKeeper:
    """
    Remembers the lists of accounts and entities for ten minutes, and whether invoices tell their entity here (a
    company without entities has no such field). `clock` gives seconds.
    """

    def __init__(self, gateway: Gateway, clock: Callable[[], float]) -> None:
        self._gateway = gateway
        self._clock = clock
        self._lists: _Lists | None = None
        self._tells_entity = True

    def look_around(self, records: Sequence[Payment]) -> Books:
        """
        What is gone is absent. A list that Intacct does not give is None, and the rest is as good without it.

        :raises RemoteUnavailable, SignInRefused, CallRefused: nothing is known then
        """
        invoices, customers = self._invoices(_invoice_keys(records)), _customers(records)
        lists = self._fresh_lists()
        invoices_found, customers_found, *listed = fetch(
            self._gateway, [invoices, customers, *([] if lists else _LISTS)]
        )
        if self._tells_entity and _lacks_a_field(invoices_found):
            invoices_found = fetch(self._gateway, [replace(invoices, fields=_INVOICE)])[0]
            self._tells_entity = isinstance(invoices_found, Failed)
        if lists is None:
            lists = self._kept(listed)
        return Books(
            customers=_customers_by_id(whole(customers_found)),
            invoices=_invoices_by_key(whole(invoices_found)),
            accounts=lists.accounts,
            entities=lists.entities,
        )

    def _invoices(self, keys: Sequence[str]) -> Query:
        fields = (*_INVOICE, _ENTITY) if self._tells_entity else _INVOICE
        return Query("ARINVOICE", fields, by="RECORDNO", values=tuple(keys))

    def _fresh_lists(self) -> _Lists | None:
        return self._lists if self._lists and self._clock() < self._lists.until else None

    def _kept(self, listed: Sequence[Fetched]) -> _Lists:
        checking, savings, entities = (_ids(found) for found in listed)
        accounts = None if checking is None or savings is None else checking | savings
        lists = _Lists(accounts or None, entities, self._clock() + LISTS_SECONDS)
        if not any(isinstance(found, Failed) and _is_passing(found) for found in listed):
            self._lists = lists
        return lists


def _invoice_keys(records: Sequence[Payment]) -> tuple[str, ...]:
    return record_numbers([line.invoice_key for one in records for line in one.lines if line.invoice_key])


def _customers(records: Sequence[Payment]) -> Query:
    ids = dict.fromkeys(one.customer for one in records if one.customer)
    return Query("CUSTOMER", _CUSTOMER, by="CUSTOMERID", values=tuple(ids))


def _lacks_a_field(found: Fetched) -> bool:
    return isinstance(found, Failed) and judge(found.complaints).next is Next.FIELD


def _is_passing(failed: Failed) -> bool:
    return judge(failed.complaints).next in (Next.AGAIN, Next.UNCLEAR, Next.FEW)


def _ids(found: Fetched) -> frozenset[str] | None:
    if isinstance(found, Failed):
        return None
    return frozenset(value for record in found for value in record.fields.values() if value)


def _customers_by_id(found: Sequence[Record]) -> Mapping[str, Customer]:
    return {
        one["CUSTOMERID"]: Customer(one["CUSTOMERID"], one["NAME"], one["STATUS"].strip().lower() == "active")
        for one in found
    }


def _invoices_by_key(found: Sequence[Record]) -> Mapping[str, Invoice]:
    return {one["RECORDNO"]: _invoice(one) for one in found}


def _invoice(one: Record) -> Invoice:
    return Invoice(
        key=one["RECORDNO"],
        number=one["RECORDID"],
        customer=one["CUSTOMERID"],
        currency=one["CURRENCY"],
        due=amount(f"ARINVOICE {one['RECORDNO']}", one["TRX_TOTALDUE"]),
        entity=one[_ENTITY],
    )
