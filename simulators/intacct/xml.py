"""XML in and out: a parser that refuses DTDs, and a writer that escapes as the vendor does."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.parsers import expat

from simulators.intacct.refusals import SCHEMA, Complaint, ControlRefused

_TAG_MISMATCH = expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]
_CLOSING = re.compile(rb"</\s*([^\s>]*)")
_SPECIAL = re.compile("[&<>\"']")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"}


class Tag(NamedTuple):
    """One element of an answer: a name, and text or elements inside."""

    name: str
    inside: str | Sequence["Tag"] = ""
    attributes: tuple[tuple[str, str], ...] = ()


class NotWellFormed(ControlRefused):
    """The request cannot be parsed. `partial` is what stood before the mistake, for the echo of its control block."""

    def __init__(self, complaint: Complaint, partial: Element | None) -> None:
        super().__init__(complaint)
        self.partial = partial


class _Reader:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[tuple[Element, int]] = []
        self._text: list[str] = []
        self._parser = expat.ParserCreate(encoding=None)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, body: bytes) -> Element:
        try:
            self._parser.Parse(body, True)
        except expat.ExpatError as wrong:
            raise NotWellFormed(_complaint(self._says(wrong, body)), self.root) from wrong
        assert self.root is not None, "expat refuses an empty document"
        return self.root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        element = Element(name, attributes)
        if self.open:
            self.open[-1][0].append(element)
        else:
            self.root = element
        self.open.append((element, self._parser.CurrentLineNumber))

    def _end(self, name: str) -> None:  # noqa: ARG002 # expat has checked that it closes the last one opened
        element, _ = self.open.pop()
        if len(element) == 0:
            element.text = "".join(self._text).strip()
        self._text.clear()

    def _doctype(self, name: str, *_: object) -> None:
        raise NotWellFormed(_complaint(f"DOCTYPE {name} is not allowed."), self.root)

    def _says(self, wrong: expat.ExpatError, body: bytes) -> str:
        place = f"Line: {wrong.lineno}, column: {wrong.offset + 1}."
        closing = _CLOSING.match(body, max(0, self._parser.ErrorByteIndex - 2))
        if wrong.code == _TAG_MISMATCH and closing and self.open:
            element, line = self.open[-1]
            found = closing[1].decode("utf-8", "replace")
            return f"Fatal Error 76: Opening and ending tag mismatch: {element.tag} line {line} and {found}. {place}"
        return f"Fatal Error 4: {expat.ErrorString(wrong.code)}. {place}"


def parse(body: bytes) -> Element:
    """
    The root element of a request, all text stripped. Raises NotWellFormed.

    DTDs, and with them entities, are refused: no request needs one, and one can make a parser read files or
    fill the memory.
    """
    return _Reader().read(body)


def _complaint(text: str) -> Complaint:
    return Complaint(SCHEMA, f"XML Parse schema error: {text}", errorid="SIM-XML")


def text_of(parent: Element | None, name: str) -> str:
    """The text of a child, in whichever case its name was sent; empty where there is none."""
    child = child_of(parent, name)
    return "" if child is None else (child.text or "")


def child_of(parent: Element | None, name: str) -> Element | None:
    wanted = name.lower()
    if parent is not None:
        for child in parent:
            if child.tag.lower() == wanted:
                return child
    return None


def children_of(parent: Element | None, name: str) -> Iterator[Element]:
    wanted = name.lower()
    if parent is not None:
        yield from (child for child in parent if child.tag.lower() == wanted)


def render(tag: Tag) -> bytes:
    """The whole document. An apostrophe leaves as `&#039;`, as in the vendor's answers."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(tag, parts)
    return "".join(parts).encode()


def _write(tag: Tag, parts: list[str]) -> None:
    name, inside, attributes = tag
    parts.append(f"<{name}")
    parts.extend(f' {key}="{escape(value)}"' for key, value in attributes)
    if isinstance(inside, str):
        parts.append(f">{escape(inside)}</{name}>")
        return
    parts.append(">")
    for child in inside:
        _write(child, parts)
    parts.append(f"</{name}>")


def escape(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPED[found[0]], text) if _SPECIAL.search(text) else text
