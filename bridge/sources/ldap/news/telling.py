"""What a way to tell of changes has to give: a mark, and what happened since one. For one domain at one server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from bridge.core.model import DirectoryName, Search
from bridge.sources.ldap.connection import Session
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.people import stable_id
from bridge.sources.ldap.schema import Schema

MOST_CHANGES: Final = 500
"""More of them, and a full read is no more work."""

Token: TypeAlias = Mapping[str, str | bool]
"""What a server needs to go on from a mark; it goes into JSON as it is."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The part of a directory that is watched over one connection."""

    directory: DirectoryName
    base: str
    schema: Schema
    contexts: tuple[str, ...] = ()
    """The server's naming contexts."""
    filter_attributes: frozenset[str] = frozenset()
    """What the filters ask about, those of selectors too; in lower case."""

    @property
    def id_attributes(self) -> tuple[str, ...]:
        """Where the stable ids of people and groups stand."""
        return tuple(dict.fromkeys((self.schema.person_id, self.schema.group_id)))

    @property
    def people_tell(self) -> bool:
        """Whether people say themselves in which groups they are."""
        schema = self.schema
        return bool(schema.login_members or schema.memberships or schema.primary_group)

    def ids(self, entry: Entry) -> frozenset[str]:
        """What an entry is known by; nothing if it shows no id."""
        found = (stable_id(self.directory, entry, name.lower()) for name in self.id_attributes)
        return frozenset(one for one in found if one)


@dataclass(frozen=True, slots=True)
class Taken:
    """A mark, or the reason why there is none."""

    token: Token | None
    searches: tuple[Search, ...] = ()
    why_not: str = ""
    """With the remedy, where there is one."""


@dataclass(frozen=True, slots=True)
class Told:
    """What happened since a mark, in one domain."""

    token: Token
    """From where to ask on."""
    touched: frozenset[str] = frozenset()
    placed: frozenset[str] = frozenset()
    """Of the touched those who may have said now in which groups they are."""
    gone: frozenset[str] = frozenset()
    due: str = ""
    """Why only a full read can tell."""
    searches: tuple[Search, ...] = field(default=())


class Teller(Protocol):
    """One way to tell."""

    def take(self, session: Session, ground: Ground) -> Taken:
        """Take a mark. Raises RemoteError when the connection is lost."""

    def tell(self, session: Session, ground: Ground, token: Token) -> Told:
        """Tell what happened since a mark. Raises RemoteError when the connection is lost."""
