"""
`make bench`: measures everything in one run and prints it. It measures, and does not judge by its exit code.

    python -m tests.bench [--only a,b] [--json FILE]
"""

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import carry, growth, intake, latency, memory
from tests.bench.figures import Figure, as_json

WIDTH = 150  # of the table in a file or a pipe

PARTS: tuple[tuple[str, str, Callable[[Callable[[str], None]], list[Figure]]], ...] = (
    ("a", "intake beside the probe and the naive service", intake.measure),
    ("bc", "payments carried by one worker, and calls a payment", carry.measure),
    ("d", "latency on an idle system", latency.measure),
    ("e", "cost at a thousand and at a million closed messages", growth.measure),
    ("f", "memory of web and worker over 50,000 payments", memory.measure),
)


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    wanted = set(asked.only.replace(",", "")) or set("abcdef")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    figures: list[Figure] = []
    with console.status("starting") as status:
        for letters, _, measure in PARTS:
            if wanted & set(letters):
                figures += [one for one in measure(status.update) if one.part in wanted]
                console.print(f"measured {', '.join(letters)}", style="dim")
    console.print(table(figures))
    if asked.json:
        asked.json.write_text(
            json.dumps({"machine": machine(), "figures": as_json(figures)}, indent=1) + "\n"
        )


def table(figures: Sequence[Figure]) -> Table:
    made = Table(title=f"Ledgerline beside its yardsticks, on {machine()}")
    for name in ("", "figure", "unit"):
        made.add_column(name)
    for name in ("ours", "yardstick", "ratio", "bound"):
        made.add_column(name, justify="right")
    made.add_column("reached")
    for one in figures:
        yardstick = "" if one.yardstick is None else f"{one.beside} {_short(one.yardstick)}"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        bound = one.bound.text() if one.bound else ""
        made.add_row(
            one.part, one.name, one.unit, _short(one.ours), yardstick, ratio, bound, _VERDICTS[one.reached]
        )
    return made


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


_VERDICTS = {None: "", True: "yes", False: "NO"}


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.bench", description="Measure Ledgerline beside its yardsticks."
    )
    told = "; ".join(f"{', '.join(letters)}: {what}" for letters, what, _ in PARTS)
    parser.add_argument("--only", default="", metavar="a,b", help=f"these parts only. {told}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


if __name__ == "__main__":
    main()
