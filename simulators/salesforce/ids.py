"""Record ids: 15 characters that tell case apart, or 18 that carry the case in a checksum."""

import re

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_INSTANCE = "5g"


def with_checksum(id15: str) -> str:
    """The 18-character form of a 15-character id."""
    chunks = (id15[at : at + 5] for at in (0, 5, 10))
    return id15 + "".join(_CHECK[_capitals(chunk)] for chunk in chunks)


def full(text: str) -> str | None:
    """
    The 18-character form of an id in either form, or None where `text` is no id.

    An 18-character id may come in any case: its checksum says which letters were capitals.
    """
    if not _SHAPE.fullmatch(text):
        return None
    if len(text) == 15:
        return with_checksum(text)
    body, check = text[:15], text[15:].upper()
    if any(letter not in _CHECK for letter in check):
        return None
    capitals = [bool(_CHECK.index(check[at // 5]) >> at % 5 & 1) for at in range(15)]
    restored = "".join(c.upper() if up else c.lower() for c, up in zip(body, capitals, strict=True))
    return restored + check


def mint(prefix: str, number: int) -> str:
    """The 18-character id of the `number`th record under a key prefix."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return with_checksum(prefix + _INSTANCE + digits.rjust(10, "0"))


def _capitals(chunk: str) -> int:
    return sum(1 << place for place, letter in enumerate(chunk) if "A" <= letter <= "Z")
