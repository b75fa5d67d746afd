"""`/resync` and `/runs`: have records looked at again, and see how far that is."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.ledger import runs
from app.records import System
from app.sync import resync
from app.web.api import shapes
from app.web.api.gate import FOR_OPERATORS, FOR_READERS
from app.web.api.ports import Service
from app.web.api.refusals import Refusal
from app.web.api.values import Instant, Name, Number, RecordId


class ResyncRequest(BaseModel):
    """
    Which records: `ids`; or those that the flow's own filter takes and changed `since`, `until` now or then; or, with
    `filter`, all that it takes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: System
    object: Name = Field(description="`AR_Payment__c`, or our kind: `payment`.")
    ids: tuple[RecordId, ...] | None = Field(default=None, min_length=1, max_length=10_000)
    since: Instant | None = None
    until: Instant | None = None
    filter: Literal["default"] | None = Field(
        default=None,
        description="`default`: the flow's own header filter. Another is made by changing the mapping's.",
    )
    dry_run: bool = Field(default=False, description="Judge each record, and send and record nothing.")

    @model_validator(mode="after")
    def _says_which(self) -> "ResyncRequest":
        if (self.ids is not None) is (self.since is not None or self.filter is not None):
            raise ValueError("name the records by either `ids`, or `since`, or `filter`")
        if self.until is not None and (self.since is None or self.until <= self.since):
            raise ValueError("`until` goes with `since`, and lies after it")
        return self


def add_routes(router: APIRouter) -> None:
    router.post("/resync", status_code=202, openapi_extra=FOR_OPERATORS)(resync_records)
    router.get("/runs/{run_id}", openapi_extra=FOR_READERS)(read_run)


def resync_records(asked: ResyncRequest, service: Service) -> shapes.Run:
    """Have records looked at again, as if their system had told of them. A dry run answers when it is finished."""
    connection, routes = service.connection, service.routes
    flow, object = resync.carried(asked.system, asked.object, flows=connection.flows, routes=routes)
    request = resync.Request(
        asked.system, object, asked.ids or (), asked.since, asked.until, dry_run=asked.dry_run
    )
    return shapes.run(
        resync.start(request, flow=flow, desk=connection.desk, doorbell=service.doorbell, routes=routes)
    )


def read_run(run_id: Number, service: Service) -> shapes.Run:
    """How far a run has come."""
    with service.ledger.read() as ledger:
        run = runs.read(ledger, service.settings.connection, run_id)
    if run is None:
        raise Refusal(404, "run_not_found", f"There is no run {run_id}.", "Take the id that began it.")
    return shapes.run(run)
