"""
The least that a hook can do: `python -m tests.bench.yardsticks.probe PORT FILE`.

A route that parses with expat and makes one SQLite commit a message, nothing else: no proof of sender, no routing, no
lanes, no bell. Nobody who records before he acknowledges is faster, message by message.
"""

import sqlite3
import sys
from pathlib import Path
from xml.parsers import expat

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.channels.salesforce_outbound_message import ACKNOWLEDGEMENT
from tests.bench.yardsticks.store import opened

HOOK = "/hook"


def application(store: sqlite3.Connection) -> Starlette:
    async def receive(request: Request) -> Response:
        rows = pointers(await request.body())
        store.execute("BEGIN IMMEDIATE")
        store.executemany("INSERT OR IGNORE INTO inbox (delivery, record, state) VALUES (?, ?, 'due')", rows)
        store.execute("COMMIT")
        return Response(ACKNOWLEDGEMENT, media_type="text/xml")

    return Starlette(routes=[Route(HOOK, receive, methods=["POST"])])


def pointers(body: bytes) -> list[tuple[str, str]]:
    """Each notification's id with its record's."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    texts: list[str] = []
    found: dict[str, list[str]] = {"Id": [], "sf:Id": []}

    def start(name: str, _: dict[str, str]) -> None:
        if name in found:
            texts.clear()
            parser.CharacterDataHandler = texts.append

    def end(name: str) -> None:
        if name in found:
            parser.CharacterDataHandler = None
            found[name].append("".join(texts))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(body, True)
    return list(zip(found["Id"], found["sf:Id"], strict=True))


def serve(app: Starlette, port: int) -> None:
    """As ours is served, so that the server is no part of the difference."""
    uvicorn.run(
        app, host="127.0.0.1", port=port, http="httptools", ws="none", log_level="warning", access_log=False
    )


if __name__ == "__main__":
    serve(application(opened(Path(sys.argv[2]))), int(sys.argv[1]))
