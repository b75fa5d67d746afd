"""`ledgerline …` as a person runs it: a process of its own, in a folder of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.config import Settings

SCRIPT = [sys.executable, str(Path(sys.executable).with_name("ledgerline"))]


@dataclass(frozen=True)
class Answer:
    code: int
    said: str
    complained: str

    @property
    def json(self) -> Any:
        return json.loads(self.said)


@dataclass(frozen=True)
class Terminal:
    """Its variables and nothing of ours; 80 columns."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: text for name, text in os.environ.items() if name.lower() not in Settings.model_fields}
        return ours | {"COLUMNS": "80", "LEDGERLINE_HOME": str(self.folder / "home")} | self.variables

    def having(self, **variables: str) -> "Terminal":
        return Terminal(self.folder, self.variables | variables)

    def run(self, *arguments: str, typed: str = "", seconds: float = 60) -> Answer:
        done = subprocess.run(
            [*SCRIPT, *arguments],
            env=self.environment,
            cwd=self.folder,
            input=typed,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)
