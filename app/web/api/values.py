"""What a caller may send for an id, a text, an instant: narrow enough that nothing behind it can choke on it."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from app.records.ids import is_id, to18

LARGEST = 2**63 - 1


def _plain(text: str) -> str:
    """PostgreSQL takes no NUL in a text, and nobody means any other control character."""
    if not text.isprintable():
        raise ValueError("it has characters that cannot be shown")
    return text


def _utc(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it is no instant that we can reckon with") from None
    if not 1970 <= moment.year < 2200:
        raise ValueError("it lies before 1970 or after 2199")
    return moment


Number = Annotated[int, Field(ge=1, le=LARGEST)]
Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_plain)]
RecordId = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_plain)]
Words = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S"), AfterValidator(_plain)]
"""What a person says: a reason, in one line."""
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
Limit = Annotated[int, Field(ge=1, le=200)]
State = Literal["waiting", "unknown", "carried", "skipped", "rejected", "failed", "ignored"]


def spellings(id: str) -> tuple[str, ...]:
    """A Salesforce id as it was given and as we keep it; any other id as it is."""
    return (id, to18(id)) if is_id(id) else (id,)
