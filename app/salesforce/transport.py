"""One HTTP exchange with Salesforce: counted before it is made, metered by its answer."""

from collections.abc import Mapping
from typing import Final

import httpx

from app.records import System
from app.salesforce.failures import AnswerLost, Unreachable
from app.salesforce.meter import Meter, usage_in

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def open_http() -> httpx.Client:
    """Kept open between calls. It never follows a redirect: that would carry the token to another host."""
    return httpx.Client(
        timeout=_timeout(READ_SECONDS),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=4, keepalive_expiry=30),
        headers={"Accept": "application/json"},
        follow_redirects=False,
    )


class Transport:
    def __init__(self, http: httpx.Client, meter: Meter) -> None:
        self._http = http
        self._meter = meter

    def exchange(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: str | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> httpx.Response:
        """
        The answer, whatever it says, read to its end. `operation` is what the call is counted as.

        :raises Unreachable: nothing was sent
        :raises AnswerLost: sent, wholly or in part, and not answered
        """
        request = self._http.build_request(
            method, url, headers=dict(headers), content=content, timeout=_timeout(read_seconds)
        )
        self._meter.called(System.SALESFORCE, operation)
        try:
            answer = self._http.send(request)
        except _NOT_SENT as error:
            raise Unreachable(System.SALESFORCE, f"no connection to {request.url.host}: {error}") from error
        except httpx.RequestError as error:
            why = f"no answer from {request.url.host} ({type(error).__name__})"
            raise AnswerLost(System.SALESFORCE, why) from error
        if usage := usage_in(answer.headers):
            self._meter.used(System.SALESFORCE, usage.used, usage.limit)
        return answer


def _timeout(read_seconds: float) -> httpx.Timeout:
    return httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
