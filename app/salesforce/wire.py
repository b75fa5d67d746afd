"""JSON as Salesforce speaks it, without a float: numbers are Decimal both ways."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NoReturn, TypeAlias

from app.errors import CallRefused
from app.records import System

Json: TypeAlias = "None | bool | str | int | Decimal | Sequence[Json] | Mapping[str, Json]"


class AnswerNotUnderstood(CallRefused):
    """Salesforce answered in a shape that its reference does not show; repeating the call will not change that."""

    def __init__(self, what: str) -> None:
        super().__init__(System.SALESFORCE, f"the answer was not understood: {what}")


def loads(text: bytes) -> Json:
    """
    :raises ValueError: not JSON (a web page, a cut answer, `NaN`)
    """
    read: Json = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant)
    return read


def dumps(value: Json) -> str:
    """
    Without a space. `json.dumps` can write a Decimal only as text or through a float, so it writes what has none (most
    of what we send, and five times faster) and the rest is written here.
    """
    try:
        return _plain.encode(value)
    except _NotPlain:
        return _written(value)


def _written(value: Json) -> str:
    match value:
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"{value} is no number that JSON can say")
            return format(value, "f")
        case str() | bool() | int() | None:
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            return "{" + ",".join(f"{json.dumps(name)}:{_written(of)}" for name, of in value.items()) + "}"
        case _:
            return "[" + ",".join(_written(one) for one in value) + "]"


class _NotPlain(Exception):
    """There is a value that `json` does not know."""


def _refuse_value(value: object) -> NoReturn:  # noqa: ARG001 - as `json` calls it
    raise _NotPlain


_plain = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False, default=_refuse_value
)


def as_object(value: Json, what: str) -> Mapping[str, Json]:
    if isinstance(value, dict):
        return value
    raise AnswerNotUnderstood(f"{what} is no object")


def as_list(value: Json, what: str) -> Sequence[Json]:
    if isinstance(value, list):
        return value
    raise AnswerNotUnderstood(f"{what} is no list")


def as_text(value: Json, what: str) -> str:
    if isinstance(value, str):
        return value
    raise AnswerNotUnderstood(f"{what} is no text")


def as_count(value: Json, what: str) -> int:
    if isinstance(value, Decimal):
        return int(value)
    raise AnswerNotUnderstood(f"{what} is no number")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
