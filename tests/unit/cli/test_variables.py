"""Every variable is shown with where it comes from, and no secret is."""

import pytest

from app.cli.backup import dump_command
from app.cli.checks import variables as checks
from app.cli.checks.finding import Verdict
from app.cli.variables import Variable, masked, variables
from app.config import Settings


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch, tmp_path):
    """No variable of who runs the test, and no .env of theirs."""
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def found() -> dict[str, Variable]:
    return {one.name: one for one in variables()}


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("PORT=8100\nWORKERS=3\n")
    monkeypatch.setenv("PORT", "8200")
    named = found()
    assert (named["PORT"].value, named["PORT"].source) == ("8200", "environment")
    assert (named["WORKERS"].value, named["WORKERS"].source) == ("3", ".env")
    assert (named["HOST"].value, named["HOST"].source) == ("127.0.0.1", "default")


def test_every_setting_is_listed_once():
    assert [one.name for one in variables()] == [field.upper() for field in Settings.model_fields]


def test_a_secret_is_never_shown(monkeypatch):
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "hush-hush")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://ledger:hush-hush@db/ledger")
    named = found()
    assert named["SALESFORCE_CLIENT_SECRET"].value == "set"
    assert named["API_TOKEN"].value == "not set"
    assert named["DATABASE_URL"].value == "postgresql+psycopg://ledger:***@db/ledger"
    assert "hush-hush" not in str(named.values())


def test_without_credentials_the_simulators_stand_in():
    named = found()
    assert named["SALESFORCE_LOGIN_URL"].value == "http://127.0.0.1:8101"
    assert named["SALESFORCE_LOGIN_URL"].source == "simulator"
    assert named["INTACCT_USER_PASSWORD"].value == "set"


def test_with_credentials_nothing_stands_in(monkeypatch):
    monkeypatch.setenv("INTACCT_COMPANY_ID", "ACME")
    assert "simulator" not in {one.source for one in variables()}


def test_a_secret_that_run_made_is_told_from_a_given_one(tmp_path, monkeypatch):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "api_token").write_text("made-by-run")
    assert (found()["API_TOKEN"].value, found()["API_TOKEN"].source) == ("set", "made here")
    monkeypatch.setenv("API_TOKEN", "given")
    assert found()["API_TOKEN"].source == "environment"


def test_all_that_is_wrong_is_found_at_once(monkeypatch):
    monkeypatch.setenv("WORKERS", "many")
    monkeypatch.setenv("INTACCT_KEY_FIELD", "no field!")
    wrong = {one.subject for one in checks.forms(variables()) if one.verdict is Verdict.WRONG}
    assert wrong == {"WORKERS", "INTACCT_KEY_FIELD"}


@pytest.mark.parametrize(
    ("given", "subject", "verdict"),
    [
        ({"INTACCT_COMPANY_ID": "ACME"}, "INTACCT_USER_PASSWORD", Verdict.WRONG),
        ({"INTACCT_COMPANY_ID": "ACME"}, "SALESFORCE_CLIENT_SECRET", Verdict.WRONG),
        ({"INTACCT_COMPANY_ID": "ACME"}, "INTACCT_DEPOSIT_ACCOUNT", Verdict.CARE),
        ({"SALESFORCE_HOOK_TOKEN": "short"}, "SALESFORCE_HOOK_TOKEN", Verdict.CARE),
        ({"SALESFORCE_HOOK_TOKEN": "k" * 20}, "SALESFORCE_HOOK_TOKEN", Verdict.GOOD),
        ({}, "SALESFORCE_HOOK_TOKEN", Verdict.CARE),
        ({"INTACCT_ENDPOINT": "http://api.intacct.com/x"}, "INTACCT_ENDPOINT", Verdict.WRONG),
        ({"INTACCT_ENDPOINT": "http://127.0.0.1:8102/x"}, "INTACCT_ENDPOINT", Verdict.GOOD),
        ({"INTACCT_ENDPOINT": "https://api.intacct.com/x"}, "INTACCT_ENDPOINT", Verdict.GOOD),
        ({"DATABASE_URL": "no address"}, "DATABASE_URL", Verdict.WRONG),
        ({"REDIS_URL": "http://redis"}, "REDIS_URL", Verdict.WRONG),
        ({"INTACCT_DEPOSIT_ACCOUNT": "A", "INTACCT_UNDEPOSITED_ACCOUNT": "1"}, "INTACCT_UNDEPOSITED_ACCOUNT", Verdict.CARE),
    ],
)  # fmt: skip
def test_a_setting_is_judged(monkeypatch, given, subject, verdict):
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    judged = {one.subject: one for one in checks.fitness(Settings(), variables())}
    assert judged[subject].verdict is verdict
    assert judged[subject].remedy or verdict is Verdict.GOOD


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://:pw@host:6379/0", "redis://:***@host:6379/0"),
        ("rediss://user:p:w@host", "rediss://user:***@host"),
        ("sqlite:////var/ledger.db", "sqlite:////var/ledger.db"),
        ("https://login.salesforce.com", "https://login.salesforce.com"),
    ],
)
def test_an_address_is_shown_without_its_password(address, shown):
    assert masked(address) == shown


def test_the_command_for_postgresql_holds_no_password(tmp_path):
    command = dump_command("postgresql+psycopg://ledger:hush@db:5432/books", tmp_path / "b.dump")
    assert command == f"pg_dump --format=custom --file={tmp_path}/b.dump postgresql://ledger@db:5432/books"
