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
    other_people: frozenset[str] = frozenset()
    """Who may change without anything changing in the groups found. Nobody, where a person says what it is in."""
    other_groups: frozenset[str] = frozenset()
    """No selector leads to them. One that comes to be called otherwise may answer to one."""


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
    answering: frozenset[str] = frozenset()
    """Of the touched those that a selector may mean now, if they are groups."""
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

                       involved   other people   other groups           not known
        touched        matters    -              when answering         matters
        gone           matters    -              -                      -
        seen as before -          -              (those are people)     matters
    """
    if news.due:
        return news.due
    footing, people = snapshot.footing, snapshot.read.people
    touched = news.touched - {known for known, person in news.seen.items() if people.get(known) == person}
    strangers = touched - footing.involved - footing.other_people - footing.other_groups
    cases = (
        ((touched | news.gone) & footing.involved, "of those involved changed"),
        (strangers, "not known before appeared"),
        (touched & news.answering & footing.other_groups, "groups may be meant now"),
    )
    return "; ".join(f"{len(found)} {what}" for found, what in cases if found)
