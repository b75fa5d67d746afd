"""Where a list goes on. Opaque, so that what stands in it may change."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from app.web.api.refusals import Refusal
from app.web.api.values import LARGEST

T = TypeVar("T")


def place(cursor: str | None) -> int | None:
    """
    The id after which the page goes on.

    :raises Refusal: 422, it is none of ours
    """
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
        number = int(text.removeprefix("before:"))
    except (ValueError, binascii.Error):
        number = 0
    if not 0 < number <= LARGEST:
        raise Refusal(
            422, "invalid", "cursor: it is not one that we gave.", "Take `next` of the page before."
        )
    return number


def following(page: Sequence[T], limit: int, id_of: Callable[[T], int]) -> str | None:
    """For a page that was read with one more than `limit`; None when this is the last."""
    if len(page) <= limit:
        return None
    return base64.urlsafe_b64encode(f"before:{id_of(page[limit - 1])}".encode()).decode()
