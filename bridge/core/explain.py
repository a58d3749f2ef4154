"""Why somebody is in a managed group, or is not: by which directory groups, and what stands in the way. Pure.

is in    should be    what is told
yes      surely       the ways that lead there
yes      no           what takes them out next, or what keeps them: a doubt, a hold, a list, the mode
no       surely       what puts them in next, or what stands in the way
no       no           what is missing: a group, an account, a part of `all`; or what excludes them

Both may be unknown: where the managed group cannot be looked at, or a directory group was not read.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.core.change import Action, Cause, GroupPlan, Held, SkipKind
from bridge.core.desired import Desired
from bridge.core.difference import Difference
from bridge.core.mapping import AllOf, AnyOf, Except, From, GroupMapping, Mode, Rule, Settings
from bridge.core.model import (
    Account,
    AccountId,
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    GroupId,
    Nesting,
    Person,
    PersonId,
    Selector,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom somebody asks about: one human, in every directory and in Hyperproof."""

    people: tuple[Person, ...]
    accounts: tuple[Account, ...]

    @property
    def names(self) -> frozenset[str]:
        """What a plan may call them by."""
        of_accounts = [name for account in self.accounts for name in (account.id, account.email or account.id)]
        return frozenset((*of_accounts, *(person.label for person in self.people)))


@dataclass(frozen=True, slots=True)
class Way:
    """How a person is in a directory group that a mapping names."""

    directory: DirectoryName
    person: PersonId
    groups: tuple[str, ...]
    """Labels: the group that is named, the group in it, and so on down to the one that names the person."""
    excludes: bool = False
    """Whether the mapping keeps the people of this group out."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of what might be expected."""

    kind: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Pending:
    """What the next run does about it."""

    action: Action
    cause: Cause


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is to be said about somebody and one managed group."""

    mapping: GroupMapping
    group_id: GroupId | None
    is_member: bool | None
    """None: nobody knows, for the group could not be looked at."""
    belongs: bool | None
    """Whether they should be in. None: that depends on what was not read, or on whose account it is."""
    ways: tuple[Way, ...] = ()
    pending: tuple[Pending, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def concerns(self) -> bool:
        """Whether this group has anything to do with them."""
        return self.is_member or self.belongs or bool(self.ways or self.pending)


REMEDIES: Final[Mapping[str, str]] = {
    SkipKind.NO_ACCOUNT: "invite them to Hyperproof, or correct the address in the directory",
    SkipKind.AMBIGUOUS: "leave one account with the address",
    SkipKind.INELIGIBLE: "activate the account, or see `accounts` in the configuration",
    SkipKind.UNCERTAIN: "mend the directory group that may exclude them, or its name in the mapping",
    SkipKind.PROTECTED: "take them off the list or give the group another lead, if they shall go",
    SkipKind.DOUBT: "mend what is doubtful; nobody is taken out before",
    SkipKind.LEAD: "give the directory groups one owner, who has an active account",
    SkipKind.GROUP: "see to the managed group itself",
    "disabled": "enable them in the directory, if they are still with you",
    "excluded": "take them out of the group that excludes them, if they shall be in",
    "ignored": "take the address off `ignore`, if they shall be served",
    "mode": "take them out by hand, or choose another mode",
    "not in all": "put them into a group of every part of `all`",
    "in no group": "put them into one of these groups",
    "refused": "see to what is said; until then the bridge writes nothing",
    "held": "look at it with `held show`, then approve or reject it",
}
"""What to do, by kind of obstacle."""


@dataclass(frozen=True, slots=True)
class Directories:
    """What was read of the directories, with the groups in groups where a source tells."""

    reads: Mapping[DirectoryName, DirectoryRead]
    nestings: Mapping[DirectoryName, Nesting]
    _known: dict[Selector, Mapping[str, DirectoryGroup]] = field(default_factory=dict)

    def ways(self, rule: Rule, people: tuple[Person, ...]) -> tuple[Way, ...]:
        """How these people are in the groups of a rule, disabled people too: a shortest way into each group."""
        return tuple(
            Way(directory, person.id, chain, excludes)
            for directory, group, excludes in self._groups(rule)
            for person in people
            if (chain := self._chain(directory, group, person))
        )

    def labels(self, rule: Rule) -> tuple[str, ...]:
        """The groups that put people in."""
        return tuple(group.label for _, group, excludes in self._groups(rule) if not excludes)

    def _groups(
        self, rule: Rule, *, excludes: bool = False
    ) -> Iterator[tuple[DirectoryName, DirectoryGroup, bool]]:
        match rule:
            case From(selector, only):
                found = self._by_id(selector)
                for group in found.values() if not only else filter(None, (found.get(only),)):
                    yield selector.directory, group, excludes
            case AnyOf(parts) | AllOf(parts):
                for part in parts:
                    yield from self._groups(part, excludes=excludes)
            case Except(base, minus):
                yield from self._groups(base, excludes=excludes)
                yield from self._groups(minus, excludes=not excludes)

    def _by_id(self, selector: Selector) -> Mapping[str, DirectoryGroup]:
        """The groups that a selector finds. They may be thousands, each of a managed group that asks for it."""
        if selector not in self._known:
            selection = self.reads[selector.directory].selections.get(selector)
            self._known[selector] = {group.id: group for group in selection.groups} if selection else {}
        return self._known[selector]

    def _chain(self, directory: DirectoryName, group: DirectoryGroup, person: Person) -> tuple[str, ...]:
        nesting = self.nestings.get(directory)
        if nesting and (chain := nesting.chain(group.id, person.id)):
            return chain
        return (group.label,) if person.id in group.members else ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run finds of one managed group, and what it would do."""

    difference: Difference
    plan: GroupPlan
    allowed: GroupPlan | None = None
    """What of the plan no guard holds; None: nothing is to be done."""
    held: tuple[Held, ...] = ()
    refusal: str = ""
    """Why nothing at all may be written."""


