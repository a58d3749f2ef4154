"""Why somebody is in a managed group or is not, by what the last run read. Asks no server, and writes nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bridge.core.binding import Binding
from bridge.core.change import Action, Change, Held, Plan, Verdict
from bridge.core.expand import expand
from bridge.core.explain import Answer, Directories, Finding, answer, refused
from bridge.core.listed import Listed
from bridge.core.mapping import AllOf, AnyOf, Except, From, GroupMapping, Policy, Rule
from bridge.core.memory import Memory
from bridge.core.model import (
    AccountId,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    IdSpace,
    IdSpaceProof,
    Nesting,
    PersonId,
    TargetRead,
)
from bridge.core.picture import Album, Kin, ManagedPicture, TargetPicture, kin
from bridge.core.quarantine import Trouble, left_alone
from bridge.cycle.explanation import Explanation, about, subject_of
from bridge.cycle.ports import History
from bridge.cycle.survey import Remembered, Thought, think
from bridge.errors import BridgeError


class Archive(History, Protocol):
    """What is kept of the last run. Every method raises StoreError."""

    def load_album(self) -> Album | None:
        """Load what the last run read of both sides; None if no run has kept that yet."""

    def load_links(
        self, people: Collection[PersonId], accounts: Collection[AccountId]
    ) -> Mapping[PersonId, AccountId]:
        """Load the links of these people, and those to these accounts."""

    def load_listed(self) -> Listed:
        """Load whose the addresses on the lists `keep` and `ignore` are."""

    def load_held(self) -> tuple[Held, ...]:
        """Load what the last run held and nobody has approved since."""

    def load_resting(self) -> Mapping[str, Trouble]:
        """Load the mappings that are in quarantine now, each with the reason."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is to be said by the last run, and which that was."""

    explanation: Explanation
    run: str
    at: datetime
    reconfigured: bool
    """Whether that run knew another configuration."""


def explain_kept(archive: Archive, policy: Policy, text: str, group: str = "") -> Recalled:
    """Say all about whoever goes by this name, as the last run read it. Raises what `explain` raises."""
    album = archive.load_album()
    if album is None:
        raise BridgeError("No run has kept yet what it read: make one (`sync`), or ask both sides with --live")
    found = kin(album, text, archive.load_links)
    reads = {**{one.directory: one for one in _missing(album, policy)}, **_cut(album, found)}
    world = _World(reads, album.target.cut(found.accounts), found)
    every, gone = _bindings(world, policy)
    holding = _Holding(reads)
    bindings = [
        one for one in every if _is_asked_for(one, group) and (group or one.refusal or holding.somebody(one))
    ]
    memory = Memory(links=found.links, listed=archive.load_listed())
    proof = IdSpaceProof(IdSpace.USER_ID, proved=True, evidence="")
    thought = think(
        reads, TargetRead(world.target.accounts, (), proof), bindings, Remembered(memory, archive), policy
    )
    asked = [person for one in album.directories.values() for person in one.going_by(text)]
    subject = subject_of(text, asked, world.target.accounts, reads.values(), thought.people)
    if subject is None:
        raise BridgeError(
            f"Nobody goes by {text!r} of whom a run has read: it reads the people of mapped directory groups, and "
            "accounts; --live asks the directories"
        )
    directories = Directories(reads, {name: read.nesting or Nesting() for name, read in reads.items()})
    findings = _findings(thought, archive.load_held(), archive.load_resting(), world.target.refusal)
    answers = [answer(finding, subject, directories) for finding in findings]
    answers += [
        refused(one.mapping, None, one.refusal, directories.ways(one.mapping.rule, subject.people))
        for one in bindings
        if one.refusal
    ]
    answers += gone
    explanation = about(subject, answers, thought.people, group, album.unread)
    return Recalled(explanation, album.run, album.at, album.config_hash != policy.config_hash)


@dataclass(frozen=True, slots=True)
class _World:
    reads: Mapping[DirectoryName, DirectoryRead]
    target: TargetPicture
    kin: Kin


def _cut(album: Album, found: Kin) -> dict[DirectoryName, DirectoryRead]:
    """Each directory's read, with what the last run could not read of it as a doubt."""
    reads = {name: directory.cut(found.people) for name, directory in album.directories.items()}
    doubts = {name: Doubt(DoubtKind.UNREADABLE, why) for name, why in album.unread.items()}
    return {
        name: replace(read, doubts=tuple(sorted({*read.doubts, doubts[name]}))) if name in doubts else read
        for name, read in reads.items()
    }


