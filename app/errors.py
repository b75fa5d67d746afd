"""
What can go wrong, by what happens next. Defined here: the classes; each module raises its own subclass.

* LedgerlineError
  + RemoteError             a call to a remote system as a whole
    - RemoteUnavailable     AGAIN  down, throttled, cut before it was sent: the connection pauses, nothing is counted
    - SignInRefused         ASK    the login itself: tried once, then the connection pauses and says so
    - CallRefused           ASK    the whole call is wrong (a field that does not exist, a missing permission)
    - OutcomeUnknown        UNKNOWN  sent, and nobody can say what became of it: look it up before anything else
  + NotOurs                 NEVER  a well-formed notice that no flow carries
  + Malformed               ASK    what came in is not of its format
  + ProofMissing            NEVER  what came in does not prove who sent it
  + BadSetting              ASK    a setting that cannot work, with its name and the remedy

What goes wrong with one record of a batch is not raised but returned: see `app.records.outcomes`.
"""


class LedgerlineError(Exception):
    """Base of everything that we raise on purpose."""


class RemoteError(LedgerlineError):
    """A call to a remote system failed as a whole."""

    def __init__(self, system: str, reason: str) -> None:
        super().__init__(f"{system}: {reason}")
        self.system = system
        self.reason = reason


class RemoteUnavailable(RemoteError):
    """The system could not take the call, and surely did nothing; `retry_after` seconds when it said so."""

    def __init__(self, system: str, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(system, reason)
        self.retry_after = retry_after


class SignInRefused(RemoteError):
    """Our login is refused. Never repeated by itself within the hour: a loop would lock the user out."""


class CallRefused(RemoteError):
    """The system understood the call and refuses it whole; repeating it changes nothing."""


class OutcomeUnknown(RemoteError):
    """The call was sent and its answer lost: the work may be done, undone, or still running."""


class NotOurs(LedgerlineError):
    """Nothing carries this."""


class Malformed(LedgerlineError):
    """Not of the format that its address promises; the text says what is wrong."""


class ProofMissing(LedgerlineError):
    """The sender did not prove who it is."""


class BadSetting(LedgerlineError):
    """A setting cannot work; names it and says the remedy."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"{name}: {problem}. {remedy}")
        self.name = name
        self.problem = problem
        self.remedy = remedy
