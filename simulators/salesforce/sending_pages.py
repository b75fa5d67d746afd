"""The pages of what the org sends and of what goes wrong: messages, their switches, faults and locks."""

from collections.abc import Sequence
from typing import Annotated, get_args

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from pydantic import JsonValue, ValidationError

from simulators.faults import Fault, Faults, Kind

from . import controls, desk
from .catalogue import PAYMENT
from .delivering import Courier
from .org import Org
from .refusals import Refused
from .site import Form, Site, back, one, sent

_SHOWN = 200
_NUMBERS = ("lose_every", "batch")

Sent = Annotated[Form, Depends(sent)]


def routes(org: Org, site: Site, courier: Courier, faults: Faults) -> APIRouter:
    router = APIRouter(default_response_class=Response)
    router.include_router(_messages(org, site, courier))
    router.include_router(_faults(org, site, faults))
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

    @router.post("/knobs")
    def turn(given: Sent) -> Response:
        controls.turn(org, _knobs(given.get("shown", ()), given))
        return back(given)

    return router


def _faults(org: Org, site: Site, faults: Faults) -> APIRouter:
    router = APIRouter()

    def page(problem: str = "") -> Response:
        with org.lock:
            locked = [(org.records.find(id), n) for id, n in org.locked.items() if n > 0]
            payments = list(org.records.of(PAYMENT))[::-1][:50]
        values = {
            "pending": faults.pending(),
            "kinds": get_args(Kind),
            "locked": locked,
            "payments": payments,
        }
        return site.page(
            "faults.html", {**values, "here": "faults", "problem": problem}, 400 if problem else 200
        )

    @router.get("/faults")
    def show() -> Response:
        return page()

    @router.post("/faults")
    def add(given: Sent) -> Response:
        names = ("kind", "match", "count", "skip", "seconds")
        try:
            faults.add(Fault(**{name: one(given, name) for name in names if one(given, name)}))  # type: ignore[arg-type] # pydantic reads the texts
        except ValidationError as wrong:
            return page(
                "; ".join(f"{e['loc'][0] if e['loc'] else 'fault'}: {e['msg']}" for e in wrong.errors())
            )
        return RedirectResponse("/faults", 303)

    @router.post("/faults/clear")
    def clear(_given: Sent) -> Response:
        faults.clear()
        return RedirectResponse("/faults", 303)

    @router.post("/locks")
    def lock(given: Sent) -> Response:
        count = one(given, "count")
        if not count.isdigit():
            raise Refused("INVALID_FIELD", "The number of refused writes is a whole number.")
        with org.lock:
            org.locked[desk.found(org, PAYMENT, one(given, "id")).id] = int(count)
        return RedirectResponse("/faults", 303)

    return router


def _knobs(shown: Sequence[str], form: Form) -> dict[str, JsonValue]:
    """The switches that the form showed: a tick that did not come is off."""
    return {name: one(form, name) if name in _TEXTS else one(form, name) == "on" for name in shown}


_TEXTS = (*_NUMBERS, "deleted_as")
