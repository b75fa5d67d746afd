"""What `run` tells its children, and who may run it."""

import os
import subprocess
import sys

import pytest

from app import home
from app.config import Settings
from workers import supervisor

HOLD = """
import sys
from pathlib import Path
from workers import supervisor
with supervisor._sole_owner(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def settings(folder, **given) -> Settings:
    return home.prepare(Settings(_env_file=None, ledgerline_home=folder, **given), tokens=True)


@pytest.mark.parametrize("name", ["web", "worker", "ticker"])
def test_a_role_is_told_apart_by_its_command_line(name, monkeypatch, tmp_path):
    for executable in (
        sys.executable,
        str(tmp_path / "python"),
    ):  # with and without the console script beside it
        monkeypatch.setattr(sys, "executable", executable)
        command = supervisor.role(name)
        assert command[-1] == name
        assert not {"web", "worker", "ticker"} & set(" ".join(command[1:-1]).replace("/", " ").split())
        assert ("worker" in " ".join(command[1:])) == (name == "worker")


def test_without_credentials_the_children_are_pointed_at_the_simulators(tmp_path):
    told = supervisor._environment(settings(tmp_path, sim_salesforce_port=9101, sim_intacct_port=9102))
    child = Settings(_env_file=None, **{name.lower(): value for name, value in told.items()})
    assert child.has_credentials
    assert child.salesforce_login_url == "http://127.0.0.1:9101"
    assert child.intacct_endpoint == "http://127.0.0.1:9102/ia/xml/xmlgw.phtml"


def test_with_credentials_nothing_of_the_simulators_is_told(tmp_path):
    real = settings(tmp_path, salesforce_client_id="3MVG9", intacct_company_id="ACME")
    assert not [
        name for name in supervisor._environment(real) if name.startswith(("SALESFORCE_CLIENT", "INTACCT_U"))
    ]
    names = [child.name for stage in supervisor._stages(real, os.getpid()) for child in stage]
    assert names == ["redis", "web", "worker-1", "worker-2", "ticker"]


def test_an_own_redis_is_used_as_it_is(tmp_path):
    given = settings(tmp_path, redis_url="redis://cache.example:6379/2", workers=1)
    names = [child.name for stage in supervisor._stages(given, os.getpid()) for child in stage]
    assert names == ["simulator-salesforce", "simulator-intacct", "web", "worker-1", "ticker"]
    assert supervisor._environment(given)["REDIS_URL"] == "redis://cache.example:6379/2"


def test_no_secret_stands_in_a_command_line(tmp_path):
    given = settings(tmp_path)
    secrets = {given.secret_key, given.api_token, given.salesforce_hook_token, given.intacct_hook_key}
    lines = [
        supervisor.role("web"),
        *(supervisor.simulation.command(n, given) for n in ("salesforce", "intacct")),
    ]
    for line in lines:
        assert not [secret for secret in secrets if secret.get_secret_value() in " ".join(line)]


def test_one_home_has_one_owner_until_it_is_gone(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(supervisor.AlreadyRunning, match=f"process {holder.pid}"),
        supervisor._sole_owner(tmp_path),
    ):
        pytest.fail("two owners")
    holder.kill()
    holder.communicate()
    with supervisor._sole_owner(tmp_path):
        assert (tmp_path / "run.lock").read_text() == str(os.getpid())


def test_a_ledger_that_cannot_be_opened_is_said_in_words():
    with pytest.raises(
        supervisor.LedgerUnreachable, match="DATABASE_URL: the ledger cannot be opened"
    ) as caught:
        supervisor._upgrade("postgresql+psycopg://ledgerline:s3cret@127.0.0.1:1/ledger?connect_timeout=2")
    assert "s3cret" not in str(caught.value)
