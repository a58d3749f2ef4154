"""The guards: rules that hold what looks wrong until a person has approved exactly that.

    guard                holds                             when
    source empty         the group's removals              a directory group is empty or gone that had people,
                                                           or is empty and was never read before
    exclusion empty      the group's additions             a directory group that keeps people out is empty or
                                                           gone and had some
    source replaced      its removals and its additions    another directory group answers to a name than before
    removals per group   the group's removals              more than its limit
    unresolved people    the group's removals              too many of its people have no account
    target shrank        all removals of the run           Hyperproof lists far fewer users or groups
    removals per run     all removals not yet held of      together more than the run's limit
                         the groups that it would write
    lookalike            the one removal                   the account looks like an unresolved person's
    rejected             those removals and additions      a person has refused them

Other additions are never held: they rest on what was read, not on what was missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.core.cause import Past
from bridge.core.change import (
    Action,
    Approval,
    Change,
    Finding,
    GroupPlan,
    GuardKind,
    Held,
    MemberChange,
    Plan,
    Verdict,
    changes_digest,
)
from bridge.core.difference import Accounts, Difference
from bridge.core.jobs import EVERY, written_with
from bridge.core.lookalikes import lookalikes
from bridge.core.mapping import GroupMapping, Limits
from bridge.core.memory import Memory, TargetSizes
from bridge.core.model import IdSpaceProof
from bridge.core.quarantine import rests_wholly
from bridge.core.refusals import refusal, refused
from bridge.core.source_guards import Sources


@dataclass(frozen=True, slots=True)
class Case:
    """What the guards judge by, beside the plan."""

    differences: Mapping[str, Difference]
    """By mapping key."""
    accounts: Accounts
    sizes: TargetSizes
    """Of Hyperproof, now."""
    id_space: IdSpaceProof
    memory: Memory
    limits: Limits
    past: Past
    """Of the groups that change."""
    job: str = EVERY
    """Whose groups the run writes."""

    @property
    def mappings(self) -> Iterator[GroupMapping]:
        """Of the groups that are served."""
        return (difference.mapping for difference in self.differences.values())

    def sources(self, difference: Difference) -> Sources:
        """The directory groups behind a managed group, for the guards that ask about them."""
        return Sources(difference, self.past, self.memory.source_sizes)


def judge(plan: Plan, case: Case) -> Verdict:
    """Part a plan into what may be applied and what is held."""
    of_all = _shrunk_target(case)
    judged = [_judge_removals(group, of_all, case) for group in plan.groups]
    for keys in written_with(plan, case.mappings, case.job):
        judged = _judge_run(judged, keys, case)
    judged = [_judge_additions(one, case) for one in judged]
    accepted = any(GuardKind.TARGET_SHRANK in approval.guards for approval in _used(judged))
    return Verdict(
        allowed=Plan(tuple(one.allowed for one in judged)),
        held=tuple(held for one in judged for held in one.all_held),
        refusal="" if case.id_space.proved or not plan.changed else case.id_space.evidence,
        approved={(one.plan.key, m.account): a for one in judged for m, a in one.approvals.items()},
        shrank=bool(of_all) and (not accepted or _holds(judged, GuardKind.TARGET_SHRANK)),
    )


def _used(judged: "Iterable[_Judged]") -> "Iterator[Approval]":
    """What each removal that is allowed rests on."""
    for one in judged:
        yield from (one.approvals[m] for m in one.allowed.members(Action.REMOVE) if m in one.approvals)


def _holds(judged: "Iterable[_Judged]", guard: GuardKind) -> bool:
    return any(finding.guard is guard for one in judged for held in one.all_held for finding in held.findings)


@dataclass(frozen=True, slots=True)
class _Judged:
    plan: GroupPlan
    """Without those whom a person refused."""
    allowed: GroupPlan
    held: tuple[Held, ...] = ()
    refused: tuple[Held, ...] = ()
    approvals: Mapping[MemberChange, Approval] = field(default_factory=dict)
    """Of the members whom a person has approved."""

    @property
    def all_held(self) -> tuple[Held, ...]:
        """With whom a person refused."""
        return (*self.refused, *self.held)

    @property
    def unapproved(self) -> tuple[MemberChange, ...]:
        """The removals that nothing but the guards' silence allows."""
        return tuple(m for m in self.allowed.members(Action.REMOVE) if m not in self.approvals)


