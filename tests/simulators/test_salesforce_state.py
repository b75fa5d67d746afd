"""The state file: an org that is killed goes on where it was."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from simulators.salesforce.settings import Settings
from tests.simulators.conftest import CHECKOUT, Serve
from tests.simulators.salesforce_org import Receiver, receiving, running, signed_in, until

SETTINGS = Settings(hook_url="http://127.0.0.1:9/hook")


def test_everything_is_there_after_a_restart(served: Serve, tmp_path: Path) -> None:
    path = str(tmp_path / "org.db")
    with running(served, SETTINGS, path) as sim, signed_in(sim.url) as sf:
        sim.control("POST", "fields", {"object": "AR_Payment__c", "name": "Paid_On__c", "type": "date"})
        made = sim.pay(Paid_On__c="2026-11-23", Exchange_Rate__c=1.0876543)
        sim.pay(lines=[{"invoice": "INV-10482", "amount": "1.00"}] * 201)
        sim.control("POST", "messages", {"knobs": {"twice": True}})
        sim.courier.deliver()
        sf.headers["Sforce-Query-Options"] = "batchSize=200"
        cursor = sf.query("SELECT Name FROM AR_Payment_Line__c")["nextRecordsUrl"]
        before = sim.control("GET", "books"), sim.control("GET", "messages"), sf.AR_Payment__c.get(made["id"])
        token = sf.session_id
    with running(served, SETTINGS, path) as sim:
        headers = {"Authorization": f"Bearer {token}"}
        read = httpx.get(
            f"{sim.url}/services/data/v65.0/sobjects/AR_Payment__c/{made['id']}", headers=headers
        )
        assert (sim.control("GET", "books"), sim.control("GET", "messages"), read.json()) == before
        assert len(httpx.get(sim.url + cursor, headers=headers).json()["records"]) == 2
        assert sim.pay()["name"] == "ARP-000003"


def test_a_deleted_record_stays_deleted(served: Serve, tmp_path: Path) -> None:
    path = str(tmp_path / "org.db")
    with running(served, path=path) as sim, signed_in(sim.url) as sf:
        made = sim.pay()["id"]
        sf.AR_Payment__c.delete(made)
    with running(served, path=path) as sim, signed_in(sim.url) as sf:
        assert sf.query("SELECT COUNT() FROM AR_Payment__c")["totalSize"] == 0
        assert sf.query_all("SELECT Id FROM AR_Payment__c", include_deleted=True)["records"][0]["Id"] == made


def test_an_org_that_was_asked_for_empty_stays_so(served: Serve) -> None:
    with running(served, Settings(empty=True)) as sim:
        assert sim.control("GET", "books") == {"payments": [], "invoices": []}
        sim.control("POST", "reset")
        assert sim.control("GET", "books") == {"payments": [], "invoices": []}


def test_a_reset_brings_the_books_back_and_numbers_on(served: Serve, tmp_path: Path) -> None:
    path = str(tmp_path / "org.db")
    with running(served, SETTINGS, path) as sim:
        untouched = sim.control("GET", "books")
        before = sim.pay()
        told = sim.messages()[0]["id"]
        sim.control("POST", "reset")
        assert sim.control("GET", "books") == untouched
    with running(served, SETTINGS, path) as sim:
        after = sim.pay()
        assert (before["name"], after["name"]) == ("ARP-000001", "ARP-000002")
        assert after["id"] != before["id"]
        assert [message["id"] for message in sim.messages()] != [told]


@contextmanager
def process(state: Path, receiver: Receiver, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`python -m simulators.salesforce` on a free port, with a hook whose address is a secret."""
    port = _free_port()
    environment = {
        **os.environ,
        "SIM_SALESFORCE_HOOK_URL": receiver.url,
        "SIM_SALESFORCE_PORT": str(port),
    }
    command = [sys.executable, "-m", "simulators.salesforce", "--state", str(state), *options]
    with (state.parent / "log").open("ab") as log:
        started = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _is_up(url), 30)
        yield url, started
    finally:
        started.kill()
        started.wait()


def test_a_killed_process_loses_nothing_and_sends_what_was_waiting(tmp_path: Path) -> None:
    state = tmp_path / "org.db"
    pay = {"account": "C-10233", "lines": [{"invoice": "INV-10482", "amount": "5.00"}]}
    with receiving() as receiver:
        receiver.answers = [(503, b"")]
        with process(state, receiver, "--retry-seconds", "0.2") as (url, started):
            httpx.post(f"{url}/_sim/messages", json={"pause": True})
            made = [httpx.post(f"{url}/_sim/payments", json=pay).json()["id"] for _ in range(3)]
            started.send_signal(signal.SIGKILL)
            started.wait()
        with process(state, receiver, "--retry-seconds", "0.2") as (url, _):
            books = httpx.get(f"{url}/_sim/books").json()
            assert [payment["id"] for payment in books["payments"]] == made
            httpx.post(f"{url}/_sim/messages", json={"resume": True})
            until(lambda: httpx.get(f"{url}/_sim/messages").json()["counts"] == {"delivered": 3})
        refused, taken = receiver.bodies()
        assert re.findall(rb"<Id>(04l\w+)</Id>", refused) == re.findall(rb"<Id>(04l\w+)</Id>", taken)
    assert b"very-secret" not in (tmp_path / "log").read_bytes()


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_sim/health").is_success
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
