"""The mapping that a connection starts with: the objects and fields of our own Salesforce package."""

from importlib.resources import files

from app.mapping.document import Document, parse


def preset() -> Document:
    return parse(files(__package__).joinpath("preset.json").read_text(encoding="utf-8"))
