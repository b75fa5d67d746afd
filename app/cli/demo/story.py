"""The story: three payments, each watched to its end, and what stands in both books then."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import httpx

from app.cli.demo import telling
from app.cli.demo.agreement import differences
from app.cli.demo.books import Desks, Entry
from app.cli.demo.stage import DemoFailed, raised
from app.cli.demo.watching import Sight, Step, Taken, watch

_TOLD = Step(
    "the notice arrives",
    lambda sight: sight.told,
    lambda _: "Salesforce told; Ledgerline recorded it, then acknowledged",
)
_POSTED = Step(
    "it is posted in Intacct",
    lambda sight: bool(sight.posted),
    lambda sight: f"posted in Intacct as payment {sight.posted[0].recordno}",
)
_READ_BACK = Step(
    "it is read back",
    lambda sight: sight.asked_since > 0,
    lambda _: "read back from Intacct and compared, line by line",
)
_WRITTEN_BACK = Step(
    "it is written back",
    lambda sight: sight.is_settled,
    lambda sight: f"written back to Salesforce: {sight.payment.status}, {sight.payment.sync_status}",
)
_CUT = Step(
    "it is posted in Intacct",
    lambda sight: bool(sight.posted),
    lambda _: "Intacct posted it, and the connection was cut: no answer",
)
_UNKNOWN = Step(
    "Ledgerline says that it does not know",
    lambda sight: sight.payment.sync_status == "Unknown",
    lambda _: "nobody can say what became of it: Unknown, and not sent again",
)
_LOOKED_UP = Step(
    "it is looked up",
    lambda sight: sight.payment.sync_status == "Synced",
    lambda sight: f"looked up by its key and found: {len(sight.posted)} payment, not two",
)
_REFUSED = Step(
    "its user is told",
    lambda sight: sight.is_settled,
    lambda sight: f"refused, nothing sent; its user reads: {sight.payment.sync_status}",
)


@dataclass(frozen=True, slots=True)
class Scene:
    title: str
    entry: Entry
    steps: Sequence[Step]
    is_cut: bool = False


CASTELLAN, PEMBERTON = "Castellan Freight & Forwarding LLC", "Pemberton & Hale Surveying"
SCENES = (
    Scene(
        "A payment against two invoices",
        Entry("C-10233", CASTELLAN, (("INV-10482", Decimal("14900.00")), ("INV-10507", Decimal("9640.00")))),
        (_TOLD, _POSTED, _READ_BACK, _WRITTEN_BACK),
    ),
    Scene(
        "The connection is cut after Intacct did the work",
        Entry("C-10233", CASTELLAN, (("INV-10533", Decimal("9000.00")), ("INV-10540", Decimal("2500.00")))),
        (_TOLD, _CUT, _UNKNOWN, _LOOKED_UP),
        is_cut=True,
    ),
    Scene(
        "A payment that asks for more than is due",
        Entry("C-10241", PEMBERTON, (("INV-10551", Decimal("2900.00")),)),
        (_TOLD, _REFUSED),
    ),
)


def play() -> bool:
    """
    Play it in the terminal; answers whether the books agree at its end.

    :raises DemoFailed: it could not be played to its end
    """
    telling.opening()
    began = time.monotonic()
    with ExitStack() as held:
        with telling.waiting("Starting both simulators and Ledgerline"):
            stage = held.enter_context(raised())
        telling.started(time.monotonic() - began)
        http = held.enter_context(httpx.Client(trust_env=False, timeout=10))
        desks = Desks(stage, http)
        try:
            ends = [_play(desks, number, scene) for number, scene in enumerate(SCENES, 1)]
        except DemoFailed as failed:
            raise DemoFailed(f"{failed}\n{stage.last_words()}") from failed
        found = differences(desks.salesforce(), desks.intacct())
        telling.ending(ends, found)
        held.enter_context(telling.waiting("Stopping"))
        held.close()
    return not found


def _play(desks: Desks, number: int, scene: Scene) -> tuple[Sight, float]:
    """One scene; answers how it ended and how long that took from the press of the button."""
    payment = desks.draft(scene.entry, datetime.now(UTC).date().isoformat())
    telling.entered(number, scene.title, scene.entry, payment)
    if scene.is_cut:
        desks.cut_the_next_answer()
    last: list[Taken] = []

    def note(taken: list[Taken]) -> None:
        last[:] = taken
        show(taken)

    with telling.steps([step.waits_for for step in scene.steps]) as show:
        desks.press_ready(payment)
        sight = watch(desks, payment, scene.steps, note)
    telling.message(sight.payment)
    return sight, last[-1].seconds
