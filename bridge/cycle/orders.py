"""Plans for what an operator does to one group by hand, by what Hyperproof shows. Pure."""

import re
import string
from collections.abc import Collection, Mapping, Sequence

from bridge.core.change import Action, Cause, Change, GroupPlan, MemberChange
from bridge.core.expand import folded
from bridge.core.mapping import Policy
from bridge.core.model import Account, AccountId, Group, GroupId, Standing, TargetRead, Untold, email
from bridge.errors import BridgeError


class Orders:
    """Makes plans of an operator's words. Methods raise BridgeError for what cannot be meant, or may not be."""

    def __init__(
        self,
        current: TargetRead,
        archived: Mapping[GroupId, str],
        policy: Policy,
        bound: Collection[GroupId],
        *,
        force: bool = False,
    ) -> None:
        self._current = current
        self._archived = archived
        self._policy = policy
        self._bound = {*bound, *(mapping.group_id for mapping in policy.mappings if mapping.group_id)}
        self._force = force

    def create(self, name: str, who: Sequence[str]) -> GroupPlan:
        """A new group, with these members."""
        self._check_name(name)
        members = self._to_add(who, frozenset())
        creation = Change(Action.CREATE, name=name, cause=Cause.BY_HAND)
        return GroupPlan("", name, None, 0, (creation, *_change(Action.ADD, members)))

    def rename(self, group: str, name: str) -> GroupPlan:
        """Another name for a group."""
        found = self._group(group)
        if name == found.name:
            return _plan(found)
        self._check_name(name, besides=found.id)
        return _plan(found, Change(Action.RENAME, name=name, cause=Cause.BY_HAND))

    def lead(self, group: str, who: str) -> GroupPlan:
        """Another lead; nobody, where `who` is empty."""
        found = self._group(group)
        lead = self._account(who) if who else None
        if lead and lead.standing is not Standing.ACTIVE:
            raise BridgeError(f"{who} is {_called(lead.standing)}, and cannot lead a group")
        if found.lead == (lead.id if lead else None):
            return _plan(found)
        action = Action.SET_LEAD if lead else Action.CLEAR_LEAD
        return _plan(found, Change(action, lead=lead.id if lead else None, cause=Cause.BY_HAND))

    def add(self, group: str, who: Sequence[str]) -> GroupPlan:
        """These people in a group, as far as they are not."""
        found = self._group(group)
        return _plan(found, *_change(Action.ADD, self._to_add(who, _members(found))))

    def remove(self, group: str, who: Sequence[str]) -> GroupPlan:
        """These people out of a group, as far as they are in it."""
        found = self._group(group)
        members = _members(found)
        self._check_ids()
        gone = {one.account: one for text in who if (one := self._member(text, members)).account in members}
        return _plan(found, *_change(Action.REMOVE, sorted(gone.values())))

    # ---- groups ----------------------------------------------------------------------------------------

    def _group(self, text: str) -> Group:
        """The active group with this id, or else with exactly this name."""
        groups = self._current.groups
        found = [group for group in groups if group.id == text] or [
            group for group in groups if group.name == text
        ]
        if not found:
            archived = " that is not archived" if text in self._archived or text in self._archived.values() else ""
            raise BridgeError(f"There is no group {text!r}{archived}; `hyperproof groups list` has them all")
        if len(found) > 1:
            ids = ", ".join(sorted(group.id for group in found))
            raise BridgeError(f"{len(found)} groups are called {text!r}; name one by its id: {ids}")
        self._refuse_managed(found[0].name, is_managed=found[0].id in self._bound or self._is_named(found[0].name))
        return found[0]

    def _check_name(self, name: str, besides: GroupId | None = None) -> None:
        if name != name.strip() or not name:
            raise BridgeError(f"{name!r} cannot be a group's name; write one without spaces around it")
        taken = {group.id: group.name for group in self._current.groups} | dict(self._archived)
        for group_id, other in taken.items():
            if folded(other) == folded(name) and group_id != besides:
                state = "archived " if group_id in self._archived else ""
                raise BridgeError(f"The {state}group {group_id} is called {other!r} already; take another name")
        self._refuse_managed(name, is_managed=self._is_named(name))

    def _refuse_managed(self, name: str, *, is_managed: bool) -> None:
        if is_managed and not self._force:
            what = f"{name!r} is a managed group: the next run undoes what its mapping does not say"
            raise BridgeError(f"{what}; change the directory or the configuration, or insist with --force")

    def _is_named(self, name: str) -> bool:
        """Whether the configuration names this group, perhaps by what a pattern makes of a directory group."""
        names = {folded(mapping.name) for mapping in self._policy.mappings}
        shapes = [_shape(pattern.template) for pattern in self._policy.patterns]
        return folded(name) in names or any(re.fullmatch(shape, folded(name)) for shape in shapes)

    # ---- people ----------------------------------------------------------------------------------------

    def _to_add(self, who: Sequence[str], members: Collection[str]) -> list[MemberChange]:
        if who:
            self._check_ids()
        found = {account.id: account for account in map(self._account, who)}
        for account in found.values():
            if account.standing not in self._policy.eligible and account.id not in members:
                what = f"{account.email or account.id} is {_called(account.standing)}"
                raise BridgeError(f"{what}, and is not put into groups; see `accounts` in the configuration")
        return sorted(_by_hand(account) for account in found.values() if account.id not in members)

    def _member(self, text: str, members: Collection[str]) -> MemberChange:
        """Whom to take out: of those who share an address, the one who is in; an id may be nobody's any more."""
        named = [account for account in self._named(text) if account.id in members]
        if len(named) == 1:
            return _by_hand(named[0])
        if text in members:
            return MemberChange(AccountId(text), None, Cause.BY_HAND)
        return _by_hand(self._account(text))

    def _account(self, text: str) -> Account:
        """The one account with this address or id; among those with one address, the one that may be put in."""
        named = self._named(text)
        eligible = [account for account in named if account.standing in self._policy.eligible]
        found = eligible or named
        if not found:
            raise BridgeError(f"There is no user {text!r}; `hyperproof users list` has them all")
        if len(found) > 1:
            ids = ", ".join(account.id for account in found)
            raise BridgeError(f"{len(found)} users have the address {text!r}; name one by its id: {ids}")
        return found[0]

    def _named(self, text: str) -> list[Account]:
        accounts = self._current.accounts
        by_id = [account for account in accounts if account.id == text]
        return by_id or [account for account in accounts if account.email == email(text)]

    def _check_ids(self) -> None:
        """Refuse to send ids of which nobody knows whose they are."""
        proof = self._current.id_space
        if not proof.proved:
            raise BridgeError(f"{proof.evidence}; state hyperproof.user_id_space before members are changed")


def _plan(group: Group, *changes: Change) -> GroupPlan:
    size = 0 if group.members is Untold.UNTOLD else len(group.members)
    return GroupPlan("", group.name, group.id, size, changes)


def _change(action: Action, members: Sequence[MemberChange]) -> tuple[Change, ...]:
    return (Change(action, tuple(members), cause=Cause.BY_HAND),) if members else ()


def _members(group: Group) -> Collection[str]:
    if group.members is Untold.UNTOLD:
        raise BridgeError(f"Hyperproof does not tell who is in {group.name!r}, so that nobody is changed there")
    return group.members


def _by_hand(account: Account) -> MemberChange:
    return MemberChange(account.id, account.email, Cause.BY_HAND)


def _called(standing: Standing) -> str:
    return "of a kind that is not known" if standing is Standing.UNKNOWN else f"{standing.value}"


def _shape(template: str) -> str:
    """What all names look like that a pattern may give, as a regular expression."""
    parts = string.Formatter().parse(folded(template))
    return "".join(re.escape(text) + (".*" if field is not None else "") for text, field, _, _ in parts)
