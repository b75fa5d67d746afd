"""Calls to an org's REST API: signed in, metered, repeated where that is safe, and failing by name."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_after_delay

from app.errors import RemoteUnavailable
from app.salesforce import wire
from app.salesforce.failures import AnswerLost, Down, Throttled, Unreachable, complaint_in, failure, lost
from app.salesforce.refusals import Next, what_next
from app.salesforce.signin import SignIn, Token
from app.salesforce.transport import Transport

Sleep = Callable[[float], None]

TRIES: Final = 3
BLIP_SECONDS: Final = 5
"""Who asks us to wait longer than this is answered by the schedule, not by a sleeping worker."""
_TRYING_SECONDS: Final = 20
_HEADERS: Final = {"Sforce-Call-Options": "client=ledgerline", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class _Call:
    operation: str
    method: str
    path: str
    content: str | None = None
    is_repeatable: bool = True

    @property
    def is_read(self) -> bool:
        return self.method == "GET"


class Client:
    """One org. `operation` names what a call is counted as; a path is below `/services/data/vNN.N`, or a whole one."""

    def __init__(
        self, sign_in: SignIn, transport: Transport, *, version: str, sleep: Sleep = time.sleep
    ) -> None:
        self._sign_in = sign_in
        self._transport = transport
        self._root = f"/services/data/v{version}"
        self._sleep = sleep

    def get(self, operation: str, path: str, params: Mapping[str, str] | None = None) -> wire.Json:
        """
        :raises RemoteUnavailable, SignInRefused, CallRefused: never OutcomeUnknown, a read changes nothing
        """
        return self._made(_Call(operation, "GET", f"{path}?{urlencode(params)}" if params else path))

    def post(self, operation: str, path: str, body: str) -> wire.Json:
        """
        `body` is JSON text. Sent once: repeated only where surely nothing was done.

        :raises RemoteUnavailable, SignInRefused, CallRefused: surely nothing was done
        :raises OutcomeUnknown: sent, and nobody can say what became of it
        """
        return self._made(_Call(operation, "POST", path, body, is_repeatable=False))

    def patch(self, operation: str, path: str, body: str, *, is_repeatable: bool) -> wire.Json:
        """As `post`; a repeatable one, whose second arrival changes nothing, is sent again after a lost answer."""
        return self._made(_Call(operation, "PATCH", path, body, is_repeatable))

    def _made(self, call: _Call) -> wire.Json:
        def is_worth_repeating(error: BaseException) -> bool:
            if isinstance(error, AnswerLost):
                return call.is_repeatable
            return (
                isinstance(error, Unreachable | Throttled | Down) and (error.retry_after or 0) <= BLIP_SECONDS
            )

        retrying = Retrying(
            sleep=self._sleep,
            stop=stop_after_attempt(TRIES) | stop_after_delay(_TRYING_SECONDS),
            wait=_pause,
            retry=retry_if_exception(is_worth_repeating),
            reraise=True,
        )
        return retrying(self._made_once, call)

    def _made_once(self, call: _Call) -> wire.Json:
        token = self._sign_in.token()
        answer = self._sent(call, token)
        if _wants_new_token(answer):
            answer = self._sent(call, self._sign_in.renew(token))
        if not answer.is_success:
            raise failure(answer, is_read=call.is_read)
        if not answer.content:
            return None
        try:
            return wire.loads(answer.content)
        except ValueError:
            raise lost("a page came instead of an answer", is_read=call.is_read) from None

    def _sent(self, call: _Call, token: Token) -> httpx.Response:
        headers = {**_HEADERS, "Authorization": f"Bearer {token.text}"}
        url = token.instance_url + self._whole(call.path)
        try:
            return self._transport.exchange(
                call.operation, call.method, url, headers=headers, content=call.content
            )
        except AnswerLost as error:
            raise lost(error.reason, is_read=call.is_read) from error

    def _whole(self, path: str) -> str:
        """A `nextRecordsUrl` comes whole. What is no path would carry the token to the host that it names."""
        if not path.startswith("/"):
            raise wire.AnswerNotUnderstood("an address to go on with is no path")
        return path if path.startswith("/services/") else self._root + path


def _wants_new_token(answer: httpx.Response) -> bool:
    if answer.is_success:
        return False
    complaint = complaint_in(answer)
    if complaint is None:
        return answer.status_code == httpx.codes.UNAUTHORIZED
    return what_next(complaint.code, complaint.message) is Next.RENEW


def _pause(state: RetryCallState) -> float:
    """Seconds before the next try: what Salesforce asks for, or longer each time; never all workers at once."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, RemoteUnavailable) else None
    return (asked or 0.5 * 2 ** (state.attempt_number - 1)) + random.uniform(0, 0.5)  # noqa: S311 # jitter, no secret
