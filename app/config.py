"""The environment, read once into one frozen, typed Settings. `.env` is read where it exists; real environment wins."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import BadSetting

Seconds = Annotated[float, Field(gt=0)]


def _waits(value: object) -> object:
    return tuple(part for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Waits = Annotated[tuple[Seconds, ...], NoDecode, BeforeValidator(_waits), Field(min_length=1)]
"""Seconds between tries, as text `10,60,300`."""


class Settings(BaseSettings):
    """One connection and the service around it. Names and defaults are the contract's; `.env.example` explains each."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
    )

    ledgerline_home: Path = Path("var")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    database_url: str = ""
    redis_url: str = ""
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    secret_key: SecretStr = SecretStr("")
    api_token: SecretStr = SecretStr("")
    connection_currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    connection: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] = "main"

    salesforce_login_url: str = "https://login.salesforce.com"
    salesforce_client_id: str = ""
    salesforce_client_secret: SecretStr = SecretStr("")
    salesforce_username: str = ""
    salesforce_private_key_file: Path | None = None
    salesforce_org_id: str = ""
    salesforce_api_version: Annotated[str, Field(pattern=r"^\d{2}\.\d$")] = "65.0"
    salesforce_hook_token: SecretStr = SecretStr("")
    salesforce_pubsub_endpoint: str = ""

    intacct_endpoint: str = "https://api.intacct.com/ia/xml/xmlgw.phtml"
    intacct_sender_id: str = ""
    intacct_sender_password: SecretStr = SecretStr("")
    intacct_company_id: str = ""
    intacct_user_id: str = ""
    intacct_user_password: SecretStr = SecretStr("")
    intacct_entity_id: str = ""
    intacct_deposit_account: str = ""
    intacct_undeposited_account: str = ""
    intacct_hook_key: SecretStr = SecretStr("")
    intacct_webhook_secret: SecretStr = SecretStr("")
    intacct_key_field: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")] = "DOCNUMBER"
    intacct_concurrency: Annotated[int, Field(ge=1, le=20)] = 4

    sim_salesforce_port: int = 8101
    sim_intacct_port: int = 8102

    retry_seconds: Waits = (10, 60, 300, 1800, 7200, 21600)
    lookup_seconds: Waits = (5, 15, 30)
    lease_seconds: Seconds = 90
    sweep_seconds: Seconds = 300

    @property
    def ledger_url(self) -> str:
        return self.database_url or f"sqlite:///{self.ledgerline_home.resolve() / 'ledger.db'}"

    @property
    def has_credentials(self) -> bool:
        """Whether a real org and company are described; without any of it, `run` starts the simulators."""
        return bool(self.salesforce_client_id or self.intacct_sender_id or self.intacct_company_id)


def load() -> Settings:
    """
    Read the environment.

    :raises BadSetting: names the variable, what is wrong with it and the remedy
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "environment"
        raise BadSetting(name, first["msg"], "See .env.example for the form that it takes.") from None
