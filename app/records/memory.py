"""What the ledger remembers of a record: its pair in the other system, and what we sent of it."""

from dataclasses import dataclass
from datetime import datetime

FREE, SENDING, UNKNOWN, POSTED = "free", "sending", "unknown", "posted"


@dataclass(frozen=True, slots=True)
class Trace:
    """One idempotency record."""

    origin_id: str
    generation: int
    key: str
    control_id: str
    state: str
    token: str
    fingerprint: str
    sent_at: datetime | None
    lookups: int
    next_lookup_at: datetime | None
    repeated: bool
    target_id: str | None

    @property
    def may_be_out_there(self) -> bool:
        return self.state in (SENDING, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Pair:
    """`salesforce_fingerprint` is None while the pair is made but not settled: its write-back is still owed."""

    salesforce_id: str
    intacct_id: str
    key: str = ""
    salesforce_fingerprint: str | None = None
    intacct_fingerprint: str | None = None
