"""Changes, and the plan that they make up."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bridge.core.model import AccountId, Doubt, Email, GroupId


class Cause(StrEnum):
    """Why a change is in the plan."""

    FIRST_SYNC = "first sync"  # the managed group was never synchronized before
    SOURCE = "source changed"  # somebody joined or left a directory group, or was disabled
    CONFIGURATION = "configuration changed"  # the mapping was edited
    IDENTITY = "identity changed"  # an account appeared, became eligible, or is now another person's
    DRIFT = "drift undone"  # somebody changed the group in Hyperproof by hand
    BY_HAND = "by hand"  # an operator asked for it, and no mapping


@dataclass(frozen=True, slots=True, order=True)
class MemberChange:
    """One account put into or taken out of a group."""

    account: AccountId
    email: Email | None
    cause: Cause
    people: tuple[str, ...] = ()
    """The ids of the people in directories whose account this is: who is added, or who is gone."""


class Action(StrEnum):
    """One kind of write."""

    CREATE = "create group"
    RENAME = "rename group"
    SET_LEAD = "set lead"
    CLEAR_LEAD = "clear lead"
    ADD = "add members"
    REMOVE = "remove members"


@dataclass(frozen=True, slots=True)
class Change:
    """What one kind of write has to do to one managed group."""

    action: Action
    members: tuple[MemberChange, ...] = ()
    """For ADD and REMOVE, sorted."""
    name: str = ""
    """For CREATE and RENAME: the group's new name."""
    lead: AccountId | None = None
    """For SET_LEAD."""
    cause: Cause = Cause.CONFIGURATION
    """Of CREATE, RENAME and the lead; members have each their own."""


class SkipKind(StrEnum):
    """Why something that might have been expected is not in the plan."""

    NO_ACCOUNT = "no account"
    AMBIGUOUS = "ambiguous"
    INELIGIBLE = "ineligible"
    UNCERTAIN = "uncertain"  # an exclusion could not be read, so nobody is known to be free of it
    PROTECTED = "protected"  # would go, but is kept: the lead, the keep list, deactivated, unknown
    DOUBT = "doubt"  # would go, but the read is not to be trusted
    LEAD = (
        "lead"  # the lead stays as it is, for there is no one owner of the directory groups who surely could be it
    )
    UNDER_WAY = "under way"  # an earlier write about them may still arrive, or could not be looked into
    GROUP = "group"  # the managed group itself cannot be served: not there, archived, claimed twice


@dataclass(frozen=True, slots=True, order=True)
class Skip:
    """Something left undone, and why. `subject` is a person's label, an address or an account id."""

    kind: SkipKind
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """What a run would do to one managed group."""

    key: str
    name: str
    group_id: GroupId | None
    """None while the group is still to be created."""
    size: int
    """Members now."""
    changes: tuple[Change, ...] = ()
    """In the order of application: create, rename, adds, lead, removals."""
    skips: tuple[Skip, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def members(self, action: Action) -> tuple[MemberChange, ...]:
        """Everybody whom this action is about."""
        return tuple(member for change in self.changes if change.action is action for member in change.members)


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that make current equal desired, by managed group, sorted by name and key."""

    groups: tuple[GroupPlan, ...] = ()

    @property
    def changed(self) -> tuple[GroupPlan, ...]:
        """The managed groups that something would happen to."""
        return tuple(group for group in self.groups if group.changes)

    @property
    def digest(self) -> str:
        """Names this very plan: the same changes have the same digest on every machine and every day."""
        return _digest([_essence(group.key, group.group_id, group.changes) for group in self.changed])


def skips_digest(skips: tuple[Skip, ...], doubts: tuple[Doubt, ...]) -> str:
    """Name what is left undone in one managed group, to tell whether it is what was left undone before."""
    return _digest([[[s.kind, s.subject, s.reason] for s in skips], [[d.kind, d.text] for d in doubts]])


def changes_digest(key: str, group_id: GroupId | None, changes: tuple[Change, ...]) -> str:
    """Name a set of changes to one managed group; what an approval is given for."""
    return _digest(_essence(key, group_id, changes))


def _essence(key: str, group_id: GroupId | None, changes: tuple[Change, ...]) -> list[object]:
    """What a change does, without why: causes and counts may vary from run to run, the deed may not."""
    return [
        key,
        group_id,
        [[c.action, c.name, c.lead, sorted(m.account for m in c.members)] for c in changes],
    ]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()


class GuardKind(StrEnum):
    """The rules that hold a change that looks wrong."""

    SOURCE_EMPTY = "source empty"
    EXCLUSION_EMPTY = "exclusion empty"
    SOURCE_REPLACED = "source replaced"
    GROUP_REMOVALS = "removals per group"
    RUN_REMOVALS = "removals per run"
    TARGET_SHRANK = "target shrank"
    UNRESOLVED = "unresolved people"
    LOOKALIKE = "lookalike"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One guard's objection, in words with the figures."""

    guard: GuardKind
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """Changes to one managed group that wait for a person's approval."""

    key: str
    name: str
    group_id: GroupId | None
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    rejected: bool = False
    """A person has said no to exactly these changes."""

    @property
    def digest(self) -> str:
        """What an approval names."""
        return changes_digest(self.key, self.group_id, self.changes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guards make of a plan."""

    allowed: Plan
    held: tuple[Held, ...] = ()
    refusal: str = ""
    """Why nothing at all may be written, whatever anybody approves. Empty: writing is allowed."""
    approved: Mapping[tuple[str, AccountId], "Approval"] = field(default_factory=dict)
    """By mapping key and account, the approvals that the allowed removals rest on."""
    shrank: bool = False
    """Whether Hyperproof lists far fewer users or groups than before, and nobody let removals go all the same."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's consent to exactly one set of held changes."""

    digest: str
    by: str
    reason: str
    expires: str
    """ISO 8601, UTC."""
    guards: frozenset[GuardKind] = frozenset()
    """What objected when it was given. Empty where nobody judges by it."""


@dataclass(frozen=True, slots=True)
class Consent:
    """An approval together with what it allows, and when it held."""

    approval: Approval
    key: str
    """Of the mapping."""
    allows: frozenset[tuple[Action, AccountId]]
    """What was not done under it yet: nothing is allowed twice."""
    given: datetime
    until: datetime

    def covers(self, key: str, what: tuple[Action, AccountId], at: datetime) -> bool:
        """Whether it allowed this then."""
        return key == self.key and what in self.allows and self.given <= at < self.until
