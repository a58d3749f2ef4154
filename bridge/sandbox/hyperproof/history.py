"""What truly happened in the organization, whatever the answers said."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bridge.sandbox.hyperproof.model import Group, User, timestamp

UI: Final = "ui"
"""The actor of everything that was not done through the API."""


class EventKind(StrEnum):
    """What can happen."""

    GROUP_CREATED = "group.created"
    GROUP_RENAMED = "group.renamed"
    GROUP_ARCHIVED = "group.archived"
    GROUP_UNARCHIVED = "group.unarchived"
    LEAD_CHANGED = "lead.changed"
    MEMBER_ADDED = "member.added"
    MEMBER_REMOVED = "member.removed"
    USER_INVITED = "user.invited"
    USER_ACTIVATED = "user.activated"
    USER_DEACTIVATED = "user.deactivated"
    USER_BECAME_CONTACT = "user.became_contact"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one group, one member or one user."""

    sequence: int
    """From 1, without gaps."""
    time: datetime
    actor: str
    """An API client's id, or `ui`."""
    kind: EventKind
    group_id: str = ""
    group_name: str = ""
    """After the event."""
    id: str = ""
    """The organization user's id: of the member, of the new lead, of the user concerned."""
    user_id: str = ""
    """The same user's other id."""
    email: str = ""
    detail: str = ""
    """A renamed group's former name; a changed lead's former `userId`."""

    def shape(self) -> dict[str, object]:
        """The event as JSON."""
        return {
            "sequence": self.sequence,
            "time": timestamp(self.time),
            "actor": self.actor,
            "kind": str(self.kind),
            "groupId": self.group_id,
            "groupName": self.group_name,
            "id": self.id,
            "userId": self.user_id,
            "email": self.email,
            "detail": self.detail,
        }


class History:
    """Every event since the scene was set; seeding is none. Guarded by the organization's lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._events: list[Event] = []

    def __iter__(self) -> Iterator[Event]:
        return iter(tuple(self._events))

    def since(self, sequence: int) -> tuple[Event, ...]:
        """Everything after an event."""
        return tuple(self._events[sequence:])

    def note(
        self, kind: EventKind, actor: str, group: Group | None = None, user: User | None = None, detail: str = ""
    ) -> None:
        """Add an event that happens now."""
        self._events.append(
            Event(
                sequence=len(self._events) + 1,
                time=self._clock(),
                actor=actor,
                kind=kind,
                group_id=group.id if group else "",
                group_name=group.name if group else "",
                id=user.id if user else "",
                user_id=user.user_id if user else "",
                email=(user.email or "") if user else "",
                detail=detail,
            )
        )
