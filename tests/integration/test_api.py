"""The REST API on a real socket: each route does what the contract says, and each refusal names its remedy."""

import json

import pytest
from sqlalchemy import create_engine

from app import redis_server
from app.errors import BadSetting, RemoteUnavailable
from app.ledger import health, links, messages, tokens
from app.ledger.engine import Ledger, connect
from app.records import Pair
from app.records.ids import to18
from app.records.lane import lane_of
from tests.fakes import CUT_AFTER_THE_WORK, FLOW, a_payment
from tests.previewed import ID, Company, Org, connection
from tests.serving import API, client, opened

P1, P2, P3 = (to18(f"a0B00000000000{n}") for n in (1, 2, 3))
MESSAGE = {
    "id", "connection", "system", "object", "record", "state", "reason", "due_at", "attempts", "received_at",
    "closed_at", "target",
}  # fmt: skip
RUN = {"id", "kind", "state", "total", "done", "outcomes", "amounts", "started_at", "finished_at"}


class TestResync:
    def test_answers_a_run_that_is_finished_when_its_messages_are_closed(self, desk):
        desk.world.salesforce.hold(a_payment(P1), a_payment(P2, amount="0.00"))
        response = desk.post("/resync", {"system": "salesforce", "object": "AR_Payment__c", "ids": [P1, P2]})
        assert response.status_code == 202
        run = response.json()
        assert set(run) == RUN
        assert (run["kind"], run["state"], run["total"], run["done"]) == ("resync", "running", 2, 0)
        assert run["started_at"] == "2026-11-24T14:32:00Z"
        desk.world.drain()
        after = desk.get(f"/runs/{run['id']}")
        assert (after["state"], after["done"]) == ("finished", 2)
        assert after["outcomes"] == {"carried": 1, "rejected": 1}
        assert after["finished_at"] == "2026-11-24T14:32:00Z"

    @pytest.mark.parametrize("which", [{"since": "2026-11-20T00:00:00+01:00"}, {"filter": "default"}])
    def test_takes_what_the_filter_takes_and_our_kind_for_the_object(self, desk, which):
        desk.world.salesforce.hold(a_payment(P1), a_payment(P2, wanted=False))
        run = desk.post("/resync", {"system": "salesforce", "object": "payment", **which}).json()
        assert run["total"] == 1

    def test_dry_run_says_what_would_be_posted_and_does_nothing(self, desk):
        desk.world.salesforce.hold(a_payment(P1, amount="12.5"), a_payment(P2, amount="0.00"))
        asked = {"system": "salesforce", "object": "payment", "ids": [P1, P2], "dry_run": True}
        run = desk.post("/resync", asked).json()
        assert (run["state"], run["done"]) == ("finished", 2)
        assert run["outcomes"] == {"carried": 1, "rejected": 1}
        assert run["amounts"] == {"USD": "12.50"}
        assert desk.get("/messages")["items"] == []

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"ids": None}, "ids"),
            ({"ids": []}, "ids"),
            ({"ids": [P1], "since": "2026-11-20T00:00:00Z"}, "ids"),
            ({"ids": None, "since": "2026-11-20T00:00:00"}, "since"),
            ({"ids": None, "since": "2026-11-20T00:00:00Z", "until": "2026-11-20T00:00:00Z"}, "until"),
            ({"until": "2026-11-20T00:00:00Z"}, "until"),
            ({"ids": None, "since": "0001-01-01T00:00:00+14:00"}, "since"),
            ({"ids": None, "filter": "Status__c = 'Ready'"}, "filter"),
            ({"ids": ["a0B\u0000"]}, "ids.0"),
            ({"system": "sap"}, "system"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, alone, changed, field):
        asked = {"system": "salesforce", "object": "payment", "ids": [P1], **changed}
        asked = {name: value for name, value in asked.items() if value is not None}
        problem = alone.refused(alone.post("/resync", asked), 422, "invalid")
        assert field in problem["detail"]
        assert any(field in error["field"] or field in error["problem"] for error in problem["errors"])

    def test_refuses_an_id_that_is_none_and_an_object_that_nothing_carries(self, alone):
        asked = {"system": "salesforce", "object": "payment", "ids": ["nonsense"]}
        assert "'nonsense'" in alone.refused(alone.post("/resync", asked), 422, "invalid")["detail"]
        problem = alone.refused(alone.post("/resync", {**asked, "object": "Contact"}), 422, "not_carried")
        assert "AR_Payment__c" in problem["detail"]

    def test_says_when_salesforce_cannot_be_asked(self, alone):
        alone.world.salesforce.failures.append(
            RemoteUnavailable("salesforce", "it answers 503", retry_after=7)
        )
        asked = {"system": "salesforce", "object": "payment", "filter": "default"}
        response = alone.post("/resync", asked)
        assert "it answers 503" in alone.refused(response, 503, "remote_unavailable")["detail"]
        assert response.headers["retry-after"] == "7"

    def test_says_which_setting_keeps_the_connection_from_being_made(self, alone):
        alone.service.made = BadSetting("SALESFORCE_PRIVATE_KEY_FILE", "cannot be read", "Name the PEM file.")
        asked = {"system": "salesforce", "object": "payment", "ids": [P1]}
        problem = alone.refused(alone.post("/resync", asked), 503, "bad_setting")
        assert "SALESFORCE_PRIVATE_KEY_FILE" in problem["detail"]
        assert problem["remedy"] == "Name the PEM file."


