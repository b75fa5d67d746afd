"""A mapping document made ready to run: each row compiled once, so that a payment costs microseconds."""

from dataclasses import dataclass

from app.mapping import words
from app.mapping.consistency import contradictions
from app.mapping.document import Document
from app.mapping.filters import Test, all_of
from app.mapping.readers import Readers, readers
from app.mapping.writers import HeaderWriter, LineWriter, header_writers, line_writers


@dataclass(frozen=True)
class Plan:
    """What runs: immutable, shared freely between threads. Made once for each version of a document."""

    document: Document
    is_wanted: Test
    header: Readers
    line: Readers
    header_writers: tuple[HeaderWriter, ...]
    line_writers: tuple[LineWriter, ...]
    method_source: str


def prepare(document: Document) -> Plan:
    """
    :raises BadSetting: the first of `contradictions`; nothing runs on a document that contradicts itself
    """
    for contradiction in contradictions(document):
        raise contradiction
    return Plan(
        document=document,
        is_wanted=all_of(tuple(where.condition for where in document.origin.filter)),
        header=readers(document, document.header, words.HEADER),
        line=readers(document, document.lines, words.LINE),
        header_writers=header_writers(document.header),
        line_writers=line_writers(document.lines),
        method_source=next((row.source or "" for row in document.header if row.word == "method"), ""),
    )
