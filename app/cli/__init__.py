"""The command line: what a person, or a program, asks of Ledgerline in a terminal."""

from app.cli.program import main

__all__ = ["main"]
