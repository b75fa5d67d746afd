"""The demo as a person starts it: it plays to its end, and the books agree."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.integration.commands import SCRIPT, Terminal
from tests.waiting import until


def test_the_demo_plays_to_its_end_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    # credentials of its user's, which it must not touch: with them `run` would start no simulator
    terminal = Terminal(tmp_path, {"INTACCT_COMPANY_ID": "ACME", "TMPDIR": str(tmp_path / "tmp")})
    answer = terminal.run("demo", seconds=90)
    assert answer.code == 0, answer.said + answer.complained
    assert "The books agree" in answer.said
    assert "looked up by its key and found: 1 payment, not two" in answer.said
    assert "INV-10551 owes USD 1,900.00" in answer.said
    assert max(len(line) for line in answer.said.splitlines()) <= 80
    assert os.listdir(tmp_path / "tmp") == []
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_told_to_stop_in_the_middle_it_leaves_nothing_either(tmp_path: Path, number) -> None:
    (tmp_path / "tmp").mkdir()
    terminal = Terminal(tmp_path, {"TMPDIR": str(tmp_path / "tmp")})
    demo = subprocess.Popen(
        [*SCRIPT, "demo"], env=terminal.environment, stdout=subprocess.DEVNULL, preexec_fn=_as_in_a_terminal
    )
    try:
        until(lambda: list((tmp_path / "tmp").glob("*/home/logs/web.log")), seconds=60)
        started = psutil.Process(demo.pid).children(recursive=True)
        assert started
        demo.send_signal(number)
        assert demo.wait(60) != 0
    finally:
        demo.kill()
        demo.wait()
    assert not [process for process in started if process.is_running()]
    assert os.listdir(tmp_path / "tmp") == []


def _as_in_a_terminal() -> None:
    """What a shell starts in the background, this test perhaps, inherits that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
