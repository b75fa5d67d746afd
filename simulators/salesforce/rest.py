"""The API's front door: who may come in, how many calls are left, and which resource answers."""

from collections.abc import Callable, Mapping
from functools import partial

from . import batches, describing, oauth, queries, resources
from .composite import composite
from .org import Org
from .refusals import Refused, not_found
from .wire import Answer, Call, refusal

Handler = Callable[[Org, Call], Answer]

# A step in braces stands for anything; the first that fits answers, so names stand before braces.
_ROUTES: tuple[tuple[str, Mapping[str, Handler]], ...] = (
    ("", {"GET": describing.resources}),
    ("limits", {"GET": describing.limits}),
    ("query", {"GET": queries.query}),
    ("queryall", {"GET": queries.query}),
    ("query/{locator}", {"GET": queries.more}),
    ("queryall/{locator}", {"GET": queries.more}),
    ("sobjects", {"GET": describing.sobjects}),
    ("sobjects/{object}", {"GET": describing.basics, "POST": resources.create}),
    ("sobjects/{object}/describe", {"GET": describing.describe}),
    ("sobjects/{object}/updated", {"GET": resources.updated}),
    ("sobjects/{object}/deleted", {"GET": resources.deleted}),
    (
        "sobjects/{object}/{id}",
        {"GET": resources.read, "PATCH": resources.update, "DELETE": resources.delete},
    ),
    (
        "sobjects/{object}/{key}/{value}",
        {"GET": resources.read_by_key, "PATCH": resources.upsert, "DELETE": resources.delete_by_key},
    ),
    (
        "composite/sobjects",
        {"POST": batches.create, "PATCH": batches.update, "DELETE": batches.delete},
    ),
    ("composite/sobjects/{object}", {"GET": batches.read, "POST": batches.read}),
    ("composite/sobjects/{object}/{key}", {"PATCH": batches.upsert}),
)


def answer(org: Org, call: Call) -> Answer:
    """Answer one request under `/services/`, and keep what it changed."""
    with org.lock:
        if call.path.startswith("/services/oauth2/"):
            answered = oauth.answer(org, call)
        elif call.path.rstrip("/") == "/services/data":
            answered = describing.versions()
        else:
            answered = _for_a_session(org, call)
        org.commit()
        return answered


def expired(org: Org, call: Call) -> Answer:
    """End the session of the call and say so."""
    with org.lock:
        oauth.end_session(org, oauth.bearer(call))
        org.commit()
    return refusal(_NO_SESSION)


def limited() -> Answer:
    """How the org refuses a call too many."""
    return refusal(Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403))


_NO_SESSION = Refused("INVALID_SESSION_ID", "Session expired or invalid", status=401)


def usage(org: Org) -> Mapping[str, str]:
    return {"Sforce-Limit-Info": f"api-usage={org.calls_used()}/{org.calls_limit()}"}


def _for_a_session(org: Org, call: Call) -> Answer:
    if not oauth.signed_in(org, call):
        return refusal(_NO_SESSION)
    if org.calls_used() >= org.calls_limit():
        return limited()
    org.count_call()
    return _answered(org, call)


def _answered(org: Org, call: Call) -> Answer:
    """One request, or one part of a composite, whose refusal takes back what it wrote."""
    mark = org.records.mark()
    try:
        return _routed(org, _versioned(call))
    except Refused as refused:
        org.records.rollback(mark)
        return refusal(refused)
    except Exception:
        org.records.rollback(mark)  # a mistake of ours must not be kept by the next commit
        raise


def _versioned(call: Call) -> Call:
    services, data, version, *rest = (*call.path.strip("/").split("/"), "", "")
    number = version.removeprefix("v")
    whole = number.removesuffix(".0")
    if (services, data) != ("services", "data") or not (number.endswith(".0") and whole.isdigit()):
        raise not_found()
    if int(whole) < describing.OLDEST:
        raise Refused("GONE", f"API version {number} is retired", status=410)
    if int(whole) > describing.NEWEST:
        raise not_found()
    return call.under(number, "/".join(rest).strip("/"))


def _routed(org: Org, call: Call) -> Answer:
    steps = call.steps
    if steps == ("composite",) and call.method == "POST":
        return composite(org, call, partial(_answered, org))
    for pattern, handlers in _ROUTES:
        if not _fits(pattern, steps):
            continue
        if call.method not in handlers:
            text = f"HTTP Method '{call.method}' not allowed. Allowed are {','.join(handlers)}"
            raise Refused("METHOD_NOT_ALLOWED", text, status=405)
        return handlers[call.method](org, call)
    raise not_found()


def _fits(pattern: str, steps: tuple[str, ...]) -> bool:
    wanted = pattern.split("/")
    return len(wanted) == len(steps) and all(
        want.startswith("{") or want == step.lower() for want, step in zip(wanted, steps, strict=True)
    )
