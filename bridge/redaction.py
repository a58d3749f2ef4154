"""What must not be shown: secret values, wherever they occur, and characters that would forge what is seen.

Whatever servers say in their own words goes through here before anybody sees it, and before it is kept.
"""

import base64
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from html.entities import codepoint2name
from typing import Final

REDACTED: Final = "[redacted]"

SECRET_LENGTH: Final = 6
"""Characters that a registered secret has at least: a shorter one would black out half of every line."""


class Secrets:
    """Secret values that are known: those of the process, or what was sent in one call. For all threads."""

    def __init__(self, shortest: int = SECRET_LENGTH) -> None:
        self._shortest = shortest
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        """Made when it is first needed: many a command shows no words of a server."""
        self._turn = threading.Lock()

    def register(self, secret: str) -> None:
        """Never write this value from now on. One that is too short is not taken."""
        if len(secret) < self._shortest:
            return
        with self._turn:
            self._known |= {secret}
            self._pattern = None

    def hide(self, text: str) -> str:
        """Write [redacted] for every known secret in a text, however it is written there."""
        return self._matching().sub(REDACTED, text) if self._known else text

    def _matching(self) -> re.Pattern[str]:
        with self._turn:
            if self._pattern is None:
                longest_first = sorted(self._known, key=lambda text: (-len(text), text))
                self._pattern = re.compile("|".join(form for one in longest_first for form in _disguises(one)))
            return self._pattern


KNOWN: Final = Secrets()
"""Of this process."""


def register_secret(secret: str) -> None:
    """Never show this value from now on. One shorter than SECRET_LENGTH is not taken."""
    KNOWN.register(secret)


def hidden(text: str) -> str:
    """A text for others to read: without known secrets, and on one line."""
    return visible(KNOWN.hide(text))


def visible(text: str) -> str:
    """A text that stays on its line, and in which nothing is hidden, turned or coloured."""
    if text.isascii():
        return _CONTROLS.sub(lambda found: _escaped(found[0]), text)
    return "".join(_escaped(character) if is_invisible(character) else character for character in text)


_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")


def is_invisible(character: str) -> bool:
    """Whether a character moves, colours, turns or ends lines, or hides, instead of being seen."""
    category = unicodedata.category(character)
    return category[0] == "C" or category in {"Zl", "Zp"}


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _disguises(secret: str) -> tuple[str, ...]:
    """Patterns of a secret: character by character, and within longer texts in base64 or in hexadecimal digits."""
    octets = secret.encode("utf-8", "surrogatepass")
    runs = re.findall(r"\\+|[^\\]+", secret)
    spelled = (_backslashes(len(run)) if run[0] == "\\" else "".join(map(_spelled, run)) for run in runs)
    return ("".join(spelled), *map(re.escape, _in_base64(octets)), f"(?i:{octets.hex()})")


def _backslashes(number: int) -> str:
    """A run of them as one: taken one by one, they could be told apart in more ways than anybody can try."""
    numbered = "|".join(_numbered("\\"))
    return rf"(?:(?:{numbered}){{{number}}}|\\{{{number},{8 * number}}})"


@cache
def _spelled(character: str) -> str:
    """A pattern of one character as it may stand in text, in Python's or JSON's quotes, an address, or HTML."""
    if character.isascii() and character.isalnum():
        return character
    plain = rf"\\{{0,4}}{re.escape(character)}"  # last: the longer ones may begin with it
    return f"(?:{'|'.join((*_numbered(character), *_OTHERWISE.get(character, ()), plain))})"


def _numbered(character: str) -> Iterable[str]:
    """Patterns of a character by its number or its name, each once, and of bounded length."""
    code = ord(character)
    octets = character.encode("utf-8", "surrogatepass")
    name = codepoint2name.get(code)
    return dict.fromkeys(
        (
            rf"(?i:\\{{1,4}}U{code:08x})",
            "".join(rf"(?i:\\{{1,4}}u{half:04x})" for half in _halves(code)),
            "".join(rf"(?i:\\{{1,4}}x{octet:02x})" for octet in octets),
            rf"(?i:\\{{1,4}}x{code:02x})",
            "".join(rf"(?i:%{octet:02x})" for octet in octets),
            rf"&#0{{0,7}}{code};",
            rf"(?i:&#x0{{0,7}}{code:x};)",
            *((rf"&{name};",) if name else ()),
        )
    )


def _halves(code: int) -> tuple[int, ...]:
    """A character as one or two numbers of 16 bits (RFC 2781), without a codec, which may not get loaded here."""
    if code < _ASTRAL:
        return (code,)
    return 0xD800 + (code - _ASTRAL >> 10), 0xDC00 + (code - _ASTRAL & 0x3FF)


_ASTRAL: Final = 0x10000
_OTHERWISE: Final = {
    "\n": (r"\\{1,4}n",),
    "\r": (r"\\{1,4}r",),
    "\t": (r"\\{1,4}t",),
    "\b": (r"\\{1,4}b",),
    "\f": (r"\\{1,4}f",),
    " ": (r"\+",),
    "'": ("&apos;",),
}
"""What stands for a character beside its numbers."""


def _in_base64(octets: bytes) -> Iterator[str]:
    """What base64 of a longer text has of these octets, wherever they begin in it, in both alphabets."""
    for before in range(3):
        first, end = (before * 8 + 5) // 6, (before + len(octets)) * 8 // 6
        plain = base64.b64encode(bytes(before) + octets).decode()[first:end]
        if len(plain) >= SECRET_LENGTH:
            yield plain
            yield plain.translate(_FOR_ADDRESSES)


_FOR_ADDRESSES: Final = str.maketrans("+/", "-_")
