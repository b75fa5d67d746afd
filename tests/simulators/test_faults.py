"""The faults both simulators share, over a real socket."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.types import ASGIApp

from simulators.faults import Calls, Fault, Faults, answer, control_routes


@dataclass
class Till:
    """A small app that counts its own work, so that a test can tell lost answers from lost work."""

    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)
    done: int = 0

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.include_router(control_routes(self.faults, self.calls))

        def work() -> Response:
            self.done += 1
            return Response(f"done {self.done}")

        def in_its_words(fault: Fault) -> Response:
            return Response(fault.kind, status_code=429 if fault.kind == "rate_limit" else 401)

        @app.post("/pay/{what}")
        async def pay(request: Request, what: str) -> Response:
            await request.body()
            self.calls.count(what)
            return await answer(request, self.faults.take(what), work, in_its_words)

        return app


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def client(till: Till, served: Callable[[ASGIApp], str]):
    with httpx.Client(base_url=served(till.app()), timeout=5) as client:
        yield client


@pytest.mark.parametrize(("kind", "done"), [("refuse", 0), ("cut_before", 0), ("cut_after", 1)])
def test_a_cut_connection_gives_no_answer_and_the_kind_says_whether_the_work_was_done(
    client, till, kind, done
):
    till.faults.add(Fault(kind))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.post("/pay/cash")
    assert till.done == done
    assert client.post("/pay/cash").text == f"done {done + 1}"


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("html_before", 503, 0),
        ("html_after", 503, 1),
        ("status_500", 500, 0),
        ("status_502", 502, 0),
        ("gateway_524", 524, 1),
        ("gateway_524_before", 524, 0),
    ],
)
def test_a_page_comes_in_the_place_of_an_answer(client, till, kind, status, done):
    till.faults.add(Fault(kind))
    answered = client.post("/pay/cash")
    assert answered.status_code == status
    assert answered.headers["content-type"].startswith("text/html")
    assert till.done == done


def test_a_rate_limit_says_when_to_come_back_and_does_not_make_the_caller_wait(client, till):
    till.faults.add(Fault("rate_limit", seconds=30))
    started = time.monotonic()
    answered = client.post("/pay/cash")
    assert (answered.status_code, answered.headers["retry-after"], answered.text) == (429, "30", "rate_limit")
    assert time.monotonic() - started < 5
    assert till.done == 0


@pytest.mark.parametrize("kind", ["session_expired", "sign_in_refused"])
def test_what_each_vendor_says_differently_is_left_to_the_simulator(client, till, kind):
    till.faults.add(Fault(kind))
    assert client.post("/pay/cash").text == kind
    assert till.done == 0


def test_a_slow_answer_is_right_and_late(client, till):
    till.faults.add(Fault("slow", seconds=0.3))
    started = time.monotonic()
    assert client.post("/pay/cash").text == "done 1"
    assert time.monotonic() - started >= 0.3


def test_a_fault_strikes_only_what_it_matches_after_the_skipped_ones_and_as_often_as_asked(client, till):
    till.faults.add(Fault("status_500", match="card", skip=1, count=2))
    asked = ["cash", "card", "card", "cash", "card", "card"]
    assert [client.post(f"/pay/{what}").status_code for what in asked] == [200, 200, 500, 200, 500, 200]
    assert till.faults.pending() == []


def test_an_endless_fault_stays_until_it_is_cleared(client, till):
    till.faults.add(Fault("status_502", count=-1))
    assert {client.post("/pay/cash").status_code for _ in range(5)} == {502}
    assert client.delete("/_sim/faults").status_code == 204
    assert client.post("/pay/cash").status_code == 200


def test_faults_are_added_one_or_many_as_json(client):
    assert client.post("/_sim/faults", json={"kind": "slow", "seconds": 1.5}).status_code == 201
    assert (
        client.post("/_sim/faults", json=[{"kind": "refuse"}, {"kind": "cut_after", "count": -1}]).status_code
        == 201
    )
    listed = client.get("/_sim/faults").json()
    assert [(one["kind"], one["count"], one["seconds"]) for one in listed] == [
        ("slow", 1, 1.5),
        ("refuse", 1, 0.0),
        ("cut_after", -1, 0.0),
    ]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('{"kind": "explode"}', "kind"),
        ('{"kind": "slow", "seconds": -1}', "seconds"),
        ('{"kind": "slow", "count": "many"}', "count"),
        ('{"kind": "slow", "skip": -2}', "skip"),
        ('{"kind": "slow", "colour": "red"}', "colour"),
        ('{"kind": "slow", "count": 0}', "fault"),
        ("not json", "fault"),
    ],
)
def test_a_wrong_fault_is_refused_by_the_name_of_its_field_and_nothing_is_switched_on(
    client, till, body, names
):
    refused = client.post("/_sim/faults", content=body)
    assert refused.status_code == 400
    assert names in [one["field"] for one in json.loads(refused.text)["errors"]]
    assert till.faults.pending() == []


def test_calls_are_counted_by_label_until_they_are_forgotten(client):
    for what in ("cash", "cash", "card"):
        client.post(f"/pay/{what}")
    assert client.get("/_sim/calls").json() == {"total": 3, "by": {"cash": 2, "card": 1}}
    client.delete("/_sim/calls")
    assert client.get("/_sim/calls").json() == {"total": 0, "by": {}}
    assert client.get("/_sim/health").json() == {"ok": True}
