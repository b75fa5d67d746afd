"""LEDGERLINE_HOME: the folder with all state, and the secrets that we make ourselves where none are given."""

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from app.config import Settings
from app.errors import BadSetting


def prepare(settings: Settings, *, tokens: bool = False) -> Settings:
    """
    Make the home where it is missing, and complete the settings: SECRET_KEY always; with `tokens` also API_TOKEN and
    the two secrets of inbound addresses. What was made here once is found again at the next start.

    :raises BadSetting: the home cannot be made or written
    """
    home = settings.ledgerline_home.resolve()
    wanted = ["secret_key"]
    if tokens:
        wanted += ["api_token", "salesforce_hook_token", "intacct_hook_key"]
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "logs").mkdir(mode=0o700, exist_ok=True)
        made = {name: SecretStr(_kept(home / name)) for name in wanted if not _given(settings, name)}
    except OSError as error:
        raise BadSetting(
            "LEDGERLINE_HOME",
            f"{home} cannot be used ({error.strerror})",
            "Name a folder that this user may write.",
        ) from None
    return settings.model_copy(update={"ledgerline_home": home, **made})


def _given(settings: Settings, name: str) -> bool:
    secret: SecretStr = getattr(settings, name)
    return bool(secret.get_secret_value())


def _kept(file: Path) -> str:
    """The secret in the file, made first where there is none. Of two who make it at once, both answer the same."""
    if not file.exists():
        draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(32))
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(
                draft, file
            )  # unlike a rename it never replaces, so a reader sees one whole secret or none
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()
