"""How `run` starts the two simulators. They are not imported: a wire lies between."""

import sys
from pathlib import Path

from app.config import Settings
from app.simulated import addresses, for_ledgerline

__all__ = ["addresses", "command", "for_ledgerline", "for_simulators", "prepare"]


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
