"""What a run writes down: records, the writes it intends, what they left, what the next run shall know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bridge.core.change import Action, GroupPlan, Held, MemberChange
from bridge.core.jobs import EVERY
from bridge.core.listed import Listed
from bridge.core.memory import Baseline, SourceBaseline, TargetSizes
from bridge.core.model import AccountId, DirectoryName, GroupId, PersonId
from bridge.core.picture import Picture
from bridge.core.quarantine import Failure
from bridge.core.sight import Sight

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]


@dataclass(frozen=True, slots=True)
class Record:
    """One line of evidence before it is chained. `event` is `noun.past_participle`."""

    event: str
    at: datetime
    run: str
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that is about to happen: one API call. On disk before the call, settled after it."""

    id: str
    run: str
    at: datetime
    key: str
    """Of the mapping. Empty: an operator does it by hand."""
    group_id: GroupId | None
    group_name: str
    action: Action
    members: tuple[MemberChange, ...] = ()
    name: str = ""
    lead: AccountId | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Effects:
    """What a settled write leaves in memory: committed together with its records."""

    added: tuple[AccountId, ...] = ()
    removed: tuple[AccountId, ...] = ()
    bound: GroupId | None = None
    """The group's id, where the write made it known."""
    ours: bool = True
    """Whether nobody else can have done it: only then does an added account count as put in by the bridge."""


@dataclass(frozen=True, slots=True)
class Ties:
    """What names led to in this run. Kept with its record before anything is written: a name is used once."""

    bindings: Mapping[str, GroupId] = field(default_factory=dict)
    """From a mapping's key to the group that it serves."""
    names: Mapping[str, str] = field(default_factory=dict)
    """From the name of a directory group to the id that it led to."""


NO_TIES: Final = Ties()


class RunKind(StrEnum):
    """What started a run."""

    SYNC = "sync"
    BACKFILL = "backfill"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Run:
    """One cycle. Its id is on every record."""

    id: str
    kind: RunKind
    started: datetime
    config_hash: str
    continues: str = ""
    """The id of the first run of an interrupted backfill that this one goes on with."""
    job: str = EVERY
    """Whose managed groups it writes."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """The mappings of which a run could not tell what is to be done: what it let be there, it has not settled."""

    keys: frozenset[str] = frozenset()
    met: frozenset[str] | None = None
    """Where a directory was not read whole, all mappings that there were: any other may be hidden with it."""

    def __contains__(self, key: str) -> bool:
        return key in self.keys or (self.met is not None and key not in self.met)


@dataclass(frozen=True, slots=True)
class Recollection:
    """What a run leaves for the next one: written in one transaction at its end. Entries not named stay."""

    links: Mapping[PersonId, AccountId] = field(default_factory=dict)
    bindings: Mapping[str, GroupId] = field(default_factory=dict)
    sources: tuple[SourceBaseline, ...] = ()
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    target_sizes: TargetSizes | None = None
    held: tuple[Held, ...] = ()
    """All that is held now. Held changes not among them are no longer in question, but for the unjudged."""
    unjudged: Unjudged = Unjudged()
    planned: Mapping[str, GroupPlan] = field(default_factory=dict)
    """By mapping key, all that was due, held or not."""
    skips: Mapping[str, str] = field(default_factory=dict)
    """From a mapping's key to the digest of what was skipped there; all keys of the run."""
    names: Mapping[str, str] = field(default_factory=dict)
    """From the name of a directory group (`bridge.core.naming.name_key`) to the id that it led to."""
    failures: tuple[Failure, ...] = ()
    """Mappings whose writes failed."""
    sights: tuple[Sight, ...] = ()
    """Managed groups that do not look as they did."""
    gone: frozenset[str] = frozenset()
    """Keys of mappings that are no more."""
    pictures: tuple[Picture, ...] = ()
    """What was read and is not as it was."""
    pictured: frozenset[str] = frozenset()
    """All sides of which there is a picture now. Those of others are forgotten: they name people."""
    unread: Mapping[DirectoryName, str] = field(default_factory=dict)
    """Directories that gave no answer, and why: what is kept of them is from an earlier run."""
    undecided: frozenset[str] = frozenset()
    """Keys of mappings with something to do that was not tried to its end: not failed, and not done either."""
    unbound: frozenset[str] = frozenset()
    """Keys of mappings whose binding is forgotten: the configuration does not have them any more."""
    listed: Listed = field(default_factory=dict)
    """Of the addresses on the lists `keep` and `ignore`, those that lead to other accounts than before."""
    applied: str = ""
    """What the configuration says of memberships, if the run was to write by it; else nothing."""
    grown: Mapping[str, int] = field(default_factory=dict)
    """Directory groups that were settled empty, and have so many people since, with whom not all is settled."""