class TestMessages:
    def test_are_listed_the_newest_first_page_by_page(self, desk):
        ids = [to18(f"a0B{n:012}") for n in range(1, 8)]
        desk.arrive(*ids)
        seen, cursor = [], None
        while True:
            page = desk.get("/messages", limit=3, **({"cursor": cursor} if cursor else {}))
            seen += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert [one["record"] for one in seen] == ids[::-1]
        assert all(set(one) == MESSAGE for one in seen)
        assert {(one["state"], one["attempts"], one["due_at"], one["object"]) for one in seen} == {
            ("carried", 0, None, "AR_Payment__c")
        }
        assert {one["target"] for one in seen} == set(desk.world.intacct.payments)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"state": "rejected"}, [P2]),
            ({"state": ["rejected", "carried"]}, [P2, P1]),
            ({"state": "failed"}, []),
            ({"object": "AR_Payment__c"}, [P2, P1]),
            ({"object": "payment"}, [P2, P1]),
            ({"object": "invoice"}, []),
            ({"system": "salesforce"}, [P2, P1]),
            ({"system": "intacct"}, []),
            ({"record": P1}, [P1]),
            ({"record": P1[:15]}, [P1]),
            ({"since": "2026-11-24T14:32:00Z"}, [P2, P1]),
            ({"since": "2026-11-24T15:32:01+01:00"}, []),
            ({"object": "payment", "state": "carried", "record": P2}, []),
        ],
    )
    def test_are_found_by_what_is_asked(self, desk, query, found):
        desk.arrive(P1)
        desk.arrive(P2, amount="0.00")
        assert [one["record"] for one in desk.get("/messages", **query)["items"]] == found

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"state": "lost"}, "state"),
            ({"limit": 0}, "limit"),
            ({"limit": 201}, "limit"),
            ({"since": "yesterday"}, "since"),
            ({"cursor": "x"}, "cursor"),
            ({"cursor": "YmVmb3JlOi0x"}, "cursor"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_name_the_part_of_the_question_that_is_wrong(self, alone, query, field):
        response = alone.web.get(f"{API}/messages", params=query)
        assert field in alone.refused(response, 422, "invalid")["detail"]

    def test_show_every_attempt_with_its_refusals(self, desk):
        desk.arrive(P1, amount="-5.00")
        (listed,) = desk.get("/messages")["items"]
        shown = desk.get(f"/messages/{listed['id']}")
        assert set(shown) == MESSAGE | {"attempt_count"}
        (attempt,) = shown["attempts"]
        assert (attempt["outcome"], attempt["reason"]) == ("rejected", shown["reason"])
        assert [problem["code"] for problem in attempt["problems"]] == ["amount_not_positive"]
        assert shown["attempt_count"] == listed["attempts"] == 0

    @pytest.mark.parametrize("id", ["7", str(2**63 - 1)])
    def test_that_are_not_there_are_said_not_to_be(self, alone, id):
        for response in (
            alone.web.get(f"{API}/messages/{id}"),
            alone.post(f"/messages/{id}/replay"),
            alone.post(f"/messages/{id}/ignore", {"reason": "no"}),
        ):
            assert id in alone.refused(response, 404, "message_not_found")["detail"]

    @pytest.mark.parametrize("id", ["0", "-1", "abc", str(2**63)])
    def test_have_numbers(self, alone, id):
        problem = alone.refused(alone.web.get(f"{API}/messages/{id}"), 422, "invalid")
        assert problem["errors"][0]["field"] == "message_id"


class TestReplay:
    def test_makes_a_message_due_now(self, desk):
        desk.arrive(P1, amount="-5.00")
        (one,) = desk.get("/messages")["items"]
        desk.world.salesforce.hold(a_payment(P1, sync_status="Needs Attention"))
        response = desk.post(f"/messages/{one['id']}/replay")
        assert response.status_code == 202
        assert set(response.json()) == MESSAGE
        assert (response.json()["state"], response.json()["due_at"]) == ("waiting", "2026-11-24T14:32:00Z")
        desk.world.drain()
        assert desk.get(f"/messages/{one['id']}")["state"] == "carried"

    def test_of_what_a_worker_holds_is_refused(self, desk):
        desk.world.salesforce.hold(a_payment(P1))
        desk.world.told(P1)
        with desk.world.ledger.write() as writing:
            lane = lane_of("main", FLOW, P1)
            messages.claim(writing, lane, "token", now=desk.world.clock(), lease=desk.world.desk.lease)
        (one,) = desk.get("/messages")["items"]
        desk.refused(desk.post(f"/messages/{one['id']}/replay"), 409, "in_hand")
        desk.refused(desk.post(f"/messages/{one['id']}/ignore", {"reason": "no"}), 409, "in_hand")

    def test_of_many_is_a_run_and_asks_for_the_right_count(self, desk):
        desk.arrive(P1, P2, amount="-5.00")
        desk.arrive(P3)
        body = {"filter": {"state": "rejected", "object": "payment"}, "count": 3}
        problem = desk.refused(desk.post("/messages/replay", body), 409, "count_differs")
        assert "2 messages, not 3" in problem["detail"]
        response = desk.post("/messages/replay", {**body, "count": 2})
        assert response.status_code == 202
        run = response.json()
        assert set(run) == RUN
        assert (run["kind"], run["total"], run["state"]) == ("replay", 2, "running")
        desk.world.drain()
        assert desk.get(f"/runs/{run['id']}")["state"] == "finished"


class TestIgnore:
    def test_closes_a_message_and_says_who_and_why(self, desk):
        desk.arrive(P1, amount="-5.00")
        (one,) = desk.get("/messages")["items"]
        response = desk.post(f"/messages/{one['id']}/ignore", {"reason": "typed in by hand"})
        assert response.status_code == 200
        closed = response.json()
        assert set(closed) == MESSAGE | {"unsaid"}
        assert (closed["state"], closed["due_at"], closed["unsaid"]) == ("ignored", None, None)
        assert closed["reason"].startswith("Ignored by API_TOKEN: typed in by hand; it was: ")
        assert desk.world.salesforce.notes[-1].sync_status == "Ignored"
        desk.refused(desk.post(f"/messages/{one['id']}/ignore", {"reason": "x"}), 409, "nothing_to_ignore")

    def test_names_the_token_that_did_it(self, desk):
        desk.arrive(P1, amount="-5.00")
        with desk.world.ledger.write() as writing:
            text = tokens.create(writing, "Ann's desk", "operator", desk.world.clock())
        (one,) = desk.get("/messages")["items"]
        with client(str(desk.web.base_url), text) as ann:
            closed = ann.post(f"{API}/messages/{one['id']}/ignore", json={"reason": "by hand"}).json()
        assert closed["reason"].startswith("Ignored by Ann's desk: by hand")

    def test_of_what_may_be_out_there_needs_force(self, desk):
        desk.world.intacct.outcomes["ARP-" + P1[-6:]] = CUT_AFTER_THE_WORK
        desk.arrive(P1)
        (one,) = desk.get("/messages")["items"]
        address = f"/messages/{one['id']}/ignore"
        problem = desk.refused(desk.post(address, {"reason": "x"}), 409, "may_be_out_there")
        assert "force" in problem["remedy"]
        assert desk.post(address, {"reason": "x", "force": True}).json()["state"] == "ignored"

    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "a\u0000b"}, None])
    def test_needs_a_reason(self, alone, body):
        alone.refused(alone.post("/messages/1/ignore", body), 422, "invalid")


