"""What dies is started again, all ends in order, and nothing outlives a supervisor that was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from redis.exceptions import ConnectionError as RedisGone

from app.redis_server import EmbeddedServer, connect
from tests.waiting import until

Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.stand_ins", "supervisor", str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def births(folder: Path, name: str) -> list[int]:
    file = folder / f"{name}.births"
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_killed_child_is_started_again_and_said_so(tmp_path, start):
    supervisor = start()
    until(lambda: births(tmp_path, "one") and births(tmp_path, "two"))
    os.kill(births(tmp_path, "one")[0], signal.SIGKILL)
    until(lambda: len(births(tmp_path, "one")) == 2)
    supervisor.terminate()
    said, _ = supervisor.communicate(timeout=20)
    assert "one was ended by SIGKILL; starting it again in 0.5 s" in said
    assert len(births(tmp_path, "two")) == 1


def test_redis_is_started_again_with_what_it_held(tmp_path, start):
    start()
    until(lambda: births(tmp_path, "one"))
    redis = connect(EmbeddedServer(tmp_path).url)
    redis.set("kept", "yes")
    os.kill(redis.info("server")["process_id"], signal.SIGKILL)
    redis.close()

    def back() -> bool:
        following = connect(EmbeddedServer(tmp_path).url)
        try:
            return following.get("kept") == b"yes"
        except RedisGone:
            return False
        finally:
            following.close()

    until(back)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_stop_it_leaves_nothing_running(tmp_path, start, number):
    supervisor = start()
    until(lambda: births(tmp_path, "one") and births(tmp_path, "two"))
    family = [process.pid for process in psutil.Process(supervisor.pid).children(recursive=True)]
    assert len(family) == 4  # the guard, Redis, and two
    supervisor.send_signal(number)
    assert supervisor.wait(20) == 0
    assert not [pid for pid in family if alive(pid)]


def test_killed_it_takes_its_children_along_and_a_second_start_goes_on(tmp_path, start):
    killed = start()
    until(lambda: births(tmp_path, "one") and births(tmp_path, "two"))
    redis = connect(EmbeddedServer(tmp_path).url)
    redis.set("kept", "yes")
    redis.close()
    family = [process.pid for process in psutil.Process(killed.pid).children(recursive=True)]
    killed.kill()
    killed.wait()
    until(lambda: not [pid for pid in family if alive(pid)])
    following = start()
    until(lambda: len(births(tmp_path, "one")) == 2)
    again = connect(EmbeddedServer(tmp_path).url)
    assert again.get("kept") == b"yes"
    again.close()
    following.terminate()
    assert following.wait(20) == 0


def test_ctrl_c_in_the_terminal_reaches_only_the_supervisor(tmp_path, start):
    supervisor = start()
    until(lambda: births(tmp_path, "one"))
    assert os.getpgid(births(tmp_path, "one")[0]) != os.getpgid(supervisor.pid)
