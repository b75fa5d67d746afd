"""Word from a channel that a record changed: a pointer, never the truth."""

from typing import NamedTuple

from app.records.ref import Ref


class Notice(NamedTuple):
    """
    One thing that a channel told us. A named tuple, as is `Ref`: a hundred come in one message while its sender waits,
    and a frozen dataclass takes three times as long to make.

    `delivery_id` is the sender's own id of this notice: the same on every repeat of it, unique within the channel.
    `change` is what the sender says happened (`created`, `updated`, `deleted`, or empty when it does not say).
    """

    channel: str
    delivery_id: str
    subject: Ref
    change: str = ""
