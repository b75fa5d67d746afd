"""`/healthz`, `/readyz` and `/metrics`: alive is not ready, and who is not ready says why."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rq import Queue, SimpleWorker
from sqlalchemy import create_engine

from app import redis_server
from app.ledger import health
from app.ledger.engine import Ledger, connect
from app.queue import QUEUE
from tests.fakes import FLOW
from tests.integration.test_api import P1, P2, P3
from tests.serving import Desk, client, opened


@pytest.fixture
def worker(redis):
    """A worker as RQ writes it down when it begins; it need not work."""
    living = SimpleWorker([Queue(QUEUE, connection=redis)], connection=redis)
    living.register_birth()
    return living


def not_ready(desk: Desk) -> list[str]:
    reasons: list[str] = desk.refused(desk.web.get("/readyz"), 503, "not_ready")["reasons"]
    return reasons


def test_alive_needs_nothing_and_nobody(redis, clock):
    ledger = Ledger(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2"))
    with (
        opened(ledger, redis_server.connect("redis://127.0.0.1:1"), clock) as desk,
        client(str(desk.web.base_url), "") as web,
    ):
        answer = web.get("/healthz")
        assert (answer.status_code, answer.json()["alive"]) == (200, True)
        assert not_ready(desk) == ["The ledger cannot be reached.", "Redis cannot be reached."]


class TestReady:
    def test_is_who_has_a_ledger_a_redis_and_a_worker(self, desk, worker):
        with client(str(desk.web.base_url), "") as web:
            answer = web.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"ready": True})

    def test_is_not_who_has_no_worker(self, desk):
        assert not_ready(desk) == ["No worker is alive."]

    def test_is_not_whose_worker_has_fallen_silent(self, desk, worker, redis):
        redis.delete(worker.key)  # as Redis does when its heartbeats stop
        assert not_ready(desk) == ["No worker is alive."]

    def test_is_who_lost_redis_as_soon_as_a_heart_beats_again(self, desk, worker, redis):
        redis.flushall()
        assert not_ready(desk) == ["No worker is alive."]
        worker.heartbeat()
        assert desk.web.get("/readyz").status_code == 200

    def test_is_not_whose_work_is_left_lying(self, desk, worker, clock):
        desk.world.told(P1)
        clock.advance(seconds=119)
        assert desk.web.get("/readyz").status_code == 200
        clock.advance(minutes=6)
        assert not_ready(desk) == ["Work has been due for 7 minutes and nobody has taken it."]

    def test_is_who_was_paused_by_a_person(self, desk, worker, clock):
        desk.world.told(P1)
        with desk.world.ledger.write() as writing:
            health.pause(writing, "main", "", reason="year end", now=clock())
        clock.advance(hours=1)
        assert desk.web.get("/readyz").status_code == 200

    def test_is_not_whose_connection_is_stopped_and_the_systems_own_words_stay_inside(
        self, desk, worker, clock
    ):
        with desk.world.ledger.write() as writing:
            failure = health.Failure("intacct", health.SIGN_IN, "User ledgerline@HARBORLIGHT is refused.")
            health.failed(writing, "main", failure, now=clock())
        reasons = not_ready(desk)
        assert reasons == ["Intacct does not take our calls (sign-in), so its connection is stopped."]


class TestMetrics:
    @staticmethod
    def read(desk: Desk) -> dict[tuple[str, ...], float]:
        response = desk.web.get("/metrics")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
        }

    def test_count_what_is_open_closed_due_and_called(self, desk, worker, clock):
        desk.arrive(P1)
        desk.arrive(P2, amount="0.00")
        desk.world.told(P3)
        clock.advance(seconds=42)
        desk.service.meter.called("intacct", "query")
        desk.service.meter.used("salesforce", 1200, 100_000)
        with desk.world.ledger.write() as writing:
            failure = health.Failure("intacct", health.DOWN, "524")
            health.failed(writing, "main", failure, now=clock() - timedelta(minutes=5))
        assert self.read(desk) == {
            ("ledgerline_messages_open", "main", "waiting"): 1,
            ("ledgerline_messages_open", "main", "rejected"): 1,
            ("ledgerline_messages_closed_total", "main", FLOW, "carried"): 1,
            ("ledgerline_messages_closed_total", "main", FLOW, "rejected"): 1,
            ("ledgerline_due", "main", FLOW): 1,
            ("ledgerline_oldest_due_seconds", "main", FLOW): 42,
            ("ledgerline_calls_today", "main", "intacct"): 1,
            ("ledgerline_calls_today", "main", "salesforce"): 0,
            ("ledgerline_calls_used", "main", "salesforce"): 1200,
            ("ledgerline_calls_limit", "main", "salesforce"): 100_000,
            ("ledgerline_system_healthy", "main", "salesforce"): 1,
            ("ledgerline_system_healthy", "main", "intacct"): 0,
            ("ledgerline_workers",): 1,
        }

    def test_are_for_this_host_or_for_a_token(self, alone):
        with client(str(alone.web.base_url), "") as web:
            assert web.get("/metrics").status_code == 200
            for header in (
                "forwarded",
                "x-forwarded-for",
                "x-real-ip",
            ):  # by a proxy on this host, for anybody
                response = web.get("/metrics", headers={header: "203.0.113.9"})
                alone.refused(response, 401, "token_unknown")
        assert alone.web.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 200

    def test_are_told_as_far_as_they_are_known_while_redis_is_away(self, sqlite_url, clock):
        ledger = connect(sqlite_url)
        with opened(ledger, redis_server.connect("redis://127.0.0.1:1"), clock) as made:
            known = self.read(made)
        assert ("ledgerline_system_healthy", "main", "intacct") in known
        assert not any(name.startswith(("ledgerline_workers", "ledgerline_calls")) for name, *_ in known)
        ledger.engine.dispose()
