"""
Both remote systems in one light process: `python -m tests.bench.remotes PORT`.

The simulators keep books and would take more time than what is measured. This one formats strings, so that a figure is
of the one who calls. It is held to the simulators' shapes by `test_remotes`. Under `/bench/` it answers what it saw.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import httptools

from tests.bench import salesforce_answers
from tests.bench.intacct_answers import GATEWAY_PATH, Company
from tests.bench.salesforce_answers import API, TOKEN_PATH

SALESFORCE, INTACCT = "salesforce", "intacct"


class Remotes:
    """`delay` is how long each call takes. Times are of the machine's monotonic clock, the same in every process."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.company = Company()
        self.calls: Counter[str] = Counter()
        self.posted_at: dict[int, float] = {}
        self.written_at: dict[int, float] = {}
        self.first_read: float | None = None

    def answer(self, method: str, url: str, body: bytes, host: str) -> bytes | None:
        """The body to answer; None where there is nothing at that address."""
        path = url.partition("?")[0]
        if path.startswith("/bench/"):
            return self._told(path, url)
        if path == GATEWAY_PATH:
            return self._gateway(body, host)
        self.calls[SALESFORCE] += 1
        if path == TOKEN_PATH:
            return salesforce_answers.token(f"http://{host}")
        if path == f"{API}/query":
            self.first_read = self.first_read or time.monotonic()
            return salesforce_answers.query(url)
        if method == "PATCH" and path == f"{API}/composite/sobjects":
            answer, numbers = salesforce_answers.updated(body)
            self.written_at.update(dict.fromkeys(numbers, time.monotonic()))
            return answer
        if method == "PATCH":
            self.written_at[int(path.rpartition("/")[2][5:15])] = time.monotonic()
            return b""
        if path.startswith(f"{API}/sobjects/") and path.endswith("/describe"):
            return salesforce_answers.description(path.split("/")[-2])
        return None

    def _gateway(self, body: bytes, host: str) -> bytes:
        self.calls[INTACCT] += 1
        answer, numbers = self.company.answer(body.decode(), f"http://{host}{GATEWAY_PATH}")
        self.posted_at.update(dict.fromkeys(numbers, time.monotonic()))
        return answer

    def _told(self, path: str, url: str) -> bytes | None:
        if path == "/bench/delay":
            self.delay = float(parse_qs(urlsplit(url).query)["seconds"][0])
            return b"{}"
        if path == "/bench/seen":
            twice = sum(times > 1 for times in self.company.posted.values())
            counts = {"posted": len(self.posted_at), "written": len(self.written_at), "twice": twice}
            seconds = max(self.written_at.values(), default=0.0) - (self.first_read or 0.0)
            return json.dumps(counts | {"calls": self.calls.total(), "seconds": seconds}).encode()
        if path == "/bench/times":
            number = int(parse_qs(urlsplit(url).query)["of"][0])
            times = {"posted": self.posted_at.get(number), "written": self.written_at.get(number)}
            return json.dumps(times).encode()
        return None


class Connection(asyncio.Protocol):
    """One kept connection of a caller."""

    def __init__(self, remotes: Remotes) -> None:
        self._remotes = remotes
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._begin()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"host":
            self._host = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        url, method = self._url.decode(), self._parser.get_method().decode()
        answer = self._remotes.answer(method, url, bytes(self._body), self._host)
        delay = 0.0 if url.startswith("/bench/") else self._remotes.delay
        asyncio.get_running_loop().call_later(delay, self._send, _response(answer, url))

    def _begin(self) -> None:
        self._url, self._body, self._host = b"", bytearray(), ""

    def _send(self, response: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(response)


def _response(body: bytes | None, url: str) -> bytes:
    status = HTTPStatus.NOT_FOUND if body is None else HTTPStatus.OK
    kind = 'text/xml; encoding="UTF-8"' if url == GATEWAY_PATH else "application/json;charset=UTF-8"
    head = (
        f"HTTP/1.1 {status} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body or b'')}\r\n"
    )
    if url.startswith("/services/data"):
        head += "Sforce-Limit-Info: api-usage=18/115000\r\n"
    return f"{head}\r\n".encode() + (body or b"")


async def serve(port: int) -> None:
    """Until the process is ended."""
    remotes = Remotes()
    for described in ("AR_Payment__c", "AR_Payment_Line__c"):
        salesforce_answers.description(described)  # made now, not while somebody is measured
    server = await asyncio.get_running_loop().create_server(partial(Connection, remotes), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
