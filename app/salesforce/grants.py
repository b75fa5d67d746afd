"""How we prove ourselves to an org: client credentials, or a signed assertion (JWT bearer)."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from app.errors import BadSetting
from app.records import ids

ASSERTION_SECONDS: Final = 180
"""simple_salesforce signs for as long; Salesforce's own limit is said to be three or five minutes."""
_PRODUCTION: Final = "https://login.salesforce.com"
_SANDBOX: Final = "https://test.salesforce.com"


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Works only at the org's own address (My Domain), never at the shared login hosts."""

    client_id: str
    secret: SecretStr

    @property
    def identity(self) -> str:
        return self.client_id


@dataclass(frozen=True, slots=True)
class SignedAssertion:
    """`private_key` is the PEM text of an RSA key whose certificate the org's app holds; the user is pre-authorised."""

    client_id: str
    username: str
    private_key: SecretStr

    @property
    def identity(self) -> str:
        return f"{self.client_id} {self.username}"


@dataclass(frozen=True, slots=True)
class Login:
    """Where and as whom we sign in, and which org that must be (15 or 18 characters)."""

    url: str
    org_id: str
    grant: ClientCredentials | SignedAssertion


def check(login: Login) -> None:
    """
    Find what can never work before anything is sent.

    :raises BadSetting: names the variable and the remedy
    """
    parts = _address(login.url)
    if not ids.is_id(login.org_id):
        remedy = "Copy the Organization ID from Setup, Company Information (15 or 18 characters)."
        raise BadSetting("SALESFORCE_ORG_ID", "is no Salesforce id", remedy)
    if isinstance(login.grant, SignedAssertion):
        _key(login.grant)
    elif f"https://{parts.hostname}" in (_PRODUCTION, _SANDBOX):
        remedy = "Set it to the org's own address, https://….my.salesforce.com."
        raise BadSetting(
            "SALESFORCE_LOGIN_URL", "client credentials do not work at the shared login host", remedy
        )


def form(login: Login, now: datetime) -> dict[str, str]:
    """The fields of the token request. They are secrets."""
    grant = login.grant
    if isinstance(grant, ClientCredentials):
        secret = grant.secret.get_secret_value()
        return {"grant_type": "client_credentials", "client_id": grant.client_id, "client_secret": secret}
    expires = int(now.timestamp()) + ASSERTION_SECONDS
    claims = {"iss": grant.client_id, "sub": grant.username, "aud": audience(login.url), "exp": expires}
    assertion = jwt.encode(claims, _key(grant), algorithm="RS256")
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}


def audience(url: str) -> str:
    """
    Whom the assertion is for: the production or the sandbox login host, wherever it is sent; a simulator itself.

    A sandbox's My Domain is `name--sandbox.sandbox.my.salesforce.com`, a scratch org's holds `.scratch.`.
    """
    host = (urlsplit(url).hostname or "").lower()
    if is_loopback(host):
        return url
    is_test = host == "test.salesforce.com" or ".sandbox." in host or ".scratch." in host
    return _SANDBOX if is_test or "--" in host.partition(".")[0] else _PRODUCTION


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(url: str) -> SplitResult:
    parts = urlsplit(url)
    remedy = "Set it to https://login.salesforce.com, https://test.salesforce.com or the org's own address."
    if not parts.hostname or parts.scheme not in ("https", "http") or parts.username or parts.query:
        raise BadSetting("SALESFORCE_LOGIN_URL", "is no web address", remedy)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise BadSetting("SALESFORCE_LOGIN_URL", "would send our secret unencrypted", remedy)
    return parts


def _key(grant: SignedAssertion) -> RSAPrivateKey:
    name, remedy = (
        "SALESFORCE_PRIVATE_KEY_FILE",
        "Give the unencrypted PEM file of the RSA key behind the certificate.",
    )
    try:
        key = load_pem_private_key(grant.private_key.get_secret_value().encode(), password=None)
    except (ValueError, TypeError):
        # what cryptography says may quote the text; TypeError is its word for a key behind a passphrase
        raise BadSetting(name, "holds no key that can be read", remedy) from None
    if not isinstance(key, RSAPrivateKey):
        raise BadSetting(name, "holds a key that is not RSA", remedy)
    return key
