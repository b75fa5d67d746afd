"""
What came of one record of a batch. Every remote verb answers one of these per item, in the order asked.

* Written   done; here is its id there
* Refused   ASK      the data are wrong: the problem says what to do
* Again     AGAIN    surely not done, and nothing is wrong with it (a lock, a busy service): counted, repeated later
* Unclear   UNKNOWN  sent, and nobody can say: look it up by its key before anything is sent again
* Repeated  UNKNOWN  the system says that it did this before, or is doing it now: look it up
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing wrong with a record, for the person who can mend it.

    `code` names the refusal for programs (`amount_not_positive`); `text` says what is wrong with which thing, in one
    sentence; `remedy` what to do, in one sentence. No vendor code stands in either; `support` keeps it, for support.
    """

    code: str
    text: str
    remedy: str
    field: str = ""
    support: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.remedy}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent for a record and what came back, secrets removed, for the person who asks later."""

    sent: str = ""
    received: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    id: str
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Refused:
    problem: Problem
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Again:
    """`most`: after so many tries repeating is known to be useless, whatever the schedule says; None = the schedule."""

    reason: str
    exchange: Exchange = Exchange()
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    reason: str
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Repeated:
    """`at_work`: the first is running now and may still fail; otherwise it is recorded as done."""

    reason: str
    exchange: Exchange = Exchange()
    at_work: bool = False


WriteOutcome = Written | Refused | Again | Unclear | Repeated
