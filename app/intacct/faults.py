"""
What Intacct's errors mean: one table, from errorno, errorid and text to what happens next and what to tell a person.

The first rule that fits holds, so the particular ones stand before the general. What no rule knows is the person's
to mend (`Next.PERMANENT`), except the gateway's own family `GW-…`, which is never about the data.
Numbers and texts: developer.intacct.com, the vendor's SDKs and captured answers; where only other people's clients
showed a text, its rule matches loosely.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from app.errors import CallRefused, OutcomeUnknown, RemoteError, RemoteUnavailable, SignInRefused
from app.intacct.answers import Complaint
from app.records import Problem, System

MOST_SUPPORT = 2000


class Next(StrEnum):
    """What happens next."""

    AGAIN = "again"  # surely not done: later, the same
    UNCLEAR = "unclear"  # done or not: look it up first
    REPEATED = "repeated"  # done before: look it up, that is the record
    WAIT = "wait"  # another request is doing it now: look it up in a while
    SIGN_IN = "sign in"  # the session is over: a new one, once
    STOP = "stop"  # the login is refused: never again by itself, or the user is locked out
    SIBLING = (
        "sibling"  # undone because of another function; where its own error stands beside it, that one counts
    )
    GENERAL = "general"  # that it failed, and no more: another error of the same list says why
    REFRESH = "refresh"  # a key has gone stale: read what it points at again, then the same once more
    FEW = "few times"  # sometimes passing, sometimes for good: a few times, then a person
    RULE = "rule"  # a rule of the business: a person decides
    FIELD = "field"  # the company has no such field, or none that can be searched
    PERMANENT = "permanent"  # a person mends the data


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Fits where `number` matches the errorno or errorid whole, and `text` is found anywhere in what is said; both
    ignore case, and an empty one fits all. In `says`, `{text}` is what Intacct says and `{day}` the first day in it.
    """

    next: Next
    number: str = ""
    text: str = ""
    code: str = "refused_by_intacct"
    says: str = "{text}"
    remedy: str = "Nothing to do: it goes on by itself."
    field: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    next: Next
    problem: Problem


_ASK_ADMINISTRATOR = "Ask the Intacct administrator"
_MEND = "Mend it, and send the payment again; if it is not clear how, ask the Intacct administrator."

RULES = (
    Rule(Next.REPEATED, text=r"successful transaction has already been recorded", code="repeated"),
    Rule(Next.WAIT, text=r"concurrent request in process", code="in_process"),
    Rule(Next.SIGN_IN, number="XL03000006", text=r"\bsession\b", code="session_over"),
    Rule(
        Next.STOP,
        number="XL03000006",
        text=r"not authorized to make web services|invalid web services authorization",
        code="sender_not_authorised",
        remedy=f"{_ASK_ADMINISTRATOR} to add the sender id under Company > Security > Web Services authorizations.",
    ),
    Rule(
        Next.STOP,
        number="XL03000006|XMLGW_JPP0002",
        text=r"sign-?in information is incorrect",
        code="sign_in_refused",
        remedy="Correct the company id, user id and password of this connection; then resume it.",
    ),
    Rule(
        Next.STOP,
        number="GW-0011|XMLGW_JPP0002|invalidRequest",
        code="sign_in_refused",
        remedy="Correct the sender id, its password and the company id of this connection; then resume it.",
    ),
    Rule(Next.AGAIN, number="GW-0010", code="throttled"),
    Rule(Next.AGAIN, text=r"API rate limit exceeded", code="throttled"),
    Rule(Next.UNCLEAR, number=r"GW-\d+", code="gateway_failed"),
    Rule(Next.AGAIN, text=r"service is temporarily off-?line|please try again later", code="busy"),
    Rule(
        Next.PERMANENT,
        number="XL03000003",
        code="request_unreadable",
        says="Intacct could not read our request: {text}",
        remedy="This is a fault of ours: report it with the support text.",
    ),
    Rule(
        Next.FIELD,
        text=r"cannot be queried|invalid fields? (list|name)|query failed|object definition .* not found",
        code="field_unknown",
        says="Intacct does not let us read this: {text}",
        remedy=f"{_ASK_ADMINISTRATOR} whether the field exists for this user, or correct the mapping.",
    ),
    Rule(
        Next.FIELD,
        number="XL03000010",
        code="field_unknown",
        says="Intacct does not let us read this: {text}",
        remedy=f"{_ASK_ADMINISTRATOR} whether the field exists for this user, or correct the mapping.",
    ),
    Rule(
        Next.FIELD,
        number="DL02000001",
        code="field_unknown",
        says="Intacct could not take one of the fields: {text}",
        remedy="Correct the mapping: a field it names does not exist in this company.",
    ),
    Rule(
        Next.STOP,  # whatever its text: every known one that is not above is about who asks
        number="XL03000006",
        code="sign_in_refused",
        remedy="Correct the sender, company and user of this connection; then resume it.",
    ),
    Rule(
        Next.REFRESH,
        number="DL03000005",
        text=r"(invoice|record)\s?key",
        code="invoice_replaced",
        says="The invoice is no longer in Intacct under the number that we know: {text}",
        remedy="Read the invoice again: an edited order makes its invoice anew, under another number.",
        field="lines",
    ),
    Rule(
        Next.RULE,
        text=r"periods? (is|are) closed|period that.s been closed|within a closed period",
        code="period_closed",
        says="The receipt date {day} is in a period that is closed in Intacct.",
        remedy=f"Choose a receipt date in an open period, or a{_ASK_ADMINISTRATOR[1:]} to open that one.",
        field="receipt_date",
    ),
    Rule(
        Next.RULE,
        text=r"cannot be before .*invoice|must be (greater|later) than .*invoice date",
        code="receipt_before_invoice",
        remedy="Choose a receipt date that is not before the date of any invoice it pays.",
        field="receipt_date",
    ),
    Rule(
        Next.RULE,
        number="PL04000005",
        code="permission_missing",
        says="Intacct does not permit this to the user of this connection: {text}",
        remedy=f"{_ASK_ADMINISTRATOR} to give that user List, View, Add and Post on AR payments, and View on the rest.",
    ),
    Rule(
        Next.RULE,
        text=r"(do(es)? not|don.t|doesn.t) have (the )?(required )?permission|not permitted to|insufficient privilege",
        code="permission_missing",
        says="Intacct does not permit this to the user of this connection: {text}",
        remedy=f"{_ASK_ADMINISTRATOR} to give that user List, View, Add and Post on AR payments, and View on the rest.",
    ),
    Rule(
        Next.RULE,
        number="BL03001994",
        code="location_missing",
        remedy="Enter the location of the overpayment: this company has entities, so Intacct needs one.",
        field="overpayment_location",
    ),
    Rule(
        Next.PERMANENT,
        text=r"payment batch key",
        code="summary_required",
        says="Intacct is set to ask for a payment summary with every payment.",
        remedy=f"{_ASK_ADMINISTRATOR} to change the summary frequency in the Accounts Receivable configuration.",
    ),
    Rule(
        Next.PERMANENT,
        text=r"enable foreign-currency transactions",
        code="currency_not_enabled",
        remedy="Enter the payment in the company's own currency, or have foreign currencies switched on in Intacct.",
        field="currency",
    ),
    Rule(
        Next.PERMANENT,
        text=r"(cannot|can.t|could not) find (the )?customer|invalid customer",
        code="customer_gone",
        remedy="Link the account to a customer that exists in Intacct.",
        field="customer",
    ),
    Rule(
        Next.PERMANENT,
        number="BL34000061|PL05000104|BL03002185",
        code="already_exists",
        remedy="Look in Intacct for a payment with the same number, and give this one a number of its own.",
        field="key",
    ),
    Rule(
        Next.FEW,
        text=r"check the transaction for errors or inconsistencies, then try again",
        code="refused_by_intacct",
        remedy="It was tried again and refused again: look for what differs in this payment, or ask the Intacct administrator.",
    ),
    Rule(Next.SIBLING, number="XL03000009", code="rolled_back"),
    Rule(
        Next.GENERAL,
        text=r"^(could not (create|update|delete) .* record|error while saving|currently, we can.t create)",
        remedy=_MEND,
    ),
    Rule(Next.PERMANENT, remedy=_MEND),
)


