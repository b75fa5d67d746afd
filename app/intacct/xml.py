"""XML as the gateway speaks it: written as text, for speed; read by expat with all refused that no answer needs."""

import re
import xml.etree.ElementTree as ET  # noqa: S405 - DTDs, and with them all entities, are refused before it reads
from functools import cache

from app.errors import BadSetting, Malformed

MOST_BYTES = 16 * 1024 * 1024
KEPT_BYTES = 8192

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_AWKWARD = re.compile('[&<>"\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]')
# What XML 1.0 cannot carry at all would have the whole request refused, with everybody's payments in it.
_UNSPEAKABLE = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
_ESCAPES = dict.fromkeys(_UNSPEAKABLE, "\ufffd") | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("\r"): "&#13;",
}


def escape(text: str) -> str:
    """For an element or a double-quoted attribute; a character that XML cannot carry becomes U+FFFD."""
    return text.translate(_ESCAPES) if _AWKWARD.search(text) else text


def element(name: str, text: str) -> str:
    """
    One element with text in it.

    :raises BadSetting: the name, which an administrator may have typed, is no name of a field
    """
    return f"<{_checked(name)}>{escape(text)}</{name}>"


@cache
def _checked(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    remedy = "A field id has letters, digits and underscores only; see it in Intacct under Platform Services."
    raise BadSetting(f"field {name[:100]!r}", "no Intacct field can have this name", remedy)


def parse(body: bytes) -> ET.Element:
    """
    The root of a UTF-8 document.

    :raises Malformed: too long, cut short, not XML, or with a DTD
    """
    if len(body) > MOST_BYTES:
        raise Malformed(f"longer than {MOST_BYTES} bytes")
    # The scan sees what expat sees only while both read UTF-8: so the declared encoding is overruled, and the NULs
    # of UTF-16 are refused.
    if b"<!DOCTYPE" in body:
        raise Malformed("it has a document type declaration")
    if b"\0" in body:
        raise Malformed("not UTF-8")
    try:
        return ET.fromstring(body, ET.XMLParser(encoding="utf-8"))  # noqa: S314 - see above
    except ET.ParseError as error:
        raise Malformed(f"not XML, or cut short: {error}") from None


def child(parent: ET.Element, name: str) -> ET.Element | None:
    """The first child of that name. Intacct's case varies: generic functions answer upper, legacy ones lower case."""
    exact = parent.find(name)
    if exact is not None:
        return exact
    wanted = name.lower()
    return next((part for part in parent if part.tag.lower() == wanted), None)


def text(parent: ET.Element, name: str) -> str:
    """The text of the first child of that name, trimmed; empty where there is none."""
    found = child(parent, name)
    return (found.text or "").strip() if found is not None else ""


def kept(xml: str) -> str:
    """What of an element is kept for the person who asks later: at most `KEPT_BYTES` of it."""
    coded = xml.encode("utf-8", "replace")
    if len(coded) <= KEPT_BYTES:
        return xml
    return coded[: KEPT_BYTES - 4].decode("utf-8", "ignore") + "…"
