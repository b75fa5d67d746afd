"""
Where the two simulators are and how they let us in: what stands in for credentials where none are given.

They are not imported: a wire lies between. `workers` starts them, `app.cli` finds them; both ask here.
"""

from pydantic import SecretStr

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
    """The variables with which our processes find them."""
    at = addresses(settings)
    return {
        **_SALESFORCE,
        **_INTACCT,
        "SALESFORCE_LOGIN_URL": at["salesforce"].rstrip("/"),
        "INTACCT_ENDPOINT": f"{at['intacct']}ia/xml/xmlgw.phtml",
    }


def completed(settings: Settings) -> Settings:
    """The settings as `run` hands them to its processes: with the simulators where no credentials are given."""
    if settings.has_credentials:
        return settings
    told = {name.lower(): text for name, text in for_ledgerline(settings).items()}
    secret = {name for name in told if isinstance(getattr(settings, name), SecretStr)}
    return settings.model_copy(
        update={name: SecretStr(text) if name in secret else text for name, text in told.items()}
    )
