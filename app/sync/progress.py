"""How far each record of a batch has come, by record id. Lives as long as its batch."""

from dataclasses import dataclass, field

from app.records import Exchange, PostedPayment, Problem
from app.sync.batch import Case
from app.sync.endings import Ending


@dataclass
class Progress:
    """
    `to_look_up`, `to_post` (with the generation) and `posted` (with the id there) are what is still to be done;
    `seen` what was read there already, by its id there; `ended` is where a record leaves.
    """

    cases: dict[str, Case]
    ended: dict[str, Ending] = field(default_factory=dict)
    to_look_up: list[Case] = field(default_factory=list)
    to_post: dict[str, int] = field(default_factory=dict)
    posted: dict[str, str] = field(default_factory=dict)
    seen: dict[str, PostedPayment] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    protests: dict[str, Problem] = field(default_factory=dict)

    def sent_of(self, case: Case) -> str:
        """The fingerprint of what stands in the destination's books."""
        return self.sent.get(case.id) or case.sent
