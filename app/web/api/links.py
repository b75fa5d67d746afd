"""`/links`: which records are the same thing in both systems; made and removed by hand where the systems cannot know."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app import log
from app.ledger import links
from app.ledger.links import Search
from app.records import System
from app.sync import linking
from app.sync.resync import carried
from app.web.api import cursor, shapes
from app.web.api.gate import FOR_OPERATORS, FOR_READERS
from app.web.api.ports import Service
from app.web.api.values import Limit, Name, Number, RecordId, Words, spellings


class AskedLinks(BaseModel):
    """All that is given must hold; `id` without a `system` may be of either."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: System | None = Field(default=None, description="Whose id `id` is.")
    object: Name | None = Field(default=None, description="Our kind: `payment`; or Salesforce's name of it.")
    id: RecordId | None = None
    cursor: str | None = Field(default=None, max_length=100, description="`next` of the page before.")
    limit: Limit = 50


class LinkRequest(BaseModel):
    """Both ids; `object` is our kind (`payment`), or Salesforce's name of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: Name
    salesforce_id: RecordId
    intacct_id: RecordId = Field(description="Intacct's record number.")


class UnlinkRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Words


def add_routes(router: APIRouter) -> None:
    router.get("/links", openapi_extra=FOR_READERS)(list_links)
    router.post("/links", status_code=201, openapi_extra=FOR_OPERATORS)(link_records)
    router.delete("/links/{link_id}", openapi_extra=FOR_OPERATORS)(unlink_records)


def list_links(asked: Annotated[AskedLinks, Query()], service: Service) -> shapes.Links:
    """The newest first."""
    before = cursor.place(asked.cursor)
    salesforce = asked.id if asked.id and asked.system is not System.INTACCT else None
    wanted = Search(
        kind=_kind(asked.object, service),
        salesforce=spellings(salesforce) if salesforce else (),
        intacct=asked.id if asked.id and asked.system is not System.SALESFORCE else "",
    )
    with service.ledger.read() as ledger:
        found = links.search(
            ledger, service.settings.connection, wanted, before=before, limit=asked.limit + 1
        )
    items = [shapes.link(known) for known in found[: asked.limit]]
    return shapes.Links(items=items, next=cursor.following(found, asked.limit, lambda known: known.id))


def link_records(asked: LinkRequest, request: Request, service: Service) -> shapes.Link:
    """Say that two records are the same. Both sides are looked at next; where they differ, a person is asked."""
    connection = service.connection
    flow, object = carried(System.SALESFORCE, asked.object, flows=connection.flows, routes=service.routes)
    known = linking.link(
        asked.salesforce_id,
        asked.intacct_id,
        object=object,
        flow=flow,
        desk=connection.desk,
        doorbell=service.doorbell,
    )
    log.logger().info("link.made", link=known.id, by=request.state.caller.name)
    return shapes.link(known)


def unlink_records(link_id: Number, asked: UnlinkRequest, request: Request, service: Service) -> shapes.Link:
    """Remove a link; answers what it was. A payment that we posted is looked up before it could be posted again."""
    gone = linking.part(
        link_id, ledger=service.ledger, connection=service.settings.connection, now=service.clock()
    )
    log.logger().info(
        "link.removed",
        link=gone.id,
        salesforce=gone.salesforce_id,
        intacct=gone.intacct_id,
        by=request.state.caller.name,
        reason=asked.reason,
    )
    return shapes.link(gone)


def _kind(object: str | None, service: Service) -> str:
    """Our kind for Salesforce's name of it; our own word stays."""
    flow = service.routes.get((System.SALESFORCE, object or ""))
    return flow.partition("-to-")[0] if flow else object or ""
