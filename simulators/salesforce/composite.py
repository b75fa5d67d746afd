"""The composite resource: up to 25 requests in one call, which may use what those before them answered."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .org import Org
from .refusals import Refused, unreadable_body
from .values import Json
from .wire import Answer, Call, as_mapping, split_query

_MOST = 25
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."

Answering = Callable[[Call], Answer]


def composite(org: Org, call: Call, answering: Answering) -> Answer:
    """
    `POST /composite`: always 200 at the top, each subrequest with its own status.

    With `allOrNone`, one failure takes all back and its siblings answer PROCESSING_HALTED.
    `answering` answers one subrequest as if it had come alone.
    """
    body = call.mapping()
    parts = body.get("compositeRequest")
    if isinstance(parts, str) or not isinstance(parts, Sequence) or not parts:
        raise unreadable_body("compositeRequest is required")
    if len(parts) > _MOST:
        raise Refused("LIMIT_EXCEEDED", f"Number of subrequests must not exceed {_MOST}")
    mark = org.records.mark()
    answers: dict[str, Answer] = {}
    for part in parts:
        name, answer = _part(org, call, as_mapping(part), answers, answering)
        if name in answers:
            raise unreadable_body(f"duplicate referenceId: {name}")
        answers[name] = answer
    if body.get("allOrNone") is True and any(answer.status >= 400 for answer in answers.values()):
        org.records.rollback(mark)
        answers = {name: answer if answer.status >= 400 else _halted() for name, answer in answers.items()}
    return Answer(200, {"compositeResponse": [_said(name, answer) for name, answer in answers.items()]})


def _part(
    org: Org, outer: Call, part: Mapping[str, Json], before: Mapping[str, Answer], answering: Answering
) -> tuple[str, Answer]:
    method, url, name = (part.get(key) for key in ("method", "url", "referenceId"))
    if not (isinstance(method, str) and isinstance(url, str) and isinstance(name, str)):
        raise unreadable_body("a subrequest needs method, url and referenceId")
    mark = org.records.mark()
    try:
        path, query = split_query(str(_filled(url, before)))
        body = json.dumps(_plain(_filled(part.get("body"), before))).encode()
        inner = replace(outer, method=method.upper(), path=path, query=query, body=body)
        answer = answering(inner)
    except _BadReference as bad:
        failure: Json = {"errorCode": "PROCESSING_HALTED", "message": f"Invalid reference specified. {bad}"}
        answer = Answer(400, [failure])
    if answer.status >= 400:
        org.records.rollback(mark)
    return name, answer


class _BadReference(Exception):
    """A subrequest refers to what no earlier answer has."""


def _filled(given: Json, before: Mapping[str, Answer]) -> Json:
    """The same with every `@{name.field}` replaced by what the earlier answer says."""
    if isinstance(given, str):
        return _REFERENCE.sub(lambda found: _looked_up(found[1], found[2], before), given)
    if isinstance(given, Mapping):
        return {name: _filled(value, before) for name, value in given.items()}
    return [_filled(value, before) for value in given] if isinstance(given, Sequence) else given


def _looked_up(name: str, path: str, before: Mapping[str, Answer]) -> str:
    here: Json = before[name].body if name in before else None
    for key, place in _STEP.findall(path):
        if key and isinstance(here, Mapping):
            here = next((value for n, value in here.items() if n.lower() == key.lower()), None)
        elif place and isinstance(here, Sequence) and int(place) < len(here):
            here = here[int(place)]
        else:
            here = None
    if here is None:
        raise _BadReference(f"No value for {name}{path} found")
    return str(here)


def _plain(given: Json) -> object:
    """JSON's own types again: a Decimal was read from a number and becomes the same text of digits."""
    if isinstance(given, Mapping):
        return {name: _plain(value) for name, value in given.items()}
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [_plain(value) for value in given]
    return given if given is None or isinstance(given, bool | int | str) else str(given)


def _halted() -> Answer:
    return Answer(400, [{"errorCode": "PROCESSING_HALTED", "message": _HALTED}])


def _said(name: str, answer: Answer) -> dict[str, Json]:
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": name,
    }
