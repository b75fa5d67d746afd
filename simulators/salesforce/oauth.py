"""Sign-in: client credentials, JWT bearer and refresh; introspection and the end of a session."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast
from urllib.parse import parse_qsl, unquote

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from jwt.types import Options

from .org import USER_ID, Org
from .values import Json
from .wire import Answer, Call

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


class SignInRefused(Exception):
    """An OAuth error; the texts are the vendor's where a capture has them. [source: restforce fixtures]"""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.answer = Answer(status, {"error": error, "error_description": description})


def answer(org: Org, call: Call) -> Answer:
    """One request under `/services/oauth2/`."""
    form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
    try:
        match call.method, call.path.rstrip("/").rpartition("/")[2]:
            case "POST", "token":
                return _token(org, call, form)
            case "POST", "introspect":
                return _introspect(org, call, form)
            case "POST", "revoke":
                end_session(org, form.get("token", ""))
                return Answer(200)
            case _:
                return Answer(404, {"error": "unsupported_response_type"})
    except SignInRefused as refused:
        return refused.answer


def signed_in(org: Org, call: Call) -> bool:
    """Whether the bearer token of the call belongs to a session that lives."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return scheme.lower() in ("bearer", "oauth") and _expiry(org, token) is not None


def end_session(org: Org, token: str) -> None:
    org.state.stage("session", _digest(token), None)


def bearer(call: Call) -> str:
    return call.headers.get("authorization", "").partition(" ")[2]


def _token(org: Org, call: Call, form: Mapping[str, str]) -> Answer:
    match form.get("grant_type"):
        case "client_credentials":
            _check_client(org, call, form)
            return _granted(org, call, dated=True)
        case "refresh_token":
            _check_client(org, call, form, secret=False)
            kept = org.settings.refresh_token
            if not kept or not secrets.compare_digest(form.get("refresh_token", ""), kept):
                raise SignInRefused("invalid_grant", "expired access/refresh token")
            return _granted(org, call, dated=True)
        case grant if grant == JWT_BEARER:
            _check_assertion(org, call, form.get("assertion", ""))
            return _granted(org, call)
        case _:
            raise SignInRefused("unsupported_grant_type", "grant type not supported")


def _check_client(org: Org, call: Call, form: Mapping[str, str], *, secret: bool = True) -> None:
    """By Basic authentication or in the form; a refresh may leave the secret out."""
    client, given = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        client, given = _basic(credentials)
    if not secrets.compare_digest(client.encode(), org.settings.client_id.encode()):
        raise SignInRefused("invalid_client_id", "client identifier invalid")
    if (secret or given) and not secrets.compare_digest(given.encode(), org.settings.client_secret.encode()):
        raise SignInRefused("invalid_client", "invalid client credentials")


def _basic(credentials: str) -> tuple[str, str]:
    try:
        client, _, given = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        raise SignInRefused("invalid_client", "invalid client credentials") from None
    return unquote(client), unquote(given)


def _check_assertion(org: Org, call: Call, assertion: str) -> None:
    """RS256 under the configured key or certificate; iss, sub, aud and exp as the JWT bearer flow has them."""
    settings = org.settings
    if not settings.public_key:
        raise SignInRefused("invalid_grant", "no certificate is configured for this client")
    audiences = (*_AUDIENCES, call.base)
    options: Options = {"require": ["iss", "sub", "aud", "exp"], "verify_exp": False, "verify_aud": False}
    try:
        claims = jwt.decode(assertion, _public_key(settings.public_key), ["RS256"], options=options)
        expiry = float(claims["exp"])
    except (jwt.InvalidTokenError, ValueError):
        raise SignInRefused("invalid_grant", "invalid assertion") from None
    if claims["iss"] != settings.client_id:
        raise SignInRefused("invalid_client_id", "client identifier invalid")
    if str(claims["aud"]).rstrip("/") not in audiences:
        raise SignInRefused("invalid_grant", "audience is invalid")
    if claims["sub"] != settings.username:
        raise SignInRefused("invalid_grant", "user hasn't approved this consumer")
    left = expiry - org.clock().timestamp()
    if not 0 < left <= settings.jwt_longest_seconds:
        raise SignInRefused("invalid_grant", "invalid assertion")


def _public_key(pem: str) -> str:
    if "BEGIN CERTIFICATE" not in pem:
        return pem
    key = load_pem_x509_certificate(pem.encode()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _granted(org: Org, call: Call, *, dated: bool = False) -> Answer:
    """No `expires_in`: the vendor sends none. `issued_at` and `signature` come with some flows only."""
    token = f"{org.settings.org_id[:15]}!{secrets.token_urlsafe(48)}"
    now = org.clock()
    ends = now + timedelta(seconds=org.settings.session_seconds)
    org.state.stage("session", _digest(token), {"made": now.isoformat(), "ends": ends.isoformat()})
    said: dict[str, Json] = {
        "access_token": token,
        "scope": "id api",
        "instance_url": call.base,
        "id": f"https://login.salesforce.com/id/{org.settings.org_id}/{USER_ID}",
        "token_type": "Bearer",
    }
    if dated:
        signature = base64.b64encode(hashlib.sha256(token.encode()).digest()).decode()
        said |= {"issued_at": str(int(now.timestamp() * 1000)), "signature": signature}
    return Answer(200, said, {"Cache-Control": "no-store"})


def _introspect(org: Org, call: Call, form: Mapping[str, str]) -> Answer:
    _check_client(org, call, form)
    ends = _expiry(org, form.get("token", ""))
    if ends is None:
        return Answer(200, {"active": False})
    made = ends - timedelta(seconds=org.settings.session_seconds)
    return Answer(
        200,
        {
            "active": True,
            "scope": "id api",
            "client_id": org.settings.client_id,
            "username": org.settings.username,
            "sub": f"https://login.salesforce.com/id/{org.settings.org_id}/{USER_ID}",
            "token_type": "access_token",
            "exp": int(ends.timestamp()),
            "iat": int(made.timestamp()),
            "nbf": int(made.timestamp()),
        },
    )


def _expiry(org: Org, token: str) -> datetime | None:
    """When the session of a token ends; None where it has ended or never was."""
    kept = org.state.row("session", _digest(token)) if token else None
    ends = datetime.fromisoformat(cast(str, kept["ends"])).astimezone(UTC) if kept else None
    return ends if ends and ends > org.clock() else None


def _digest(token: str) -> str:
    """The state file holds no token that could be used."""
    return hashlib.sha256(token.encode()).hexdigest()
