"""The pages of the sales user: accounts, taking a payment, correcting it, asking for its reversal."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, RedirectResponse, Response

from . import desk, payment_form
from .catalogue import ACCOUNT, CURRENCIES, INVOICE, PAYMENT
from .org import Org
from .payment_form import PaymentForm
from .records import Record
from .refusals import Refused
from .site import Form, Site, one, sent, totals
from .values import Json

_LIVE = Path(__file__).parent / "static" / "live.js"
_SHOWN = 200
_STATUS = {"ready": "Ready", "draft": "Draft"}

Sent = Annotated[Form, Depends(sent)]


def routes(org: Org, site: Site) -> APIRouter:
    router = APIRouter(default_response_class=Response)
    for part in (_lists, _accounts, _payments):
        router.include_router(part(org, site))
    router.include_router(_reversals(org))
    return router


def _lists(org: Org, site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def accounts() -> Response:
        with org.lock:
            rows = [(a, _open(org, a), _latest(org, a, 1)) for a in org.records.of(ACCOUNT)]
            listed = [(a, len(due), totals(due, "Balance__c"), paid) for a, due, paid in rows]
        return site.page("accounts.html", {"here": "accounts", "accounts": listed})

    @router.get("/invoices")
    def invoices() -> Response:
        with org.lock:
            found = sorted(org.records.of(INVOICE), key=lambda i: str(i["Due_Date__c"]))[:_SHOWN]
            due = totals(found, "Balance__c")
        return site.page("invoices.html", {"here": "invoices", "invoices": found, "due": due})

    @router.get("/payments")
    def payments() -> Response:
        with org.lock:
            found = list(org.records.of(PAYMENT))
        values = {"here": "payments", "payments": found[::-1][:_SHOWN], "total": len(found)}
        return site.page("payments.html", values)

    @router.get("/live.js")
    def live() -> Response:
        return FileResponse(_LIVE, media_type="text/javascript")

    return router


def _accounts(org: Org, site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/accounts/{id}")
    def account(id: str, saved: str = "") -> Response:
        with org.lock:
            shown = desk.found(org, ACCOUNT, id)
            form = payment_form.blank(org, shown, org.now().date())
        return _account_page(org, site, shown, form, saved=saved)

    @router.post("/accounts/{id}")
    def take(id: str, given: Sent) -> Response:
        with org.lock:
            shown = desk.found(org, ACCOUNT, id)
            form = payment_form.read(org, payment_form.blank(org, shown, org.now().date()), given)
        status = _STATUS.get(one(given, "act"))
        if status is None or not form.is_readable:
            return _account_page(org, site, shown, form)
        try:
            wanted = desk.Payment(shown.id, form.lines(), form.fields() | {"Status__c": status})
            made = desk.take(org, wanted)
        except Refused as refused:
            return _account_page(org, site, shown, form, refused=refused)
        return RedirectResponse(f"/accounts/{shown.id}?saved={made.id}", 303)

    return router


def _payments(org: Org, site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/payments/{id}")
    def payment(id: str) -> Response:
        with org.lock:
            shown = desk.found(org, PAYMENT, id)
            form = payment_form.of_payment(org, shown)
        return _payment_page(org, site, shown, form)

    @router.post("/payments/{id}")
    def correct(id: str, given: Sent) -> Response:
        with org.lock:
            shown = desk.found(org, PAYMENT, id)
            form = payment_form.read(org, payment_form.of_payment(org, shown), given)
        act = one(given, "act")
        if act not in ("ready", "draft", "keep") or not form.is_readable:
            return _payment_page(org, site, shown, form)
        status: dict[str, Json] = {"Status__c": _STATUS[act]} if act in _STATUS else {}
        try:
            desk.correct(org, shown.id, form.fields() | status, form.lines())
        except Refused as refused:
            return _payment_page(org, site, shown, form, refused=refused)
        return RedirectResponse(f"/payments/{shown.id}", 303)

    return router


def _reversals(org: Org) -> APIRouter:
    router = APIRouter()

    @router.post("/payments/{id}/reversal")
    def reversal(id: str, given: Sent) -> Response:
        fields: dict[str, Json] = {
            "Status__c": "Reversal Requested",
            "Reversal_Date__c": one(given, "date") or None,
            "Reversal_Reason__c": one(given, "reason") or None,
        }
        desk.correct(org, id, fields, None)
        return RedirectResponse(f"/payments/{id}", 303)

    return router


def _account_page(
    org: Org,
    site: Site,
    shown: Record,
    form: PaymentForm,
    *,
    saved: str = "",
    refused: Refused | None = None,
) -> Response:
    with org.lock:
        due = _open(org, shown)
        payments = _latest(org, shown, _SHOWN)
        synced = next((p for p in payments if p["Synced_At__c"]), None)
        values = {
            "account": shown,
            "due": totals(due, "Balance__c"),
            "open": len(due),
            "payments": payments,
            "saved": org.records.find(saved),
            "synced": synced,
            "knobs": org.outbox.knobs,
        }
    said = _status(form, refused)
    return site.page("account.html", {**values, **_form_values(form, refused), "here": "accounts"}, said)


def _payment_page(
    org: Org,
    site: Site,
    shown: Record,
    form: PaymentForm,
    *,
    refused: Refused | None = None,
) -> Response:
    account = org.records.find(shown.text("Account__c"))
    values = {"payment": shown, "account": account, "today": org.now().date(), "here": "payments"}
    said = _status(form, refused)
    return site.page("payment.html", {**values, **_form_values(form, refused)}, said)


def _status(form: PaymentForm, refused: Refused | None) -> int:
    if refused:
        return refused.status
    return 200 if form.is_readable else 400


def _form_values(form: PaymentForm, refused: Refused | None) -> dict[str, object]:
    return {"form": form, "refused": refused, "currencies": CURRENCIES, "choices": payment_form.CHOICES}


def _open(org: Org, account: Record) -> list[Record]:
    found = org.records.matching(INVOICE, "Account__c", account.id)
    return [invoice for invoice in found if payment_form.balance(invoice) > 0]


def _latest(org: Org, account: Record, limit: int) -> list[Record]:
    return org.records.matching(PAYMENT, "Account__c", account.id)[::-1][:limit]
