"""The demo as a person starts it: it plays to its end, and the books agree."""

import os
from pathlib import Path

from tests.integration.commands import Terminal


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
