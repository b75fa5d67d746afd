"""Word from a channel that a record changed: a pointer, never the truth."""

from dataclasses import dataclass

from app.records.ref import Ref


@dataclass(frozen=True, slots=True)
class Notice:
    """
    One thing that a channel told us.

    `delivery_id` is the sender's own id of this notice: the same on every repeat of it, unique within the channel.
    `change` is what the sender says happened (`created`, `updated`, `deleted`, or empty when it does not say).
    """

    channel: str
    delivery_id: str
    subject: Ref
    change: str = ""
