"""From differences to the plan: every change with its cause, in the order of application."""

from collections.abc import Iterable, Mapping, Sequence

from bridge.core.binding import Binding
from bridge.core.cause import Causes, Past
from bridge.core.change import Action, Change, GroupPlan, MemberChange, Plan, Skip, SkipKind
from bridge.core.difference import Accounts, Difference
from bridge.core.mapping import LeadAction
from bridge.core.model import AccountId, DirectoryGroup, PersonId
from bridge.core.people import People


def make_plan(
    differences: Sequence[Difference],
    unserved: Sequence[Binding],
    past: Past,
    identities: "Identities",
) -> Plan:
    """Put all changes and all that is left undone into one plan, sorted by name and key."""
    groups = [_group_plan(difference, past, identities) for difference in differences]
    groups += [_unserved(binding) for binding in unserved]
    return Plan(tuple(sorted(groups, key=lambda group: (group.name, group.key))))


class Identities:
    """Whose account is whose, for the record of a change. Built only where there are changes to record."""

    def __init__(self, accounts: Accounts, people: People, links: Mapping[PersonId, AccountId]) -> None:
        self._accounts = accounts
        self._now = people.accounts
        self._links = links

    def change(
        self, account: AccountId, people: Sequence[PersonId], causes: Causes, action: Action
    ) -> MemberChange:
        """Describe one account put in or taken out."""
        known = self._accounts.by_id.get(account)
        cause = causes.of_add(account, people) if action is Action.ADD else causes.of_removal(account, people)
        return MemberChange(account, known.email if known else None, cause, tuple(people))

    def behind(
        self, accounts: frozenset[AccountId], groups: Iterable[DirectoryGroup]
    ) -> Mapping[AccountId, Sequence[PersonId]]:
        """The people in these directory groups whose accounts these are, sorted."""
        found: dict[AccountId, set[PersonId]] = {}
        for group in groups:
            for person in group.members:
                account = self._now.get(person)
                if account in accounts:
                    found.setdefault(account, set()).add(person)
        return {account: sorted(people) for account, people in found.items()}

    def formerly(self, accounts: frozenset[AccountId]) -> Mapping[AccountId, Sequence[PersonId]]:
        """Everybody whose accounts these are, or were when last seen, sorted."""
        found: dict[AccountId, set[PersonId]] = {}
        if accounts:
            for links in (self._links, self._now):
                for person, account in links.items():
                    if account in accounts:
                        found.setdefault(account, set()).add(person)
        return {account: sorted(people) for account, people in found.items()}


def _group_plan(difference: Difference, past: Past, identities: Identities) -> GroupPlan:
    mapping, group = difference.mapping, difference.group
    return GroupPlan(
        key=mapping.key,
        name=group.name if group else mapping.name,
        group_id=group.id if group else None,
        size=len(difference.members),
        changes=_changes(difference, past, identities) if difference.any else (),
        skips=difference.skips,
        doubts=difference.desired.doubts,
    )


def _changes(difference: Difference, past: Past, identities: Identities) -> tuple[Change, ...]:
    """Adds come before removals, so that whoever is replaced by a new account is never without access."""
    causes = Causes(difference, past)
    own = causes.of_group()
    name = difference.mapping.name
    changes: list[Change] = []
    if difference.create:
        changes.append(Change(Action.CREATE, name=name, cause=own))
    if difference.rename:
        changes.append(Change(Action.RENAME, name=name, cause=own))
    if difference.adds:
        behind = identities.behind(difference.adds, difference.desired.groups)
        changes.append(_member_change(Action.ADD, difference.adds, behind, causes, identities))
    if difference.lead:
        lead = difference.lead.lead
        owned = difference.mapping.settings.lead.action is LeadAction.OWNER
        why = causes.of_owner() if owned else own
        changes.append(Change(Action.SET_LEAD if lead else Action.CLEAR_LEAD, lead=lead, cause=why))
    if difference.removals:
        formerly = identities.formerly(difference.removals)
        changes.append(_member_change(Action.REMOVE, difference.removals, formerly, causes, identities))
    return tuple(changes)


def _member_change(
    action: Action,
    accounts: frozenset[AccountId],
    people: Mapping[AccountId, Sequence[PersonId]],
    causes: Causes,
    identities: Identities,
) -> Change:
    members = (identities.change(account, people.get(account, ()), causes, action) for account in sorted(accounts))
    return Change(action, tuple(members))


def _unserved(binding: Binding) -> GroupPlan:
    mapping = binding.mapping
    skip = Skip(SkipKind.GROUP, mapping.name, binding.refusal)
    return GroupPlan(key=mapping.key, name=mapping.name, group_id=None, size=0, skips=(skip,))