def _missing(album: Album, policy: Policy) -> Iterator[DirectoryRead]:
    """Directories that the last run did not know."""
    for name in {selector.directory for selector in policy.selectors()} - album.directories.keys():
        yield DirectoryRead(name, "", doubts=(Doubt(DoubtKind.UNREADABLE, f"no run has read {name} yet"),))


def _bindings(world: _World, policy: Policy) -> tuple[list[Binding], list[Answer]]:
    """The mappings as they are configured now, each with its group as the last run left it; and what is gone."""
    kept = {one.key: one for one in world.target.groups}
    expansion = expand(policy, world.reads)
    mappings = [*expansion.mappings, *(mapping for mapping, _ in expansion.refusals)]
    bindings = [_binding(mapping, kept.get(mapping.key)) for mapping in mappings]
    keys = {mapping.key for mapping in mappings}
    names = {pattern.key for pattern in policy.patterns}
    gone = [
        refused(GroupMapping(one.key, one.name, AnyOf(()), where=one.where), None, one.refusal)
        for one in world.target.groups
        if one.refusal and one.key not in keys and one.key.rpartition("/")[0] in names
    ]
    return bindings, gone


def _binding(mapping: GroupMapping, kept: ManagedPicture | None) -> Binding:
    if kept is None:
        return Binding(mapping, refusal="no run has read this managed group yet: make one, or ask with --live")
    return Binding(mapping, kept.group, refusal=kept.refusal)


def _is_asked_for(binding: Binding, group: str) -> bool:
    kept = binding.group.id if binding.group else ""
    return not group or group in {binding.mapping.key, binding.mapping.name, kept}


class _Holding:
    """Which groups hold somebody of a world that was cut down: the others do not matter to anybody in it.

    In thousands of managed groups these are few, and only they need be thought about.
    """

    def __init__(self, reads: Mapping[DirectoryName, DirectoryRead]) -> None:
        self._disabled = any(
            person not in read.people
            for read in reads.values()
            if read.nesting
            for inner in read.nesting.groups.values()
            for person in inner.people
        )
        """Whoever is disabled is in no group but in the nesting, which says where for each group by itself."""
        self._groups = {
            selector: {group.id for group in selection.groups if group.members}
            for read in reads.values()
            for selector, selection in read.selections.items()
        }

    def somebody(self, binding: Binding) -> bool:
        """Whether a managed group holds somebody, or a directory group that feeds it or keeps people out."""
        return self._disabled or bool(binding.group and binding.group.members) or self._feeds(binding.mapping.rule)

    def _feeds(self, rule: Rule) -> bool:
        match rule:
            case From(selector, only):
                found = self._groups.get(selector, set())
                return only in found if only else bool(found)
            case AnyOf(parts) | AllOf(parts):
                return any(map(self._feeds, parts))
            case Except(base, minus):
                return self._feeds(base) or self._feeds(minus)


def _findings(
    thought: Thought, held: Sequence[Held], resting: Mapping[str, Trouble], refusal: str
) -> Iterator[Finding]:
    """What the next run would do, but for what is held and what is in quarantine."""
    by_key: dict[str, tuple[Held, ...]] = {}
    for one in held:
        by_key[one.key] = (*by_key.get(one.key, ()), one)
    groups = thought.plan.groups
    allowed = Plan(
        tuple(replace(g, changes=tuple(_allowed(c, by_key.get(g.key, ())) for c in g.changes)) for g in groups)
    )
    plan, verdict = left_alone(thought.plan, Verdict(allowed), resting)
    plans = {group.key: group for group in plan.groups}
    may = {group.key: group for group in verdict.allowed.groups}
    for difference in thought.differences:
        key = difference.mapping.key
        yield Finding(difference, plans[key], may.get(key), by_key.get(key, ()), refusal)


def _allowed(change: Change, held: Sequence[Held]) -> Change:
    accounts: set[AccountId] = {
        member.account
        for one in held
        for other in one.changes
        if other.action is change.action and change.action in {Action.ADD, Action.REMOVE}
        for member in other.members
    }
    return replace(change, members=tuple(m for m in change.members if m.account not in accounts))