def _judge_removals(group: GroupPlan, of_all: Sequence[Finding], case: Case) -> _Judged:
    removals = group.members(Action.REMOVE)
    if not removals:
        return _Judged(group, group)
    if approvals := _approvals(group, Action.REMOVE, removals, case):
        return _Judged(group, group, approvals=approvals)
    difference = case.differences[group.key]
    findings = (
        *of_all,
        *case.sources(difference).against_removals(),
        *_too_many(group, difference),
        *_too_many_unresolved(difference, case.limits),
    )
    refusals = _refusals(group, Action.REMOVE, findings, case)
    left = _without_refused(group, Action.REMOVE, refusals)
    return replace(_judge_unrefused(left, findings, case), refused=refusals)


def _judge_unrefused(group: GroupPlan, findings: Sequence[Finding], case: Case) -> _Judged:
    removals = group.members(Action.REMOVE)
    if approvals := _approvals(group, Action.REMOVE, removals, case):
        return _Judged(group, group, approvals=approvals)
    unresolved = case.differences[group.key].desired.unresolved
    alike = lookalikes(removals, unresolved, case.accounts)
    if findings and removals:
        return _hold(group, removals, (*findings, *alike.values()), case)
    if not alike:
        return _Judged(group, group)
    judged = _hold(group, tuple(alike), alike.values(), case)
    others = tuple(member for member in removals if member not in alike)
    return replace(judged, approvals={**judged.approvals, **_approvals(group, Action.REMOVE, others, case)})


def _judge_additions(one: _Judged, case: Case) -> _Judged:
    """Hold those who come in because nobody keeps them out any more, or because of another group than before."""
    additions = one.plan.members(Action.ADD)
    difference = case.differences.get(one.plan.key)
    findings = case.sources(difference).against_additions() if difference and additions else ()
    if approvals := _approvals(one.plan, Action.ADD, additions, case):
        return replace(one, approvals={**one.approvals, **approvals})
    refusals = _refusals(one.plan, Action.ADD, findings, case)
    allowed = _without_refused(one.allowed, Action.ADD, refusals)
    one = replace(one, allowed=allowed, refused=(*one.refused, *refusals))
    left = allowed.members(Action.ADD)
    if not findings or not left:
        return one
    if approvals := _approvals(one.plan, Action.ADD, left, case):
        return replace(one, approvals={**one.approvals, **approvals})
    held = _held(one.plan, Action.ADD, left, findings)
    return replace(one, allowed=_without(allowed, Action.ADD, left), held=(*one.held, held))


def _judge_run(judged: Sequence[_Judged], keys: frozenset[str], case: Case) -> list[_Judged]:
    """Hold the removals of all these groups when together they are too many, but for those already approved.

    Those that quarantine keeps from happening count for nothing: others would wait for them.
    """
    mine = [one for one in judged if one.plan.key in keys]
    going = [one for one in mine if not rests_wholly(one.plan.key, case.memory.resting)]
    total = sum(len(one.unapproved) for one in going)
    members = sum(one.plan.size for one in going)
    limit = case.limits.removals_per_run
    if not limit.exceeded_by(total, members):
        return list(judged)
    text = f"{total} of {members} members of all groups would go; at most {limit.count} or {limit.percent:g} %"
    finding = Finding(GuardKind.RUN_REMOVALS, text)
    return [_hold_rest(one, finding, case) if one.unapproved and one.plan.key in keys else one for one in judged]


