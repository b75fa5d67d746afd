"""Both simulated systems on sockets, what people do in them, and whether their books agree."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from simulators.intacct.settings import Settings as CompanySettings
from simulators.intacct.web import PATH, Simulator
from simulators.salesforce.app import application
from simulators.salesforce.delivering import Courier, Sender
from simulators.salesforce.seed import opened
from simulators.salesforce.settings import Settings as OrgSettings
from simulators.server import background

CREDENTIALS = {
    "SALESFORCE_CLIENT_ID": OrgSettings().client_id,
    "SALESFORCE_CLIENT_SECRET": OrgSettings().client_secret,
    "SALESFORCE_ORG_ID": OrgSettings().org_id,
    "INTACCT_SENDER_ID": CompanySettings().sender_id,
    "INTACCT_SENDER_PASSWORD": CompanySettings().sender_password,
    "INTACCT_COMPANY_ID": CompanySettings().company_id,
    "INTACCT_USER_ID": CompanySettings().user_id,
    "INTACCT_USER_PASSWORD": CompanySettings().user_password,
    "INTACCT_DEPOSIT_ACCOUNT": "CHASE-4471",
}
CUSTOMER = "C-10233"
INVOICES = ("INV-10482", "INV-10507", "INV-10533", "INV-10540")

Row = Mapping[str, Any]  # Any: the simulators' JSON


class Controls:
    """The controls of one simulator."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url}/_sim/", trust_env=False, timeout=20)

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def strike(self, kind: str, match: str, **more: object) -> None:
        self("POST", "faults", {"kind": kind, "match": match, **more})

    def calls(self) -> dict[str, int]:
        by: dict[str, int] = self("GET", "calls")["by"]
        return by

    def close(self) -> None:
        self._http.close()


@dataclass
class Both:
    """`company` is the simulated Intacct itself, for what no control tells: which control ids are being worked on."""

    salesforce: Controls
    intacct: Controls
    company: Simulator

    @property
    def environment(self) -> dict[str, str]:
        """How a worker finds and enters both."""
        endpoint = self.intacct.url + PATH
        return {**CREDENTIALS, "SALESFORCE_LOGIN_URL": self.salesforce.url, "INTACCT_ENDPOINT": endpoint}

    def reset(self) -> None:
        for system in (self.salesforce, self.intacct):
            system("POST", "reset")
            system("DELETE", "faults")
            system("DELETE", "calls")

    def pay(self, *lines: tuple[str, str], **given: object) -> Row:
        """A payment of Castellan as a sales user saves it, Ready where nothing else is said."""
        return self.pay_all([a_payment(*lines, **given)])[0]

    def pay_all(self, payments: Sequence[Mapping[str, object]]) -> list[Row]:
        made: list[Row] = self.salesforce("POST", "payments", list(payments))
        return made

    def correct(self, id: str, **given: object) -> Row:
        corrected: Row = self.salesforce("PATCH", f"payments/{id}", given)
        return corrected

    def payment(self, id: str) -> Row:
        return next(one for one in self.salesforce("GET", "books")["payments"] if one["id"] == id)

    def differences(self, *, posted: Collection[str], refused: Collection[str] = ()) -> list[str]:
        """
        What is wrong in the two sets of books when these Salesforce payments ought to stand posted exactly once, those
        ought to be refused, and nothing else ought to have happened. Nothing = all is right.
        """
        org, company = self.salesforce("GET", "books"), self.intacct("GET", "books")
        keys = {invoice["id"]: invoice["key"] for invoice in org["invoices"]}
        by_id = {payment["id"]: payment for payment in org["payments"]}
        stands: dict[str, list[Row]] = {}
        for payment in company["payments"]:
            stands.setdefault(payment["docnumber"], []).append(payment)
        found = [w for id in posted for w in _posted(by_id[id], stands.pop(by_id[id]["name"], []), keys)]
        found += [w for id in refused for w in _refused(by_id[id], stands.pop(by_id[id]["name"], []))]
        found += [f"nobody asked for {key}: {payments}" for key, payments in stands.items()]
        return found + _balances([by_id[id] for id in posted], company["invoices"], keys)


