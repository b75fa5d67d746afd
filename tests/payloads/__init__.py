"""Messages as they arrive, one file each, named by what is particular about it."""

from pathlib import Path


def payload(name: str) -> bytes:
    return (Path(__file__).parent / name).read_bytes()
