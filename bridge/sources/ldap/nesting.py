"""Who is in a group through the groups in it. Pure; sound for cycles, diamonds and chains of any depth."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.core.model import Doubt, PersonId

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Contents(Generic[K]):
    """What is in one group."""

    people: frozenset[PersonId] = frozenset()
    groups: frozenset[K] = frozenset()
    others: frozenset[str] = frozenset()
    """Members that are neither people nor groups, by a name that is the same in every group."""
    doubts: frozenset[Doubt] = frozenset()


def reachable(starts: Iterable[K], inner: Callable[[K], Iterable[K]]) -> frozenset[K]:
    """The groups themselves, those in them, those in these, and so on; `inner` tells the groups right in one."""
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        fresh = set(inner(waiting.pop())) - seen
        seen |= fresh
        waiting.extend(fresh)
    return frozenset(seen)


def effective(group: K, direct: Mapping[K, Contents[K]]) -> Contents[K]:
    """Everything in a group, at any depth; `groups` are all the groups in it, which it may be itself, by a cycle.

    A doubt about a group is one about every group that contains it.
    """
    own = direct[group]
    if not own.groups:
        return own
    inner = reachable(own.groups, lambda key: direct[key].groups)
    parts = [own, *(direct[key] for key in inner)]
    return Contents(
        people=frozenset().union(*(part.people for part in parts)),
        groups=inner,
        others=frozenset().union(*(part.others for part in parts)),
        doubts=frozenset().union(*(part.doubts for part in parts)),
    )