class TestLinks:
    def test_of_carried_payments_are_found_by_either_id(self, desk):
        desk.arrive(P1, P2)
        (target,) = (
            id for id, payment in desk.world.intacct.payments.items() if payment.key.endswith(P1[-6:])
        )
        all_of_them = desk.get("/links", object="payment")
        assert len(all_of_them["items"]) == 2
        assert all_of_them["next"] is None
        queries = [
            {"id": P1}, {"id": P1[:15], "system": "salesforce"}, {"id": target}, {"id": target, "system": "intacct"},
            {"object": "AR_Payment__c", "id": P1},
        ]  # fmt: skip
        for query in queries:
            (link,) = desk.get("/links", **query)["items"]
            assert (link["salesforce_id"], link["intacct_id"], link["object"]) == (P1, target, "payment")
            assert link["settled_at"] == "2026-11-24T14:32:00Z"
        for query in [{"id": target, "system": "salesforce"}, {"object": "invoice"}, {"id": "nobody"}]:
            assert desk.get("/links", **query)["items"] == []
        page = desk.get("/links", limit=1)
        assert page["next"]
        assert len(desk.get("/links", limit=1, cursor=page["next"])["items"]) == 1

    def test_made_by_hand_are_settled_only_after_a_look(self, desk):
        desk.arrive(P2)
        (posted,) = desk.world.intacct.payments.values()
        with desk.world.ledger.write() as writing:  # as if it had been typed into Intacct
            links.part(writing, "main", desk.get("/links")["items"][0]["id"])
        desk.world.salesforce.hold(a_payment(P1))
        response = desk.post(
            "/links", {"object": "payment", "salesforce_id": P1[:15], "intacct_id": posted.id}
        )
        assert response.status_code == 201
        assert (response.json()["salesforce_id"], response.json()["settled_at"]) == (P1, None)
        desk.world.drain()
        (link,) = desk.get("/links", id=P1)["items"]
        assert link["settled_at"] == "2026-11-24T14:32:00Z"
        assert desk.world.salesforce.records[P1].target_id == posted.id
        assert len(desk.world.intacct.payments) == 1

    def test_made_by_hand_of_two_that_differ_ask_a_person(self, desk):
        desk.arrive(P2)
        (posted,) = desk.world.intacct.payments.values()
        with desk.world.ledger.write() as writing:
            links.part(writing, "main", desk.get("/links")["items"][0]["id"])
        desk.world.salesforce.hold(a_payment(P1, amount="7.00"))
        desk.post("/links", {"object": "payment", "salesforce_id": P1, "intacct_id": posted.id})
        desk.world.drain()
        (one,) = desk.get("/messages", record=P1)["items"]
        assert one["state"] == "rejected"
        assert desk.get("/links", id=P1)["items"][0]["settled_at"] is None

    def test_that_exist_are_refused(self, desk):
        desk.arrive(P1)
        (target,) = desk.world.intacct.payments
        for ids in [(P1, "999"), (P2, target), (P1, target)]:
            body = {"object": "payment", "salesforce_id": ids[0], "intacct_id": ids[1]}
            desk.refused(desk.post("/links", body), 409, "linked_already")

    def test_of_what_is_being_looked_up_are_refused(self, desk):
        desk.world.intacct.outcomes["ARP-" + P1[-6:]] = CUT_AFTER_THE_WORK
        desk.arrive(P1)
        body = {"object": "payment", "salesforce_id": P1, "intacct_id": "999"}
        desk.refused(desk.post("/links", body), 409, "being_looked_up")

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"object": "Contact"}, "not_carried"),
            ({"salesforce_id": "abc"}, "invalid"),
            ({"intacct_id": "88x"}, "invalid"),
            ({"intacct_id": ""}, "invalid"),
        ],
    )
    def test_of_what_cannot_be_linked_are_refused(self, alone, changed, code):
        body = {"object": "payment", "salesforce_id": P1, "intacct_id": "88000", **changed}
        alone.refused(alone.post("/links", body), 422, code)

    def test_can_be_removed_and_nothing_is_posted_twice_for_it(self, desk):
        desk.arrive(P1)
        (link,) = desk.get("/links")["items"]
        address = f"{API}/links/{link['id']}"
        response = desk.web.request("DELETE", address, json={"reason": "the wrong one"})
        assert response.json() == link
        assert desk.get("/links")["items"] == []
        desk.refused(desk.web.request("DELETE", address, json={"reason": "again"}), 404, "link_not_found")
        # Though Salesforce has lost its key and asks again: it is looked up, and found.
        desk.world.salesforce.hold(a_payment(P1))
        desk.world.told(P1)
        desk.world.drain_until_quiet()
        assert len(desk.world.intacct.writes) == 1
        assert desk.get("/links")["items"][0]["intacct_id"] == link["intacct_id"]

    def test_are_removed_for_a_reason_only(self, alone):
        alone.refused(alone.web.request("DELETE", f"{API}/links/1", json={}), 422, "invalid")
        alone.refused(alone.web.request("DELETE", f"{API}/links/1"), 422, "invalid")


