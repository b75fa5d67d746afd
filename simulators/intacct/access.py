"""Who may come in: senders, the login in all its forms, and sessions that slide."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from xml.etree.ElementTree import Element

from simulators.intacct.books import Books
from simulators.intacct.records import Caller
from simulators.intacct.refusals import Complaint, ControlRefused, session_invalid, sign_in_incorrect
from simulators.intacct.xml import child_of, text_of


@dataclass(frozen=True)
class Session:
    """`expires` moves with every answer."""

    id: str
    caller: Caller
    expires: datetime


@dataclass(frozen=True)
class SignedIn:
    """What the authentication block of the answer says."""

    caller: Caller
    company: str
    at: datetime
    until: datetime
    session: str = ""


class Door:
    """Sessions live in memory: after a restart every client signs in again."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._settings = books.settings
        self._sessions: dict[str, Session] = {}

    def check_sender(self, sender: str, password: str) -> None:
        """Both are case-sensitive. The number and the text for a wrong sender are not published (INFERRED)."""
        right = _same(sender, self._settings.sender_id) and _same(password, self._settings.sender_password)
        if not right:
            text = "Incorrect Intacct XML Partner ID or password."
            raise ControlRefused(Complaint("XL03000006", text, errorid="SIM-SENDER"))

    def sign_in(self, authentication: Element | None) -> SignedIn:
        """By session or by login. Raises SignInRefused."""
        session = text_of(authentication, "sessionid")
        if session:
            return self._by_session(session)
        login = child_of(authentication, "login")
        if login is None:
            raise sign_in_incorrect()
        return self._by_login(login)

    def open(self, caller: Caller, location: str | None) -> Session:
        """
        A session of the caller's own level, or of the location that is named; an empty one is the top level.

        Raises SignInRefused for a location that the company does not have.
        """
        entity = caller.entity if location is None else self._entity(location)
        until = self._books.now() + timedelta(seconds=self._settings.session_seconds)
        made = Session(f"{secrets.token_urlsafe(24)}..", Caller(caller.user, entity), until)
        self._sessions[made.id] = made
        return made

    def expire_all(self) -> None:
        self._sessions.clear()

    def _by_session(self, session: str) -> SignedIn:
        known, now = self._sessions.get(session), self._books.now()
        if known is None or known.expires <= now:
            self._sessions.pop(session, None)
            raise session_invalid(session)
        until = now + timedelta(seconds=self._settings.session_seconds)
        self._sessions[session] = replace(known, expires=until)
        return SignedIn(known.caller, self._settings.company_id, now, until, session)

    def _by_login(self, login: Element) -> SignedIn:
        company, entity = self._company(login)
        right = (
            _same(text_of(login, "userid"), self._settings.user_id)
            and _same(text_of(login, "password"), self._settings.user_password)
            and _same(company, self._settings.company_id)
        )
        if not right:
            raise sign_in_incorrect()
        caller, now = Caller(self._settings.user_id, self._entity(entity)), self._books.now()
        return SignedIn(caller, company, now, now + timedelta(seconds=self._settings.session_seconds))

    def _company(self, login: Element) -> tuple[str, str]:
        """The company and the entity, whichever of the four forms says them: plain, console, or with pipes."""
        first, *piped = text_of(login, "companyid").split("|")
        named = [text_of(login, "clientid")] if text_of(login, "clientid") else piped[:1]
        if first == self._settings.console_id and named:
            rest = piped[1:] if piped else []
            return named[0], text_of(login, "locationid") or (rest[0] if rest else "")
        return first, text_of(login, "locationid") or (piped[0] if piped else "")

    def _entity(self, location: str) -> str:
        if location and location not in self._books.entities:
            raise sign_in_incorrect()
        return location


def _same(given: str, right: str) -> bool:
    return compare_digest(given.encode(), right.encode())
