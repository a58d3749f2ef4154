"""Finding out what an API client may see: for the operator, before the first run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bridge.core.model import IdSpace, TargetRead
from bridge.errors import Denied, IncompleteRead
from bridge.targets.hyperproof_api import GroupStatus, HyperproofApi
from bridge.targets.target_read import target_read

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found."""

    who: str
    """The caller's name and address, as far as it is told."""
    users: int | None
    """None: refused."""
    groups: int | None
    """Active ones. None: refused."""
    members: int | None
    """Groups whose members are told. None: refused."""
    read: TargetRead | None
    """All of it put together, with the evidence for the id space and the notes. None: something was refused."""
    refusals: tuple[str, ...] = ()
    """What was refused, a sentence each, with the scope and the role to look at."""


def probe(api: HyperproofApi, stated: IdSpace | None) -> Probe:
    """Ask each of the four things that a run asks, and go on when one is refused.

    Raises Unavailable, Throttled and IncompleteRead: those are not about permission.
    """
    refusals: list[str] = []
    who = _who(api)
    users = _ask(api.get_users, refusals)
    groups = _ask(lambda: api.get_groups(GroupStatus.ACTIVE), refusals)
    members = _ask(lambda: api.get_all_members(GroupStatus.ACTIVE), refusals)
    read = None
    if users is not None and groups is not None and members is not None:
        read = target_read(users, groups, members, stated)
    return Probe(who, _count(users), _count(groups), _count(members), read, tuple(refusals))


def _ask(read: Callable[[], _T], refusals: list[str]) -> _T | None:
    try:
        return read()
    except Denied as error:
        refusals.append(str(error))
        return None


def _count(rows: Sequence[object] | None) -> int | None:
    return None if rows is None else len(rows)


def _who(api: HyperproofApi) -> str:
    """Name the caller. A service account may not be told who it is (API reference 3.1), and a run does not ask."""
    try:
        me = api.get_me()
    except (Denied, IncompleteRead) as error:
        return f"not told ({error.what})"
    name = " ".join(filter(None, (me.name, f"<{me.email}>" if me.email else "")))
    return name or me.id or "not told"
