"""Who is in a group: its list of members, taken apart by kind (Graph reference 1.6)."""

from typing import Final

from bridge.core.model import DirectoryGroup, DirectoryName, Doubt, DoubtKind, Owners, Person, PersonId
from bridge.errors import Denied, RemoteError, Unavailable
from bridge.sources.entra.failures import HIDDEN_REMEDY, USERS_REMEDY, NotFound
from bridge.sources.entra.groups import GroupEntry
from bridge.sources.entra.listing import Item, Listing
from bridge.sources.entra.people import GROUP, USER, Barred, People, identity, kind_of

_NAMED: Final = 5
"""So many members of a group that Graph hides are named; all are counted."""

_BARRED: Final = {
    Barred.DISABLED: "is disabled",
    Barred.GUEST: "is a guest, and guests do not count as people",
    Barred.UNREADABLE: f"is not shown; {USERS_REMEDY}",
}
"""What keeps a user from being an owner that counts."""


class Members:
    """The members of one group, or its owners, as their list shows them."""

    def __init__(self, people: People) -> None:
        self.people: dict[PersonId, Person] = {}
        self.nested: set[str] = set()
        """Ids of the groups in it: their people are in the list themselves, if the list is a transitive one."""
        self._everybody = people
        self._barred: dict[str, Barred] = {}
        self._others: set[str] = set()

    def add(self, item: Item) -> None:
        """Take up a member. Each counts once, however often the list shows it."""
        kind = kind_of(item)
        if kind == USER:
            self._add_user(item)
        else:
            (self.nested if kind == GROUP else self._others).add(identity(item))

    def clear(self) -> None:
        """Forget all: the list is read anew."""
        self.people.clear()
        self.nested.clear()
        self._barred.clear()
        self._others.clear()

    @property
    def seen(self) -> set[str]:
        """Ids of all users and groups in the list, whether they count or not."""
        return {*self._barred, *self.nested, *(person.partition(":")[2] for person in self.people)}

    def _add_user(self, item: Item) -> None:
        judged = self._everybody.judge(item)
        if isinstance(judged, Person):
            self.people[judged.id] = judged
        else:
            self._barred[identity(item)] = judged

    def group(self, directory: DirectoryName, entry: GroupEntry, listing: Listing) -> DirectoryGroup:
        """The group with its people, and with a doubt for all that may be missing."""
        barred = list(self._barred.values())
        return DirectoryGroup(
            id=f"{directory}:{entry.id}",
            name=entry.name,
            label=entry.label,
            members=frozenset(self.people),
            disabled=barred.count(Barred.DISABLED),
            others=len(self._others) + barred.count(Barred.GUEST),
            doubts=tuple(sorted(self._doubts(entry, listing))),
        )

    def owners(self, listing: Listing) -> Owners:
        """Who owns a group, of whose owners this is the list."""
        broken = [doubt_of(listing, listing.error).text] if listing.error else []
        barred = [f"the owner {key} {_BARRED[why]}" for key, why in sorted(self._barred.items())]
        others = [f"the owner {key} is no user" for key in sorted(self._others | self.nested)]
        return Owners(frozenset(self.people), (*broken, *barred, *others))

    def _doubts(self, entry: GroupEntry, listing: Listing) -> set[Doubt]:
        doubts = {doubt_of(listing, listing.error)} if listing.error else set()
        unreadable = sorted(key for key, why in self._barred.items() if why is Barred.UNREADABLE)
        if unreadable:
            named = ", ".join(unreadable[:_NAMED]) + (", ..." if len(unreadable) > _NAMED else "")
            what = f"Graph does not tell who {len(unreadable)} of the members of {entry.label} are ({named})"
            doubts.add(Doubt(DoubtKind.UNRESOLVED, f"{what}; {USERS_REMEDY}"))
        if entry.hidden and not listing.entries and not listing.error:
            what = f"the membership of {entry.label} is hidden, so that nobody can tell whether it is empty"
            doubts.add(Doubt(DoubtKind.UNREADABLE, f"{what}; {HIDDEN_REMEDY}"))
        return doubts


def doubt_of(listing: Listing, error: RemoteError) -> Doubt:
    """What is open about a list that did not come to its end."""
    if listing.pages:
        what = f"{listing.what} broke off after {listing.entries} entries on {listing.pages} pages"
        return Doubt(DoubtKind.TRUNCATED, f"{what}: {error.what}")
    match error:
        case NotFound():
            return Doubt(DoubtKind.MISSING, f"{listing.what}: {error.what}; {_GONE}")
        case Denied() | Unavailable():
            return Doubt(DoubtKind.UNREADABLE, f"{listing.what}: {error.what}")
        case _:
            return Doubt(DoubtKind.TRUNCATED, f"{listing.what}: {error.what}")


_GONE: Final = (
    "it was deleted meanwhile, or is so new that not every server knows it; if it stays, correct the mapping"
)
