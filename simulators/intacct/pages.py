"""The accountant's pages: payments, invoices, periods, faults, and the requests that were seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.requests import Request

from simulators.faults import Fault
from simulators.intacct import accountant, payments, wording
from simulators.intacct.books import Books, decimals
from simulators.intacct.gateway import Gateway
from simulators.intacct.receipts import METHODS
from simulators.intacct.records import Caller, Entity, Invoice, Payment
from simulators.intacct.refusals import Refused

ROWS = 50
_HERE = Path(__file__).parent

_POLICY = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Choice:
    """A fault that the page offers, and what its line says."""

    name: str
    label: str
    hint: str
    fault: Fault
    told: str


_OFFERED: tuple[tuple[Fault, str, str, str], ...] = (
    (Fault("slow", seconds=4.0), "Answer slowly", "each answer 4 s late", "answers are 4 s late"),
    (
        Fault("cut_after", match="create"),
        "Cut the connection after the request",
        "the payment is posted, the answer is lost",
        "answers are lost",
    ),
    (
        Fault("gateway_524", match="create"),
        "Cut at 100 s with status 524",
        "as the real network does; the work goes on",
        "answers are cut with status 524",
    ),
    (
        Fault("html_before"),
        "Answer with a web page",
        "a maintenance page instead of XML",
        "a maintenance page answers",
    ),
    (Fault("sign_in_refused"), "Refuse the sign-in", "as after a password change", "the sign-in is refused"),
    (
        Fault("rate_limit", seconds=60.0),
        "Too many requests",
        "the limit is reached for 60 s",
        "the request limit is reached",
    ),
)
CHOICES = tuple(Choice(fault.kind, label, hint, fault, told) for fault, label, hint, told in _OFFERED)


@dataclass(frozen=True)
class PeriodRow:
    """`offer` is the month that the button closes or opens again, and the first open day that comes of it."""

    entity: Entity
    closes: bool
    month: date
    open_from: date


@dataclass(frozen=True)
class Typed:
    """What the form holds: nothing yet, or what was typed and then refused."""

    customer: str = ""
    amount: str = ""
    currency: str = ""
    received: str = ""
    invoice: str = ""
    document: str = ""
    method: str = "EFT"


class Pages:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.books = gateway, gateway.books
        self._templates = Environment(
            loader=FileSystemLoader([_HERE / "templates", _HERE.parent / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            money=wording.money,
            day=wording.day,
            stamp=wording.stamp,
            outcome=wording.outcome,
            state=wording.payment_state,
            invoice_state=wording.invoice_state,
            decimals=decimals,
            when=self._when,
        )

    def home(self, before: int = 0, more: int = 0, done: str = "") -> Response:
        return self._home(Typed(), "", before, more, done)

    async def record(self, request: Request) -> Response:
        form = await request.form()
        typed = Typed(**{name: _text(form, name) for name in Typed.__dataclass_fields__})
        try:
            with self.books.work():
                made = accountant.record(self.books, _entry(typed), Caller(accountant.NAME))
        except (Refused, ValueError) as refused:
            return self._home(typed, str(refused), 0, 0, "", status=422)
        return _back(f"Payment {made.recordno} is recorded.")

    def confirm(self, recordno: int) -> Response:
        return self._confirm(recordno, "")

    def reverse(self, recordno: int, day: Annotated[date, Form()]) -> Response:
        try:
            with self.books.work():
                made = payments.reverse(self.books, recordno, day, "", Caller(accountant.NAME))
        except Refused as refused:
            return self._confirm(recordno, str(refused), status=422)
        return _back(f"Payment {recordno} is reversed; the reversal is payment {made.recordno}.")

    def period(self, entity: Annotated[str, Form()], open_from: Annotated[date, Form()]) -> Response:
        known = self.books.entities.get(entity)
        if known is None:
            raise HTTPException(404, f"there is no entity {entity}")
        with self.books.work():
            self.books.entities.put(entity, replace(known, open_from=open_from))
        return _back(f"{known.name} is open from {wording.day(open_from)}.", "periods")

    async def faults(self, request: Request) -> Response:
        """The form shows all there is, so what is not ticked is off."""
        form = await request.form()
        text = _text(form, "count")
        count = int(text) if text.isdigit() and int(text) > 0 else 10
        ticked = [choice for choice in CHOICES if choice.name in form and "off" not in form]
        self.gateway.faults.clear()
        for choice in ticked:
            self.gateway.faults.add(replace(choice.fault, count=count))
        self.books.events.on = "silent" not in form or "off" in form
        said = (
            f"{wording.plural(len(ticked), 'fault')} on for the next {wording.plural(count, 'request')}."
            if ticked
            else ""
        )
        return _back(said or "No fault is on.", "faults")

    def requests(self) -> Response:
        return self._page("requests.html", seen=self.gateway.seen.latest(200), current="requests")

    def _home(
        self, typed: Typed, wrong: str, before: int, more: int, done: str, status: int = 200
    ) -> Response:
        with self.books.store.reading():
            return self._page(
                "home.html",
                status=status,
                current="home",
                **self._payments_shown(before),
                **self._invoices_shown(more),
                **self._faults_shown(),
                customers=sorted(self.books.customers.values(), key=lambda one: one.id),
                currencies=sorted({one.currency for one in self.books.banks.values()}),
                methods=METHODS,
                periods=[_period(entity, self.books.today()) for entity in self.books.entities.values()],
                typed=typed,
                wrong=wrong,
                done=done,
            )

    def _payments_shown(self, before: int) -> dict[str, object]:
        latest = sorted(self.books.payments.values(), key=lambda one: one.recordno, reverse=True)
        shown = [one for one in latest if not before or one.recordno < before][:ROWS]
        older = shown[-1].recordno if shown and shown[-1] is not latest[-1] else 0
        return {"payments": shown, "payment_count": len(latest), "older": older}

    def _invoices_shown(self, more: int) -> dict[str, object]:
        invoices = sorted(self.books.invoices.values(), key=lambda one: (one.number, one.recordno))
        return {
            "invoices": invoices[more : more + ROWS],
            "more": more + ROWS if more + ROWS < len(invoices) else 0,
            "open_count": sum(1 for one in invoices if one.due > 0),
            "payable": _by_customer(self.books, invoices),
        }

    def _faults_shown(self) -> dict[str, object]:
        pending = {fault.kind: fault for fault in self.gateway.faults.pending()}
        told = [choice.told for choice in CHOICES if choice.fault.kind in pending]
        return {
            "choices": CHOICES,
            "pending": pending,
            "told": told,
            "other_faults": len(pending) - len(told),
        }

    def _confirm(self, recordno: int, wrong: str, status: int = 200) -> Response:
        payment = self.books.payments.get(recordno)
        if payment is None:
            raise HTTPException(404, f"there is no payment {recordno}")
        numbers = [(self.books.invoices.get(line.invoice), line) for line in payment.lines]
        return self._page(
            "reverse.html", status=status, current="home", payment=payment, lines=numbers, wrong=wrong
        )

    def _page(self, name: str, *, status: int = 200, **shown: object) -> Response:
        settings = self.books.settings
        html = self._templates.get_template(name).render(
            ledgerline_url=settings.ledgerline_url,
            company=settings.company_id,
            customer_name=self._customer_name,
            today=self.books.today(),
            events=self.books.events,
            zone=self.books.now().astimezone(settings.timezone).strftime("%Z"),
            zone_name=settings.zone.rpartition("/")[2].replace("_", " "),
            **shown,
        )
        return HTMLResponse(html, status_code=status, headers={"Content-Security-Policy": _POLICY})

    def _customer_name(self, payment: Payment) -> str:
        found = self.books.customers.get(payment.customer)
        return found.name if found else payment.payer

    def _when(self, at: datetime) -> str:
        local = at.astimezone(self.books.settings.timezone)
        return f"{local.day} {local:%b, %H:%M:%S %Z}"


def page_routes(pages: Pages) -> APIRouter:
    router = APIRouter(default_response_class=HTMLResponse)
    routes: Sequence[tuple[str, Callable[..., object], str]] = (
        ("/", pages.home, "GET"),
        ("/record", pages.record, "POST"),
        ("/payments/{recordno}/reverse", pages.confirm, "GET"),
        ("/payments/{recordno}/reverse", pages.reverse, "POST"),
        ("/periods", pages.period, "POST"),
        ("/faults", pages.faults, "POST"),
        ("/requests", pages.requests, "GET"),
    )
    for path, view, method in routes:
        router.add_api_route(path, view, methods=[method])
    return router


def _back(said: str, place: str = "") -> Response:
    """To the page the form came from, which then says what was done."""
    return RedirectResponse(f"/?done={quote(said)}{'#' + place if place else ''}", status_code=303)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _entry(typed: Typed) -> accountant.Entry:
    """Raises ValueError in words for what cannot be read."""
    try:
        amount = Decimal(typed.amount.replace(",", ""))
    except InvalidOperation:
        raise ValueError("Enter the amount as a number, for example 1,250.00.") from None
    if not typed.invoice:
        raise ValueError("Choose the invoice that the payment is for.")
    try:
        received = date.fromisoformat(typed.received)
    except ValueError:
        raise ValueError("Enter the receipt date.") from None
    lines = ((typed.invoice, amount),)
    return accountant.Entry(typed.customer, lines, typed.currency, received, typed.method, typed.document)


def _period(entity: Entity, today: date) -> PeriodRow:
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    closes = entity.open_from < this_month
    return PeriodRow(entity, closes, last_month, this_month if closes else last_month)


def _by_customer(books: Books, invoices: Sequence[Invoice]) -> list[tuple[str, list[Invoice]]]:
    payable = sorted((one for one in invoices if one.due > 0 and not one.draft), key=lambda one: one.customer)
    grouped = groupby(payable, key=lambda one: one.customer)
    return [(books.customers[customer].name, list(group)) for customer, group in grouped]
