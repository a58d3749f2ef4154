"""`$filter`, as far as groups and users are looked for with it (Graph reference 1.2)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bridge.sandbox.graph.errors import GraphError, bad_request, unsupported
from bridge.sandbox.graph.model import DirectoryObject, Value

MOST_CLAUSES: Final = 15
"""Clauses joined by `or`, and values of an `in`."""

_TOKEN: Final = re.compile(r"\s*('(?:[^']|'')*'|[(),]|[\w./:-]+)")
_ADVANCED: Final = frozenset({"ne", "not", "endswith", "ge", "le", "gt", "lt"})

Test = Callable[[DirectoryObject], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood."""

    test: Test
    advanced: bool
    """Whether only the index behind advanced queries can answer it."""


def read_filter(text: str) -> Filter:
    """Understand a filter. Raises GraphError."""
    words = _words(text)
    parser = _Parser(words)
    test = parser.either()
    if parser.left:
        raise _invalid()
    return Filter(test, advanced=any(word.casefold() in _ADVANCED for word in words))


def _words(text: str) -> list[str]:
    words = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _invalid()
        words.append(found[1])
        position = found.end()
    return words


class _Parser:
    """Reads words from left to right: `or` binds least, then `and`, then `not`."""

    def __init__(self, words: list[str]) -> None:
        self.left = words
        self._words = list(reversed(words))
        self.left = self._words

    def either(self) -> Test:
        tests = [self._both()]
        while self._follows("or"):
            tests.append(self._both())
        _count(len(tests))
        return tests[0] if len(tests) == 1 else lambda one: any(test(one) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._follows("and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda one: all(test(one) for test in tests)

    def _single(self) -> Test:
        word = self._take()
        match word.casefold():
            case "not":
                denied = self._single()
                return lambda one: not denied(one)
            case "(":
                inner = self.either()
                self._expect(")")
                return inner
            case "startswith" | "endswith":
                return self._affix(ending=word.casefold() == "endswith")
            case _:
                return self._any(word) if word.endswith("/any") else self._comparison(word)

    def _affix(self, *, ending: bool) -> Test:
        self._expect("(")
        name = self._take()
        self._expect(",")
        affix = str(_literal(self._take()))
        self._expect(")")
        if ending:
            return lambda one: any(text.endswith(affix) for text in _texts(one, name))
        return lambda one: any(text.startswith(affix) for text in _texts(one, name))

    def _any(self, word: str) -> Test:
        """`groupTypes/any(c:c eq 'Unified')`."""
        self._expect("(")
        self._take()
        self._expect("eq")
        literal = _literal(self._take())
        self._expect(")")
        name = word.removesuffix("/any")
        return lambda one: literal in _texts(one, name)

    def _comparison(self, name: str) -> Test:
        operator = self._take().casefold()
        if operator == "in":
            values = self._values()
            return lambda one: _folded(_value(one, name)) in values
        literal = _literal(self._take())
        match operator:
            case "eq":
                return lambda one: _folded(_value(one, name)) == literal
            case "ne":
                return lambda one: _folded(_value(one, name)) != literal
            case _:
                raise unsupported(f"Unsupported filter operator '{operator}'.")

    def _values(self) -> frozenset[Value]:
        self._expect("(")
        values = [_literal(self._take())]
        while self._follows(","):
            values.append(_literal(self._take()))
        self._expect(")")
        _count(len(values))
        return frozenset(values)

    def _follows(self, word: str) -> bool:
        if not self._words or self._words[-1].casefold() != word:
            return False
        self._words.pop()
        return True

    def _expect(self, word: str) -> None:
        if not self._follows(word):
            raise _invalid()

    def _take(self) -> str:
        if not self._words:
            raise _invalid()
        return self._words.pop()


def _count(clauses: int) -> None:
    if clauses > MOST_CLAUSES:
        raise unsupported(
            "Too many child clauses specified in search filter expression containing 'OR' operators: "
            f"{clauses}. Max allowed: {MOST_CLAUSES}."
        )


def _literal(word: str) -> Value:
    """A value as comparisons take it: texts without regard to case."""
    if word.startswith("'"):
        return word[1:-1].replace("''", "'").casefold()
    match word.casefold():
        case "true" | "false":
            return word.casefold() == "true"
        case "null":
            return None
        case _:
            raise _invalid()


def _value(one: DirectoryObject, name: str) -> Value:
    return one.id if name == "id" else one.value(name)


def _folded(value: Value) -> Value:
    return value.casefold() if isinstance(value, str) else value


def _texts(one: DirectoryObject, name: str) -> list[str]:
    value = _value(one, name)
    several = value if isinstance(value, tuple) else (value,)
    return [text.casefold() for text in several if isinstance(text, str)]


def _invalid() -> GraphError:
    return bad_request("Invalid filter clause.")
