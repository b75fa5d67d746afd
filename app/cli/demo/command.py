"""The command itself: its imports are inside, so that `--help` loads none of them."""

import signal
from types import FrameType

import typer


def demo() -> None:
    """
    Watch three payments cross: one that goes well, one whose connection is cut in the middle, one that is refused.

    Needs nothing running and touches nothing of yours: all happens in a folder that goes away. About 10 seconds.

    Example: ledgerline demo
    """
    from app.cli.demo import story

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    raise typer.Exit(0 if story.play() else 1)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is Python's
    """Unwinds, so that what was started is stopped and the folder goes away."""
    raise SystemExit(128 + number)
