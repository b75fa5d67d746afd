"""What `ledgerline run` says in the terminal."""

import sys
import time
from http.client import HTTPConnection, HTTPException

from app.config import Settings
from workers import ports, simulation

PATIENCE = 60.0
LOOK_SECONDS = 0.25


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Announcement:
    """Says once that Ledgerline is ready, when it answers; and once that it takes long, when it does not."""

    def __init__(self, given: Settings, settings: Settings) -> None:
        self._given = given
        self._settings = settings
        self._done = False
        self._next_look = 0.0
        self._give_up_at = time.monotonic() + PATIENCE

    def when_ready(self) -> None:
        """Call often; mostly does nothing."""
        now = time.monotonic()
        if self._done or now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        if self._answers():
            say(banner(self._given, self._settings))
            self._done = True
        elif now >= self._give_up_at:
            say(
                f"Not ready after {PATIENCE:g} s. The logs say why: {self._settings.ledgerline_home / 'logs'}"
            )
            self._give_up_at = float("inf")

    def _answers(self) -> bool:
        # http.client, for urllib would send it to a proxy that the environment names
        web = HTTPConnection(ports.reachable(self._settings.host).strip("[]"), self._settings.port, timeout=1)
        try:
            web.request("GET", "/healthz")
            return web.getresponse().status == 200
        except (HTTPException, OSError):
            return False
        finally:
            web.close()


def banner(given: Settings, settings: Settings) -> str:
    """Addresses, the API token if it was made here, and where to look. A given secret is not shown."""
    lines = [("Ledgerline", ports.address(settings))]
    if not settings.has_credentials:
        pages = simulation.addresses(settings)
        lines += [
            ("Salesforce (simulated)", pages["salesforce"]),
            ("Intacct (simulated)", pages["intacct"]),
        ]
    if not given.api_token.get_secret_value():
        lines.append(("API token", settings.api_token.get_secret_value()))
    lines.append(("Logs", str(settings.ledgerline_home / "logs")))
    shown = "\n".join(f"  {name:<24}{value}" for name, value in lines)
    return f"\nLedgerline is ready.\n\n{shown}\n\nCtrl-C stops everything.\n"
