"""The command line against both simulators on sockets, real Redis and a real ledger."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from simulators.intacct.settings import Settings as Company
from simulators.intacct.web import Simulator
from simulators.salesforce.app import application
from simulators.salesforce.delivering import Courier
from simulators.salesforce.seed import opened
from simulators.salesforce.settings import Settings as Organisation
from simulators.server import background
from tests.integration.commands import SCRIPT, Terminal

DENIED = replace(Company(), denied=frozenset({"ARINVOICE"}))


@dataclass(frozen=True)
class Both:
    """The two addresses, and what a user does at the first."""

    salesforce: str
    intacct: str

    @property
    def variables(self) -> dict[str, str]:
        return {
            "SALESFORCE_LOGIN_URL": self.salesforce,
            "SALESFORCE_CLIENT_ID": "sim-client",
            "SALESFORCE_CLIENT_SECRET": "sim-client-secret",
            "SALESFORCE_ORG_ID": "00D5g00000HrbSmEAJ",
            "SALESFORCE_HOOK_TOKEN": "a-hook-token-of-the-test",
            "INTACCT_ENDPOINT": f"{self.intacct}/ia/xml/xmlgw.phtml",
            "INTACCT_SENDER_ID": "sim_sender",
            "INTACCT_SENDER_PASSWORD": "sim-sender-secret",
            "INTACCT_COMPANY_ID": "HARBORLIGHT-SIM",
            "INTACCT_USER_ID": "sim_user",
            "INTACCT_USER_PASSWORD": "sim-user-secret",
            "INTACCT_DEPOSIT_ACCOUNT": "CHASE-4471",
            "INTACCT_HOOK_KEY": "a-hook-key-of-the-test",
        }

    def payment(self, amount: str) -> dict[str, str]:
        given = {"account": "C-10241", "receipt_date": "2026-11-24", "currency": "USD", "method": "EFT"}
        lines = [{"invoice": "INV-10551", "amount": amount}]
        made = httpx.post(
            f"{self.salesforce}/_sim/payments", json={**given, "status": "Ready", "lines": lines}
        )
        made.raise_for_status()
        taken: dict[str, str] = made.json()
        return taken

    def tokens_fetched(self) -> int:
        by: dict[str, int] = httpx.get(f"{self.salesforce}/_sim/calls").json()["by"]
        return sum(count for label, count in by.items() if "/oauth2/token" in label)


@pytest.fixture(params=[Company()], ids=["plain"])
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    org, company = opened(Organisation()), Simulator(request.param)
    salesforce, stop_salesforce = background(application(org, Courier(org)))
    intacct, stop_intacct = background(company.app)
    yield Both(salesforce, intacct)
    stop_salesforce()
    stop_intacct()
    company.close()


@pytest.fixture
def terminal(tmp_path: Path, both: Both, redis, redis_url: str, sqlite_template: Path) -> Terminal:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(sqlite_template, home / "ledger.db")
    return Terminal(tmp_path, {**both.variables, "REDIS_URL": redis_url})


def findings(terminal: Terminal) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """Exit code of doctor, and what it found by subject."""
    answer = terminal.run("doctor", "--json")
    found: dict[str, list[dict[str, str]]] = {}
    for one in answer.json["findings"]:
        found.setdefault(f"{one['area']}: {one['subject']}", []).append(one)
    return answer.code, found


# doctor


def test_doctor_finds_nothing_wrong_where_nothing_is(terminal: Terminal) -> None:
    code, found = findings(terminal)
    assert code == 0
    assert {one["verdict"] for of in found.values() for one in of} == {"good"}
    looked_at = {"Salesforce: Mapping", "Salesforce: Calls", "Intacct: Permissions", "Intacct: Key field"}
    assert looked_at < found.keys()


def test_doctor_shows_it_to_a_person_in_80_columns(terminal: Terminal) -> None:
    answer = terminal.having(INTACCT_DEPOSIT_ACCOUNT="NOPE").run("doctor")
    assert answer.code == 1
    assert max(len(line) for line in answer.said.splitlines()) <= 80
    assert "✗ Account" in answer.said
    assert "→ Correct INTACCT_DEPOSIT_ACCOUNT" in answer.said
    assert "1 wrong" in answer.said


@pytest.mark.parametrize(
    ("variables", "subject", "said"),
    [
        ({"SALESFORCE_CLIENT_SECRET": "wrong-one"}, "Salesforce: Login", "refused, and not tried again"),
        ({"INTACCT_USER_PASSWORD": "wrong-one"}, "Intacct: Login", "refused, and not tried again"),
        ({"SALESFORCE_ORG_ID": "00D000000000001"}, "Salesforce: Login", "00D5g00000HrbSm"),
        ({"INTACCT_DEPOSIT_ACCOUNT": "NOPE"}, "Intacct: Account", "NOPE"),
        ({"INTACCT_KEY_FIELD": "NO_SUCH_FIELD"}, "Intacct: Key field", "NO_SUCH_FIELD"),
        ({"SALESFORCE_LOGIN_URL": "http://127.0.0.1:9"}, "Salesforce: Login", "127.0.0.1"),
        ({"REDIS_URL": "redis://127.0.0.1:9"}, "Ledger and Redis: Redis", "does not answer"),
        ({"SALESFORCE_LOGIN_URL": "http://example.com"}, "Settings: SALESFORCE_LOGIN_URL", "unencrypted"),
        ({"WORKERS": "0"}, "Settings: WORKERS", "greater"),
    ],
)
def test_doctor_names_what_is_wrong_and_the_remedy(terminal: Terminal, variables, subject, said) -> None:
    code, found = findings(terminal.having(**variables))
    assert code == 1
    wrong = [one for one in found[subject] if one["verdict"] == "wrong"]
    assert any(said in one["text"] for one in wrong)
    assert all(one["remedy"] for one in wrong)
    assert not any("wrong-one" in one["text"] for of in found.values() for one in of)


def test_doctor_tries_a_refused_login_once_and_asks_nothing_more(terminal: Terminal, both: Both) -> None:
    code, found = findings(terminal.having(SALESFORCE_CLIENT_SECRET="wrong-one"))
    assert code == 1
    assert both.tokens_fetched() == 1
    assert found["Salesforce: Mapping"][0]["verdict"] == "skipped"
    assert found["Intacct: Login"][0]["verdict"] == "good"


def test_doctor_tries_the_login_itself_though_the_workers_share_a_session(terminal: Terminal, both) -> None:
    payment = both.payment("100.00")
    assert terminal.run("preview", payment["id"]).code == 0  # leaves a good session on the shelf
    code, found = findings(terminal.having(SALESFORCE_CLIENT_SECRET="wrong-one"))
    assert code == 1
    assert found["Salesforce: Login"][0]["verdict"] == "wrong"


@pytest.mark.parametrize("both", [DENIED], ids=["denied"], indirect=True)
def test_doctor_names_the_permission_that_is_missing(terminal: Terminal) -> None:
    code, found = findings(terminal)
    assert code == 1
    [missing] = found["Intacct: Permissions"]
    assert "AR invoices" in missing["text"]


def test_doctor_says_that_the_ledger_has_no_tables(terminal: Terminal) -> None:
    (terminal.folder / "home" / "ledger.db").unlink()
    code, found = findings(terminal)
    assert code == 1
    assert found["Ledger and Redis: Ledger"][0]["remedy"] == "Run `ledgerline db upgrade`."


def test_doctor_names_a_field_that_the_mapping_reads_and_the_org_lacks(terminal: Terminal) -> None:
    mapping = terminal.run("mappings", "export", "payment-to-intacct").said
    edited = mapping.replace('"version": 1', '"version": 2').replace('"Reference__c"', '"Cheque_No__c"')
    assert terminal.run("mappings", "import", "-", "--offline", typed=edited).code == 0
    code, found = findings(terminal)
    assert code == 1
    [wrong] = found["Salesforce: Mapping"]
    assert "AR_Payment__c has no field Cheque_No__c" in wrong["text"]


# mappings


def test_a_mapping_goes_out_and_comes_back(terminal: Terminal) -> None:
    first = terminal.run("mappings", "export", "payment-to-intacct").said
    edited = first.replace('"version": 1', '"version": 2').replace(
        '{"word": "payer", "from": "Payer__c"}',
        '{"word": "payer", "from": "Payer__c"},\n    {"from": "Description__c", "to": "MEMO"}',
    )
    (terminal.folder / "mapping.json").write_text(edited)
    checked = terminal.run("mappings", "check", "mapping.json", "--json")
    assert (checked.code, checked.json) == (0, {"org_asked": True, "problems": []})
    imported = terminal.run("mappings", "import", "mapping.json", "--note", "memo too", "--by", "sam")
    assert imported.code == 0
    assert '"to": "MEMO"' in terminal.run("mappings", "export", "payment-to-intacct").said
    [version] = terminal.run("mappings", "list", "--json").json["payment-to-intacct"]
    assert (version["version"], version["saved_by"], version["note"]) == (2, "sam", "memo too")


def test_check_tells_everything_that_is_wrong_with_row_and_field(terminal: Terminal) -> None:
    mapping = terminal.run("mappings", "export", "payment-to-intacct").said
    broken = mapping.replace('"Receipt_Date__c"', '"Received_On__c"').replace('"{key}"', '"NUMBER"')
    answer = terminal.run("mappings", "check", "-", typed=broken)
    assert answer.code == 1
    assert "header row 7" in answer.complained
    assert "AR_Payment__c has no field Received_On__c" in answer.complained
    assert "a payment is looked up by its key" in answer.complained


def test_a_wrong_mapping_is_not_imported(terminal: Terminal) -> None:
    mapping = terminal.run("mappings", "export", "payment-to-intacct").said
    broken = mapping.replace('"version": 1', '"version": 2').replace('"Name", "to"', '"Nam", "to"')
    answer = terminal.run("mappings", "import", "-", typed=broken)
    assert answer.code == 1
    assert "Not imported" in answer.complained
    assert terminal.run("mappings", "list", "--json").json["payment-to-intacct"] == []


def test_an_import_over_somebody_elses_version_is_refused(terminal: Terminal) -> None:
    mapping = terminal.run("mappings", "export", "payment-to-intacct").said
    edited = mapping.replace('"version": 1', '"version": 2')
    assert terminal.run("mappings", "import", "-", typed=edited).code == 0
    answer = terminal.run("mappings", "import", "-", typed=edited)
    assert answer.code == 1
    assert "version 2 is in force" in answer.complained


def test_an_org_that_cannot_be_asked_is_said_and_the_document_checked(terminal: Terminal) -> None:
    mapping = terminal.run("mappings", "export", "payment-to-intacct").said
    away = terminal.having(SALESFORCE_LOGIN_URL="http://127.0.0.1:9")
    answer = away.run("mappings", "check", "-", typed=mapping)
    assert answer.code == 0
    assert "! The org was not asked" in answer.complained


# tokens, settings, the ledger


def test_a_token_is_shown_once_and_revoked(terminal: Terminal) -> None:
    made = terminal.run("token", "create", "report", "--role", "reader", "--json").json
    listed = terminal.run("token", "list")
    assert made["token"] not in listed.said
    [kept] = terminal.run("token", "list", "--json").json
    assert (kept["name"], kept["role"], kept["revoked_at"]) == ("report", "reader", None)
    assert terminal.run("token", "revoke", str(kept["id"])).code == 0
    assert terminal.run("token", "list", "--json").json[0]["revoked_at"]
    again = terminal.run("token", "revoke", str(kept["id"]))
    assert again.code == 1
    assert "no token 1 is in use" in again.complained


def test_the_ledger_is_brought_to_this_version(terminal: Terminal) -> None:
    (terminal.folder / "home" / "ledger.db").unlink()
    before = terminal.run("db", "status", "--json")
    assert (before.code, before.json["current"]) == (1, False)
    refused = terminal.run("token", "list")
    assert refused.code == 1
    assert "ledgerline db upgrade" in refused.complained
    assert terminal.run("db", "upgrade").code == 0
    after = terminal.run("db", "status", "--json")
    assert (after.code, after.json["current"]) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["resync", "invoice", "--all"], "AR_Payment__c"),
        (["resync", "payment", "42"], "is not a Salesforce id"),
        (["no-such-command"], "no-such-command"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_right(terminal: Terminal, arguments, said) -> None:
    answer = terminal.run(*arguments)
    assert answer.code == 2
    assert said in answer.complained


def test_a_wrong_setting_ends_with_2_and_names_the_variable(terminal: Terminal) -> None:
    answer = terminal.having(LEASE_SECONDS="-1").run("token", "list")
    assert answer.code == 2
    assert answer.complained.startswith("LEASE_SECONDS: ")


# payments


def test_a_dry_resync_says_what_would_become_of_each_and_does_nothing(terminal: Terminal, both) -> None:
    right, wrong = both.payment("100.00"), both.payment("99000.00")
    run = terminal.run("resync", "payment", right["id"], wrong["id"], "--dry-run", "--json")
    assert run.code == 1  # one of them needs a person
    assert run.json["outcomes"] == {"carried": 1, "rejected": 1}
    assert run.json["amounts"] == {"USD": "100.00"}
    assert httpx.get(f"{both.intacct}/_sim/books").json()["payments"] == []


def test_a_resync_is_waited_for_and_what_it_leaves_is_ignored(terminal: Terminal, both: Both) -> None:
    right, wrong = both.payment("100.00"), both.payment("99000.00")
    worker = subprocess.Popen([*SCRIPT, "worker"], env=terminal.environment, cwd=terminal.folder)
    try:
        run = terminal.run("resync", "payment", right["id"], wrong["id"], "--wait", "--json")
        assert (run.json["state"], run.json["done"]) == ("finished", 2)
        assert run.json["outcomes"] == {"carried": 1, "rejected": 1}
        [posted] = httpx.get(f"{both.intacct}/_sim/books").json()["payments"]
        assert posted["docnumber"] == right["name"]

        asked = terminal.run("replay", "--state", "rejected", typed="n\n")
        assert asked.code == 1
        assert "Replay 1 message?" in asked.complained
        again = terminal.run("replay", "--state", "rejected", "--wait", "--json", "--yes")
        assert again.json["outcomes"] == {"rejected": 1}
        [carried] = terminal.run("messages", "--state", "carried", "--json").json
        assert (carried["record"], carried["target"]) == (right["id"], str(posted["recordno"]))
        story = terminal.run("messages", str(carried["id"])).said
        assert "<RECORDKEY>" in story
        assert f"<RECORDNO>{posted['recordno']}</RECORDNO>" in story
        [link] = terminal.run("links", "--record", right["id"], "--json").json
        assert link["intacct_id"] == str(posted["recordno"])
    finally:
        worker.terminate()
        worker.wait(30)
    closed = terminal.run("ignore", "2", "--reason", "paid twice", "--by", "sam", "--json")
    assert (closed.code, closed.json["state"], closed.json["unsaid"]) == (0, "ignored", "")
    assert "paid twice" in closed.json["reason"]
    gone = terminal.run("ignore", "2", "--reason", "again")
    assert gone.code == 1
    assert "nothing left to ignore" in gone.complained


def test_a_preview_shows_each_field_and_the_exact_request(terminal: Terminal, both: Both) -> None:
    payment = both.payment("100.00")
    shown = terminal.run("preview", payment["id"])
    assert shown.code == 0
    assert "TRX_PAYMENTAMOUNT" in shown.said
    assert f"<DOCNUMBER>{payment['name']}</DOCNUMBER>" in shown.said
    told = terminal.run("preview", payment["id"], "--json").json
    assert told["key"] == payment["name"]
    wrong = terminal.run("preview", both.payment("99000.00")["id"])
    assert wrong.code == 1
    assert "INV-10551" in wrong.said
