"""What we tell the person who entered a record, where that person works."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SyncStatus(StrEnum):
    WAITING = "Waiting"
    SYNCED = "Synced"
    NEEDS_ATTENTION = "Needs Attention"
    UNKNOWN = "Unknown"
    IGNORED = "Ignored"


@dataclass(frozen=True, slots=True)
class Note:
    """
    One write-back. Empty `target_id`, `target_state` and `status` leave those fields as they are; `lines` pairs the
    ids of a record's lines in the two systems (origin, destination).
    """

    id: str
    sync_status: SyncStatus
    message: str
    at: datetime
    status: str = ""
    target_id: str = ""
    target_state: str = ""
    lines: tuple[tuple[str, str], ...] = ()
