"""Who asks wrongly is told what is right, before anything is opened."""

import pytest

from app import cli
from app.config import Settings


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch, tmp_path):
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def asked(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        cli.main(lambda role: 40 + len(role), arguments)
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["resync", "payment"], "Give ids, or --since, or --all"),
        (["resync", "payment", "a0B000000000001", "--all"], "Give ids, or --since, or --all"),
        (["resync", "payment", "--since", "yesterday"], "--since: yesterday is no day"),
        (["resync", "payment", "--all", "--system", "sap"], "salesforce, intacct"),
        (["replay"], "Give their numbers"),
        (["replay", "3", "--state", "failed"], "Give their numbers"),
        (["preview", "42"], "no Salesforce id"),
        (["mappings", "export", "nothing"], "payment-to-intacct"),
        (["token", "create", "x", "--role", "king"], "reader, operator"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_right(arguments, said, capsys, tmp_path):
    assert asked(*arguments) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("role", ["run", "web", "worker", "ticker"])
def test_the_processes_are_in_the_help_and_are_passed_on(role, capsys):
    assert asked("--help") == 0
    assert f" {role} " in capsys.readouterr().out
    assert asked(role) == 40 + len(role)


COMMANDS = [
    "run", "web", "worker", "ticker", "demo", "resync", "replay", "ignore", "preview", "doctor", "backup",
    "mappings list", "mappings export", "mappings check", "mappings import", "settings list", "token create",
    "token list", "token revoke", "db upgrade", "db status",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_an_example(command, capsys):
    assert asked(*command.split(), "--help") == 0
    assert "Example: " in capsys.readouterr().out
