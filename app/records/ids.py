"""Salesforce record ids: 15 characters that tell case apart, or the same with 3 more that carry the case."""

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def full(text: str) -> str | None:
    """
    The 18-character form of an id in either form, or None where the text is no id.

    An 18-character id may have lost its case on the way (a spreadsheet, a person): the checksum brings it back, and
    an id that its checksum does not fit is none. Salesforce refuses a whole query for one such id.
    """
    if not is_id(text):
        return None
    if len(text) == 15:
        return text + _checksum(text)
    body, check = text[:15], text[15:].upper()
    if _checksum(body) == check:
        return body + check
    body = _recased(body, check)
    return body + check if _checksum(body) == check else None


def to18(id: str) -> str:
    """
    The 18-character form: the one that we keep, and that Salesforce sends. An id that has 18 already stays as it is.

    :raises ValueError: where the text is no id
    """
    if not is_id(id):
        raise ValueError(f"{id!r} is not a Salesforce id: it has neither 15 nor 18 letters and digits")
    return id if len(id) == 18 else id + _checksum(id)


def same_org(one: str, other: str) -> bool:
    """
    Whether both name one org, whichever form each has: compared as 15 characters, as well-tried receivers do,
    and once more with the case that a checksum brings back. What is no id is no org.
    """
    if not (is_id(one) and is_id(other)):
        return False
    return one[:15] == other[:15] or (full(one) or one)[:15] == (full(other) or other)[:15]


def is_id(text: str) -> bool:
    """Whether it has the form of an id; its checksum is not looked at. Asked for each notification, so kept cheap."""
    return len(text) in (15, 18) and text.isascii() and text.isalnum()


def _checksum(id15: str) -> str:
    """Three characters; bit k of each says that the k-th of its five characters is a capital."""
    bits = 0
    for place, letter in enumerate(id15):
        if "A" <= letter <= "Z":
            bits |= 1 << place
    return _CHECK[bits & 31] + _CHECK[bits >> 5 & 31] + _CHECK[bits >> 10]


def _recased(body: str, check: str) -> str:
    bits = sum(max(_CHECK.find(letter), 0) << 5 * chunk for chunk, letter in enumerate(check))
    return "".join(
        letter.upper() if bits >> place & 1 else letter.lower() for place, letter in enumerate(body)
    )
