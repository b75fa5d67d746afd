"""`ledgerline doctor`: is everything as it must be, and what to do where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from app.cli.console import Json, err, out, say_json

if TYPE_CHECKING:
    from app.cli.checks.finding import Finding

_MARKS = {
    "good": ("✓", "green"),
    "care": ("!", "yellow"),
    "wrong": ("✗", "bold red"),
    "skipped": ("·", "dim"),
}
_SUBJECT_WIDTH = 27


def doctor(as_json: Json = False) -> None:
    """
    Look at every setting, the ledger, Redis and both systems; say what is wrong and what to do. Changes nothing.

    Each login is tried once. With no credentials set, the simulators of `ledgerline run` are looked at.

    Example: ledgerline doctor --json
    """
    from app.cli.checks.examination import examine

    with err.status("Looking …"):
        found = list(examine())
    wrong = sum(one.verdict == "wrong" for one in found)
    if as_json:
        say_json({"well": not wrong, "findings": [_as_json(one) for one in found]})
    else:
        _show(found)
    raise typer.Exit(1 if wrong else 0)


def _show(found: list[Finding]) -> None:
    area = ""
    for finding in found:
        if finding.area != area:
            area = finding.area
            out.print(Text(f"\n{area}", style="bold"))
        out.print(_row(finding))
    counts = {name: sum(one.verdict == name for one in found) for name in _MARKS}
    out.print(
        Text(
            f"\n{counts['good']} as they must be, {counts['care']} to look at, {counts['wrong']} wrong, "
            f"{counts['skipped']} not looked at."
        )
    )


def _row(finding: Finding) -> Table:
    mark, style = _MARKS[finding.verdict]
    row = Table.grid(padding=(0, 1))
    row.add_column(width=3, justify="right")
    row.add_column(width=_SUBJECT_WIDTH, overflow="fold")
    row.add_column(overflow="fold")
    said = Text(finding.text)
    if finding.remedy:
        said.append(f"\n→ {finding.remedy}", style="bold")
    row.add_row(Text(mark, style=style), Text(finding.subject), said)
    return row


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "area": finding.area,
        "subject": finding.subject,
        "verdict": str(finding.verdict),
        "text": finding.text,
        "remedy": finding.remedy,
    }
