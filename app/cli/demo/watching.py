"""Watching one payment: which steps it has taken, and when."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.cli.demo.books import Desks, IntacctPayment, SalesforcePayment
from app.cli.demo.stage import DemoFailed

PATIENCE = 45.0
LOOK_SECONDS = 0.015


@dataclass(frozen=True, slots=True)
class Sight:
    """The payment on both sides at one moment. `asked_since`: requests to Intacct after the one that sent it, or -1."""

    payment: SalesforcePayment
    told: bool
    posted: tuple[IntacctPayment, ...]
    asked_since: int

    @property
    def is_settled(self) -> bool:
        return self.payment.sync_status in ("Synced", "Needs Attention")


@dataclass(frozen=True, slots=True)
class Step:
    """`tells` what was seen, once it is."""

    waits_for: str
    is_seen: Callable[[Sight], bool]
    tells: Callable[[Sight], str]


@dataclass(frozen=True, slots=True)
class Taken:
    text: str
    seconds: float


def watch(
    desks: Desks, payment: SalesforcePayment, steps: Sequence[Step], show: Callable[[list[Taken]], None]
) -> Sight:
    """
    Until the last step is taken; `show` is told all that were, after each look. A step that went by between two looks
    counts as taken with the one after it.

    :raises DemoFailed: it takes too long
    """
    began, taken = time.monotonic(), list[Taken]()
    while True:
        sight = _look(desks, payment)
        at = time.monotonic() - began
        reached = max((place for place, step in enumerate(steps, 1) if step.is_seen(sight)), default=0)
        taken += [Taken(step.tells(sight), at) for step in steps[len(taken) : reached]]
        show(taken)
        if len(taken) == len(steps):
            return sight
        if at > PATIENCE:
            raise DemoFailed(
                f"{payment.name}: “{steps[len(taken)].waits_for}” did not happen within {PATIENCE:g} s."
            )
        time.sleep(LOOK_SECONDS)


def _look(desks: Desks, payment: SalesforcePayment) -> Sight:
    """Salesforce last: what stands there is never older than the rest."""
    told, asked = desks.was_told(payment), desks.asked_since(payment)
    posted = tuple(one for one in desks.intacct().payments if one.docnumber == payment.name)
    found = next(one for one in desks.salesforce().payments if one.id == payment.id)
    return Sight(found, told, posted, asked)
