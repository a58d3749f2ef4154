"""What ties objects: who is in a group, directly and through others, who owns it, and who manages whom."""

from collections import defaultdict
from enum import StrEnum

_Ids = dict[str, None]
"""A set that keeps its order."""


class Tie(StrEnum):
    """How a group is tied to others. The value is Graph's word."""

    MEMBERS = "members"
    OWNERS = "owners"


class Ties:
    """Ties by the ids of their ends. Guarded by the tenant's lock."""

    def __init__(self) -> None:
        self.managers: dict[str, str] = {}
        """Who manages whom."""
        self._groups: dict[Tie, defaultdict[str, _Ids]] = {tie: defaultdict(dict) for tie in Tie}
        self._sorted: dict[tuple[Tie | None, str], tuple[str, ...]] = {}
        """Answers so far; no tie is for transitive ones."""

    def copy(self) -> "Ties":
        """The same ties, on their own from now on."""
        other = Ties()
        other.managers = dict(self.managers)
        for tie, groups in self._groups.items():
            for group_id, ids in groups.items():
                other.put(tie, group_id, ids)
        return other

    def put(self, tie: Tie, group_id: str, ids: "_Ids | list[str]") -> None:
        """Tie these to a group, beside those that are."""
        self._groups[tie][group_id].update(dict.fromkeys(ids))
        self._sorted.clear()

    def take(self, tie: Tie, group_id: str, object_id: str) -> None:
        """Tie this one to a group no more."""
        self._groups[tie][group_id].pop(object_id, None)
        self._sorted.clear()

    def of(self, tie: Tie, group_id: str) -> tuple[str, ...]:
        """The ids tied to a group, in order."""
        if (tie, group_id) not in self._sorted:
            self._sorted[tie, group_id] = tuple(sorted(self._groups[tie].get(group_id, ())))
        return self._sorted[tie, group_id]

    def transitive(self, group_id: str) -> tuple[str, ...]:
        """All ids below a group, in order, each once, whatever the depth and in whatever circle; not its own."""
        if (None, group_id) not in self._sorted:
            self._sorted[None, group_id] = tuple(sorted(self._walk(group_id) - {group_id}))
        return self._sorted[None, group_id]

    def circles(self, group_id: str) -> bool:
        """Whether a group is, through others, in itself."""
        return group_id in self._walk(group_id)

    def drop(self, object_id: str) -> list[tuple[Tie, str]]:
        """Untie an object from everything. Says from which groups, and how it was tied to them."""
        self.managers.pop(object_id, None)
        self._sorted.clear()
        left = []
        for tie, groups in self._groups.items():
            groups.pop(object_id, None)
            left += [(tie, group_id) for group_id, ids in groups.items() if object_id in ids]
        for tie, group_id in left:
            del self._groups[tie][group_id][object_id]
        return left

    def _walk(self, group_id: str) -> set[str]:
        members = self._groups[Tie.MEMBERS]
        reached: set[str] = set()
        ahead = [group_id]
        while ahead:
            fresh = members.get(ahead.pop(), {}).keys() - reached
            reached |= fresh
            ahead += [one for one in fresh if one in members]
        return reached
