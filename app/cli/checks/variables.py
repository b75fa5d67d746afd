"""Every variable: set, of the right form, and fit to be used."""

from collections.abc import Callable, Iterator, Mapping

from pydantic import SecretStr

from app import redis_server
from app.cli.checks.finding import Area, Finding
from app.cli.variables import SIMULATED, Variable, made
from app.config import Settings
from app.errors import BadSetting
from app.intacct.signin import is_loopback
from app.ledger.standing import is_missing_file

AREA = Area("Settings")
LEAST_SECRET = 20
"""Characters. What `run` makes has 43; who guesses a thousand a second needs longer than the sun has for twenty."""

_SEE = "See .env.example for the form that it takes."
_CREDENTIALS = (
    "SALESFORCE_CLIENT_ID",
    "SALESFORCE_ORG_ID",
    "INTACCT_SENDER_ID",
    "INTACCT_SENDER_PASSWORD",
    "INTACCT_COMPANY_ID",
    "INTACCT_USER_ID",
    "INTACCT_USER_PASSWORD",
)
_TAKEN_IN = {
    "SALESFORCE_HOOK_TOKEN": "notices of Salesforce are refused",
    "INTACCT_HOOK_KEY": "Smart Events of Intacct are refused",
}


def forms(found: list[Variable]) -> list[Finding]:
    """Where one cannot be read, all that can be said is which."""
    return [
        AREA.wrong(one.name, one.problem, _SEE) if one.problem else AREA.good(one.name, _said(one))
        for one in found
    ]


def fitness(settings: Settings, found: list[Variable]) -> list[Finding]:
    """Each variable once, with what is wrong with it in the first place it matters."""
    judged: dict[str, Finding] = {}
    for finding in _judged(settings):
        judged.setdefault(finding.subject, finding)
    return [judged.get(one.name) or AREA.good(one.name, _said(one)) for one in found]


def _judged(settings: Settings) -> Iterator[Finding]:
    yield from _credentials(settings)
    yield from _addresses(settings)
    yield from _secrets(settings)
    if not settings.intacct_deposit_account and not settings.intacct_undeposited_account:
        yield AREA.care(
            "INTACCT_DEPOSIT_ACCOUNT",
            "not set, nor is INTACCT_UNDEPOSITED_ACCOUNT: a payment that names no account is refused",
            "Set one of them, unless your users always name the account.",
        )
    if settings.intacct_deposit_account and settings.intacct_undeposited_account:
        yield AREA.care(
            "INTACCT_UNDEPOSITED_ACCOUNT",
            "never used, because INTACCT_DEPOSIT_ACCOUNT is set",
            "Set one of the two.",
        )


def _credentials(settings: Settings) -> Iterator[Finding]:
    for name in _CREDENTIALS:
        if not _text(settings, name):
            yield AREA.wrong(name, "not set, and without it nobody can sign in", "Set it.")
    if settings.salesforce_private_key_file:
        if not settings.salesforce_username:
            yield AREA.wrong("SALESFORCE_USERNAME", "not set, and JWT bearer needs it", "Set it.")
        if not settings.salesforce_private_key_file.is_file():
            yield AREA.wrong(
                "SALESFORCE_PRIVATE_KEY_FILE",
                f"there is no file {settings.salesforce_private_key_file}",
                "Name the PEM file of the app's RSA key.",
            )
    elif not _text(settings, "SALESFORCE_CLIENT_SECRET"):
        yield AREA.wrong(
            "SALESFORCE_CLIENT_SECRET",
            "not set, nor is SALESFORCE_PRIVATE_KEY_FILE",
            "Set one of them: client credentials or JWT bearer.",
        )


def _addresses(settings: Settings) -> Iterator[Finding]:
    checks: Mapping[str, Callable[[], object]] = {
        "DATABASE_URL": lambda: is_missing_file(settings.ledger_url),
        "REDIS_URL": lambda: redis_server.connect(redis_server.url(settings)).close(),
    }
    for name, check in checks.items():
        try:
            check()
        except BadSetting as wrong:
            yield AREA.wrong(name, wrong.problem, wrong.remedy)
    scheme, _, rest = settings.intacct_endpoint.partition("://")
    host = rest.partition("/")[0].rpartition(":")[0] or rest.partition("/")[0]
    if not host or (scheme != "https" and not (scheme == "http" and is_loopback(host))):
        yield AREA.wrong(
            "INTACCT_ENDPOINT",
            "is no https address, so passwords would travel unencrypted",
            "Leave it out for Intacct's own.",
        )


def _secrets(settings: Settings) -> Iterator[Finding]:
    for name, without in _TAKEN_IN.items():
        text = _text(settings, name) or made(settings, name.lower())
        if not text:
            yield AREA.care(name, f"not set: {without}", "Set it, or let `ledgerline run` make one.")
        elif len(text) < LEAST_SECRET:
            yield _guessable(name, len(text))
    for name in ("SECRET_KEY", "API_TOKEN", "INTACCT_WEBHOOK_SECRET"):
        text = _text(settings, name)
        if text and len(text) < LEAST_SECRET:
            yield _guessable(name, len(text))


def _guessable(name: str, length: int) -> Finding:
    return AREA.care(
        name, f"only {length} characters, which can be guessed", f"Use {LEAST_SECRET} random ones at least."
    )


def _said(one: Variable) -> str:
    value = one.value or "not set"
    return f"{value} ({one.source})" if one.source == SIMULATED else value


def _text(settings: Settings, name: str) -> str:
    value = getattr(settings, name.lower())
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")
