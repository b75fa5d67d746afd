"""`/preview`: what would become of a record, field by field. Nothing is sent or recorded."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.errors import Malformed
from app.records import System
from app.records.ids import is_id, to18
from app.records.money import plain
from app.sync import preview
from app.sync.resync import carried
from app.web.api.gate import FOR_READERS
from app.web.api.ports import Service
from app.web.api.shapes import Problem, Shape
from app.web.api.values import Name, RecordId


class PreviewRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    system: System
    object: Name = Field(description="`AR_Payment__c`, or our kind: `payment`.")
    id: RecordId


class FieldShape(Shape):
    """One row of the mapping. `line` counts from 1, 0 is the header; no `to` = the value steers, and is not written."""

    line: int
    source: str
    read: str
    word: str
    value_map: str
    to: str
    written: str
    problem: str


class PreviewShape(Shape):
    """`ready`: it would be posted. Otherwise `problems` say what is wrong, or `waits_for` what is not linked yet."""

    id: str
    key: str
    amount: str | None
    currency: str
    ready: bool
    problems: Sequence[Problem]
    waits_for: str | None
    posted_as: str | None = Field(description="Its id in the other system, where it is posted already.")
    unclear: bool = Field(description="It was sent, and nobody can say yet whether it is posted.")
    fields: Sequence[FieldShape]
    request: str = Field(description="What would be sent for it.")


def add_routes(router: APIRouter) -> None:
    router.post("/preview", openapi_extra=FOR_READERS)(preview_record)


def preview_record(asked: PreviewRequest, service: Service) -> PreviewShape:
    """Read it, judge it, translate it, and show all three."""
    connection = service.connection
    carried(asked.system, asked.object, flows=connection.flows, routes=service.routes)
    if not is_id(asked.id):
        raise Malformed(f"id: {asked.id!r} is not a Salesforce id.")
    return _shape(preview.preview(connection, to18(asked.id)))


def _shape(seen: preview.Preview) -> PreviewShape:
    payment = seen.payment
    return PreviewShape(
        id=payment.id,
        key=payment.key,
        amount=None if payment.amount is None else plain(payment.amount, seen.currency),
        currency=seen.currency,
        ready=not (seen.problems or seen.later or seen.posted_as or seen.unclear) and payment.wanted,
        problems=[Problem.model_validate(problem) for problem in seen.problems],
        waits_for=seen.later or None,
        posted_as=seen.posted_as,
        unclear=seen.unclear,
        fields=[FieldShape.model_validate(row) for row in seen.rows],
        request=seen.request,
    )
