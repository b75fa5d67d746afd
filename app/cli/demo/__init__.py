"""`ledgerline demo`: both systems simulated, the service between them, and three payments to watch."""

from app.cli.demo.command import demo

__all__ = ["demo"]
