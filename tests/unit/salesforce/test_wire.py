"""JSON without a float."""

from decimal import Decimal

import httpx
import pytest

from app.salesforce.meter import Usage, usage_in
from app.salesforce.wire import AnswerNotUnderstood, as_count, as_list, as_object, as_text, dumps, loads


def test_numbers_come_and_go_as_they_were_written() -> None:
    text = b'{"a":0.1,"b":1250.50,"c":7,"d":1.25E7,"e":-0.30,"f":9007199254740993}'
    read = as_object(loads(text), "x")
    assert [str(value) for value in read.values()] == [
        "0.1",
        "1250.50",
        "7",
        "1.25E+7",
        "-0.30",
        "9007199254740993",
    ]
    assert all(isinstance(value, Decimal) for value in read.values())
    assert dumps(read) == '{"a":0.1,"b":1250.50,"c":7,"d":12500000,"e":-0.30,"f":9007199254740993}'


def test_everything_else_is_plain_json() -> None:
    value = {"text": 'ü"\\\n', "yes": True, "no": False, "none": None, "list": [1, "a", {"b": []}]}
    assert dumps(value) == '{"text":"ü\\"\\\\\\n","yes":true,"no":false,"none":null,"list":[1,"a",{"b":[]}]}'
    assert loads(dumps(value).encode()) == value


@pytest.mark.parametrize("text", [b"", b"<html>", b'{"a":', b"NaN", b"[Infinity]", b"\xff"])
def test_what_is_no_json_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError):
        loads(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_number_that_json_cannot_say_is_not_sent(number: str) -> None:
    with pytest.raises(ValueError):
        dumps([Decimal(number)])


def test_another_shape_than_promised_is_not_understood() -> None:
    for narrow, value in ((as_object, []), (as_list, {}), (as_list, "ab"), (as_text, None), (as_count, "7")):
        with pytest.raises(AnswerNotUnderstood, match="the answer was not understood"):
            narrow(value, "it")


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/5000", Usage(18, 5000)),
        ("api-usage=18/5000; per-app-api-usage=17/250(appName=sample-app)", Usage(18, 5000)),
        ("per-app-api-usage=17/250(appName=x);api-usage=18/5000", Usage(18, 5000)),
        ("per-app-api-usage=17/250(appName=x)", None),
        ("api-usage=many", None),
        ("", None),
    ],
)
def test_the_orgs_usage_is_read_and_not_the_apps(header: str, usage: Usage | None) -> None:
    assert usage_in(httpx.Headers({"Sforce-Limit-Info": header})) == usage
