"""How `run` describes the two simulators to themselves and to Ledgerline. They are not imported: a wire lies between."""

import sys
from pathlib import Path

from app.config import Settings

# Their own defaults, in simulators/company.py and in the settings of each; the end-to-end tests hold them together.
_SALESFORCE = {
    "SALESFORCE_CLIENT_ID": "sim-client",
    "SALESFORCE_CLIENT_SECRET": "sim-client-secret",
    "SALESFORCE_ORG_ID": "00D5g00000HrbSmEAJ",
}
_INTACCT = {
    "INTACCT_SENDER_ID": "sim_sender",
    "INTACCT_SENDER_PASSWORD": "sim-sender-secret",
    "INTACCT_COMPANY_ID": "HARBORLIGHT-SIM",
    "INTACCT_USER_ID": "sim_user",
    "INTACCT_USER_PASSWORD": "sim-user-secret",
    "INTACCT_DEPOSIT_ACCOUNT": "CHASE-4471",
}


def addresses(settings: Settings) -> dict[str, str]:
    """The page of each, by name."""
    return {
        "salesforce": f"http://127.0.0.1:{settings.sim_salesforce_port}/",
        "intacct": f"http://127.0.0.1:{settings.sim_intacct_port}/",
    }


def for_ledgerline(settings: Settings) -> dict[str, str]:
    """The credentials with which our processes find them."""
    at = addresses(settings)
    return {
        **_SALESFORCE,
        **_INTACCT,
        "SALESFORCE_LOGIN_URL": at["salesforce"].rstrip("/"),
        "INTACCT_ENDPOINT": f"{at['intacct']}ia/xml/xmlgw.phtml",
    }


def for_simulators(settings: Settings, ledgerline: str) -> dict[str, str]:
    """Where Salesforce sends its outbound messages: an address with a secret in it, so it is in no command line."""
    token = settings.salesforce_hook_token.get_secret_value()
    hooks = f"{ledgerline}hooks/{settings.connection}"
    return {
        "LEDGERLINE_URL": ledgerline,
        "SIM_SALESFORCE_HOOK_URL": f"{hooks}/salesforce/outbound-message/{token}",
    }


def command(name: str, settings: Settings) -> list[str]:
    port = settings.sim_salesforce_port if name == "salesforce" else settings.sim_intacct_port
    state = settings.ledgerline_home / "simulators" / f"{name}.db"
    return [sys.executable, "-m", f"simulators.{name}", "--port", str(port), "--state", str(state)]


def prepare(home: Path) -> None:
    (home / "simulators").mkdir(exist_ok=True)
