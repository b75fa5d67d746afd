"""How the command line speaks: answers on standard output, complaints on standard error, JSON where it is asked for."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program to read.")]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Shown = str | int | float | bool | None | Sequence["Shown"] | Mapping[str, "Shown"]


def say(text: str) -> None:
    """One answer to a person. Taken as it is: a `[` in a vendor's text is no markup. Piped, it keeps its lines."""
    out.print(Text(text), soft_wrap=not out.is_terminal)


def complain(text: str) -> None:
    err.print(Text(text), soft_wrap=not err.is_terminal)


def say_json(value: Shown) -> None:
    """Whole, on one line a member, never wrapped to the terminal."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, whole: Collection[str] = ()) -> Table:
    """Plain columns that fit 80 characters by wrapping; the first one never wraps, nor do those of `whole`."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        made.add_column(column, no_wrap=number == 0 or column in whole, overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made
