"""What the user of a connection may do in Intacct and how Intacct writes times for it; for `ledgerline doctor`."""

from dataclasses import dataclass

from app.intacct.answers import Done, Failed, FunctionResult
from app.intacct.client import Gateway
from app.intacct.faults import judge
from app.intacct.requests import Function, Query, function, query
from app.intacct.xml import element
from app.records import Problem

# A query of one field raises a missing permission before anything is read; `lookup` and `inspect` succeed without any
# [seen in a production capture connector].
_OBJECTS = {
    "ARPYMT": ("RECORDNO", "AR payments"),
    "ARINVOICE": ("RECORDNO", "AR invoices"),
    "CUSTOMER": ("CUSTOMERID", "customers"),
    "CHECKINGACCOUNT": ("BANKACCOUNTID", "checking accounts"),
    "LOCATIONENTITY": ("LOCATIONID", "entities"),
}
DATE_FORMAT, CLOCK = "/mdY", "24"


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether an object can be read, and what is wrong where it cannot."""

    object: str
    spoken: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class UserFormat:
    """How Intacct writes days and times for this user; `gmt_offset` holds only at the time of asking (`-0800`)."""

    locale: str
    date_format: str
    clock: str
    gmt_offset: str

    @property
    def problem(self) -> Problem | None:
        if (self.date_format, self.clock) == (DATE_FORMAT, CLOCK):
            return None
        text = f"Intacct writes days and times for this user as {self.date_format}, {self.clock}-hour clock."
        remedy = (
            "Set the user's date format to mm/dd/yyyy and the clock to 24 hours, in the user's preferences."
        )
        return Problem("user_format", text, remedy)


def permissions(gateway: Gateway) -> list[Permission]:
    """
    One request, nothing written.

    :raises RemoteUnavailable, SignInRefused, CallRefused: the gateway does not take it at all
    """
    results = gateway.call([_probe(name, field) for name, (field, _) in _OBJECTS.items()])
    named = zip(_OBJECTS.items(), results, strict=True)
    return [Permission(name, spoken, _problem(result)) for (name, (_, spoken)), result in named]


def user_format(gateway: Gateway) -> UserFormat | None:
    """
    How Intacct writes times for the connection's own user; None where it does not tell.

    :raises RemoteUnavailable, SignInRefused, CallRefused: the gateway does not take it at all
    """
    body = f"<object>USERINFO</object>{element('keys', gateway.user_id)}<fields>RECORDNO</fields>"
    number = _value(gateway.call([function("user", "readByName", f"<readByName>{body}</readByName>")])[0])
    if not number.get("RECORDNO"):
        return None
    asked = f"<readUserFormatting>{element('key', number['RECORDNO'])}</readUserFormatting>"
    told = _value(gateway.call([function("format", "readUserFormatting", asked)])[0])
    if not told:
        return None
    return UserFormat(
        told.get("LOCALE", ""), told.get("DATEFORMAT", ""), told.get("CLOCK", ""), told.get("GMTOFFSET", "")
    )


def _probe(name: str, field: str) -> Function:
    return query(name, Query(name, (field,)), page_size=1)


def _problem(result: FunctionResult) -> Problem | None:
    return judge(result.complaints).problem if isinstance(result, Failed) else None


def _value(result: FunctionResult) -> dict[str, str]:
    return dict(result.records[0].fields) if isinstance(result, Done) and result.records else {}