class TestPreview:
    @pytest.fixture
    def org(self, desk) -> Org:
        org = Org()
        org.hold()
        desk.service.made = connection(org, Company(), desk.world.desk)
        return org

    def test_shows_field_by_field_and_sends_nothing(self, desk, org):
        response = desk.post("/preview", {"system": "salesforce", "object": "payment", "id": ID[:15]})
        assert response.status_code == 200
        shown = response.json()
        assert (shown["id"], shown["key"], shown["amount"], shown["currency"]) == (
            ID, "ARP-000412", "18450.00", "USD",
        )  # fmt: skip
        assert (shown["ready"], shown["problems"], shown["waits_for"], shown["posted_as"]) == (
            True,
            [],
            None,
            None,
        )
        (method,) = (row for row in shown["fields"] if row["word"] == "method")
        assert (method["source"], method["read"], method["to"], method["written"]) == (
            "Payment_Method__c", "EFT", "PAYMENTMETHOD", "EFT",
        )  # fmt: skip
        assert "<CUSTOMERID>C-10233</CUSTOMERID>" in shown["request"]
        assert desk.get("/messages")["items"] == []

    def test_says_what_is_wrong(self, desk, org):
        org.hold(Receipt_Date__c=None)
        shown = desk.post("/preview", {"system": "salesforce", "object": "AR_Payment__c", "id": ID}).json()
        assert shown["ready"] is False
        assert [problem["code"] for problem in shown["problems"]] == ["receipt_date_missing"]

    def test_says_that_it_is_posted_already(self, desk, org):
        with desk.world.ledger.write() as writing:
            links.pair(writing, "main", "payment", [Pair(ID, "88123")], now=desk.world.clock())
        shown = desk.post("/preview", {"system": "salesforce", "object": "payment", "id": ID}).json()
        assert (shown["ready"], shown["posted_as"]) == (False, "88123")

    def test_refuses_what_is_not_there_or_not_carried(self, desk, org):
        asked = {"system": "salesforce", "object": "payment", "id": P1}
        desk.refused(desk.post("/preview", asked), 404, "record_not_found")
        desk.refused(desk.post("/preview", {**asked, "id": "x"}), 422, "invalid")
        desk.refused(desk.post("/preview", {**asked, "object": "Contact"}), 422, "not_carried")
        desk.refused(desk.post("/preview", {**asked, "system": "intacct"}), 422, "not_carried")