def _hold_rest(one: _Judged, finding: Finding, case: Case) -> _Judged:
    findings = (*(found for held in one.held for found in held.findings), finding)
    unapproved = tuple(m for m in one.plan.members(Action.REMOVE) if m not in one.approvals)
    return replace(_hold(one.plan, unapproved, findings, case), approvals=one.approvals, refused=one.refused)


def _hold(group: GroupPlan, members: Sequence[MemberChange], findings: Iterable[Finding], case: Case) -> _Judged:
    """Take these removals out of a group's plan, unless a person approved exactly them."""
    if approvals := _approvals(group, Action.REMOVE, members, case):
        return _Judged(group, group, approvals=approvals)
    held = _held(group, Action.REMOVE, members, findings)
    return _Judged(group, _without(group, Action.REMOVE, members), (held,))


def _held(group: GroupPlan, action: Action, members: Sequence[MemberChange], findings: Iterable[Finding]) -> Held:
    change = Change(action, tuple(members))
    return Held(group.key, group.name, group.group_id, (change,), tuple(sorted(set(findings))))


def _refusals(group: GroupPlan, action: Action, findings: Sequence[Finding], case: Case) -> tuple[Held, ...]:
    """Those whom a person refused: a no outlives its reason, and the company that it was said in."""
    return tuple(
        replace(_held(group, action, members, (refusal(action), *findings)), rejected=True)
        for members in refused(group, action, case.memory.rejections)
    )


def _approvals(
    group: GroupPlan, action: Action, members: Sequence[MemberChange], case: Case
) -> dict[MemberChange, Approval]:
    """The approval of exactly this, for each of the members; empty when there is none."""
    approval = case.memory.approvals.get(_digest(group, action, members))
    return dict.fromkeys(members, approval) if approval else {}


def _digest(group: GroupPlan, action: Action, members: Sequence[MemberChange]) -> str:
    return changes_digest(group.key, group.group_id, (Change(action, tuple(members)),))


def _without_refused(group: GroupPlan, action: Action, refusals: Iterable[Held]) -> GroupPlan:
    members = [member for held in refusals for change in held.changes for member in change.members]
    return _without(group, action, members) if members else group


def _without(group: GroupPlan, action: Action, members: Sequence[MemberChange]) -> GroupPlan:
    held = frozenset(members)
    kept = (
        replace(change, members=tuple(m for m in change.members if m not in held))
        if change.action is action
        else change
        for change in group.changes
    )
    return replace(group, changes=tuple(c for c in kept if c.action is not action or c.members))


# ---- one guard each ------------------------------------------------------------------------------------


def _shrunk_target(case: Case) -> tuple[Finding, ...]:
    before, now, percent = case.memory.target_sizes, case.sizes, case.limits.shrink_percent
    if before is None:
        return ()
    pairs = (("users", before.users, now.users), ("groups", before.groups, now.groups))
    return tuple(
        Finding(GuardKind.TARGET_SHRANK, f"Hyperproof lists {new} {what}, and listed {old} before")
        for what, old, new in pairs
        if (old - new) * 100 > percent * old
    )


def _too_many(group: GroupPlan, difference: Difference) -> tuple[Finding, ...]:
    limit, removals = difference.mapping.settings.limit, len(group.members(Action.REMOVE))
    if not limit.exceeded_by(removals, group.size):
        return ()
    text = f"{removals} of {group.size} members would go; at most {limit.count} or {limit.percent:g} %"
    return (Finding(GuardKind.GROUP_REMOVALS, text),)


def _too_many_unresolved(difference: Difference, limits: Limits) -> tuple[Finding, ...]:
    unresolved = len(difference.desired.unresolved)
    people = unresolved + len(difference.desired.sure)
    if unresolved <= limits.unresolved_floor or unresolved * 100 <= limits.unresolved_percent * people:
        return ()
    text = f"{unresolved} of {people} people have no account; at most {limits.unresolved_percent:g} %"
    return (Finding(GuardKind.UNRESOLVED, text),)
