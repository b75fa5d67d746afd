"""
Salesforce's error codes in two tables: what happens next, and what a person reads.

The codes and their kinds: REST API guide, "Status codes and error responses", and bodies captured by the public
clients (restforce, jsforce, simple-salesforce). A code in neither table is a refusal in Salesforce's own words.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from app.records import Problem

LONGEST = 500


class Next(Enum):
    RENEW = auto()
    """The token is no longer good: a new one, then the call once more."""
    SIGN_IN = auto()
    """The login itself is not made for this: a new token would be refused as well."""
    WAIT = auto()
    """Too many calls at once: seconds help."""
    PAUSE = auto()
    """The day's calls are spent."""
    AGAIN = auto()
    """Not done, and nothing is wrong with it."""
    ASK = auto()
    """A person must act."""


@dataclass(frozen=True, slots=True)
class Advice:
    """`{fields}` and `{said}` stand for the fields named and for Salesforce's own text."""

    code: str
    text: str
    remedy: str


LOCKED = "UNABLE_TO_LOCK_ROW"
AGAIN = {
    LOCKED: "another change held the record in Salesforce",
    "TOO_MANY_APEX_REQUESTS": "the org is running too many Apex requests",
    "QUERY_TIMEOUT": "Salesforce took too long to find the records",
    "REQUEST_RUNNING_TOO_LONG": "Salesforce took too long over the request",
    "SERVER_UNAVAILABLE": "Salesforce is not available",
    "UNKNOWN_EXCEPTION": "Salesforce failed inside",
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE": "the org is under maintenance",
    "REQUEST_LIMIT_EXCEEDED": "the org takes no more calls for now",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": "another record of the same call was refused",
    "PROCESSING_HALTED": "another record of the same call was refused",
}
"""Of one record of a call, or of a whole call: not done, and nothing is wrong with it."""

_FIX_VALUE = "Correct the value in Salesforce, or the mapping that fills it."
_FIX_ACCESS = "Give the integration user's permission set access, then send it again."
_GONE = Advice(
    "salesforce_record_gone",
    "The record is no longer in Salesforce.",
    "Restore it from the recycle bin, or close this message.",
)
_DUPLICATE = Advice(
    "salesforce_duplicate",
    "Another Salesforce record already holds what must be unique: {said}.",
    "Merge the two records, or clear the value on the one that should not have it.",
)
_NO_FIELD = Advice(
    "salesforce_field_unknown",
    "Salesforce does not know the field {fields}, or our user may not see it.",
    "Correct the field's name in the mapping, or give the integration user's permission set access to it.",
)
_NO_ACCESS = Advice("salesforce_no_access", "Our Salesforce user may not change this record.", _FIX_ACCESS)
_NOT_A_REQUEST = Advice(
    "salesforce_not_understood",
    "Salesforce could not read what we sent: {said}.",
    "Check the mapping: a value does not fit its field's type, or a name is misspelt.",
)
_SWITCHED_OFF = Advice(
    "salesforce_api_off",
    "The org does not take API calls.",
    "Ask the Salesforce administrator to enable the API for this org.",
)
_OWN_RULE = "Change the record so that the rule is met, or let the rule leave out the integration user."

