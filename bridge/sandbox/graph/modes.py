"""Every mode for what is adjustable or unknown about Entra ID: a field each, with the default that comes first.

The figures in brackets are sections of the Graph reference.
"""

from dataclasses import dataclass
from typing import Final, Literal

from bridge.sandbox.modes import Count, Positive, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """How this Entra ID behaves."""

    token_life: Count = 3599
    """Seconds; msal keeps a token in its cache from 301 on. [7.1]"""

    page_cap: Count = 0
    """Pages hold at most so many items, whatever `$top` says; 0: as many as it says. [1.3]"""

    page_token_life: Seconds = 300.0
    """Seconds after which a `$skiptoken` is expired. [1.3]"""

    quota: Count = 0
    """Resource units that the application has for ten seconds; 0: without end. [5.1]"""

    unreadable: Literal["null", "missing"] = "null"
    """Properties that may not be read are null (lists: empty), or are left out. [6]"""

    hidden_members: Literal["403", "empty"] = "403"
    """A group that hides its members, read without `Member.Read.Hidden`: refused, or seemingly empty. [6, 12.1]"""

    deleted_members: Literal["left_out", "listed"] = "left_out"
    """Members who are deleted and can be restored: left out until they come back, or still listed. [12.2]"""

    circles: Literal["left_out", "listed"] = "left_out"
    """A group that is, through others, in itself: left out of its own transitive members, or listed. [12.6]"""

    principals: Literal["listed", "left_out"] = "listed"
    """Service principals among the direct members and owners of groups. [1.6, 12.8]"""

    delta_page: Positive = 100
    """Entries on a page of a delta. [2.1]"""

    delta_slice: Positive = 1000
    """Members in one entry of a delta; a group with more has several entries, on whatever pages. [2.1]"""

    delta_token_life: Seconds = 7 * 86_400.0
    """Seconds after which a `$deltatoken` is expired. [2.2]"""

    delta_lag: Seconds = 0.0
    """Seconds until a change is in a delta; until then it seems that nothing happened. [2.1]"""

    delta_replays: Count = 0
    """A delta tells so many changes again that came before its token. [2.1]"""

    delta_removed_at_first: bool = False
    """The first round tells of members, too, who left long ago. [2.1]"""

    delta_purges: Literal["told", "silent"] = "told"
    """Whether a member that was purged is told as removed from its groups. [2.3]"""


DEFAULT_MODES: Final = Modes()
