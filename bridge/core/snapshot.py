"""A read of a directory that is kept, and what has to stay as it is for it to be as good as a new one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.core.model import DirectoryRead, Person, PersonId, Search


@dataclass(frozen=True, slots=True)
class Footing:
    """What a read rests on, and what it saw and does not rest on; by stable id, as people and groups have them."""

    involved: frozenset[str] = frozenset()
    """Everybody in the groups found, whoever is disabled too, these groups, and all groups in them."""
    others: frozenset[str] = frozenset()
    """People in none of these groups, and groups that no selector leads to."""
    strict: bool = False
    """Whether a person who looks as before may all the same be in other groups, or in none: these are worked out
    from what is not read, and everything seen is involved."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A read without any doubt, kept."""

    read: DirectoryRead
    footing: Footing
    mark: str
    """Names a moment before the read began. Only the directory that gave it knows what it means."""
    digest: str
    """Of everything else that decides what a read finds: settings, selectors, the program."""
    taken: datetime
    """When the read began."""


@dataclass(frozen=True, slots=True)
class News:
    """What a directory tells of the time since a mark."""

    mark: str
    """From where to ask on."""
    touched: frozenset[str] = frozenset()
    """What changed in any way, or came."""
    gone: frozenset[str] = frozenset()
    """What was deleted, or is no longer where the directory is searched."""
    entering: frozenset[str] = frozenset()
    """Of the touched those whose change may bring them in: a group that a selector may mean now, a person who
    says in which groups they are."""
    seen: Mapping[PersonId, Person] = field(default_factory=dict)
    """Of the touched those who are surely people, enabled, and now like this."""
    due: str = ""
    """Why a full read is due, whatever was touched. Empty: nothing speaks for one."""
    searches: tuple[Search, ...] = ()


def is_whole(read: DirectoryRead) -> bool:
    """Whether there is no doubt in a read, of any kind."""
    return not read.doubts and not any(
        selection.doubts or any(group.doubts for group in selection.groups)
        for selection in read.selections.values()
    )


def why_not_recalled(snapshot: Snapshot, news: News) -> str:
    """Why the read of a snapshot may not be what a full read would find now; empty when it surely is that.

    What nobody knows matters, unless it is gone: it may be a new group, or a person where a printer was.

                         involved   others          not known
        touched          matters    when entering   matters
        gone             matters    -               -
        seen as before   -          (not asked)     (not asked)
    """
    if news.due:
        return news.due
    footing, people = snapshot.footing, snapshot.read.people
    unchanged = (person_id for person_id, person in news.seen.items() if people.get(person_id) == person)
    touched = news.touched if footing.strict else news.touched.difference(unchanged)
    cases = (
        ((touched | news.gone) & footing.involved, "of those involved changed"),
        (touched - footing.involved - footing.others, "not known before appeared"),
        (touched & news.entering & footing.others, "others may be involved now"),
    )
    return "; ".join(f"{len(found)} {what}" for found, what in cases if found)
