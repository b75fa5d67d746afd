"""What an org is started with: its options, its credentials, and where its messages go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulators import company

from . import ids


@dataclass(frozen=True)
class Retry:
    """
    How an outbound message is tried again, in seconds.

    The vendor publishes the time-out (60 s), the longest wait (2 h) and the life of a message (24 h); the
    first wait and the doubling are inferred. [source: outbound message considerations]
    """

    first: float = 5
    longest: float = 7200
    give_up: float = 86_400
    timeout: float = 60

    def wait(self, attempts: int) -> float:
        """Seconds to wait after the `attempts`th try has failed."""
        return min(self.longest, self.first * float(1 << min(attempts - 1, 32)))


@dataclass(frozen=True)
class Settings:
    """Addresses and secrets are left out of the repr: the hook's address contains the secret."""

    org_id: str = ids.with_checksum(company.ORG_ID[:15])
    host_name: str = "harborlight.my.salesforce.com"
    client_id: str = "sim-client"
    client_secret: str = field(default="sim-client-secret", repr=False)
    username: str = "ledgerline@harborlight.example"
    public_key: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    session_seconds: float = 7200
    jwt_longest_seconds: float = 300
    daily_requests: int = 115_000
    multi_currency: bool = True
    empty: bool = False
    hook_url: str = field(default="", repr=False)
    event_url: str = field(default="", repr=False)
    event_token: str = field(default="", repr=False)
    ledgerline_url: str = "http://127.0.0.1:8000/"
    retry: Retry = Retry()


def from_environment(env: Mapping[str, str]) -> Settings:
    """The settings that `SIM_SALESFORCE_*` and `LEDGERLINE_URL` say; all have defaults."""
    given = {name: env[f"SIM_SALESFORCE_{name}"] for name in _NAMES if env.get(f"SIM_SALESFORCE_{name}")}
    plain = Settings()
    key_file = given.get("JWT_PUBLIC_KEY_FILE")
    return Settings(
        org_id=ids.with_checksum(given.get("ORG_ID", plain.org_id)[:15]),
        client_id=given.get("CLIENT_ID", plain.client_id),
        client_secret=given.get("CLIENT_SECRET", plain.client_secret),
        username=given.get("USERNAME", plain.username),
        public_key=Path(key_file).read_text() if key_file else "",
        refresh_token=given.get("REFRESH_TOKEN", ""),
        hook_url=given.get("HOOK_URL", ""),
        event_url=given.get("EVENT_URL", ""),
        event_token=given.get("EVENT_TOKEN", ""),
        ledgerline_url=env.get("LEDGERLINE_URL") or plain.ledgerline_url,
    )


_NAMES = (
    "ORG_ID",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "USERNAME",
    "JWT_PUBLIC_KEY_FILE",
    "REFRESH_TOKEN",
    "HOOK_URL",
    "EVENT_URL",
    "EVENT_TOKEN",
)
