"""The evidence of a run, in the words of audit/events.py. Pure but for the clock it is given."""

from collections.abc import Iterable, Mapping, Sequence

from bridge.audit.events import Event
from bridge.audit.timestamp import stamp
from bridge.core.change import Action, Approval, Consent, Finding, GroupPlan, Held, MemberChange, Skip, SkipKind
from bridge.core.journal import Intent, JsonValue, Record, Run
from bridge.core.model import AccountId, DirectoryGroup, DirectoryRead, Doubt, GroupId, IdSpaceProof
from bridge.cycle.items import member_action
from bridge.cycle.outcome import Report
from bridge.cycle.ports import Clock

_MEMBER_EVENTS = {
    Action.ADD: Event.MEMBER_ADDED,
    Action.CREATE: Event.MEMBER_ADDED,
    Action.REMOVE: Event.MEMBER_REMOVED,
}


class Recorder:
    """Makes the records of one run; `by` is the operator who does by hand what is done in it."""

    def __init__(self, run: Run, clock: Clock, by: str = "") -> None:
        self.run = run
        self._clock = clock
        self._by = by
        self.approvals: Mapping[tuple[str, AccountId], Approval] = {}
        """By mapping key and account, the approvals that this run's removals rest on."""

    def make(self, event: Event, **facts: JsonValue) -> Record:
        """One record, now. Facts that are empty are left out, but for the mapping of what is done by hand."""
        told = {key: value for key, value in facts.items() if key == "mapping" or value not in ("", None, (), [])}
        if self._by:
            told["by"] = self._by
        return Record(event.value, self._clock.now(), self.run.id, told)

    # ---- runs and reads ----

    def started(self, version: str, *, apply: bool, reason: str = "") -> Record:
        """The run begins; by hand, for a reason."""
        run = self.run
        return self.make(
            Event.RUN_STARTED,
            kind=run.kind.value,
            config_hash=run.config_hash,
            version=version,
            apply=apply,
            continues=run.continues,
            job=run.job,
            reason=reason,
        )

    def finished(self, report: Report) -> Record:
        """The run has come to its end."""
        proof = report.id_space
        return self.make(
            Event.RUN_FINISHED,
            outcome=report.outcome.value,
            counts=report.counts(),
            plan=report.plan.digest,
            refusal=report.verdict.refusal,
            lost=report.lost,
            id_space=_id_space(proof) if proof else None,
            notes=list(report.notes),
        )

    def failed(self, reason: str) -> Record:
        """The run ended before its end."""
        return self.make(Event.RUN_FAILED, reason=reason)

    def directory(self, read: DirectoryRead, *, failed: bool) -> Record:
        """A directory was read, completely or not, or could not be read."""
        doubts = [str(doubt) for doubt in read.doubts]
        if failed:
            return self.make(Event.SOURCE_FAILED, directory=read.directory, reason="; ".join(doubts))
        searches: list[JsonValue] = [
            {"what": s.what, "pages": s.pages, "entries": s.entries, "result": s.result} for s in read.searches
        ]
        groups = {group.id for selection in read.selections.values() for group in selection.groups}
        return self.make(
            Event.SOURCE_READ,
            directory=read.directory,
            server=read.server,
            groups=len(groups),
            people=len(read.people),
            doubts=doubts,
            searches=searches,
            recalled=_recalled(read),
        )

    def directory_group(self, read: DirectoryRead, group: DirectoryGroup, doubts: Iterable[Doubt]) -> Record:
        """One directory group as it was read: what the membership of managed groups rests on."""
        return self.make(
            Event.GROUP_READ,
            directory=read.directory,
            server=read.server,
            group=group.label,
            source_id=group.id,
            people=len(group.members),
            disabled=group.disabled,
            others=group.others,
            doubts=[str(doubt) for doubt in doubts],
            recalled=_recalled(read),
        )

    # ---- groups ----

    def bound(self, key: str, group_id: GroupId, name: str) -> Record:
        """A mapping is tied to a group's id."""
        return self.make(Event.GROUP_BOUND, mapping=key, group_id=group_id, group=name)

    def held(self, held: Held) -> Record:
        """Changes wait for a person."""
        return self.make(
            Event.CHANGE_HELD,
            mapping=held.key,
            group_id=held.group_id,
            group=held.name,
            digest=held.digest,
            findings=[_finding(finding) for finding in held.findings],
            changes=[
                {"action": change.action.value, "members": [_member(member) for member in change.members]}
                for change in held.changes
            ],
        )

    def skipped(self, plan: GroupPlan) -> tuple[Record, ...]:
        """All that is left undone in one managed group."""
        doubts = [str(doubt) for doubt in plan.doubts]
        of_group = self.make(
            Event.GROUP_SKIPPED,
            mapping=plan.key,
            group_id=plan.group_id,
            group=plan.name,
            reason="nobody is removed while there is doubt",
            doubts=doubts,
        )
        return (*((of_group,) if doubts else ()), *(self._skip(plan, skip) for skip in plan.skips))

    def _skip(self, plan: GroupPlan, skip: Skip) -> Record:
        facts = {"mapping": plan.key, "group_id": plan.group_id, "group": plan.name, "reason": skip.reason}
        if skip.kind is SkipKind.GROUP:
            return self.make(Event.GROUP_SKIPPED, **facts)
        return self.make(Event.MEMBER_SKIPPED, subject=skip.subject, kind=skip.kind.value, **facts)

    # ---- writes ----

    def done(self, intent: Intent, members: Sequence[MemberChange], group_id: GroupId) -> tuple[Record, ...]:
        """A write of this run was seen in Hyperproof: of the group itself, and for each member."""
        approvals = {m.account: self.approvals.get((intent.key, m.account)) for m in members}
        return self._done(intent, members, _facts(intent, group_id), approvals)

    def found(
        self, intent: Intent, members: Sequence[MemberChange], group_id: GroupId, consents: Sequence[Consent]
    ) -> tuple[Record, ...]:
        """The same of a write of an earlier run, which is named. `consents`: those it may have been sent under."""
        facts = {**_facts(intent, group_id), "intended_by": intent.run}
        return self._done(intent, members, facts, {m.account: _approval(intent, m, consents) for m in members})

    def _done(
        self,
        intent: Intent,
        members: Sequence[MemberChange],
        facts: Mapping[str, JsonValue],
        approvals: Mapping[AccountId, Approval | None],
    ) -> tuple[Record, ...]:
        of_group = () if intent.action in {Action.ADD, Action.REMOVE} else (self._of_group(intent, facts),)
        of_members = (self._of_member(intent, one, facts, approvals[one.account]) for one in members)
        return (*of_group, *of_members)

    def _of_member(
        self, intent: Intent, member: MemberChange, facts: Mapping[str, JsonValue], approval: Approval | None
    ) -> Record:
        return self.make(
            _MEMBER_EVENTS[intent.action],
            **facts,
            **_member(member),
            approval={"digest": approval.digest, "by": approval.by, "reason": approval.reason}
            if approval
            else None,
        )

    def _of_group(self, intent: Intent, facts: Mapping[str, JsonValue]) -> Record:
        told = {**facts, "cause": intent.cause}
        match intent.action:
            case Action.CREATE:
                return self.make(Event.GROUP_CREATED, **told)
            case Action.RENAME:
                return self.make(Event.GROUP_RENAMED, name=intent.name, **told)
            case _:
                return self.make(Event.LEAD_CHANGED, lead=intent.lead, **told)

    def not_done(
        self, event: Event, intent: Intent, members: Sequence[MemberChange], reason: str, status: int | None = None
    ) -> Record:
        """A write was refused, could not be confirmed, or was never sent."""
        return self.make(
            event,
            intent=intent.id,
            mapping=intent.key,
            group_id=intent.group_id,
            group=intent.group_name,
            action=intent.action.value,
            name=intent.name,
            lead=intent.lead,
            members=[_member(member) for member in members],
            reason=reason,
            status=status,
        )

    def settled(self, intent: Intent, done: int, reason: str) -> Record:
        """A write that an earlier run left open was looked into."""
        return self.make(
            Event.INTENT_SETTLED,
            intent=intent.id,
            mapping=intent.key,
            group_id=intent.group_id,
            group=intent.group_name,
            action=intent.action.value,
            intended_by=intent.run,
            done=done,
            of=len(intent.members),
            members=[_member(member) for member in intent.members],
            reason=reason,
        )


def _facts(intent: Intent, group_id: GroupId) -> dict[str, JsonValue]:
    return {"intent": intent.id, "mapping": intent.key, "group_id": group_id, "group": intent.group_name}


def _approval(intent: Intent, member: MemberChange, consents: Sequence[Consent]) -> Approval | None:
    what = member_action(intent), member.account
    return next((one.approval for one in consents if one.covers(intent.key, what, intent.at)), None)


def _recalled(read: DirectoryRead) -> str:
    return stamp(read.recalled) if read.recalled else ""


def _member(member: MemberChange) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {
        "account": member.account,
        "cause": member.cause.value,
        "people": list(member.people),
    }
    return {**told, "email": member.email} if member.email else told


def _finding(finding: Finding) -> JsonValue:
    return {"guard": finding.guard.value, "text": finding.text}


def _id_space(proof: IdSpaceProof) -> JsonValue:
    return {"space": proof.space.value, "proved": proof.proved, "evidence": proof.evidence}
