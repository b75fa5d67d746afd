"""What the gateway says when it refuses, in the vendor's numbers and words where they are known."""

from dataclasses import dataclass
from decimal import Decimal

CATCH_ALL = "BL01001973"
SIGN_IN = "XL03000006"
SCHEMA = "XL03000003"
ROLLED_BACK = "XL03000009"
NO_RECORD = "DL03000005"
NO_LOCATION = "BL03001994"
NOT_UNIQUE = "BL34000061"
UNKNOWN_FIELD = "DL02000001"
NO_PERMISSION = "PL04000005"
EXPIRED = "PL04000055"


@dataclass(frozen=True)
class Complaint:
    """
    One `<error>`. `errorid` shows with `showadditionalerrorinfo`.

    The vendor's own ids (AR-nnnn) are not published, so ours begin with SIM and nobody can take them for facts.
    """

    errorno: str
    description2: str
    correction: str = ""
    description: str = ""
    errorid: str = "SIM-0000"


class Refused(Exception):
    """A function is refused: the root cause first, then what it made fail."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__(complaints[0].description2 or complaints[0].errorno)
        self.complaints = complaints

    def after(self, *more: Complaint) -> "Refused":
        return Refused(*self.complaints, *more)


class ControlRefused(Refused):
    """The whole request is refused before anybody signs in."""


class SignInRefused(Refused):
    """The request is well-formed and nobody is signed in."""


def refusal(text: str, correction: str = "", errorid: str = "SIM-0000") -> Refused:
    """A business rule says no. The number is the vendor's catch-all, as for most of them."""
    return Refused(Complaint(CATCH_ALL, text, correction, errorid=errorid))


def could_not(verb: str, what: str) -> Complaint:
    """The generic error that the vendor puts after the cause."""
    return Complaint(CATCH_ALL, f"Could not {verb} {what} record!")


def no_record(key_name: str, key: int | str) -> Refused:
    """[sic] `exits`, as the vendor spells it."""
    return Refused(Complaint(NO_RECORD, f"No record exits for the {key_name} {key}", errorid="SIM-NO-RECORD"))


def sign_in_incorrect() -> SignInRefused:
    return SignInRefused(Complaint(SIGN_IN, "Sign-in information is incorrect"))


def session_invalid(session: str) -> SignInRefused:
    return SignInRefused(Complaint(SIGN_IN, f"Invalid session {session[:1]}...."))


def no_permission(kind: str) -> Refused:
    """The number is as seen in production [EST]; of the text only the beginning is known."""
    text = f"You do not have permission for API operation READ on objects of type {kind.lower()}"
    return Refused(Complaint(NO_PERMISSION, text, errorid="SIM-PERMISSION"))


def company_expired() -> ControlRefused:
    text = "This company is a demo company and has expired."
    return ControlRefused(Complaint(EXPIRED, text, errorid="SIM-EXPIRED"))


def period_closed(day: str) -> Refused:
    """The text is the vendor's (sdk-net issue 105); no number is known for it."""
    return refusal(
        f"Periods are closed. Your transaction date ({day}) is within a period that's been closed. You can add, "
        "modify, or delete a transaction only if the date is within a period that's open.",
        "Use a date in an open period, or open the period.",
        "SIM-PERIOD-CLOSED",
    )


def location_missing() -> Refused:
    text = "Use of empty Location is invalid. A valid Multi-Entity Location must be specified"
    return Refused(Complaint(NO_LOCATION, text, errorid="SIM-NO-LOCATION"))


def over_due(number: str, asked: Decimal, free: Decimal, currency: str) -> Refused:
    """The vendor's own text is not published."""
    return refusal(
        f"The amount applied to invoice {number} ({currency} {asked}) is more than the amount due ({currency} {free}).",
        "Enter an amount that is not more than the amount due.",
        "SIM-OVER-DUE",
    )


def unknown_field(name: str, kind: str) -> Refused:
    return Refused(
        Complaint(UNKNOWN_FIELD, f"Unknown field {name} in object {kind}", errorid="SIM-UNKNOWN-FIELD")
    )
