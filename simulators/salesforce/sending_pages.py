"""The pages of what the org sends and of what goes wrong: messages, their switches, faults and locks."""

from collections.abc import Sequence
from typing import Annotated, get_args

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from pydantic import JsonValue, TypeAdapter, ValidationError

from simulators.faults import Fault, Faults, Kind

from . import controls, desk
from .catalogue import PAYMENT
from .delivering import Courier
from .org import Org
from .refusals import Refused
from .site import Form, Site, back, one, sent

_SHOWN = 200
_LOCKABLE = 50
_TEXTS = ("lose_every", "batch", "deleted_as")
_FAULT = TypeAdapter(Fault)

Sent = Annotated[Form, Depends(sent)]


def routes(org: Org, site: Site, courier: Courier, faults: Faults) -> APIRouter:
    router = APIRouter(default_response_class=Response)
    router.include_router(_messages(org, site, courier))
    router.include_router(_faults(org, site, faults))
    for part in (_switches, _locks):
        router.include_router(part(org))
    return router


def _messages(org: Org, site: Site, courier: Courier) -> APIRouter:
    router = APIRouter()

    @router.get("/messages")
    def messages() -> Response:
        with org.lock:
            values = {
                "here": "messages",
                "messages": org.outbox.latest(_SHOWN),
                "counts": org.outbox.counts(),
                "knobs": org.outbox.knobs,
                "sends": bool(org.settings.hook_url),
            }
        return site.page("messages.html", values)

    @router.post("/messages")
    def act(given: Sent) -> Response:
        chosen = [id for id in given.get("id", ()) if id]
        with org.lock:
            if one(given, "act") == "remove":
                org.outbox.remove(chosen)
            else:
                org.outbox.retry_now(org.clock(), chosen or None)
            org.commit()
        courier.deliver()
        return RedirectResponse("/messages", 303)

    return router


def _switches(org: Org) -> APIRouter:
    router = APIRouter()

    @router.post("/knobs")
    def turn(given: Sent) -> Response:
        controls.turn(org, _knobs(given.get("shown", ()), given))
        return back(given)

    return router


def _faults(org: Org, site: Site, faults: Faults) -> APIRouter:
    router = APIRouter()

    @router.get("/faults")
    def show() -> Response:
        return _faults_page(org, site, faults)

    @router.post("/faults")
    def add(given: Sent) -> Response:
        names = ("kind", "match", "count", "skip", "seconds")
        try:
            faults.add(_FAULT.validate_python({n: one(given, n) for n in names if one(given, n)}))
        except ValidationError as wrong:
            said = (f"{e['loc'][0] if e['loc'] else 'fault'}: {e['msg']}" for e in wrong.errors())
            return _faults_page(org, site, faults, "; ".join(said))
        return RedirectResponse("/faults", 303)

    @router.post("/faults/clear")
    def clear(_given: Sent) -> Response:
        faults.clear()
        return RedirectResponse("/faults", 303)

    return router


def _locks(org: Org) -> APIRouter:
    router = APIRouter()

    @router.post("/locks")
    def lock(given: Sent) -> Response:
        count = one(given, "count")
        if not count.isdigit():
            raise Refused("INVALID_FIELD", "The number of refused writes is a whole number.")
        with org.lock:
            org.locked[desk.found(org, PAYMENT, one(given, "id")).id] = int(count)
        return RedirectResponse("/faults", 303)

    return router


def _faults_page(org: Org, site: Site, faults: Faults, problem: str = "") -> Response:
    with org.lock:
        locked = [(org.records.find(id), n) for id, n in org.locked.items() if n > 0]
        payments = list(org.records.of(PAYMENT))[::-1][:_LOCKABLE]
    values = {
        "here": "faults",
        "pending": faults.pending(),
        "kinds": get_args(Kind),
        "locked": locked,
        "payments": payments,
        "problem": problem,
    }
    return site.page("faults.html", values, 400 if problem else 200)


def _knobs(shown: Sequence[str], form: Form) -> dict[str, JsonValue]:
    """The switches that the form showed: a tick that did not come is off."""
    return {name: one(form, name) if name in _TEXTS else one(form, name) == "on" for name in shown}
