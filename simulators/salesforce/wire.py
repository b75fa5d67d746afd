"""One request to the API and one answer, apart from any web framework."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast
from urllib.parse import parse_qsl, unquote

from .refusals import Refused, unreadable_body
from .values import Json


@dataclass(frozen=True)
class Call:
    """`path` is as it came, still quoted; header names are lower-cased; `base` is scheme and host."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = ""
    version: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """The path, cut at its slashes and only then unquoted: an external id may contain a slash."""
        return tuple(unquote(step) for step in self.path.strip("/").split("/"))

    def under(self, version: str, path: str) -> "Call":
        """The same call seen from below `/services/data/vXX.0/`."""
        return replace(self, version=version, path=path)

    def json(self) -> Json:
        """The body; raises Refused (JSON_PARSER_ERROR, or 415 where it is not said to be JSON)."""
        media = self.headers.get("content-type", "application/json").split(";")[0].strip()
        if media != "application/json":
            text = f"Content-Type header specified in HTTP request is not supported: {media}"
            raise Refused("UNSUPPORTED_MEDIA_TYPE", text, status=415)
        try:
            return cast(Json, json.loads(self.body, parse_float=Decimal))
        except (ValueError, RecursionError) as wrong:
            raise unreadable_body(f"{wrong}") from None

    def mapping(self) -> Mapping[str, Json]:
        """The body, which must be a JSON object."""
        return as_mapping(self.json())


@dataclass(frozen=True)
class Answer:
    """`body` None is an empty body."""

    status: int
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


def as_mapping(given: Json) -> Mapping[str, Json]:
    if not isinstance(given, Mapping):
        raise unreadable_body("The HTTP entity body is required, and must be a JSON object")
    return given


def split_query(url: str) -> tuple[str, Mapping[str, str]]:
    """A path with its query string, as a composite's subrequest names them."""
    path, _, query = url.partition("?")
    return path, dict(parse_qsl(query, keep_blank_values=True))


def refusal(refused: Refused) -> Answer:
    """The array of one error that a single-record resource answers."""
    return Answer(refused.status, [error(refused)])


def error(refused: Refused) -> dict[str, Json]:
    said: dict[str, Json] = {"message": refused.message, "errorCode": refused.code}
    return said | ({"fields": list(refused.fields)} if refused.fields else {})
