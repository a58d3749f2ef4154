"""What must not be shown: secret values, wherever they occur, and characters that would forge what is seen.

Whatever servers say in their own words goes through here before anybody sees it, and before it is kept.
"""

import base64
import json
import re
import threading
import unicodedata
from typing import Final
from urllib.parse import quote, quote_plus

REDACTED: Final = "[redacted]"

SECRET_LENGTH: Final = 6
"""Characters that a registered secret has at least: a shorter one would black out half of every line."""


class Secrets:
    """The secret values known to this process. For all threads."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self._turn = threading.Lock()

    def register(self, secret: str) -> None:
        """Never write this value from now on. One shorter than SECRET_LENGTH is not taken."""
        if len(secret) < SECRET_LENGTH:
            return
        with self._turn:
            self._known |= _disguises(secret)
            longest_first = sorted(self._known, key=lambda text: (-len(text), text))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def hide(self, text: str) -> str:
        """Write [redacted] for every known secret in a text."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text


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


def _disguises(secret: str) -> frozenset[str]:
    """A secret as it stands in text, in Python's and JSON's quotes, in an address, and in base64."""
    forms = {
        secret,
        repr(secret)[1:-1],
        repr("'\"" + secret)[4:-1],  # as in a text that has both kinds of quotes
        repr(secret.encode("utf-8", "replace"))[2:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.encode("unicode_escape").decode(),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        base64.b64encode(secret.encode("utf-8", "replace")).decode(),
    }
    return frozenset(form for form in forms if len(form) >= SECRET_LENGTH)
