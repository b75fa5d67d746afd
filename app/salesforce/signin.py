"""Signing in to an org, once for all processes: the first that needs a token fetches it, the others take it up."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, NoReturn, Protocol
from urllib.parse import urlencode, urlsplit

import httpx

from app.errors import RemoteUnavailable, SignInRefused
from app.records import System, ids
from app.salesforce import grants, wire
from app.salesforce.failures import AnswerLost, lost
from app.salesforce.grants import Login
from app.salesforce.refusals import cleaned
from app.salesforce.transport import Transport

Clock = Callable[[], datetime]
"""Now, in UTC."""

TOKEN_SECONDS: Final = 30 * 60
"""A token answer names no end of life; a session that the org ends sooner answers 401, and we renew."""
SIGN_IN_SECONDS: Final = 15
"""A login host that takes longer is not well."""
_REFUSAL_SECONDS: Final = 60
_PASSING: Final = frozenset({"server_error", "temporarily_unavailable", "unknown_error"})
_SECRETS: Final = ("client_secret", "assertion")
_TOKEN = re.compile(r"[\x21-\x7e]+")


class TokenShelf(Protocol):
    """Where all processes keep tokens, sealed. Losing its content costs a sign-in, nothing else."""

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, text: str, seconds: float) -> None: ...

    def drop(self, name: str, text: str) -> None:
        """Only while it is still that text: another process may have renewed it already."""

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Held by one process at a time; the others wait."""


@dataclass(frozen=True, slots=True)
class Token:
    """`instance_url` is where the org's API is served; every call goes there."""

    text: str = field(repr=False)
    instance_url: str


class SignIn:
    def __init__(self, login: Login, shelf: TokenShelf, transport: Transport, clock: Clock) -> None:
        """
        :raises BadSetting: the login can never work
        """
        grants.check(login)
        self._login = login
        self._shelf = shelf
        self._transport = transport
        self._clock = clock
        # the user is part of the name: two users of one org may see different fields
        who = f"{login.url} {login.org_id} {login.grant.identity}"
        self._name = f"salesforce-token-{sha256(who.encode()).hexdigest()[:24]}"

    def token(self) -> Token:
        """
        The token on the shelf, or a new one.

        :raises SignInRefused: once for all who waited for the same try; nobody repeats it
        :raises RemoteUnavailable: the login host cannot be reached, or is not well
        """
        kept = self._shelf.get(self._name)
        if kept is not None:
            return _unpacked(kept)
        wanted_at = self._clock()
        with self._shelf.lock(self._name):
            kept = self._shelf.get(self._name)
            if kept is not None:
                return _unpacked(kept)
            self._share_refusal(wanted_at)
            token = self._fetch()
            self._shelf.put(self._name, _packed(token), TOKEN_SECONDS)
            return token

    def renew(self, stale: Token) -> Token:
        """A token that is not `stale`: fetched now, or by the process that was first to notice."""
        self._shelf.drop(self._name, _packed(stale))
        return self.token()

    def _fetch(self) -> Token:
        url = self._login.url.rstrip("/") + "/services/oauth2/token"
        fields = grants.form(self._login, self._clock())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = self._transport.exchange(
                "token", "POST", url, headers=headers, content=urlencode(fields), read_seconds=SIGN_IN_SECONDS
            )
        except AnswerLost as error:
            raise lost(error.reason, is_read=True) from error  # a token that nobody received harms nobody
        members = _members(answer)
        if "error" in members:
            self._refused(members, [fields[name] for name in _SECRETS if name in fields])
        if not answer.is_success:
            raise lost(f"the login answered HTTP {answer.status_code}", is_read=True)
        return self._checked(members)

    def _checked(self, members: dict[str, wire.Json]) -> Token:
        text = wire.as_text(members.get("access_token"), "access_token")
        if _TOKEN.fullmatch(text) is None:
            raise wire.AnswerNotUnderstood("access_token is no token")
        org = _org_of(members.get("id"), text)
        if org is not None and not ids.same_org(org, self._login.org_id):
            self._give_up(f"the login leads to org {org}, and this connection is for {self._login.org_id}")
        return Token(text, self._instance(wire.as_text(members.get("instance_url"), "instance_url")))

    def _instance(self, url: str) -> str:
        """The token goes where this points: never unencrypted, except from one simulator to itself."""
        parts = urlsplit(url)
        at_home = grants.is_loopback(urlsplit(self._login.url).hostname or "")
        is_safe = parts.scheme == "https" or (at_home and grants.is_loopback(parts.hostname or ""))
        if not parts.hostname or not is_safe:
            raise wire.AnswerNotUnderstood("instance_url is no https address")
        return f"{parts.scheme}://{parts.netloc}"

    def _refused(self, members: dict[str, wire.Json], secrets: list[str]) -> NoReturn:
        error = str(members["error"])
        described = members.get("error_description")
        why = f"{cleaned(str(described))} ({error})" if described else error
        for secret in secrets:
            why = why.replace(secret, "***")
        if error in _PASSING:
            raise RemoteUnavailable(System.SALESFORCE, why)
        self._give_up(why)

    def _give_up(self, why: str) -> NoReturn:
        refusal = json.dumps({"at": self._clock().isoformat(), "why": why})
        self._shelf.put(f"{self._name}-refused", refusal, _REFUSAL_SECONDS)
        raise SignInRefused(System.SALESFORCE, why)

    def _share_refusal(self, wanted_at: datetime) -> None:
        """Who waited at the lock while another was refused takes that answer: each more try nears a lock-out."""
        kept = self._shelf.get(f"{self._name}-refused")
        if kept is None:
            return
        refusal = json.loads(kept)
        if datetime.fromisoformat(refusal["at"]) >= wanted_at:
            raise SignInRefused(System.SALESFORCE, refusal["why"])


def _members(answer: httpx.Response) -> dict[str, wire.Json]:
    """The members of a token answer; none where it is a page."""
    try:
        body = wire.loads(answer.content)
    except ValueError:
        if answer.is_success:
            raise lost("the login answered with a page", is_read=True) from None
        return {}
    return body if isinstance(body, dict) else {}


def _org_of(identity: wire.Json, token: str) -> str | None:
    """The org in the identity address `…/id/00D…/005…`, or before the `!` of the token; None where neither says."""
    parts = identity.split("/id/") if isinstance(identity, str) else []
    named = parts[1].partition("/")[0] if len(parts) == 2 else token.partition("!")[0]
    return named if ids.is_id(named) else None


def _packed(token: Token) -> str:
    return json.dumps([token.text, token.instance_url])


def _unpacked(kept: str) -> Token:
    text, instance_url = json.loads(kept)
    return Token(text, instance_url)
