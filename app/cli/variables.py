"""Every setting: what it is, where it comes from, and what is wrong with it. No secret is shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr, ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from app import simulated
from app.config import Settings

ENVIRONMENT, FILE, MADE, SIMULATED, DEFAULT = "environment", ".env", "made here", "simulator", "default"
MADE_HERE = ("secret_key", "api_token", "salesforce_hook_token", "intacct_hook_key")
"""What `app.home` makes and keeps where none is given."""

_PASSWORD = re.compile(r"(://[^:/?#@]*:)[^@/]*@")


@dataclass(frozen=True, slots=True)
class Variable:
    """`value` is `set` or `not set` for a secret; `problem` is empty where the value can be read."""

    name: str
    value: str
    source: str
    problem: str = ""
    is_secret: bool = False


def variables() -> list[Variable]:
    """All of them, in the order of `.env.example`; also where some are wrong."""
    given, settings, problems = _given(), *_read()
    stand_ins = simulated.completed(settings) if settings else None
    home = Path(str(given.get("ledgerline_home", (Settings.model_fields["ledgerline_home"].default, ""))[0]))
    found = []
    for field in Settings.model_fields:
        value, source = given.get(field, (Settings.model_fields[field].default, DEFAULT))
        if field not in given and field in MADE_HERE and (home / field).exists():
            value, source = SecretStr("made"), MADE
        elif field not in given and stand_ins and getattr(stand_ins, field) != getattr(settings, field):
            value, source = getattr(stand_ins, field), SIMULATED
        is_secret = isinstance(Settings.model_fields[field].default, SecretStr)
        shown = ("set" if _text(value) else "not set") if is_secret else masked(_text(value))
        found.append(Variable(field.upper(), shown, source, problems.get(field, ""), is_secret))
    return found


def made(settings: Settings, name: str) -> str:
    """A secret that was made and kept under the home by an earlier `run`; empty where none was."""
    file = settings.ledgerline_home / name
    return file.read_text().strip() if file.exists() else ""


def masked(text: str) -> str:
    """An address without the password in it."""
    return _PASSWORD.sub(r"\1***@", text)


def _read() -> tuple[Settings | None, dict[str, str]]:
    """The settings, or what is wrong with each that is."""
    try:
        return Settings(), {}
    except ValidationError as error:
        return None, {str(one["loc"][0]): one["msg"] for one in error.errors() if one["loc"]}


def _given() -> Mapping[str, tuple[object, str]]:
    """What the file and the environment say, as they say it; the environment wins."""
    from_file = DotEnvSettingsSource(Settings)()
    from_environment = EnvSettingsSource(Settings)()
    return {name: (value, FILE) for name, value in from_file.items()} | {
        name: (value, ENVIRONMENT) for name, value in from_environment.items()
    }


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(f"{part:g}" if isinstance(part, float) else str(part) for part in value)
    return "" if value is None else str(value)
