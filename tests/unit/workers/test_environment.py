"""`.env.example` names every variable, and works when it is copied as it is."""

from pathlib import Path

from app.config import Settings

EXAMPLE = Path(__file__).parents[3] / ".env.example"


def test_every_variable_is_there_with_its_default(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    named = {line.split("=")[0].lower() for line in EXAMPLE.read_text().splitlines() if line[:1].isalpha()}
    assert named == set(Settings.model_fields)
    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=None)
