"""The controls under `/_sim`: the books to compare, and what a test or a person may bring about."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from . import desk, ids, seed
from .delivering import Courier
from .knobs import KNOBS
from .org import Org
from .outbox import Notification
from .refusals import Refused
from .schema import Kind
from .values import Json
from .wsdl import wsdl


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Body):
    invoice: str
    amount: Decimal


class Payment(BaseModel):
    """The common fields by short names; any other field of the payment by its API name."""

    model_config = ConfigDict(extra="allow", frozen=True)

    account: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    receipt_date: date | None = None
    method: str | None = None
    status: str | None = None
    lines: list[Line] | None = None

    def fields(self) -> dict[str, Json]:
        """What was given, by API name."""
        given: dict[str, Json] = {
            "Amount__c": self.amount,
            "CurrencyIsoCode": self.currency,
            "Receipt_Date__c": self.receipt_date.isoformat() if self.receipt_date else None,
            "Payment_Method__c": self.method,
            "Status__c": self.status,
        }
        return {name: value for name, value in given.items() if value is not None} | dict(
            self.model_extra or {}
        )

    def desk_lines(self) -> list[desk.Line]:
        return [desk.Line(line.invoice, line.amount) for line in self.lines or ()]


class Invoice(_Body):
    account: str
    number: str
    key: str | int
    total: Decimal
    currency: str | None = None
    entity: str | None = None
    due: date | None = None


class Lock(_Body):
    id: str
    count: Annotated[int, Field(ge=0)] = 1


class NewField(_Body):
    object: str
    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*__c$")]
    type: Kind = "string"


class Budget(_Body):
    limit: Annotated[int, Field(ge=1)]
    used: Annotated[int, Field(ge=0)] = 0


class Messages(_Body):
    """`deliver_now` and `remove` take ids; true means all that wait."""

    knobs: dict[str, JsonValue] = Field(default_factory=dict)
    pause: bool = False
    resume: bool = False
    deliver_now: bool | list[str] = False
    remove: list[str] = Field(default_factory=list)


def routes(org: Org, courier: Courier) -> APIRouter:
    """All controls of one org."""
    router = APIRouter(prefix="/_sim")
    for part in (_books, _payments, _invoices, _rows, _whole_org):
        router.include_router(part(org))
    router.include_router(_messages(org, courier))
    return router


def _books(org: Org) -> APIRouter:
    router = APIRouter()

    @router.get("/books")
    def books() -> JSONResponse:
        return JSONResponse(desk.books(org))

    @router.get("/outbound_message.wsdl")
    def outbound_message() -> Response:
        return Response(wsdl(org.schema), media_type="text/xml")

    return router


def _payments(org: Org) -> APIRouter:
    router = APIRouter()

    @router.post("/payments", status_code=201)
    def take(given: Payment | list[Payment]) -> JSONResponse:
        made = [_taken(org, one) for one in (given if isinstance(given, list) else [given])]
        return JSONResponse(made if isinstance(given, list) else made[0], status_code=201)

    @router.patch("/payments/{id}")
    def correct(id: str, given: Payment) -> JSONResponse:
        lines = None if given.lines is None else given.desk_lines()
        fields = given.fields()
        if given.account:
            fields["Account__c"] = desk.account(org, given.account).id
        return JSONResponse(desk.payment_said(org, desk.correct(org, id, fields, lines)))

    return router


def _invoices(org: Org) -> APIRouter:
    router = APIRouter()

    @router.post("/invoices", status_code=201)
    def add_invoice(given: Invoice) -> JSONResponse:
        fields: dict[str, Json] = {
            "Name": given.number,
            "Intacct_Key__c": str(given.key),
            "Total__c": given.total,
            "Balance__c": given.total,
            "Entity__c": given.entity,
            "Due_Date__c": given.due.isoformat() if given.due else None,
        }
        if given.currency:
            fields["CurrencyIsoCode"] = given.currency
        made = desk.add_invoice(org, given.account, fields)
        return JSONResponse({"id": made.id, "number": given.number, "key": str(given.key)}, status_code=201)

    return router


def _rows(org: Org) -> APIRouter:
    router = APIRouter()

    @router.post("/locks", status_code=204)
    def lock(given: Lock) -> None:
        id18 = ids.full(given.id)
        if id18 is None:
            raise Refused("MALFORMED_ID", f"malformed id {given.id}", ("id",))
        with org.lock:
            org.locked[id18] = given.count

    @router.post("/fields", status_code=201)
    def add_field(given: NewField) -> JSONResponse:
        with org.lock:
            sobject = org.schema.named(given.object)
            if sobject is None or sobject.named(given.name):
                raise Refused(
                    "INVALID_FIELD", "no such object, or the field is there already", ("object", "name")
                )
            field = org.add_field(sobject.name, given.name, given.type)
            org.commit()
        return JSONResponse({"object": sobject.name, "name": field.name, "type": field.kind}, status_code=201)

    return router


def _whole_org(org: Org) -> APIRouter:
    router = APIRouter()

    @router.post("/budget", status_code=204)
    def budget(given: Budget) -> None:
        with org.lock:
            org.set_budget(given.limit, given.used)
            org.commit()

    @router.post("/reset", status_code=204)
    def reset() -> None:
        seed.start_over(org)

    return router


def _messages(org: Org, courier: Courier) -> APIRouter:
    router = APIRouter()

    def said(limit: int) -> dict[str, Json]:
        with org.lock:
            latest: list[Json] = [_notification(n) for n in org.outbox.latest(limit)]
            counts = dict(org.outbox.counts())
            return {"knobs": KNOBS.dump_python(org.outbox.knobs), "counts": counts, "messages": latest}

    @router.get("/messages")
    def messages(limit: Annotated[int, Field(ge=1, le=10_000)] = 200) -> JSONResponse:
        return JSONResponse(said(limit))

    @router.post("/messages")
    def change(given: Messages) -> JSONResponse:
        knobs = dict(given.knobs) | ({"hold": given.pause} if given.pause or given.resume else {})
        turn(org, knobs)
        with org.lock:
            org.outbox.remove(given.remove)
            if given.deliver_now:
                only = given.deliver_now if isinstance(given.deliver_now, list) else None
                org.outbox.retry_now(org.clock(), only)
            org.commit()
        posts = courier.deliver() if given.deliver_now else 0
        return JSONResponse(said(200) | {"posts": posts})

    return router


def turn(org: Org, given: Mapping[str, JsonValue]) -> None:
    """Change some of the knobs; raises RequestValidationError for one that is not there or cannot be so."""
    with org.lock:
        now: Mapping[str, JsonValue] = KNOBS.dump_python(org.outbox.knobs)
        try:
            knobs = KNOBS.validate_python({**now, **given})
        except ValidationError as wrong:
            at = ("body", "knobs")
            raise RequestValidationError([{**e, "loc": (*at, *e["loc"])} for e in wrong.errors()]) from None
        org.outbox.turn(knobs)
        org.commit()


def complaints(_request: Request, wrong: Exception) -> JSONResponse:
    """400 with one complaint per wrong field."""
    assert isinstance(wrong, RequestValidationError)
    errors: Sequence[Mapping[str, object]] = wrong.errors()
    said = [{"field": ".".join(str(s) for s in _path(e)), "reason": str(e["msg"])} for e in errors]
    return JSONResponse({"errors": said}, status_code=400)


def _path(complaint: Mapping[str, object]) -> tuple[object, ...]:
    path = complaint["loc"]
    return path[1:] if isinstance(path, tuple) else ()


def _taken(org: Org, given: Payment) -> dict[str, Json]:
    fields = {"Status__c": "Ready", **given.fields()}
    made = desk.take(org, desk.Payment(given.account or "", given.desk_lines(), fields))
    return desk.payment_said(org, made)


def _notification(n: Notification) -> dict[str, Json]:
    return {
        "id": n.id,
        "channel": n.channel,
        "record": n.record,
        "state": n.standing,
        "attempts": n.attempts,
        "last_answer": n.answer or None,
        "made": n.made.isoformat(),
        "due": n.due.isoformat() if n.due else None,
    }
