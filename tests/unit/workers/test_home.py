"""Secrets that nobody gave are made once, kept for this user only, and never made over."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from app import home
from app.config import Settings
from app.errors import BadSetting
from workers.console import banner


def settings(folder, **given) -> Settings:
    return Settings(_env_file=None, ledgerline_home=folder, **given)


def test_a_made_secret_is_found_again(tmp_path):
    first = home.prepare(settings(tmp_path / "var"), tokens=True)
    again = home.prepare(settings(tmp_path / "var"), tokens=True)
    for name in ("secret_key", "api_token", "salesforce_hook_token", "intacct_hook_key"):
        made = getattr(first, name).get_secret_value()
        assert len(made) >= 32
        assert getattr(again, name).get_secret_value() == made


def test_the_home_and_its_secrets_are_for_this_user_only(tmp_path):
    home.prepare(settings(tmp_path / "var"), tokens=True)
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    files = [path for path in (tmp_path / "var").iterdir() if path.is_file()]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_given_secret_is_used_and_not_written_down(tmp_path):
    given = settings(tmp_path, secret_key=SecretStr("given-key"), api_token=SecretStr("given-token"))
    prepared = home.prepare(given, tokens=True)
    assert prepared.secret_key.get_secret_value() == "given-key"
    assert not (tmp_path / "secret_key").exists()
    assert "given-token" not in banner(given, prepared)


def test_the_banner_shows_a_token_that_was_made_here(tmp_path):
    prepared = home.prepare(settings(tmp_path), tokens=True)
    shown = banner(settings(tmp_path), prepared)
    assert prepared.api_token.get_secret_value() in shown
    assert prepared.secret_key.get_secret_value() not in shown
    assert prepared.salesforce_hook_token.get_secret_value() not in shown


def test_a_single_process_is_given_only_the_key(tmp_path):
    prepared = home.prepare(settings(tmp_path))
    assert prepared.secret_key.get_secret_value()
    assert not prepared.api_token.get_secret_value()


def test_processes_that_start_together_agree_on_the_key(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: home.prepare(settings(tmp_path / "var")), range(32)))
    assert len({prepared.secret_key.get_secret_value() for prepared in made}) == 1


def test_a_home_that_cannot_be_made_is_a_wrong_setting(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadSetting, match="LEDGERLINE_HOME"):
        home.prepare(settings(tmp_path / "file" / "var"))