ASK = {
    "API_DISABLED_FOR_ORG": _SWITCHED_OFF,
    "API_CURRENTLY_DISABLED": _SWITCHED_OFF,
    "INSUFFICIENT_ACCESS_OR_READONLY": _NO_ACCESS,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Advice(
        "salesforce_no_access_to_related",
        "A record that this one refers to is deleted, or hidden from our Salesforce user.",
        "Restore it, or give the integration user access to it.",
    ),
    "NOT_FOUND": _GONE,
    "ENTITY_IS_DELETED": _GONE,
    "DUPLICATE_VALUE": _DUPLICATE,
    "DUPLICATES_DETECTED": _DUPLICATE,
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Advice(
        "salesforce_rule", "A validation rule of the org refuses the change: {said}.", _OWN_RULE
    ),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Advice(
        "salesforce_trigger",
        "Automation in the org stopped the change: {said}.",
        "Ask the Salesforce administrator to look at the trigger or flow that the text names.",
    ),
    "REQUIRED_FIELD_MISSING": Advice(
        "salesforce_field_missing",
        "Salesforce requires a field that is empty: {fields}.",
        "Fill it in Salesforce, or map a value to it.",
    ),
    "INVALID_FIELD": _NO_FIELD,
    "INVALID_FIELD_FOR_INSERT_UPDATE": Advice(
        "salesforce_field_locked", "Our Salesforce user may not change the field {fields}.", _FIX_ACCESS
    ),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Advice(
        "salesforce_choice_unknown",
        "The field {fields} takes only the values of its picklist: {said}.",
        "Add the value to the picklist, or correct the mapping.",
    ),
    "INVALID_CROSS_REFERENCE_KEY": Advice(
        "salesforce_reference_invalid",
        "The field {fields} points at a record that cannot be used: {said}.",
        _FIX_VALUE,
    ),
    "STRING_TOO_LONG": Advice(
        "salesforce_text_too_long", "The text for the field {fields} is longer than it takes.", _FIX_VALUE
    ),
    "MALFORMED_ID": Advice(
        "salesforce_id_malformed", "The value for the field {fields} is no Salesforce id.", _FIX_VALUE
    ),
    "MALFORMED_QUERY": _NOT_A_REQUEST,
    "INVALID_TYPE": Advice(
        "salesforce_object_unknown",
        "Salesforce does not know the object, or our user may not see it: {said}.",
        "Correct the object's name in the mapping, or give the integration user's permission set access to it.",
    ),
    "JSON_PARSER_ERROR": _NOT_A_REQUEST,
    "INVALID_QUERY_LOCATOR": _NOT_A_REQUEST,
    "FIELD_INTEGRITY_EXCEPTION": Advice(
        "salesforce_values_conflict",
        "The value of the field {fields} does not go with the others: {said}.",
        _FIX_VALUE,
    ),
    "INVALID_STATUS": Advice(
        "salesforce_status_invalid", "The status cannot change like this: {said}.", _FIX_VALUE
    ),
    "ENTITY_IS_LOCKED": Advice(
        "salesforce_record_locked",
        "The record is locked in Salesforce, usually by an approval.",
        "Finish or recall the approval, or let the integration user edit locked records.",
    ),
    "STORAGE_LIMIT_EXCEEDED": Advice(
        "salesforce_storage_full",
        "The org's data storage is full.",
        "Ask the Salesforce administrator to free storage or to add some.",
    ),
    "UNSUPPORTED_API_VERSION": Advice(
        "salesforce_version_gone",
        "Salesforce no longer offers the API version that is set.",
        "Set SALESFORCE_API_VERSION to a version that the org offers.",
    ),
}
_OTHER = Advice(
    "salesforce_refused",
    "Salesforce refuses it: {said}.",
    "Correct the record in Salesforce as the text says, then send it again.",
)
_SIGN_IN = ("not valid for use with the rest api", "connected app is not attached")
_WHERE_IN_QUERY = re.compile(r"^.*ERROR at Row:\d+:Column:\d+\s*", re.DOTALL)


def what_next(code: str, message: str = "") -> Next:
    """Codes that nobody told us of are for a person; a trigger that ran into a lock is the lock."""
    if code == "INVALID_SESSION_ID":
        return Next.SIGN_IN if any(text in message.lower() for text in _SIGN_IN) else Next.RENEW
    if code == "REQUEST_LIMIT_EXCEEDED":
        return Next.WAIT if "concurrent" in message.lower() else Next.PAUSE
    return Next.AGAIN if code in AGAIN or LOCKED in message else Next.ASK


def reason(code: str, message: str) -> str:
    """Why it was not done, for what comes again by itself."""
    return AGAIN.get(LOCKED if LOCKED in message else code, cleaned(message))


def problem(code: str, message: str, fields: tuple[str, ...] = ()) -> Problem:
    """What a person reads of a refusal; Salesforce's code and its whole text are kept for support."""
    advice = ASK.get(code, _OTHER)
    said = cleaned(message).rstrip(".") or "it gives no reason"
    text = advice.text.format(fields=", ".join(fields) or "it does not name", said=said)
    return Problem(
        advice.code,
        text,
        advice.remedy,
        field=fields[0] if fields else "",
        support=f"{code}: {message[:LONGEST]}",
    )


def cleaned(message: str) -> str:
    """Salesforce's text on one line, without the query that it quotes before `ERROR at Row:1:Column:12`."""
    return " ".join(_WHERE_IN_QUERY.sub("", message).split())[:LONGEST]