def judge(complaints: Sequence[Complaint]) -> Verdict:
    """
    One verdict on a list of errors. The root cause comes first in it, and general ones after [XDOC:requests]; that a
    thing was done before, or is being done, counts wherever it stands.
    """
    judged = [(_rule(one), one) for one in complaints] or [(RULES[-1], Complaint(""))]
    doubts = [pair for pair in judged if pair[0].next in (Next.REPEATED, Next.WAIT)]
    causes = [pair for pair in judged if pair[0].next not in (Next.SIBLING, Next.GENERAL)]
    rule, cause = (doubts or causes or judged)[0]
    return Verdict(rule.next, _problem(rule, cause, complaints))


def as_error(verdict: Verdict) -> RemoteError:
    """The verdict on a call as a whole, as what is raised for it."""
    problem = verdict.problem
    match verdict.next:
        case Next.STOP:
            return SignInRefused(System.INTACCT, str(problem))
        case Next.AGAIN | Next.SIGN_IN | Next.WAIT:
            return RemoteUnavailable(System.INTACCT, problem.text)
        case Next.UNCLEAR | Next.REPEATED:
            return OutcomeUnknown(System.INTACCT, problem.text)
        case _:
            return CallRefused(System.INTACCT, str(problem))


def _rule(complaint: Complaint) -> Rule:
    parts = (complaint.text, complaint.title, complaint.correction, complaint.number)
    said = "\n".join(part for part in parts if part)
    return next(rule for rule in RULES if _fits(rule, complaint, said))


def _fits(rule: Rule, complaint: Complaint, said: str) -> bool:
    if rule.number:
        pattern = _compiled(rule.number)
        if not (pattern.fullmatch(complaint.number) or pattern.fullmatch(complaint.id)):
            return False
    return not rule.text or _compiled(rule.text).search(said) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _problem(rule: Rule, cause: Complaint, complaints: Sequence[Complaint]) -> Problem:
    said = cause.text or "Intacct refuses it and gives no reason"
    says = rule.says.format(text=said, day=_day(said)) if _day(said) or "{day}" not in rule.says else said
    remedy = cause.correction or rule.remedy if rule.remedy == _MEND else rule.remedy
    return Problem(rule.code, _sentence(says), _sentence(remedy), rule.field, _support(complaints))


def _day(said: str) -> str:
    found = re.search(r"\b(\d{2})/(\d{2})/(\d{4})\b", said)
    return f"{found[3]}-{found[1]}-{found[2]}" if found else ""


def _sentence(said: str) -> str:
    return said if not said or said[-1] in ".!?" else said + "."


def _support(complaints: Sequence[Complaint]) -> str:
    """Everything that Intacct said, with its codes, for the vendor's support."""
    lines = []
    for one in complaints:
        codes = " ".join(part for part in (one.number, one.id) if part)
        said = " / ".join(dict.fromkeys(part for part in (one.title, one.text, one.correction) if part))
        lines.append(f"{codes}: {said}" + (f" [Support ID: {one.support}]" if one.support else ""))
    return "\n".join(lines)[:MOST_SUPPORT]