class OrgApi:
    """The org's own REST API, for what no control does."""

    def __init__(self, both: Both) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": CREDENTIALS["SALESFORCE_CLIENT_ID"],
            "client_secret": CREDENTIALS["SALESFORCE_CLIENT_SECRET"],
        }
        answer = httpx.post(f"{both.salesforce.url}/services/oauth2/token", data=form, trust_env=False)
        token = answer.raise_for_status().json()["access_token"]
        self._root = f"{both.salesforce.url}/services/data/v65.0/sobjects"
        self._headers = {"Authorization": f"Bearer {token}"}

    def create(self, kind: str, body: Mapping[str, object]) -> str:
        id: str = self._made("POST", kind, body)["id"]
        return id

    def update(self, kind: str, id: str, body: Mapping[str, object]) -> None:
        self._made("PATCH", f"{kind}/{id}", body)

    def by_key(self, kind: str, field: str, value: str) -> str:
        id: str = self._made("GET", f"{kind}/{field}/{value}")["Id"]
        return id

    def _made(self, method: str, path: str, body: object = None) -> Any:
        answer = httpx.request(
            method, f"{self._root}/{path}", json=body, headers=self._headers, trust_env=False
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


def a_payment(*lines: tuple[str, str], **given: object) -> dict[str, object]:
    """As the control takes it; by default 100.00 for one invoice."""
    applied = [
        {"invoice": invoice, "amount": amount} for invoice, amount in lines or [(INVOICES[0], "100.00")]
    ]
    return {"account": CUSTOMER, "receipt_date": "2026-11-24", "method": "EFT", "lines": applied} | given


def many_payments(count: int) -> list[dict[str, object]]:
    """Small ones of different amounts, for different invoices, which owe more than all of them together."""
    return [a_payment((INVOICES[n % len(INVOICES)], f"{n % 50 + 1}.{n % 100:02}")) for n in range(count)]


@contextmanager
def both_running(*, seconds_per_record: float = 0.0, **org: Any) -> Iterator[Both]:
    """Both systems with their seed books; what they are told is forgotten at the end. `org` are settings of the org."""
    company = Simulator(CompanySettings(seconds_per_record=seconds_per_record))
    salesforce = opened(OrgSettings(**org))
    courier = Courier(salesforce)
    stops: list[Callable[[], None]] = [company.close, courier.close]
    with Sender(salesforce, courier):
        try:
            servers = [background(app) for app in (application(salesforce, courier), company.app)]
            controls = [Controls(url) for url, _ in servers]
            stops = [*(each.close for each in controls), *(stop for _, stop in servers), *stops]
            yield Both(*controls, company)
        finally:
            for stop in stops:
                stop()


def _posted(payment: Row, stands: Sequence[Row], keys: Mapping[str, str]) -> Iterator[str]:
    name = payment["name"]
    if len(stands) != 1:
        yield f"{name} stands {len(stands)} times in Intacct"
        return
    (there,) = stands
    sent = Counter({keys[line["invoice"]]: Decimal(line["amount"]) for line in payment["lines"]})
    applied = Counter({str(line["recordkey"]): Decimal(line["amount"]) for line in there["lines"]})
    if Decimal(there["amount"]) != Decimal(payment["amount"]) or sent != applied:
        yield f"{name} is {payment['amount']} {sent}; in Intacct {there['amount']} {applied}"
    said = (payment["status"], payment["sync_status"], payment["intacct_key"])
    if said != ("Posted", "Synced", str(there["recordno"])):
        yield f"{name} says {said}: {payment['sync_message']}"
    numbers = {str(line["recordkey"]): str(line["recordno"]) for line in there["lines"]}
    for line in payment["lines"]:
        if line["intacct_key"] != numbers.get(keys[line["invoice"]]):
            yield f"a line of {name} says {line['intacct_key']}; in Intacct {numbers}"


def _refused(payment: Row, stands: Sequence[Row]) -> Iterator[str]:
    said = (payment["status"], payment["sync_status"], payment["intacct_key"])
    if stands:
        yield f"{payment['name']} was to be refused, and stands in Intacct: {stands}"
    if said != ("Ready", "Needs Attention", None) or not payment["sync_message"]:
        yield f"{payment['name']} says {said}: {payment['sync_message']}"


def _balances(posted: Sequence[Row], invoices: Sequence[Row], keys: Mapping[str, str]) -> list[str]:
    paid: defaultdict[str, Decimal] = defaultdict(Decimal)
    for payment in posted:
        for line in payment["lines"]:
            paid[keys[line["invoice"]]] += Decimal(line["amount"])
    return [
        f"{invoice['number']}: {invoice['due']} of {invoice['total']} is due, and {paid[str(invoice['recordno'])]} was paid"
        for invoice in invoices
        if Decimal(invoice["due"]) != Decimal(invoice["total"]) - paid[str(invoice["recordno"])]
    ]
