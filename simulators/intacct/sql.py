"""The small language of `readByQuery`: comparisons, AND, OR and parentheses over the fields of one object."""

import re
from dataclasses import dataclass

from simulators.intacct.filters import Both, Either, Filter, Operator, Test, query_failed

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'\\]|\\.)*')
      | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
      | (?P<word>[^\s'(),<>=!]+)
    )""",
    re.VERBOSE,
)
_SIGNS: dict[str, Operator] = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass
class _Tokens:
    """What is left to read."""

    rest: list[str]

    def word(self) -> str:
        return self.rest[0].upper() if self.rest else ""

    def take(self) -> str:
        if not self.rest:
            raise query_failed("The query ends where something is expected.")
        return self.rest.pop(0)

    def skip(self, *words: str) -> bool:
        """Take these words if they come next."""
        if [token.upper() for token in self.rest[: len(words)]] != list(words):
            return False
        del self.rest[: len(words)]
        return True

    def need(self, word: str) -> None:
        if not self.skip(word):
            raise query_failed(f"'{word}' is expected near '{self.word()}'.")


def parse(text: str) -> Filter | None:
    """The filter, or None for an empty query. Raises Refused for what is not the language."""
    tokens = _Tokens(_tokens(text))
    if not tokens.rest:
        return None
    found = _either(tokens)
    if tokens.rest:
        raise query_failed(f"'{tokens.rest[0]}' is not expected.")
    return found


def _tokens(text: str) -> list[str]:
    found, place, text = [], 0, text.rstrip()
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise query_failed(f"Cannot read the query at '{text[place : place + 20]}'.")
        found.append(token[token.lastgroup or 0])
        place = token.end()
    return found


def _either(tokens: _Tokens) -> Filter:
    parts = [_both(tokens)]
    while tokens.skip("OR"):
        parts.append(_both(tokens))
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _both(tokens: _Tokens) -> Filter:
    parts = [_one(tokens)]
    while tokens.skip("AND"):
        parts.append(_one(tokens))
    return parts[0] if len(parts) == 1 else Both(tuple(parts))


def _one(tokens: _Tokens) -> Filter:
    if tokens.skip("("):
        inside = _either(tokens)
        tokens.need(")")
        return inside
    field = tokens.take()
    if tokens.skip("IS", "NOT", "NULL"):
        return Test(field, "not null")
    if tokens.skip("IS", "NULL"):
        return Test(field, "null")
    negated = tokens.skip("NOT")
    if tokens.skip("LIKE"):
        return Test(field, "not like" if negated else "like", (_value(tokens),))
    if tokens.skip("IN"):
        return Test(field, "not in" if negated else "in", _list(tokens))
    operator = _SIGNS.get(tokens.take())
    if operator is None or negated:
        raise query_failed(f"An operator is expected after '{field}'.")
    return Test(field, operator, (_value(tokens),))


def _list(tokens: _Tokens) -> tuple[str, ...]:
    tokens.need("(")
    values = [_value(tokens)]
    while tokens.skip(","):
        values.append(_value(tokens))
    tokens.need(")")
    return tuple(values)


def _value(tokens: _Tokens) -> str:
    """A quoted text, apostrophes inside it escaped with a backslash, or a bare number."""
    token = tokens.take()
    if token.startswith("'"):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if token in _SIGNS or token in ("(", ")", ","):
        raise query_failed(f"A value is expected in the place of '{token}'.")
    return token
