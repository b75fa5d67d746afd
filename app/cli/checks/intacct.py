"""The company: it lets us in, lets us read what payments touch, and has the accounts and the field that we name."""

from collections.abc import Iterator

from app.cli.checks.finding import Area, Finding
from app.config import Settings
from app.errors import CallRefused, RemoteError, SignInRefused
from app.intacct.answers import Failed
from app.intacct.client import Gateway
from app.intacct.faults import judge
from app.intacct.fetch import Fetched, fetch
from app.intacct.probe import permissions, user_format
from app.intacct.requests import Query

AREA = Area("Intacct")
_NO_PAYMENT = "LEDGERLINE-DOCTOR"
_LOGIN_REMEDY = "Correct the INTACCT_ variables of the login; then resume the connection. A repeated wrong one locks the user."
_ADMINISTRATOR = "Ask the Intacct administrator to give the web-services user this permission."


def findings(gateway: Gateway, settings: Settings) -> Iterator[Finding]:
    """The login is tried once; where it is refused nothing else is asked."""
    try:
        allowed = permissions(gateway)
    except RemoteError as error:
        yield _login_failed(error)
        for subject in ("Permissions", "User's format", "Accounts", "Key field"):
            yield AREA.skipped(subject, "the login did not get in")
        return
    yield AREA.good("Login", f"let in to {settings.intacct_company_id}")
    refused = [one for one in allowed if one.problem]
    for one in refused:
        assert one.problem is not None
        yield AREA.wrong("Permissions", f"may not read {one.spoken}: {one.problem.text}", _ADMINISTRATOR)
    if not refused:
        yield AREA.good("Permissions", f"may read {', '.join(one.spoken for one in allowed)}")
    try:
        yield _format(gateway)
        yield from _named(gateway, settings)
    except RemoteError as error:
        yield AREA.wrong("Gateway", error.reason, "See whether Intacct is well, and ask again.")


def _login_failed(error: RemoteError) -> Finding:
    if isinstance(error, SignInRefused):
        return AREA.wrong("Login", f"refused, and not tried again: {error.reason}", _LOGIN_REMEDY)
    if isinstance(error, CallRefused):
        return AREA.wrong("Login", error.reason, "See INTACCT_ENTITY_ID and the user's permissions.")
    return AREA.wrong("Login", error.reason, "See INTACCT_ENDPOINT and the network between.")


def _format(gateway: Gateway) -> Finding:
    told = user_format(gateway)
    if told is None:
        return AREA.care(
            "User's format",
            "Intacct does not tell how it writes days for this user",
            "Set the date format mm/dd/yyyy and the 24-hour clock in the user's preferences.",
        )
    if told.problem:
        return AREA.wrong("User's format", told.problem.text, told.problem.remedy)
    return AREA.good("User's format", "days as mm/dd/yyyy, 24-hour clock")


def _named(gateway: Gateway, settings: Settings) -> Iterator[Finding]:
    """The account and the key field that the settings name, asked in one request."""
    deposit, undeposited = settings.intacct_deposit_account, settings.intacct_undeposited_account
    asked = {
        "checking": Query("CHECKINGACCOUNT", ("BANKACCOUNTID",), by="BANKACCOUNTID", values=(deposit,)),
        "savings": Query("SAVINGSACCOUNT", ("BANKACCOUNTID",), by="BANKACCOUNTID", values=(deposit,)),
        "undeposited": Query("GLACCOUNT", ("ACCOUNTNO",), by="ACCOUNTNO", values=(undeposited,)),
        "key": Query(
            "ARPYMT",
            ("RECORDNO", settings.intacct_key_field),
            by=settings.intacct_key_field,
            values=(_NO_PAYMENT,),
        ),
    }
    wanted = ["key", *(["checking", "savings"] if deposit else []), *(["undeposited"] if undeposited else [])]
    found = dict(zip(wanted, fetch(gateway, [asked[name] for name in wanted]), strict=True))
    if deposit:
        accounts = [found["checking"], found["savings"]]
        yield _account("INTACCT_DEPOSIT_ACCOUNT", deposit, "checking or savings account", accounts)
    if undeposited:
        yield _account(
            "INTACCT_UNDEPOSITED_ACCOUNT", undeposited, "general-ledger account", [found["undeposited"]]
        )
    yield _key_field(settings.intacct_key_field, found["key"])


def _account(variable: str, account: str, kind: str, found: list[Fetched]) -> Finding:
    if any(not isinstance(one, Failed) and one for one in found):
        return AREA.good("Account", f"{account} is a {kind}")
    failed = next((one for one in found if isinstance(one, Failed)), None)
    if failed:
        text = (
            f"whether there is a {kind} {account} could not be seen: {judge(failed.complaints).problem.text}"
        )
        return AREA.care("Account", text, _ADMINISTRATOR)
    return AREA.wrong(
        "Account", f"there is no {kind} {account}", f"Correct {variable}; ids are compared exactly."
    )


def _key_field(name: str, found: Fetched) -> Finding:
    if isinstance(found, Failed):
        return AREA.wrong(
            "Key field",
            f"payments cannot be looked up by {name}: {judge(found.complaints).problem.text}",
            "Correct INTACCT_KEY_FIELD: DOCNUMBER, or the id of a custom field of AR payments that can be queried.",
        )
    return AREA.good("Key field", f"payments can be looked up by {name}")
