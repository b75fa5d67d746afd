"""Whatever the network and both systems do on a bad day, each payment is posted once and says so."""

from typing import Any

import pytest

from tests.crash.both import many_payments
from tests.crash.conftest import NewScene

ON_A_POST: list[tuple[str, dict[str, Any]]] = [
    ("refuse", {}),
    ("cut_before", {}),
    ("cut_before", {"count": 3}),
    ("cut_after", {}),
    ("gateway_524", {}),
    ("gateway_524_before", {}),
    ("html_before", {}),
    ("html_after", {}),
    ("status_500", {}),
    ("session_expired", {}),
    ("rate_limit", {"seconds": 1}),
]
ELSEWHERE: list[tuple[str, str, str, dict[str, Any]]] = [
    ("intacct", "getAPISession", "cut_after", {}),
    ("intacct", "query", "html_before", {}),
    ("intacct", "query", "session_expired", {"skip": 1}),
    ("intacct", "query", "rate_limit", {"seconds": 1, "skip": 1}),
    ("salesforce", "token", "cut_after", {}),
    ("salesforce", "/query", "cut_before", {}),
    ("salesforce", "/query", "session_expired", {}),
    ("salesforce", "/query", "rate_limit", {"seconds": 1}),
    ("salesforce", "PATCH", "refuse", {}),
    ("salesforce", "PATCH", "cut_after", {}),
    ("salesforce", "PATCH", "html_after", {}),
    ("salesforce", "PATCH", "status_500", {"count": 4}),
    ("salesforce", "PATCH", "session_expired", {}),
]


def _check(set_scene: NewScene, system: str, match: str, fault: str, more: dict[str, Any]) -> None:
    scene = set_scene()
    posted = [made["id"] for made in scene.both.pay_all(many_payments(8))]
    struck = scene.both.intacct if system == "intacct" else scene.both.salesforce
    struck.strike(fault, match, **more)
    scene.told(posted)
    scene.crew.start().ends(0)

    assert struck("GET", "faults") == []
    assert scene.both.differences(posted=posted) == []
    assert scene.states() == {"carried": 8}


@pytest.mark.parametrize(("fault", "more"), ON_A_POST)
def test_a_post_that_fails_is_found_out_before_it_is_repeated(
    fault: str, more: dict[str, Any], set_scene: NewScene
) -> None:
    _check(set_scene, "intacct", "create", fault, more)


@pytest.mark.parametrize(("system", "match", "fault", "more"), ELSEWHERE)
def test_any_other_call_that_fails_is_repeated(
    system: str, match: str, fault: str, more: dict[str, Any], set_scene: NewScene
) -> None:
    _check(set_scene, system, match, fault, more)
