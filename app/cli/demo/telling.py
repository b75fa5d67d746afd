"""How the story looks in a terminal of 80 columns."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from rich.console import Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from app.cli.console import out
from app.cli.demo.books import Entry, SalesforcePayment
from app.cli.demo.watching import Sight, Taken

_WIDTH = 78
_INDENT = "   "


def opening() -> None:
    out.print(Text("\nLedgerline, with both systems simulated on this machine", style="bold"))
    out.print(Text("In a folder that goes away; nothing of yours is read or written.\n", style="dim"))


def waiting(text: str) -> AbstractContextManager[object]:
    return out.status(f"{text} …")


def started(seconds: float) -> None:
    out.print(_line(Text("✓", style="green"), "Salesforce, Intacct and Ledgerline are up", _spoken(seconds)))


def entered(number: int, title: str, entry: Entry, payment: SalesforcePayment) -> None:
    """What the user has entered, before the button is pressed."""
    out.print(Text(f"\n{number}  {title}", style="bold"))
    out.print(
        Text(f"{_INDENT}{payment.name}: {entry.name} pays {payment.currency} {payment.amount:,.2f} by EFT")
    )
    for invoice, amount in entry.lines:
        out.print(Text(f"{_INDENT}  {invoice}  {amount:>12,.2f}", style="dim"))


@contextmanager
def steps(waits: Sequence[str]) -> Iterator[Callable[[list[Taken]], None]]:
    """A line for each step, ticked as it is taken, with the time since the button was pressed."""
    spinner = Spinner("dots")

    def drawn(taken: list[Taken]) -> Group:
        done = [_line(Text("✓", style="green"), one.text, _spoken(one.seconds)) for one in taken]
        left = waits[len(taken) :]
        at_work = [_line(spinner, f"{left[0]} …", "")] if left else []
        return Group(_line(Text("✓", style="green"), "its user presses Ready", ""), *done, *at_work)

    with Live(drawn([]), console=out, refresh_per_second=12) as live:
        yield lambda taken: live.update(drawn(taken))
    if not out.is_terminal:  # rich leaves the last frame without its end of line
        out.print()


def message(payment: SalesforcePayment) -> None:
    """What stands beside the payment in Salesforce now."""
    said = Table.grid(padding=(0, 1))
    said.add_column(width=4)
    said.add_column(width=_WIDTH - 5)
    said.add_row("", Text(f"“{payment.sync_message or ''}”", style="italic"))
    out.print(said)


def ending(ends: Sequence[tuple[Sight, float]], differences: Sequence[str]) -> None:
    """What crossed, from both books."""
    table = Table(title="\nWhat stands in both books now", title_justify="left", title_style="bold", box=None)
    for name, justify in (
        ("PAYMENT", "left"),
        ("AMOUNT", "right"),
        ("SALESFORCE", "left"),
        ("INTACCT", "left"),
        ("TOOK", "right"),
    ):
        table.add_column(name, justify=justify, header_style="dim", no_wrap=True)  # type: ignore[arg-type] # "left" and "right" are literals above
    for sight, seconds in ends:
        payment = sight.payment
        state = f"{payment.status}, {payment.sync_status}"
        there = ", ".join(f"{one.recordno}: {one.amount:,.2f}" for one in sight.posted) or "nothing"
        amount = f"{payment.currency} {payment.amount:,.2f}"
        table.add_row(payment.name, amount, state, there, _spoken(seconds))
    out.print(table)
    for text in differences:
        out.print(Text(f"✗ {text}", style="bold red"))
    if not differences:
        out.print(Text("\n✓ The books agree: each payment once, each invoice to the cent.\n", style="green"))


def _line(mark: RenderableType, text: str, time: str) -> Table:
    line = Table.grid(padding=(0, 1))
    line.add_column(width=4, justify="right")
    line.add_column(width=_WIDTH - 15, no_wrap=True, overflow="ellipsis")
    line.add_column(width=8, justify="right", style="dim", no_wrap=True)
    line.add_row(mark, text, time)
    return line


def _spoken(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
