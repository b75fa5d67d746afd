"""What a simulated company is like, and who may sign in to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from simulators import company


@dataclass(frozen=True)
class Settings:
    """
    Every fact that differs between real companies, or that nobody outside the vendor knows, is a setting.

    `zone` is the web-services user's own: times in queries and their answers are in it. `duplicate_errorno` is the
    number of a repeated control id, which is not published. `null_whenmodified` leaves WHENMODIFIED empty on a
    record that was never changed, as seen on several objects. Data of `private_entities` hides from the top level.
    Objects that are `denied` cannot be read: the web-services user lacks the permission. `expired` is a demo company
    whose time is over.
    """

    sender_id: str = "sim_sender"
    sender_password: str = "sim-sender-secret"
    company_id: str = company.COMPANY_ID
    console_id: str = "HARBORLIGHT-CONSOLE"
    user_id: str = "sim_user"
    user_password: str = "sim-user-secret"
    zone: str = "America/New_York"
    session_seconds: int = 21_600
    seconds_per_record: float = 0.0
    multi_currency: bool = True
    multi_entity: bool = True
    empty: bool = False
    duplicate_errorno: str = "BL01001973"
    null_whenmodified: bool = False
    private_entities: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    expired: bool = False
    event_url: str = ""
    event_key: str = ""
    ledgerline_url: str = "http://127.0.0.1:8000/"

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


_FROM_ENVIRONMENT = {
    "SIM_INTACCT_SENDER_ID": "sender_id",
    "SIM_INTACCT_SENDER_PASSWORD": "sender_password",
    "SIM_INTACCT_COMPANY_ID": "company_id",
    "SIM_INTACCT_USER_ID": "user_id",
    "SIM_INTACCT_USER_PASSWORD": "user_password",
    "SIM_INTACCT_ZONE": "zone",
    "SIM_INTACCT_DUPLICATE_ERRORNO": "duplicate_errorno",
    "SIM_INTACCT_EVENT_URL": "event_url",
    "SIM_INTACCT_EVENT_KEY": "event_key",
    "LEDGERLINE_URL": "ledgerline_url",
}


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The defaults, with what the environment sets and does not leave empty."""
    found = {field: environment[name] for name, field in _FROM_ENVIRONMENT.items() if environment.get(name)}
    settings = replace(Settings(), **found)  # type: ignore[arg-type] # every field named above is text
    if session := environment.get("SIM_INTACCT_SESSION_SECONDS"):
        settings = replace(settings, session_seconds=int(session))
    return settings
