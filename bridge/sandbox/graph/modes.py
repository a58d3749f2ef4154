"""Every mode for what is adjustable or unknown about Entra ID: a field each, with the default that comes first.

The figures in brackets are sections of the Graph reference.
"""

from dataclasses import dataclass
from typing import Final, Literal

from bridge.sandbox.modes import Count, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """How this Entra ID behaves."""

    token_life: Count = 3599
    """Seconds; msal keeps a token in its cache from 301 on. [7.1]"""

    page_cap: Count = 0
    """Pages hold at most so many items, whatever `$top` says; 0: as many as it says. [1.3]"""

    page_token_life: Seconds = 300.0
    """Seconds after which a `$skiptoken` is expired. [1.3]"""

    unreadable: Literal["null", "missing"] = "null"
    """Properties that may not be read are null (lists: empty), or are left out. [6]"""

    hidden_members: Literal["403", "empty"] = "403"
    """A group that hides its members, read without `Member.Read.Hidden`: refused, or seemingly empty. [6, 12.1]"""


DEFAULT_MODES: Final = Modes()