def answer(finding: Finding, subject: Subject, directories: Directories) -> Answer:
    """All that is to be said about somebody and a managed group that is served."""
    difference = finding.difference
    accounts = {account.id for account in subject.accounts}
    found = Answer(
        mapping=difference.mapping,
        group_id=difference.group.id if difference.group else None,
        is_member=not accounts.isdisjoint(difference.members),
        belongs=_belongs(difference.desired, accounts),
        ways=directories.ways(difference.mapping.rule, subject.people),
        pending=tuple(
            Pending(change.action, member.cause)
            for change in (finding.allowed.changes if finding.allowed else ())
            for member in change.members
            if member.account in accounts
        ),
    )
    if found.is_member and found.belongs:
        return found
    obstacles = [*_obstacles(found, finding, subject)]
    if not found.is_member and found.belongs is False:
        obstacles += _absences(found, subject, directories)
        if not obstacles:
            obstacles.append(_obstacle("not in all", "not in a group of every part that is needed"))
    return replace(found, obstacles=tuple(dict.fromkeys(obstacles)))


def _belongs(desired: Desired, accounts: Collection[AccountId]) -> bool | None:
    if not desired.sure.isdisjoint(accounts):
        return True
    return None if desired.doubts or not desired.possible.isdisjoint(accounts) else False


def refused(mapping: GroupMapping, group_id: GroupId | None, reason: str, ways: tuple[Way, ...] = ()) -> Answer:
    """What is to be said of a managed group that cannot be served."""
    obstacle = _obstacle(SkipKind.GROUP, reason)
    return Answer(mapping, group_id, is_member=None, belongs=None, ways=ways, obstacles=(obstacle,))


def _obstacles(found: Answer, finding: Finding, subject: Subject) -> Iterator[Obstacle]:
    """Why somebody is not in, or is not as they should be."""
    if finding.refusal:
        yield _obstacle("refused", finding.refusal)
    accounts = {account.id for account in subject.accounts}
    for held in finding.held:
        if any(member.account in accounts for change in held.changes for member in change.members):
            why = "; ".join(one.text for one in held.findings)
            yield _obstacle("held", f"{held.digest[:12]}: {why}")
    for skip in finding.plan.skips:
        if skip.subject in subject.names:
            yield _obstacle(skip.kind, skip.reason)
    for unresolved in finding.difference.desired.unresolved:
        if not accounts.isdisjoint(unresolved.candidates):
            yield _obstacle(unresolved.kind, unresolved.reason)
    for doubt in finding.difference.desired.doubts:
        yield _obstacle(SkipKind.DOUBT, str(doubt))
    yield from _by_settings(found, finding.difference.mapping.settings, subject)


def _by_settings(found: Answer, settings: Settings, subject: Subject) -> Iterator[Obstacle]:
    if not {account.email for account in subject.accounts}.isdisjoint(settings.ignore):
        yield _obstacle("ignored", "the address is on the list `ignore`")
    if found.is_member and settings.mode is not Mode.AUTHORITATIVE and not found.pending:
        yield _obstacle("mode", f"the mode `{settings.mode}` does not take them out")


def _absences(found: Answer, subject: Subject, directories: Directories) -> Iterator[Obstacle]:
    """What is missing to somebody who is not in and should not be."""
    inner = {way.person for way in found.ways if not way.excludes}
    for person in subject.people:
        if person.id in inner and not person.enabled:
            yield _obstacle("disabled", f"{person.label} is disabled, which counts as having left")
    for way in found.ways:
        if way.excludes:
            yield _obstacle("excluded", f"the people of {way.groups[0]} are kept out")
    if not inner:
        labels = ", ".join(directories.labels(found.mapping.rule)) or "none was found"
        yield _obstacle("in no group", f"in none of the directory groups that feed it: {labels}")


def _obstacle(kind: str, text: str) -> Obstacle:
    return Obstacle(str(kind), text, REMEDIES[kind])
