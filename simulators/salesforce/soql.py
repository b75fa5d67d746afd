"""SOQL as text: its words, and the tree that a query means. Names are not looked up here."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from .refusals import Refused
from .values import instant

Literal: TypeAlias = "None | bool | Decimal | str | date | datetime"


@dataclass(frozen=True)
class Path:
    """A field, through as many parents as it has dots."""

    text: str


@dataclass(frozen=True)
class Comparison:
    path: Path
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class SemiJoin:
    """`path IN (SELECT field FROM …)`, or NOT IN."""

    path: Path
    inside: bool
    query: "Query"


@dataclass(frozen=True)
class Joined:
    """Conditions that all (AND) or any (OR) must hold."""

    every: bool
    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    condition: "Condition"


Condition: TypeAlias = Comparison | SemiJoin | Joined | Not


@dataclass(frozen=True)
class Order:
    path: Path
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Query:
    """`count` is SELECT COUNT(), which has no items; an item is a field or the query of a child relationship."""

    source: str
    count: bool
    items: tuple["Path | Query", ...]
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


_WORDS = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<day>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_][\w.]*)
    | (?P<mark><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_COMPARES = ("=", "!=", "<>", "<", "<=", ">", ">=")
_KEYWORDS = frozenset({"from", "where", "order", "limit", "offset", "group", "having", "for", "and", "or"})


def malformed(message: str) -> Refused:
    return Refused("MALFORMED_QUERY", message)


def parse(text: str) -> Query:
    """The tree of a query; raises Refused (MALFORMED_QUERY) at the first word that does not fit."""
    words = _Words(text)
    try:
        query = _query(words)
    except RecursionError:
        raise malformed("query is too complicated") from None
    words.end()
    return query


class _Words:
    """The words of a query, read once from left to right."""

    def __init__(self, text: str) -> None:
        self._words: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _WORDS.match(text, at)
            if not found or not found.lastgroup:
                raise malformed(f"unexpected token: '{text[at:].strip()[:20]}'")
            self._words.append((found.lastgroup, found.group(found.lastgroup)))
            at = found.end()
        self._at = 0

    def peek(self, *expected: str) -> bool:
        """Whether the next words are these, in any case."""
        ahead = self._words[self._at : self._at + len(expected)]
        return [word.lower() for _, word in ahead] == list(expected)

    def skip(self, *expected: str) -> bool:
        if not self.peek(*expected):
            return False
        self._at += len(expected)
        return True

    def need(self, *expected: str) -> None:
        for word in expected:
            if not self.skip(word):
                raise self.unexpected()

    def take(self, *kinds: str) -> tuple[str, str]:
        """The next word, which must be of one of these kinds."""
        if self._at >= len(self._words) or self._words[self._at][0] not in kinds:
            raise self.unexpected()
        self._at += 1
        return self._words[self._at - 1]

    def name(self) -> str:
        word = self.take("name")[1]
        if word.lower() in _KEYWORDS:
            self._at -= 1
            raise self.unexpected()
        return word

    def end(self) -> None:
        if self._at < len(self._words):
            raise self.unexpected()

    def unexpected(self) -> Refused:
        if self._at >= len(self._words):
            return malformed("unexpected token: '<EOF>'")
        return malformed(f"unexpected token: '{self._words[self._at][1]}'")


def _query(words: _Words) -> Query:
    words.need("select")
    count = words.skip("count", "(", ")")
    items = () if count else _items(words)
    words.need("from")
    source = words.name()
    where = _conditions(words) if words.skip("where") else None
    order = _order(words) if words.skip("order") else ()
    limit = _whole(words) if words.skip("limit") else None
    offset = _whole(words) if words.skip("offset") else 0
    return Query(source, count, items, where, order, limit, offset)


def _items(words: _Words) -> tuple[Path | Query, ...]:
    found: list[Path | Query] = []
    while True:
        if words.skip("("):
            found.append(_query(words))
            words.need(")")
        else:
            found.append(Path(words.name()))
        if not words.skip(","):
            return tuple(found)


def _conditions(words: _Words) -> Condition:
    """AND and OR may not stand side by side without brackets: the platform refuses to guess."""
    first = _one(words)
    for word, other in (("and", "or"), ("or", "and")):
        if not words.peek(word):
            continue
        found = [first]
        while words.skip(word):
            found.append(_one(words))
        if words.peek(other):
            raise words.unexpected()
        return Joined(word == "and", tuple(found))
    return first


def _one(words: _Words) -> Condition:
    if words.skip("not"):
        return Not(_one(words))
    if words.skip("("):
        inner = _conditions(words)
        words.need(")")
        return inner
    path = Path(words.name())
    if words.skip("not", "in"):
        return _within(words, path, inside=False)
    if words.skip("in"):
        return _within(words, path, inside=True)
    if words.skip("like"):
        return Comparison(path, "like", (_literal(words),))
    operator = words.take("mark")[1]
    if operator not in _COMPARES:
        raise malformed(f"unexpected token: '{operator}'")
    return Comparison(path, "!=" if operator == "<>" else operator, (_literal(words),))


def _within(words: _Words, path: Path, *, inside: bool) -> Condition:
    words.need("(")
    if words.peek("select"):
        query = _query(words)
        words.need(")")
        return SemiJoin(path, inside, query)
    values = [_literal(words)]
    while words.skip(","):
        values.append(_literal(words))
    words.need(")")
    return Comparison(path, "in" if inside else "not in", tuple(values))


def _order(words: _Words) -> tuple[Order, ...]:
    words.need("by")
    found: list[Order] = []
    while True:
        path = Path(words.name())
        descending = words.skip("desc")
        if not descending:
            words.skip("asc")
        last = words.skip("nulls", "last")
        if not last:
            words.skip("nulls", "first")
        found.append(Order(path, descending, nulls_first=not last))
        if not words.skip(","):
            return tuple(found)


def _whole(words: _Words) -> int:
    text = words.take("number")[1]
    if not text.isdigit():
        raise malformed(f"unexpected token: '{text}'")
    return int(text)


def _literal(words: _Words) -> Literal:
    kind, text = words.take("text", "instant", "day", "number", "name")
    match kind:
        case "text":
            return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
        case "instant":
            return _moment(text)
        case "day":
            return _day(text)
        case "number":
            return Decimal(text)
        case _:
            return _word(text)


def _moment(text: str) -> datetime:
    read = instant(text)
    if read is None:
        raise malformed(f"Invalid datetime: {text}")
    return read


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise malformed(f"Invalid date: {text}") from None


def _word(text: str) -> bool | None:
    known = {"true": True, "false": False, "null": None}
    if text.lower() not in known:
        raise malformed(f"unexpected token: '{text}'")
    return known[text.lower()]
