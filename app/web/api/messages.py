"""`/messages`: the inbox. Find, read, replay, ignore."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.ledger import inbox
from app.ledger.inbox import Filter
from app.records import System
from app.sync import replay
from app.sync.resync import carried
from app.web.api import cursor, shapes
from app.web.api.gate import FOR_OPERATORS, FOR_READERS
from app.web.api.ports import Service
from app.web.api.values import Instant, Limit, Name, Number, RecordId, State, Words, spellings


class Asked(BaseModel):
    """All that is given must hold. `object` is the system's own name, or our kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: tuple[State, ...] = Field(default=(), max_length=7)
    object: Name | None = None
    system: System | None = None
    record: RecordId | None = None
    since: Instant | None = Field(default=None, description="Received at this instant or later.")
