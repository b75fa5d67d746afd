"""Salesforce record ids: 15 characters that tell case apart, or the same with 3 more that carry the case."""

import re

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")


def is_id(text: str) -> bool:
    """Whether the text has the shape of a record id, in either form."""
    return _SHAPE.fullmatch(text) is not None


def to18(id: str) -> str:
    """
    The 18-character form: the one that we keep, and that Salesforce sends.

    An id that has 18 already stays as it is.

    :raises ValueError: where the text is no id
    """
    if _SHAPE.fullmatch(id) is None:
        raise ValueError(f"{id!r} is not a Salesforce id: it has neither 15 nor 18 letters and digits")
    return id if len(id) == 18 else id + "".join(_CHECK[_capitals(id[at : at + 5])] for at in (0, 5, 10))


def same_org(a: str, b: str) -> bool:
    """Whether two organization ids name one org. They come in either form; no id is the same as none."""
    return is_id(a) and is_id(b) and a[:15] == b[:15]


def _capitals(chunk: str) -> int:
    """One bit for each of five characters, the first the lowest: set where it is a capital."""
    return sum(1 << place for place, letter in enumerate(chunk) if "A" <= letter <= "Z")
