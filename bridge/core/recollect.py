"""What a run leaves for the next one to remember."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.core.binding import Binding
from bridge.core.cause import mapping_digest
from bridge.core.change import Change, GroupPlan, Held, skips_digest
from bridge.core.desired import Reads, found_groups
from bridge.core.difference import Difference
from bridge.core.fingerprint import Fingerprints
from bridge.core.journal import Recollection, Unjudged
from bridge.core.listed import listed_addresses, newly_listed
from bridge.core.memory import Baseline, Memory, SourceBaseline, TargetSizes
from bridge.core.model import Account, AccountId, DirectoryGroup, GroupId, PersonId
from bridge.core.naming import named_groups
from bridge.core.pending import Undone
from bridge.core.people import People
from bridge.core.picture import TargetPicture, managed_pictures, new_pictures, sides_of, unread
from bridge.core.quarantine import Failure
from bridge.core.sight import Members, new_sights


@dataclass(frozen=True, slots=True)
class Ending:
    """A run at its end."""

    plans: Sequence[GroupPlan]
    differences: Sequence[Difference]
    bindings: Sequence[Binding]
    held: tuple[Held, ...]
    members: Mapping[str, frozenset[AccountId]]
    """By mapping key: the members as last read of each group in which every allowed change was confirmed."""
    people: People
    reads: Reads
    sizes: TargetSizes
    failures: tuple[Failure, ...] = ()
    undecided: frozenset[str] = frozenset()
    under_way: frozenset[str] = frozenset()
    """Keys of mappings of which something is left alone, as an earlier write may still arrive there."""
    unbound: frozenset[str] = frozenset()
    """Keys that the configuration does not have any more."""
    shrank: bool = False
    """Whether the sizes are in question: taken for the new measure, they would pass the next time."""
    seen: Members = field(default_factory=dict)
    """The members of every group that was written to, as last read."""
    names: Mapping[AccountId, str] = field(default_factory=dict)
    """The addresses of accounts."""
    accounts: tuple[Account, ...] = ()
    created: Mapping[str, GroupId] = field(default_factory=dict)
    """By mapping key, the groups that were made."""
    refusal: str = ""
    """Why nothing at all was written."""


def recollect(ending: Ending, memory: Memory) -> Recollection:
    """Choose what to remember.

    A managed group with anything open (a doubt, something held or failed, no group to serve) keeps the
    baseline of the time when all was settled, and so do the directory groups that feed it: the cause of
    what is still to be done must not be forgotten before it is done. But one that was empty then has people for
    the guards from now on: they may be in other groups already.
    """
    held = {one.key for one in ending.held}
    resting = memory.resting.keys() & {one.mapping.key for one in ending.differences if one.any}
    settled = [
        difference
        for difference in ending.differences
        if difference.mapping.key in ending.members
        and difference.mapping.key not in held
        and not difference.desired.doubts
        and difference.mapping.key not in resting
    ]
    settled_keys = {difference.mapping.key for difference in settled}
    open_sources = {
        group.id
        for difference in ending.differences
        if difference.mapping.key not in settled_keys
        for group in difference.desired.groups
    } | {
        group.id
        for binding in ending.bindings
        if binding.refusal
        for _, group in found_groups(binding.mapping.rule, ending.reads)
    }
    fingerprints = Fingerprints()
    managed = managed_pictures(ending.differences, ending.bindings, ending.seen, ending.created)
    undone = _undone(ending)
    target = TargetPicture(ending.accounts, managed, ending.refusal)
    return Recollection(
        links=_new_links(ending.people, memory),
        bindings={b.mapping.key: b.group.id for b in ending.bindings if b.group and b.new},
        unbound=ending.unbound,
        names=new_names(ending.reads, memory),
        sources=tuple(_sources(ending.reads, open_sources, memory, fingerprints)),
        grown=_grown(ending.reads, open_sources, memory),
        baselines=_baselines(settled, ending.members, memory, fingerprints),
        target_sizes=memory.target_sizes if ending.shrank else ending.sizes,
        held=ending.held,
        planned={plan.key: plan for plan in ending.plans},
        unjudged=_unjudged(ending),
        skips={
            plan.key: skips_digest(plan.skips, plan.doubts) for plan in ending.plans if plan.skips or plan.doubts
        },
        failures=ending.failures,
        undecided=ending.undecided | resting,
        sights=tuple(new_sights(ending.plans, ending.differences, ending.seen, undone, memory.sights)),
        gone=_gone(ending, memory),
        listed=newly_listed(
            listed_addresses(binding.mapping for binding in ending.bindings), ending.names, memory.listed
        ),
        pictures=tuple(new_pictures(ending.reads, target, memory.pictures, fingerprints)),
        pictured=sides_of(ending.reads),
        unread=unread(ending.reads),
    )


def _undone(ending: Ending) -> Undone:
    held: dict[str, list[Change]] = {}
    for one in ending.held:
        held.setdefault(one.key, []).extend(one.changes)
    return Undone(held, {*ending.seen, *(one.key for one in ending.failures)}, ending.names)


def _gone(ending: Ending, memory: Memory) -> frozenset[str]:
    """Mappings that are no more. A pattern finds nothing in a directory that was not read: then none is gone."""
    if _in_part(ending.reads):
        return frozenset()
    return frozenset(memory.sights) - {plan.key for plan in ending.plans}


def _in_part(reads: Reads) -> bool:
    """Whether some directory may have more groups than it showed."""
    return any(read.doubts or any(s.doubts for s in read.selections.values()) for read in reads.values())


def _unjudged(ending: Ending) -> Unjudged:
    doubted = {one.mapping.key for one in ending.differences if one.desired.doubts}
    unserved = {binding.mapping.key for binding in ending.bindings if binding.refusal}
    met = frozenset(plan.key for plan in ending.plans) if _in_part(ending.reads) else None
    return Unjudged(ending.under_way | doubted | unserved, met)


def _new_links(people: People, memory: Memory) -> Mapping[PersonId, AccountId]:
    known = memory.links
    return {person: account for person, account in people.accounts.items() if known.get(person) != account}


def new_names(reads: Reads, memory: Memory) -> Mapping[str, str]:
    """What the names of directory groups led to, where that is not known yet."""
    known = memory.names
    return {name: group for name, group in named_groups(reads).items() if known.get(name) != group}


def _baselines(
    settled: Sequence[Difference],
    members: Mapping[str, frozenset[AccountId]],
    memory: Memory,
    fingerprints: Fingerprints,
) -> dict[str, Baseline]:
    baselines = {d.mapping.key: _baseline(d, members[d.mapping.key], fingerprints) for d in settled}
    return {key: b for key, b in baselines.items() if memory.baseline_digests.get(key) != b.digest}


def _baseline(difference: Difference, members: frozenset[AccountId], fingerprints: Fingerprints) -> Baseline:
    said = mapping_digest(difference.mapping)
    desired = difference.desired.sure
    sources = tuple(sorted(group.id for group in difference.desired.groups))
    parts = (said, fingerprints.of(desired), fingerprints.of(members), fingerprints.of(sources))
    return Baseline(said, desired, members, sources, digest="-".join(parts))


def _sources(
    reads: Reads, open_sources: set[str], memory: Memory, fingerprints: Fingerprints
) -> Iterable[SourceBaseline]:
    for group in trusted_groups(reads):
        if group.id in open_sources:
            continue
        digest = fingerprints.of(group.members)
        size = len(group.members)
        if memory.source_digests.get(group.id) != digest or memory.source_sizes.get(group.id, size) != size:
            yield SourceBaseline(group.id, group.name, group.members, digest)


def _grown(reads: Reads, open_sources: set[str], memory: Memory) -> dict[str, int]:
    return {
        group.id: len(group.members)
        for group in trusted_groups(reads)
        if group.id in open_sources and group.members and memory.source_sizes.get(group.id) == 0
    }


def trusted_groups(reads: Reads) -> tuple[DirectoryGroup, ...]:
    """Every directory group that was read without any doubt, each once."""
    return tuple(
        {
            group.id: group
            for read in reads.values()
            if not read.doubts
            for selection in read.selections.values()
            if not selection.doubts
            for group in selection.groups
            if not group.doubts
        }.values()
    )