class TestConnections:
    def test_tell_what_the_contract_lists(self, desk):
        desk.world.salesforce.hold(a_payment(P1, customer=None))
        desk.world.told(P1)
        desk.world.drain()
        meter = desk.service.meter
        meter.called("salesforce", "query")
        meter.used("salesforce", 1200, 100_000)
        meter.called("intacct", "query")
        with desk.world.ledger.write() as writing:
            failure = health.Failure("intacct", health.DOWN, "It answers 524.")
            health.failed(writing, "main", failure, now=desk.world.clock())
        assert desk.get("/connections") == {"items": [desk.get("/connections/main")], "next": None}
        assert desk.get("/connections/main") == {
            "slug": "main",
            "paused": None,
            "waiting": 1,
            "salesforce": {
                "healthy": True, "reason": None, "since": None, "calls_used": 1200, "calls_limit": 100_000,
                "reserve": None,
            },
            "intacct": {
                "healthy": False, "reason": "It answers 524.", "since": "2026-11-24T14:32:00Z", "calls_used": 1,
                "calls_limit": None, "reserve": None,
            },
            "flows": [{"name": FLOW, "paused": None}],
        }  # fmt: skip

    def test_can_be_paused_and_resumed(self, desk):
        paused = desk.post("/connections/main/pause", {"reason": "year end"})
        assert paused.status_code == 200
        assert paused.json()["paused"] == {"reason": "year end", "since": "2026-11-24T14:32:00Z"}
        desk.world.salesforce.hold(a_payment(P1))
        desk.world.told(P1)
        desk.world.drain()
        assert not desk.world.intacct.writes
        assert not desk.world.salesforce.notes
        assert desk.get("/connections/main")["waiting"] == 1
        desk.service.redis.flushall()
        assert desk.post("/connections/main/resume").json()["paused"] is None
        assert desk.service.redis.exists(f"ledgerline:rung:{lane_of('main', FLOW, P1)}")
        desk.world.drain()
        assert desk.get("/messages")["items"][0]["state"] == "carried"

    def test_can_have_one_flow_paused(self, desk):
        answer = desk.post("/connections/main/pause", {"reason": "audit", "flow": FLOW}).json()
        assert answer["paused"] is None
        assert answer["flows"] == [
            {"name": FLOW, "paused": {"reason": "audit", "since": "2026-11-24T14:32:00Z"}}
        ]
        assert desk.post("/connections/main/resume").json()["flows"][0]["paused"]
        assert desk.post("/connections/main/resume", {"flow": FLOW}).json()["flows"][0]["paused"] is None

    def test_that_are_not_there_are_said_not_to_be(self, alone):
        for response in (
            alone.web.get(f"{API}/connections/other"),
            alone.post("/connections/other/pause", {"reason": "x"}),
            alone.post("/connections/other/resume"),
        ):
            alone.refused(response, 404, "connection_not_found")

    def test_have_the_flows_that_there_are(self, alone):
        for verb in ("pause", "resume"):
            body = {"flow": "soup"} | ({"reason": "x"} if verb == "pause" else {})
            problem = alone.refused(alone.post(f"/connections/main/{verb}", body), 422, "invalid")
            assert FLOW in problem["remedy"]


