"""Who may call: a bearer token, either API_TOKEN or one that was made in the ledger."""

from dataclasses import dataclass

from starlette.requests import Request

from app.channels import proof
from app.ledger import tokens
from app.ledger.tokens import OPERATOR, READER
from app.web.api.ports import Operated
from app.web.api.refusals import Refusal

BOOTSTRAP = "API_TOKEN"
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is what a person reads; `digest` tells one token from another without being one."""

    name: str
    role: str
    digest: str


def identify(service: Operated, request: Request) -> Caller:
    """
    :raises Refusal: 401, no token that is known
    """
    header = request.headers.get("authorization", "")
    if not header:
        raise _unknown("This address asks for a token, and there was none.")
    if header[: len(_BEARER)].lower() != _BEARER:
        raise _unknown("The Authorization header is not of the form `Bearer TOKEN`.")
    text = header[len(_BEARER) :].strip()
    if proof.matches(service.settings.api_token.get_secret_value(), text.encode("latin-1")):
        return Caller(BOOTSTRAP, OPERATOR, tokens.digest_of(text))
    with service.ledger.read() as ledger:
        known = tokens.find(ledger, text)
    if known is None:
        raise _unknown("The token is not known here, or was revoked.")
    return Caller(known.name, known.role, tokens.digest_of(text))


def admit(service: Operated, request: Request, role: str) -> Caller:
    """
    :raises Refusal: 401, or 403 where the token's role is not enough
    """
    caller = identify(service, request)
    if role == OPERATOR and caller.role == READER:
        raise Refusal(
            403, "operators_only", f"The token {caller.name} may read, and this address changes something.",
            "Use a token whose role is operator; `ledgerline token create` makes one.",
        )  # fmt: skip
    return caller


def _unknown(detail: str) -> Refusal:
    return Refusal(
        401, "token_unknown", detail,
        "Send `Authorization: Bearer TOKEN` with API_TOKEN, or a token from `ledgerline token create`.",
        headers={"WWW-Authenticate": "Bearer"},
    )  # fmt: skip
