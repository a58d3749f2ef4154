"""What every match of a regular expression begins with, so that not all groups of a tenant have to be listed."""

import re
from typing import Final

_LETTER: Final = re.compile(r"\\([ .\-])|([A-Za-z0-9 _\-])", re.ASCII)
"""A sign that stands for itself, escaped or not."""

_UNCERTAIN: Final = re.compile(r"[?*{+]")
"""Behind a sign: it may be there another number of times than once."""

_INSIDE: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]|.", re.DOTALL)


def literal_prefix(pattern: str) -> str:
    """The text that all matches begin with; empty where that is not plain to see."""
    if _has_branches(pattern):
        return ""
    prefix, position = "", len(pattern) - len(pattern.removeprefix("^"))
    while found := _LETTER.match(pattern, position):
        position = found.end()
        if _UNCERTAIN.match(pattern, position):
            break
        prefix += found[1] or found[2]
    return prefix


def _has_branches(pattern: str) -> bool:
    """Whether the pattern as a whole is one of several: `a|b`, not `x(a|b)`."""
    depth = 0
    for found in _INSIDE.finditer(pattern):
        sign = found[0]
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and depth == 0:
            return True
    return False
