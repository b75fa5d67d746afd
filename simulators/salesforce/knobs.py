"""What the org sends and how badly: the switches of outbound messages and platform events."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Knobs:
    """
    `every_save` sends whatever the status; `api_saves` off is an integration user without the permission
    "Send Outbound Messages". `twice` repeats after a good answer, `lose_every` drops every nth notification
    (0 = none), `reorder` sends the latest first, `split` sends one alone and then the rest, `hold` keeps all
    in the queue. Bodies: `id_only`, `exponents` (1.25E7), and `deleted_as` for a record that is gone by then,
    whose XML nobody has published.
    """

    messages: bool = True
    events: bool = True
    every_save: bool = False
    api_saves: bool = True
    twice: bool = False
    lose_every: Annotated[int, Field(ge=0)] = 0
    reorder: bool = False
    split: bool = False
    batch: Annotated[int, Field(ge=1, le=100)] = 100
    hold: bool = False
    id_only: bool = False
    exponents: bool = False
    deleted_as: Literal["nil", "empty", "absent"] = "nil"


KNOBS: TypeAdapter[Knobs] = TypeAdapter(Knobs)
