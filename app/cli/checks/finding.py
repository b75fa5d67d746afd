"""One thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """`CARE` works and deserves a look; `SKIPPED` could not be looked at, because something before it is wrong."""

    GOOD = "good"
    CARE = "care"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    area: str
    subject: str
    verdict: Verdict
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """Makes the findings of one part of the whole."""

    name: str

    def good(self, subject: str, text: str) -> Finding:
        return Finding(self.name, subject, Verdict.GOOD, text)

    def care(self, subject: str, text: str, remedy: str) -> Finding:
        return Finding(self.name, subject, Verdict.CARE, text, remedy)

    def wrong(self, subject: str, text: str, remedy: str) -> Finding:
        return Finding(self.name, subject, Verdict.WRONG, text, remedy)

    def skipped(self, subject: str, text: str) -> Finding:
        return Finding(self.name, subject, Verdict.SKIPPED, text)
