"""Who may call the API, and what an Idempotency-Key promises."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.ledger import tokens
from app.ledger.engine import connect
from app.ledger.tables import Message, Reply, Run, Token
from tests.fakes import a_payment
from tests.integration.test_api import P1, P2
from tests.serving import API, TOKEN, Desk, client, opened
from tests.waiting import until

RESYNC = {"system": "salesforce", "object": "payment", "ids": [P1]}
READS = ["/messages", "/links", "/connections", "/connections/main"]


def make(desk: Desk, role: str, name: str = "a script") -> str:
    with desk.world.ledger.write() as writing:
        return tokens.create(writing, name, role, desk.world.clock())


class TestATokenFromTheLedger:
    def test_is_kept_as_its_digest_and_shown_once(self, ledger, clock):
        with ledger.write() as writing:
            text = tokens.create(writing, "a script", "reader", clock())
            (digest,) = writing.scalars(select(Token.digest))
            assert text not in digest
            assert len(text) > 40
            (kept,) = tokens.listed(writing)
        assert (kept.name, kept.role, kept.created_at, kept.revoked_at) == (
            "a script",
            "reader",
            clock.now,
            None,
        )
        with ledger.read() as reading:
            assert tokens.find(reading, text) == kept
            assert tokens.find(reading, text[:-1]) is None

    def test_has_one_of_two_roles(self, ledger, clock):
        with ledger.write() as writing, pytest.raises(ValueError, match="reader, operator"):
            tokens.create(writing, "a script", "king", clock())

    def test_opens_nothing_once_it_is_revoked(self, desk):
        text = make(desk, "operator")
        with client(str(desk.web.base_url), text) as web:
            assert web.get(f"{API}/connections").status_code == 200
            with desk.world.ledger.write() as writing:
                (kept,) = tokens.listed(writing)
                assert tokens.revoke(writing, kept.id, desk.world.clock())
                assert not tokens.revoke(writing, kept.id, desk.world.clock())
            desk.refused(web.get(f"{API}/connections"), 401, "token_unknown")

    def test_of_a_reader_reads_and_changes_nothing(self, desk):
        with client(str(desk.web.base_url), make(desk, "reader")) as web:
            for path in READS:
                assert web.get(API + path).status_code == 200
            preview = web.post(f"{API}/preview", json={"system": "salesforce", "object": "payment", "id": P1})
            desk.refused(preview, 404, "record_not_found")
            changes = [
                ("POST", "/resync"), ("POST", "/messages/1/replay"), ("POST", "/messages/1/ignore"),
                ("POST", "/messages/replay"), ("POST", "/links"), ("DELETE", "/links/1"),
                ("POST", "/connections/main/pause"), ("POST", "/connections/main/resume"),
            ]  # fmt: skip
            for method, path in changes:
                problem = desk.refused(web.request(method, API + path, json=RESYNC), 403, "operators_only")
                assert "a script" in problem["detail"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN]
)
def test_without_a_token_that_is_known_nothing_is_told(alone, header):
    with client(str(alone.web.base_url), "") as web:
        for method, path in [("GET", "/messages"), ("POST", "/resync"), ("DELETE", "/links/1")]:
            sent = {"authorization": header} if header else {}
            response = web.request(method, API + path, headers=sent)
            alone.refused(response, 401, "token_unknown")
            assert response.headers["www-authenticate"] == "Bearer"


def test_a_token_outside_ascii_is_unknown_and_breaks_nothing(alone):
    with client(str(alone.web.base_url), "") as web:
        response = web.get(
            f"{API}/messages", headers=[(b"authorization", "Bearer gr\u00fc\u00df".encode("latin-1"))]
        )
        alone.refused(response, 401, "token_unknown")


def test_the_scheme_is_read_without_regard_to_case(alone):
    with client(str(alone.web.base_url), "") as web:
        assert web.get(f"{API}/messages", headers={"authorization": f"bEARER  {TOKEN}"}).status_code == 200


def test_no_api_token_set_is_matched_by_no_token_sent(sqlite_url, redis, clock):
    ledger = connect(sqlite_url)
    with opened(ledger, redis, clock, api_token="") as made, client(str(made.web.base_url), "") as web:
        made.refused(web.get(f"{API}/messages", headers={"authorization": "Bearer"}), 401, "token_unknown")
    ledger.engine.dispose()


def runs(desk: Desk) -> int:
    with desk.world.ledger.read() as reading:
        return int(reading.scalar(select(func.count()).select_from(Run)))


class TestAnIdempotencyKey:
    def test_that_comes_again_gets_the_same_answer_and_nothing_is_done_twice(self, desk):
        first = desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"})
        desk.world.drain()
        again = desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"})
        assert (again.status_code, again.json()) == (202, first.json())
        assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        assert runs(desk) == 1
        assert desk.post("/resync", RESYNC, **{"Idempotency-Key": "k2"}).json()["id"] != first.json()["id"]

    @pytest.mark.parametrize(
        ("path", "body"),
        [("/resync", {**RESYNC, "ids": [P2]}), ("/resync?x=1", RESYNC), ("/connections/main/pause", RESYNC)],
    )
    def test_with_another_request_is_refused(self, desk, path, body):
        desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"})
        desk.refused(desk.post(path, body, **{"Idempotency-Key": "k1"}), 422, "key_reused")
        assert runs(desk) == 1

    def test_belongs_to_its_token(self, desk):
        desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"})
        with client(str(desk.web.base_url), make(desk, "operator")) as web:
            other = web.post(f"{API}/resync", json={**RESYNC, "ids": [P2]}, headers={"Idempotency-Key": "k1"})
        assert other.status_code == 202

    def test_is_kept_for_a_day(self, desk):
        desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"})
        desk.world.clock.advance(hours=23)
        desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"})
        assert runs(desk) == 1
        desk.world.clock.advance(hours=2)
        desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"})
        assert runs(desk) == 2
        with desk.world.ledger.read() as reading:
            assert reading.scalar(select(func.count()).select_from(Reply)) == 1

    def test_of_a_refusal_is_free_again(self, desk):
        wrong = {**RESYNC, "object": "Contact"}
        for _ in range(2):
            desk.refused(desk.post("/resync", wrong, **{"Idempotency-Key": "k1"}), 422, "not_carried")
        assert desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"}).status_code == 202

    def test_of_a_request_in_flight_is_refused_for_a_moment(self, desk):
        """The first is held while it reads Salesforce; the second must not begin."""
        entered, go_on = threading.Event(), threading.Event()

        class Slow(type(desk.world.salesforce)):
            def changed(self, since, until):
                entered.set()
                assert go_on.wait(20)
                return super().changed(since, until)

        desk.world.salesforce.__class__ = Slow
        desk.world.salesforce.hold(a_payment(P1))
        asked = {"system": "salesforce", "object": "payment", "filter": "default"}
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(desk.post, "/resync", asked, **{"Idempotency-Key": "k1"})
            assert entered.wait(20)
            second = desk.post("/resync", asked, **{"Idempotency-Key": "k1"})
            go_on.set()
        desk.refused(second, 409, "in_flight")
        assert second.headers["retry-after"] == "1"
        assert first.result().status_code == 202
        assert desk.post("/resync", asked, **{"Idempotency-Key": "k1"}).json() == first.result().json()
        assert runs(desk) == 1

    def test_of_a_request_that_was_killed_is_free_after_ten_minutes(self, desk):
        desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"})
        with desk.world.ledger.write() as writing:  # as a process leaves it that dies before it answers
            writing.execute(Reply.__table__.update().values(status=None, body=""))
        desk.refused(desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"}), 409, "in_flight")
        desk.world.clock.now += timedelta(minutes=11)
        assert desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"}).status_code == 202

    def test_that_comes_ten_times_at_once_is_carried_out_once(self, desk):
        def ask(_: int) -> int:
            return desk.post("/resync", RESYNC, **{"Idempotency-Key": "k1"}).status_code

        with ThreadPoolExecutor(10) as pool:
            statuses = set(pool.map(ask, range(10)))
        assert statuses <= {202, 409}
        until(lambda: ask(0) == 202)
        assert runs(desk) == 1
        with desk.world.ledger.read() as reading:
            assert reading.scalar(select(func.count()).select_from(Message)) == 1

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
    def test_is_a_short_printable_text(self, alone, key):
        alone.refused(alone.post("/resync", RESYNC, **{"Idempotency-Key": key}), 422, "key_invalid")
