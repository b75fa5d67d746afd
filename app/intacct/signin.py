"""
Sessions of the XML gateway: one sign-in for all workers, never repeated once refused.

Intacct locks a user out after a few wrong passwords. So the password is sent only for the connection's own session;
an entity's session is made out of that one [XDOC:company-console-api-sessions], where an entity that does not exist
is an ordinary refusal and not a failed sign-in.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import uuid4

from app.errors import CallRefused, OutcomeUnknown, RemoteUnavailable, SignInRefused
from app.intacct.answers import Answer, Answered, ControlFailed, Done, Failed, SignInFailed
from app.intacct.faults import Next, as_error, judge
from app.intacct.ports import TokenShelf
from app.intacct.requests import Login, by_login, by_session, document, open_session
from app.intacct.wire import Request, Wire, is_over
from app.records import Problem, System

SIGN_IN_SECONDS = 20.0
UNSTATED_SECONDS = 30 * 60.0  # where an answer does not say how long its session lasts
MOST_SECONDS = 6 * 3600.0
REFUSAL_SECONDS = 5 * 60.0


class EntityRefused(CallRefused):
    """Intacct lets us into the company, but not into this entity of it."""

    def __init__(self, entity: str, problem: Problem) -> None:
        super().__init__(System.INTACCT, f"entity {entity}: {problem}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Session:
    """`endpoint` is where this session's calls go, and only they: the next sign-in goes to the configured one."""

    id: str = field(repr=False)
    endpoint: str

    @property
    def text(self) -> str:
        return f"{self.endpoint}\n{self.id}"


class SignIn:
    """`name` names the connection on the shelf; what the login itself is, is in there as a digest."""

    def __init__(self, name: str, login: Login, wire: Wire, shelf: TokenShelf) -> None:
        known = (login.endpoint, login.sender_id, login.sender_password, login.company_id)
        mine = (login.user_id, login.user_password, login.entity_id)
        self._name = f"{name}:{hashlib.sha256(repr((known, mine)).encode()).hexdigest()[:16]}"
        self._login = login
        self._wire = wire
        self._shelf = shelf

    def session(self, entity: str = "") -> Session:
        """
        The session that all workers share, made where there is none. Empty is the connection's own level.

        :raises SignInRefused: tried once, by one worker; those that waited for it are refused with it
        :raises EntityRefused: this entity cannot be entered
        :raises RemoteUnavailable: the gateway does not answer
        """
        entity = "" if entity == self._login.entity_id else entity
        name, refusal = f"{self._name}:{entity}", f"{self._name}:refused"
        kept = self._shelf.get(name)
        if kept:
            return _kept(kept)
        before = self._shelf.get(refusal)
        with self._shelf.lock(name):
            kept = self._shelf.get(name)
            if kept:
                return _kept(kept)
            meanwhile = self._shelf.get(refusal)
            if meanwhile and meanwhile != before:
                raise SignInRefused(System.INTACCT, meanwhile.partition("\n")[2])
            return self._opened(entity, name)

    def renew(self, entity: str, over: Session) -> Session:
        """A session in place of one that Intacct says is over."""
        entity = "" if entity == self._login.entity_id else entity
        self._shelf.drop(f"{self._name}:{entity}", over.text)
        return self.session(entity)

    def _opened(self, entity: str, name: str) -> Session:
        try:
            answer, endpoint = self._from_parent(entity) if entity else self._by_password()
        except OutcomeUnknown as lost:  # a sign-in changes nothing: it may simply be done again
            raise RemoteUnavailable(System.INTACCT, lost.reason) from lost
        session = Session(*_opened_session(answer, entity, endpoint))
        self._shelf.put(name, session.text, _seconds(answer))
        return session

    def _by_password(self) -> tuple[Answer, str]:
        endpoint = self._login.endpoint
        try:
            answer = self._asked(endpoint, by_login(self._login))
            if not isinstance(answer, Answered):
                raise refusal(answer)
        except SignInRefused as refused:
            self._shelf.put(f"{self._name}:refused", f"{uuid4()}\n{refused.reason}", REFUSAL_SECONDS)
            raise
        return answer, endpoint

    def _from_parent(self, entity: str) -> tuple[Answer, str]:
        parent = self.session()
        answer = self._asked(parent.endpoint, by_session(parent.id), entity)
        if is_over(answer):
            parent = self.renew("", parent)
            answer = self._asked(parent.endpoint, by_session(parent.id), entity)
        return answer, parent.endpoint

    def _asked(self, endpoint: str, authentication: str, entity: str = "") -> Answer:
        body = document(self._login, authentication, [open_session(entity)], unique=False)
        return self._wire.ask(Request(endpoint, body, "getAPISession", SIGN_IN_SECONDS))


def may_follow(configured: str, offered: str) -> bool:
    """
    Whether a session's endpoint may be used: the configured host or `*.intacct.com`, over TLS; where loopback is
    configured, loopback and nothing else. The sender's password goes there with every call.
    """
    own, other = urlsplit(configured), urlsplit(offered)
    host = other.hostname or ""
    if is_loopback(own.hostname or ""):
        return is_loopback(host) and other.scheme in ("http", "https")
    if other.scheme != "https":
        return False
    return host == own.hostname or host == "intacct.com" or host.endswith(".intacct.com")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def refusal(answer: SignInFailed | ControlFailed) -> SignInRefused | RemoteUnavailable:
    """A refusal at the door is never tried again by itself, whatever its text, unless that says so."""
    verdict = judge(answer.complaints)
    if verdict.next in (Next.AGAIN, Next.UNCLEAR):
        return RemoteUnavailable(System.INTACCT, verdict.problem.text)
    return SignInRefused(System.INTACCT, str(verdict.problem))


def _opened_session(answer: Answer, entity: str, endpoint: str) -> tuple[str, str]:
    """The new session's id and endpoint."""
    if is_over(answer):  # of a parent made a moment ago; its password was accepted
        raise RemoteUnavailable(System.INTACCT, "a session it has just opened is over at once")
    if not isinstance(answer, Answered):
        raise refusal(answer)
    result = answer.results[0] if answer.results else None
    if isinstance(result, Failed):
        verdict = judge(result.complaints)
        retry = verdict.next in (Next.AGAIN, Next.UNCLEAR)
        raise EntityRefused(entity, verdict.problem) if entity and not retry else as_error(verdict)
    if not isinstance(result, Done) or not result.records or not result.records[0]["SESSIONID"]:
        raise RemoteUnavailable(System.INTACCT, "its answer to the sign-in holds no session")
    offered = result.records[0]["ENDPOINT"].strip()
    return result.records[0]["SESSIONID"].strip(), offered if may_follow(endpoint, offered) else endpoint


def _seconds(answer: Answer) -> float:
    """How long the session lasts, by the server's own clock; a little less, so that it does not end on its way."""
    if not isinstance(answer, Answered) or not answer.session_until:
        return UNSTATED_SECONDS
    try:
        begins, ends = (datetime.fromisoformat(at) for at in (answer.session_from, answer.session_until))
        lasts = (ends - begins).total_seconds()
    except (ValueError, TypeError):  # another spelling, or one of the two without its offset
        return UNSTATED_SECONDS
    return min(max(lasts * 0.9, 60.0), MOST_SECONDS)


def _kept(text: str) -> Session:
    endpoint, _, session_id = text.partition("\n")
    return Session(session_id, endpoint)