def test_what_is_of_a_later_stage_is_not_there(alone):
    for method, path in [
        ("POST", "/backfills"),
        ("POST", "/reconciliations"),
        ("GET", "/gaps"),
        ("GET", "/runs"),
    ]:
        alone.refused(alone.web.request(method, API + path, json={}), 404, "not_found")
    alone.refused(alone.web.get(f"{API}/resync"), 405, "wrong_method")
    alone.refused(alone.web.get(f"{API}/runs/7"), 404, "run_not_found")


def test_a_body_that_is_not_json_or_too_large_is_refused(alone):
    post = alone.web.post
    json_type = {"content-type": "application/json"}
    alone.refused(post(f"{API}/resync", content=b"{", headers=json_type), 400, "not_json")
    alone.refused(post(f"{API}/resync", content=b"[]", headers=json_type), 422, "invalid")
    alone.refused(post(f"{API}/resync", content=b"\xff\xfe", headers=json_type), 400, "not_json")
    large = json.dumps({"system": "salesforce", "ids": ["x" * 3_000_000]}).encode()
    alone.refused(post(f"{API}/resync", content=large, headers=json_type), 413, "too_large")
    alone.refused(post(f"{API}/resync", content=iter([large]), headers=json_type), 413, "too_large")
    alone.refused(
        alone.web.request("DELETE", f"{API}/links/1", content=large, headers=json_type), 413, "too_large"
    )


def test_a_ledger_that_is_away_is_said_to_be(redis, clock, tmp_path):
    ledger = Ledger(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2"))
    with opened(ledger, redis, clock) as desk:
        response = desk.web.get(f"{API}/messages")
        desk.refused(response, 503, "ledger_unreachable")
        assert response.headers["retry-after"]
        assert desk.web.get("/healthz").json()["alive"] is True


def test_a_bell_that_nobody_hears_does_not_fail_a_resync(sqlite_url, clock):
    ledger = connect(sqlite_url)
    deaf = redis_server.connect("redis://127.0.0.1:1")
    with opened(ledger, deaf, clock) as desk:
        desk.world.salesforce.hold(a_payment(P1))
        asked = {"system": "salesforce", "object": "payment", "ids": [P1]}
        assert desk.post("/resync", asked).status_code == 202
        assert desk.get("/connections/main")["salesforce"]["calls_used"] == 0
    ledger.engine.dispose()
