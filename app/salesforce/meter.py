"""How many calls we make, and how much of the org's daily allowance is used."""

import re
from dataclasses import dataclass
from typing import Protocol

import httpx

from app.records import System

_USAGE = re.compile(r"\bapi-usage=(\d+)/(\d+)")


class Meter(Protocol):
    """Keeps the counts of all processes."""

    def called(self, system: System, operation: str) -> None:
        """One HTTP call is about to be made; a call that is cut was made too."""

    def used(self, system: System, used: int, limit: int) -> None:
        """What the system says of its own count: calls in the last 24 hours, by everyone, and the limit."""


@dataclass(frozen=True, slots=True)
class Usage:
    used: int
    limit: int


def usage_in(headers: httpx.Headers) -> Usage | None:
    """`Sforce-Limit-Info: api-usage=18/5000; per-app-api-usage=17/250(appName=x)`: of the org, not of one app."""
    for part in headers.get("Sforce-Limit-Info", "").split(";"):
        if found := _USAGE.match(part.strip()):
            return Usage(int(found[1]), int(found[2]))
    return None
