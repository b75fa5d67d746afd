"""A record translated into the destination's own fields, ready to be written once."""

from dataclasses import dataclass

from app.records.payment import Extra


@dataclass(frozen=True, slots=True)
class Posting:
    """
    `control_id` names this write for ever: the same text on every repeat of it, so that the destination itself
    refuses a second one. `key` is what it is looked up by. `entity` is where it is written (empty = top level).
    """

    key: str
    control_id: str
    entity: str
    header: Extra
    lines: tuple[Extra, ...]
