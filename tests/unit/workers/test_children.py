"""A child that dies is started again, more slowly the oftener it dies; its log says why and does not grow for ever."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.redis_server import RedisDidNotStart
from tests.waiting import until
from workers.children import LONGEST_PAUSE, STEADY_SECONDS, Child, Program, tail, trim


class Mortal:
    """A real process that ends at once, counted."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.born: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-ISc", self.code])
        process.wait()
        self.born.append(process)
        return process


@pytest.fixture
def log(tmp_path) -> Path:
    path = tmp_path / "child.log"
    path.touch()
    return path


def test_pauses_double_up_to_half_a_minute(log):
    mortal = Mortal("raise SystemExit(3)")
    child = Child("web", mortal.start, log)
    now, pauses = 100.0, []
    for _ in range(9):
        child.tend(now)
        news = child.tend(now)
        assert "web ended with exit code 3" in news
        born = len(mortal.born)
        pause = float(news.split("again in ")[1].split(" s")[0])
        child.tend(now + pause - 0.01)
        assert len(mortal.born) == born, "started too early"
        now += pause
        pauses.append(pause)
    assert pauses == [0.5, 1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_child_that_lived_long_starts_again_at_once(log):
    mortal = Mortal("raise SystemExit(3)")
    child = Child("web", mortal.start, log)
    now = 0.0
    for _ in range(3):
        child.tend(now)
        child.tend(now)
        now += 60
    child.tend(now)
    assert "again in 0.5 s" in child.tend(now + STEADY_SECONDS)


def test_a_child_that_cannot_even_start_is_tried_again(log):
    def refuse() -> "subprocess.Popen[bytes]":
        raise RedisDidNotStart("no room on the disk")

    child = Child("redis", refuse, log)
    assert "redis could not start: no room on the disk" in child.tend(0)
    assert child.tend(0.4) == ""
    assert "again in 1 s" in child.tend(0.5)


def test_a_crash_shows_the_last_words_of_its_log(tmp_path):
    program = Program(
        "web", [sys.executable, "-ISc", "raise OSError('the port is gone')"], {}, tmp_path / "web.log"
    )
    child = Child("web", lambda: program.start(0), program.log)
    child.tend(0)
    news: list[str] = []
    until(lambda: news.append(child.tend(1)) or news[-1])
    assert "the port is gone" in news[-1]


def test_a_long_log_is_set_aside_and_its_writer_goes_on(tmp_path):
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)
        trim(log, longest=100)
        writer.write(b"new\n")
    assert log.read_text() == "new\n"
    assert log.with_name("web.log.1").read_text() == "old\n" * 100


def test_a_short_log_is_left_alone(log):
    log.write_text("one\ntwo\n")
    trim(log, longest=100)
    assert log.read_text() == "one\ntwo\n"
    assert tail(log, 1) == "\n    two"
