"""A long list in JSON, decoded a row at a time: what is made of a row takes its place before the next is decoded.

A whole answer as objects takes several times the memory of its text, and most of it is of no use. A list that is
not whole is no list: whatever was made by then is dropped.
"""

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import Final

WINDOW: Final = 2**20
"""Bytes that are looked at together."""
_LIST: Final = re.compile(rb"[ \t\n\r]*\[")
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_ENDS: Final = (",", "]", " ", "\t", "\n", "\r")
"""What may stand behind a value."""
_COMMA: Final = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")


def rows_of(body: bytes, make: Callable[[object], object], window: int = WINDOW) -> object:
    """A list of what is made of each row; anything but a list as it is. Raises ValueError for what is no JSON."""
    if json.detect_encoding(body) == "utf-8" and _LIST.match(body):
        return _List(body, window).rows(make)
    value = json.loads(body)
    return [make(row) for row in value] if isinstance(value, list) else value


class _List:
    """A list of which some is here as text."""

    def __init__(self, body: bytes, window: int) -> None:
        self._left = memoryview(body)
        self._window = window
        self._to_text = getincrementaldecoder("utf-8")("surrogatepass").decode
        self._decode = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0

    def rows(self, make: Callable[[object], object]) -> list[object]:
        """Everything in it. Raises ValueError where it is no list, or more than one thing."""
        found: list[object] = []
        self._skip("[")
        more = self._next() != "]"
        while more:
            found.append(make(self._value()))
            more = self._skip_comma()
        self._skip("]")
        if self._next():
            raise ValueError("something behind the list")
        return found

    def _skip(self, mark: str) -> None:
        if self._next() != mark:
            raise ValueError(f"no {mark} where one has to be")
        self._at += 1

    def _skip_comma(self) -> bool:
        """Go on to what is behind a comma; False where there is none."""
        comma = _COMMA.match(self._text, self._at)
        if comma and comma.end() < len(self._text):
            self._at = comma.end()
            return True
        if self._next() != ",":
            return False
        self._at += 1
        self._next()
        return True

    def _next(self) -> str:
        """The next character that is no space, where `_at` is then; empty at the end."""
        while True:
            if space := _SPACE.match(self._text, self._at):
                self._at = space.end()
            if self._at < len(self._text) or not self._read():
                return self._text[self._at : self._at + 1]

    def _value(self) -> object:
        """The value that stands here."""
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except ValueError:
                if not self._read():
                    raise
                continue
            if self._text.startswith(_ENDS, end) or not self._read():  # a number may go on behind what is here
                self._at = end
                return value

    def _read(self) -> bool:
        """Have more text here, twice as much where a value is large; False at the end."""
        rest = self._text[self._at :]
        size = max(self._window, len(rest))
        more, self._left = self._left[:size], self._left[size:]
        self._text, self._at = rest + self._to_text(more, not self._left), 0
        return len(more) > 0
