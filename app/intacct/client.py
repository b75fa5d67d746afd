"""
The gateway: many functions in one HTTP request, and one result for each.

What only reads is tried again a few times after a blip. What writes is sent exactly once, whatever happens.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, stop_after_attempt
from tenacity.wait import wait_random_exponential

from app.errors import OutcomeUnknown, RemoteUnavailable
from app.intacct.answers import Answer, Answered, ControlFailed, Failed, FunctionResult, Lost, SignInFailed
from app.intacct.faults import Next, as_error, judge
from app.intacct.requests import Function, Login, by_session, document
from app.intacct.signin import Session, SignIn, refusal
from app.intacct.wire import READ_SECONDS, Request, TimedOut, Wire, is_over
from app.records import System

TRIES = 3
MOST_WAIT = 5.0  # seconds between tries; a longer wait is the caller's, who has other work to do
TIMEOUT_RETRY_AFTER = 60.0

_jitter = wait_random_exponential(multiplier=0.5, max=MOST_WAIT)


@dataclass(frozen=True, slots=True)
class _Batch:
    functions: Sequence[Function]
    entity: str
    unique: bool
    timeout: float
    spent: Callable[[float], None] | None


class Gateway:
    """One company as one user. Safe to use from any thread. `sleep` is what waits between two tries of a read."""

    def __init__(
        self, login: Login, wire: Wire, sign_in: SignIn, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._login = login
        self._wire = wire
        self._sign_in = sign_in
        self._retrying = Retrying(
            sleep=sleep,
            stop=stop_after_attempt(TRIES),
            wait=_wait,
            retry=retry_if_exception(_is_blip) | retry_if_result(_any_busy),
            retry_error_callback=_last,
        )

    @property
    def user_id(self) -> str:
        return self._login.user_id

    def call(
        self,
        functions: Sequence[Function],
        *,
        entity: str = "",
        unique: bool = False,
        timeout: float = READ_SECONDS,
        spent: Callable[[float], None] | None = None,
    ) -> list[FunctionResult]:
        """
        One result for each function, in their order. With `unique` they are sent exactly once, and Intacct refuses what
        it has done before; a result that is missing from the answer is `Lost`. `spent` is told the seconds of each
        request, without the waiting before it.

        :raises RemoteUnavailable: surely not done
        :raises SignInRefused, CallRefused: surely not done, and repeating it changes nothing
        :raises OutcomeUnknown: only with `unique`: sent, and the answer is lost
        """
        batch = _Batch(functions, entity, unique, timeout, spent)
        if unique:
            return self._sent(batch)
        results: list[FunctionResult] = self._retrying(self._read, batch)
        return results

    def _read(self, batch: _Batch) -> list[FunctionResult]:
        try:
            results = self._sent(batch)
        except OutcomeUnknown as lost:  # it only reads: nothing can have come of it
            wait = TIMEOUT_RETRY_AFTER if isinstance(lost, TimedOut) else None
            raise RemoteUnavailable(System.INTACCT, lost.reason, retry_after=wait) from lost
        missing = next((one for one in results if isinstance(one, Lost)), None)
        if missing:
            raise RemoteUnavailable(System.INTACCT, missing.reason)
        return results

    def _sent(self, batch: _Batch) -> list[FunctionResult]:
        session = self._sign_in.session(batch.entity)
        answer = self._asked(batch, session)
        if is_over(answer):  # refused at the door: nothing of it was done
            session = self._sign_in.renew(batch.entity, session)
            answer = self._asked(batch, session)
        match answer:
            case Answered():
                return _in_order(batch.functions, answer.results)
            case SignInFailed() if not is_over(answer):
                raise refusal(answer)
            case SignInFailed() | ControlFailed():
                raise as_error(judge(answer.complaints))

    def _asked(self, batch: _Batch, session: Session) -> Answer:
        body = document(self._login, by_session(session.id), batch.functions, unique=batch.unique)
        operation = " ".join(dict.fromkeys(one.name for one in batch.functions))
        request = Request(session.endpoint, body, operation, batch.timeout, batch.unique, batch.spent)
        return self._wire.ask(request)


def _in_order(functions: Sequence[Function], results: Sequence[FunctionResult]) -> list[FunctionResult]:
    """Results are matched by control id, never by place: a function that was left out must not move the others."""
    by_id: defaultdict[str, list[FunctionResult]] = defaultdict(list)
    for result in reversed(results):
        by_id[result.control_id].append(result)
    return [
        by_id[one.control_id].pop()
        if by_id[one.control_id]
        else Lost(one.control_id, "Intacct's answer has no result for it")
        for one in functions
    ]


def _is_blip(error: BaseException) -> bool:
    return isinstance(error, RemoteUnavailable) and (error.retry_after or 0) <= MOST_WAIT


def _any_busy(results: list[FunctionResult]) -> bool:
    return any(isinstance(one, Failed) and judge(one.complaints).next is Next.AGAIN for one in results)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    stated = error.retry_after if isinstance(error, RemoteUnavailable) else None
    return max(stated or 0.0, _jitter(state))


def _last(state: RetryCallState) -> list[FunctionResult]:
    """After the last try: its results, or what it raised. A function that is still busy is its caller's to judge."""
    assert state.outcome is not None
    results: list[FunctionResult] = state.outcome.result()
    return results
