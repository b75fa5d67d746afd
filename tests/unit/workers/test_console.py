"""`run` says that it is ready when the web server answers, and not before."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app import home
from app.config import Settings
from tests.waiting import until
from workers import ports
from workers.console import Announcement


class Health(BaseHTTPRequestHandler):
    answer = 503

    def do_GET(self) -> None:
        self.send_response(self.answer if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def web() -> Iterator[int]:
    Health.answer = 503
    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_it_is_announced_once_and_when_it_answers(tmp_path, web, capsys, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    given = Settings(_env_file=None, ledgerline_home=tmp_path, port=web)
    settings = home.prepare(given, tokens=True)
    announcement = Announcement(given, settings)
    announcement.when_ready()
    assert capsys.readouterr().out == ""
    Health.answer = 200
    said: list[str] = []
    until(lambda: announcement.when_ready() or said.append(capsys.readouterr().out) or "".join(said))
    announcement.when_ready()
    text = "".join(said) + capsys.readouterr().out
    assert text.count("Ledgerline is ready.") == 1
    assert ports.address(settings) in text
    assert "http://127.0.0.1:8101/" in text
    assert settings.api_token.get_secret_value() in text
    assert "Ctrl-C stops everything." in text
