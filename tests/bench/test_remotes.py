"""The benchmark's remote systems answer in the simulators' shapes, and its yardsticks carry each payment once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from app.mapping import reading
from app.mapping.plan import prepare
from app.mapping.preset import preset
from app.salesforce import soql
from simulators.salesforce.app import application
from simulators.salesforce.delivering import Courier
from simulators.salesforce.seed import opened
from simulators.salesforce.settings import Settings
from simulators.server import background
from tests.bench import books, messages
from tests.bench.intacct_answers import GATEWAY_PATH
from tests.bench.processes import remote
from tests.bench.remotes import Remotes
from tests.bench.salesforce_answers import API, TOKEN_PATH
from tests.bench.yardsticks import batch_loop, naive, probe, three_calls
from tests.simulators.intacct_company import Ask, company, function, line, payment, request, shape

NUMBER = 7
INVOICE, PAYMENT = "AR_Invoice__c", "AR_Payment__c"


@pytest.fixture(scope="module")
def org() -> Iterator[httpx.Client]:
    """The simulator, signed in."""
    state = opened(Settings())
    address, stop = background(application(state, Courier(state)))
    with httpx.Client(base_url=address) as http:
        grant = {
            "grant_type": "client_credentials",
            "client_id": "sim-client",
            "client_secret": "sim-client-secret",
        }
        token = http.post(TOKEN_PATH, data=grant).raise_for_status().json()
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        http.headers["X-Token-Answer"] = json.dumps(token)
        yield http
    stop()


@pytest.fixture(scope="module")
def entered(org: httpx.Client) -> tuple[str, str]:
    """The ids of a payment and of its line in the simulator."""
    find = {"q": f"SELECT Id, Account__c FROM {INVOICE} WHERE Name = 'INV-10551'"}
    invoice = org.get(f"{API}/query", params=find).raise_for_status().json()["records"][0]
    header = {
        "Account__c": invoice["Account__c"], "Amount__c": 100.25, "CurrencyIsoCode": "USD", "Payment_Method__c": "EFT",
        "Receipt_Date__c": books.RECEIVED, "Reference__c": "CHK 7", "Status__c": "Ready",
    }  # fmt: skip
    made = org.post(f"{API}/sobjects/{PAYMENT}", json=header).raise_for_status().json()["id"]
    detail = {"AR_Payment__c": made, "AR_Invoice__c": invoice["Id"], "Amount__c": 100.25}
    below = org.post(f"{API}/sobjects/AR_Payment_Line__c", json=detail).raise_for_status().json()["id"]
    return made, below


def form(value: Any) -> object:
    """The names and the kinds of what is in a JSON value; a list is as its first."""
    if isinstance(value, dict):
        return {name: form(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else []
    return type(value).__name__


def answered(remotes: Remotes, method: str, url: httpx.URL | str, body: bytes = b"") -> Any:
    target = url.raw_path.decode() if isinstance(url, httpx.URL) else url
    answer = remotes.answer(method, target, body, "127.0.0.1:1")
    assert answer is not None
    return json.loads(answer)


def test_a_token_is_answered_as_the_simulator_answers_one(org: httpx.Client) -> None:
    theirs = json.loads(org.headers["X-Token-Answer"])
    assert form(answered(Remotes(), "POST", TOKEN_PATH)) == form(theirs)


@pytest.mark.parametrize("name", [PAYMENT, "AR_Payment_Line__c"])
def test_an_object_is_described_as_the_simulator_describes_it(org: httpx.Client, name: str) -> None:
    url = f"{API}/sobjects/{name}/describe"
    assert answered(Remotes(), "GET", url) == org.get(url).raise_for_status().json()


def test_the_query_of_the_preset_is_answered_as_by_the_simulator(
    org: httpx.Client, entered: tuple[str, str]
) -> None:
    (theirs,) = soql.select(reading.shape(prepare(preset())), [entered[0]])
    expected = org.get(f"{API}/query", params={"q": theirs}).raise_for_status()
    (ours,) = soql.select(reading.shape(prepare(preset())), [books.payment_id(NUMBER)])
    url = httpx.URL(f"http://x{API}/query", params={"q": ours})
    found = answered(Remotes(), "GET", url)
    assert form(found) == form(expected.json())
    assert found["records"][0]["Name"] == books.key(NUMBER)


def test_a_collection_is_answered_as_by_the_simulator(org: httpx.Client, entered: tuple[str, str]) -> None:
    def update(ids: tuple[str, str]) -> bytes:
        header = {"attributes": {"type": PAYMENT}, "id": ids[0], "Sync_Status__c": "Synced"}
        detail = {"attributes": {"type": "AR_Payment_Line__c"}, "id": ids[1], "Intacct_Key__c": "88002"}
        return json.dumps({"allOrNone": False, "records": [header, detail]}).encode()

    path, kind = f"{API}/composite/sobjects", {"Content-Type": "application/json"}
    expected = org.patch(path, content=update(entered), headers=kind).raise_for_status().json()
    remotes = Remotes()
    ours = (books.payment_id(NUMBER), books.payment_id(NUMBER).replace("a0B", "a0C"))
    found = answered(remotes, "PATCH", path, update(ours))
    assert form(found) == form(expected)
    assert len(found) == len(expected)
    assert list(remotes.written_at) == [NUMBER]


def queries(invoice: str, customer: str) -> str:
    """As Ledgerline looks around."""
    wanted = (
        ("ARINVOICE", "RECORDNO RECORDID CUSTOMERID CURRENCY TRX_TOTALDUE STATE MEGAENTITYID", invoice),
        ("CUSTOMER", "CUSTOMERID NAME STATUS", customer),
        ("CHECKINGACCOUNT", "BANKACCOUNTID", ""),
        ("SAVINGSACCOUNT", "BANKACCOUNTID", ""),
        ("LOCATIONENTITY", "LOCATIONID", ""),
    )
    return "".join(function(_query(*one), f"q{place}") for place, one in enumerate(wanted))


def _query(name: str, fields: str, value: str) -> str:
    names = fields.split()
    select = "".join(f"<field>{one}</field>" for one in names)
    by = f"<filter><in><field>{names[0]}</field><value>{value}</value></in></filter>" if value else ""
    return f"<query><object>{name}</object><select>{select}</select>{by}</query>"


def read_back(posted: str) -> str:
    header = "RECORDNO CUSTOMERID CURRENCY TRX_TOTALENTERED RECEIPTDATE STATE DOCNUMBER"
    detail = "PAYMENTKEY RECORDNO RECORDKEY TRX_PAYMENTAMOUNT"
    return function(_query("ARPYMT", header, posted), "h") + function(
        _query("ARPYMTDETAIL", detail, posted), "d"
    )


def asked(remotes: Remotes, functions: str, ask: Ask) -> ElementTree.Element:
    answer = remotes.answer("POST", GATEWAY_PATH, request(functions, ask), "127.0.0.1:1")
    assert answer is not None
    return ElementTree.fromstring(answer)


def test_the_gateway_answers_as_the_simulator_does() -> None:
    simulated, remotes = company(), Remotes()
    unique = Ask(unique="true")
    key, invoice, posted = books.key(NUMBER), str(books.invoice_key(NUMBER)), str(books.posted_key(NUMBER))
    theirs = f"<create>{payment(line(55131, '100.25'), DOCNUMBER=key)}</create>"
    made = simulated.post(function(theirs, "c1"), unique)
    number = made.findtext("operation/result/data/arpymt/RECORDNO", "")
    ours = f"<create>{payment(line(int(invoice), '100.25'), DOCNUMBER=key)}</create>"
    assert shape(asked(remotes, function(ours, "c1"), unique)) == shape(made)
    for mine, its in (
        (function("<getAPISession/>"), function("<getAPISession/>")),
        (queries(invoice, f"C-{books.customer(NUMBER)}"), queries("55131", "C-10233")),
        (read_back(posted), read_back(number)),
    ):
        assert shape(asked(remotes, mine, Ask(unique="false"))) == shape(
            simulated.post(its, Ask(unique="false"))
        )
    repeated = simulated.post(function(theirs, "c1"), unique)
    assert shape(asked(remotes, function(ours, "c1"), unique)) == shape(repeated)
    assert remotes.company.posted == {NUMBER: 1}
    simulated.simulator.close()


def test_what_was_never_posted_is_not_read_back() -> None:
    found = asked(Remotes(), read_back(str(books.posted_key(NUMBER))), Ask(unique="false"))
    assert [one.get("count") for one in found.iter("data")] == ["0", "0"]


def test_every_hook_finds_the_same_records_in_a_message() -> None:
    body = messages.body([1, 2, 100])
    wanted = [books.payment_id(number) for number in (1, 2, 100)]
    assert naive.records(body) == wanted
    assert [record for _, record in probe.pointers(body)] == wanted


def test_the_batch_loop_and_the_jobs_carry_each_payment_once(tmp_path: Path) -> None:
    with remote(tmp_path) as systems:
        batch_loop.main(tmp_path / "loop.db", systems.address, 150)
        naive.carry(systems.address, books.payment_id(151))
        with httpx.Client() as http:
            rows = three_calls.read(http, systems.address, [books.payment_id(152)])
        assert rows[0]["Name"] == books.key(152)
        assert (systems.count("posted"), systems.count("written"), systems.count("twice")) == (151, 151, 0)
        assert systems.seconds() > 0
        times = systems.times(151)
        assert times is not None
        assert times[0] < times[1]
        assert systems.times(152) is None
