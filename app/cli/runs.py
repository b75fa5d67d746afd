"""A run in the terminal: how far it is, and what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.console import Shown, complain, err, out, say, say_json, table

if TYPE_CHECKING:
    from app.bootstrap import Service
    from app.ledger.runs import Run

LOOK_SECONDS = 0.25
STILL_SECONDS = 20.0
NEEDS_A_PERSON = ("rejected", "failed")


def waited_for(service: Service, run: Run) -> Run:
    """The run when each of its messages is closed; a bar on standard error meanwhile. Ctrl-C ends only the waiting."""
    from app.ledger import runs

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[outcomes]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as progress:
        bar = progress.add_task(f"Run {run.id}", total=run.total, outcomes="")
        still_until = time.monotonic() + STILL_SECONDS
        while True:
            progress.update(bar, completed=run.done, outcomes=_counts(run))
            if run.state != runs.RUNNING:
                return run
            if time.monotonic() > still_until:
                complain("! Nothing has moved for a while. `ledgerline doctor` says what stands in the way.")
                still_until = float("inf")
            time.sleep(LOOK_SECONDS)
            with service.ledger.read() as reading:
                before, run = run, runs.read(reading, run.connection, run.id) or run
            if run.done > before.done:
                still_until = time.monotonic() + STILL_SECONDS


def show(run: Run, *, as_json: bool, dry: bool = False) -> None:
    if as_json:
        say_json(as_shown(run))
        return
    if dry:
        say(f"Run {run.id}, dry: {run.total:,} records looked at; nothing was sent.")
    elif run.finished_at:
        say(f"Run {run.id}: {_messages(run)}, all closed.")
    else:
        say(f"Run {run.id}: {_messages(run)} to do. --wait shows how far it is.")
    if run.outcomes and (dry or run.finished_at):
        out.print(table(["STATE", "COUNT"], [[state, f"{n:,}"] for state, n in sorted(run.outcomes.items())]))
    if run.amounts:
        out.print(table(["CURRENCY", "WOULD BE POSTED"], [list(pair) for pair in run.amounts.items()]))


def exit_code(run: Run) -> int:
    """1 where some of it needs a person."""
    return 1 if any(run.outcomes.get(state) for state in NEEDS_A_PERSON) else 0


def as_shown(run: Run) -> dict[str, Shown]:
    """The shape of `GET runs/{id}`."""
    return {
        "id": run.id,
        "kind": run.kind,
        "state": run.state,
        "total": run.total,
        "done": run.done,
        "outcomes": dict(run.outcomes),
        "amounts": dict(run.amounts),
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }


def _counts(run: Run) -> str:
    return ", ".join(f"{n:,} {state}" for state, n in sorted(run.outcomes.items()))


def _messages(run: Run) -> str:
    return f"{run.total:,} message{'' if run.total == 1 else 's'}"
