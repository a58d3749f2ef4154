"""What a run saw of each managed group: for people to look at. No run ever decides by it. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.core.change import GroupPlan, Skip
from bridge.core.desired import Desired
from bridge.core.difference import Difference
from bridge.core.fingerprint import Fingerprints
from bridge.core.model import AccountId, DirectoryGroup, GroupId
from bridge.core.pending import Pending, Undone

Members = Mapping[str, frozenset[AccountId]]
"""By mapping key, the members of groups as last read."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A directory group that feeds a managed group, or keeps people out of it."""

    id: str
    """Its stable id, which begins with the directory's name."""
    label: str
    people: int
    excluding: bool
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """One managed group as a run left it."""

    key: str
    """Of the mapping."""
    name: str
    group_id: GroupId | None
    size: int
    """Members."""
    digest: str
    feeds: tuple[Feed, ...] = ()
    doubts: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    pending: tuple[Pending, ...] = ()
    """What is still to be done."""
    members: tuple[str, ...] = ()
    """Addresses, or ids of accounts without one; sorted. Empty where only an overview is asked for."""


def new_sights(
    plans: Sequence[GroupPlan],
    differences: Sequence[Difference],
    members: Members,
    undone: Undone,
    known: Mapping[str, str],
) -> Iterator[Sight]:
    """Every managed group that does not look as before. `known` are the digests.

    Half a million members are put in order only for the groups of which something is new.
    """
    by_key = {difference.mapping.key: difference for difference in differences}
    fingerprints = Fingerprints()
    for plan in plans:
        difference = by_key.get(plan.key)
        here = members.get(plan.key, difference.members if difference else frozenset())
        named = [undone.names.get(account, account) for account in here]
        pending = undone.of(plan, here)
        feeds = _feeds(difference.desired) if difference else ()
        doubts = tuple(map(str, plan.doubts))
        digest = f"{fingerprints.of(named)}-{_digest(plan, feeds, doubts, pending)}"
        if known.get(plan.key) != digest:
            yield Sight(
                key=plan.key,
                name=plan.name,
                group_id=plan.group_id,
                size=len(named),
                digest=digest,
                feeds=feeds,
                doubts=doubts,
                skips=plan.skips,
                pending=pending,
                members=tuple(sorted(named)),
            )


def _feeds(desired: Desired) -> tuple[Feed, ...]:
    excluding = {group.id for group in desired.excluding}
    groups = {group.id: group for group in (*desired.groups, *desired.excluding)}
    return tuple(
        sorted((_feed(g, excluding=g.id in excluding) for g in groups.values()), key=lambda feed: feed.label)
    )


def _feed(group: DirectoryGroup, *, excluding: bool) -> Feed:
    return Feed(group.id, group.label, len(group.members), excluding, tuple(map(str, group.doubts)))


def _digest(
    plan: GroupPlan, feeds: tuple[Feed, ...], doubts: tuple[str, ...], pending: tuple[Pending, ...]
) -> str:
    told = [
        plan.name,
        plan.group_id,
        [[feed.id, feed.label, feed.people, feed.excluding, feed.doubts] for feed in feeds],
        doubts,
        [[skip.kind, skip.subject, skip.reason] for skip in plan.skips],
        [[one.action, one.number, one.members] for one in pending],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
