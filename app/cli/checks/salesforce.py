"""The org: it lets us in, has what the mapping names, and leaves us calls."""

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from app.bootstrap import Connection
from app.cli.checks.finding import Area, Finding
from app.errors import CallRefused, RemoteError, SignInRefused
from app.mapping.check import check
from app.mapping.document import Document
from app.records import ObjectFacts

AREA = Area("Salesforce")
FEW_CALLS = 0.1
SKEW_CARE, SKEW_WRONG = 20.0, 120.0
"""Seconds. A signed assertion of ours lives three minutes, and a webhook's signature is compared with the clock too."""

_LOGIN_REMEDY = "Correct SALESFORCE_CLIENT_ID and what proves it, or the app's policy in Setup; then resume the connection."
_SEEN = "the login did not get in"


def findings(connection: Connection, document: Document, key_field: str) -> Iterator[Finding]:
    """The login is tried once; where it is refused nothing else is asked."""
    try:
        usage = connection.records.usage()
    except RemoteError as error:
        yield _login_failed(error)
        yield from (AREA.skipped(subject, _SEEN) for subject in ("Mapping", "Calls"))
        return
    yield AREA.good("Login", "let in")
    yield from _mapping(connection, document, key_field)
    left = usage.limit - usage.used
    text = f"{left:,} of {usage.limit:,} left in these 24 hours"
    if left < usage.limit * FEW_CALLS:
        yield AREA.care(
            "Calls", text, "See in Setup who uses them; when none are left, the connection waits."
        )
    else:
        yield AREA.good("Calls", text)


def clock_findings(url: str, now: datetime) -> Iterator[Finding]:
    """Our clock against the `Date` of the login host; silent where it does not answer, for the login says that."""
    try:
        answer = httpx.head(url, timeout=5, follow_redirects=False)
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError):
        yield AREA.skipped("Clock", "the login host does not tell the time")
        return
    skew = abs((now - theirs).total_seconds())
    text = f"{skew:.0f} s apart from ours"
    remedy = "Let this machine keep its time (NTP)."
    if skew > SKEW_WRONG:
        yield AREA.wrong("Clock", f"{text}: logins and signatures fail", remedy)
    elif skew > SKEW_CARE:
        yield AREA.care("Clock", text, remedy)
    else:
        yield AREA.good("Clock", "tells the same time as ours")


def _login_failed(error: RemoteError) -> Finding:
    if isinstance(error, SignInRefused):
        return AREA.wrong("Login", f"refused, and not tried again: {error.reason}", _LOGIN_REMEDY)
    if isinstance(error, CallRefused):
        return AREA.wrong("Login", error.reason, "Give our user API access (“API Enabled”).")
    return AREA.wrong("Login", error.reason, "See SALESFORCE_LOGIN_URL and the network between.")


def _mapping(connection: Connection, document: Document, key_field: str) -> Iterator[Finding]:
    origin = document.origin
    facts: list[ObjectFacts] = []
    for name in (origin.object, origin.lines.object):
        try:
            facts.append(connection.records.facts(name))
        except RemoteError as error:
            yield AREA.wrong(name, error.reason, "Install our package, or let the mapping name your object.")
    if len(facts) < 2:  # without both of them the rest would be a list of what is missing anyway
        yield AREA.skipped("Mapping", "an object is missing")
        return
    problems = check(document, *facts, key_field=key_field)
    for problem in problems:
        yield AREA.wrong("Mapping", f"{problem.name}: {problem.problem}", problem.remedy)
    if not problems:
        read = sum(row.source is not None for row in (*document.header, *document.lines))
        text = f"{read} fields of {facts[0].name} and {facts[1].name} are there, and ours can be written"
        yield AREA.good("Mapping", text)
