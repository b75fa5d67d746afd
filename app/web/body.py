"""Read what was sent, up to a limit."""

from starlette.requests import Request

from app.errors import LedgerlineError

LIMIT = 2 * 1024 * 1024


class TooLarge(LedgerlineError):
    """NEVER: more than we take. No more of it is read."""


async def read(request: Request, limit: int = LIMIT) -> bytes:
    """
    The body, whole. A body that says its length is refused before any of it is read, one that does not (chunked) as
    soon as it grows over the limit.

    :raises TooLarge, starlette.requests.ClientDisconnect:
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > limit:
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)
