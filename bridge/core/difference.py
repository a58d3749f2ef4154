"""What separates a managed group from what it should contain."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bridge.core.binding import Binding
from bridge.core.change import Skip, SkipKind
from bridge.core.desired import Desired
from bridge.core.listed import Listed
from bridge.core.mapping import GroupMapping, LeadAction, Mode, Policy
from bridge.core.model import Account, AccountId, Email, Group, GroupId, Standing, Untold
from bridge.core.ownership import owning_account
from bridge.core.people import People


@dataclass(frozen=True, slots=True)
class Difference:
    """One managed group beside what it should contain, before anybody asks why or whether it may be."""

    mapping: GroupMapping
    group: Group | None
    """None: to be created."""
    desired: Desired
    members: frozenset[AccountId]
    """Now."""
    adds: frozenset[AccountId] = frozenset()
    removals: frozenset[AccountId] = frozenset()
    create: bool = False
    rename: bool = False
    lead: "LeadChange | None" = None
    skips: tuple[Skip, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is something to change."""
        return bool(self.adds or self.removals or self.create or self.rename or self.lead)


@dataclass(frozen=True, slots=True)
class LeadChange:
    """The lead to be: an account, or nobody."""

    lead: AccountId | None


class Accounts:
    """The accounts of the organization, as the differences need to look them up."""

    def __init__(self, accounts: tuple[Account, ...], listed: Listed | None = None) -> None:
        self._listed = listed or {}
        self.by_id: Mapping[AccountId, Account] = {account.id: account for account in accounts}
        self._by_email: dict[Email, list[Account]] = {}
        for account in accounts:
            if account.email:
                self._by_email.setdefault(account.email, []).append(account)

    def ids_of(self, addresses: frozenset[Email]) -> frozenset[AccountId]:
        """Every account with one of these addresses: a list that protects may protect one too many.

        An address that no account has means whoever had it when it was last seen.
        """
        return frozenset(account for address in addresses for account in self._led_to(address))

    def _led_to(self, address: Email) -> Iterable[AccountId]:
        return [account.id for account in self._by_email.get(address, ())] or self._listed.get(address, ())

    def lead_for(self, address: Email) -> AccountId | str:
        """The one active account with this address, or why there is none."""
        active = [a for a in self._by_email.get(address, ()) if a.standing is Standing.ACTIVE]
        if len(active) == 1:
            return active[0].id
        return f"{len(active)} active accounts have the address {address}, and a lead needs exactly one"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for every managed group of a run."""

    accounts: Accounts
    policy: Policy
    placed: Mapping[GroupId, frozenset[AccountId]]
    """Whom the bridge itself put into each group."""
    names: Mapping[str, GroupId]
    """The names in use, folded; a rename must not collide with them."""
    people: People = field(default_factory=lambda: People({}, {}))


def differ(binding: Binding, desired: Desired, around: Surroundings) -> Difference:
    """Compare one bound mapping with what it should contain."""
    accounts = around.accounts
    mapping, group = binding.mapping, binding.group
    settings = mapping.settings
    members = _members(group)
    if desired.sure == members == desired.possible:  # as in most groups: each of half a million is kept once, then
        desired = replace(desired, sure=members, possible=members)
    ignored = accounts.ids_of(settings.ignore)
    lead, lead_skips = _lead(binding, desired, around)
    extra = _removable_by_mode(settings.mode, members - desired.possible - ignored, group, around.placed)
    guarded = _protected(
        extra, settings.keep, {group.lead if group else None, lead.lead if lead else None}, around
    )
    rename, rename_skips = _rename(mapping, group, around.names)
    skips = (
        *(Skip(u.kind, u.person.label, u.reason) for u in desired.unresolved),
        *_uncertain(desired, members | ignored, accounts),
        *guarded,
        *_doubted(extra - {AccountId(skip.subject) for skip in guarded}, desired),
        *lead_skips,
        *rename_skips,
    )
    protected = {skip.subject for skip in guarded}
    create = group is None and bool(desired.sure or not desired.doubts)
    return Difference(
        mapping=mapping,
        group=group,
        desired=desired,
        members=members,
        adds=desired.sure - members - ignored if group or create else frozenset(),
        removals=frozenset() if desired.doubts else extra - protected,
        create=create,
        rename=rename,
        lead=lead if group or create else None,
        skips=tuple(_readable(skip, accounts) for skip in sorted(skips)),
    )


def _members(group: Group | None) -> frozenset[AccountId]:
    if group is None:
        return frozenset()
    if isinstance(group.members, Untold):
        # The cycle asks for the members of such a group by itself before it comes here.
        raise TypeError(f"the members of {group.id} are untold")
    return group.members


def _removable_by_mode(
    mode: Mode,
    extra: frozenset[AccountId],
    group: Group | None,
    placed: Mapping[GroupId, frozenset[AccountId]],
) -> frozenset[AccountId]:
    match mode:
        case Mode.AUTHORITATIVE:
            return extra
        case Mode.OWNED:
            return extra & placed.get(group.id, frozenset()) if group else frozenset()
        case Mode.ADDITIVE:
            return frozenset()


def _protected(
    extra: frozenset[AccountId], keep: frozenset[Email], leads: set[AccountId | None], around: Surroundings
) -> tuple[Skip, ...]:
    kept = around.accounts.ids_of(keep)
    protected_leads = frozenset[AccountId | None]() if around.policy.remove_lead else frozenset(leads)
    reasons = ((a, "is on the keep list" if a in kept else _protection(a, protected_leads, around)) for a in extra)
    return tuple(Skip(SkipKind.PROTECTED, account, reason) for account, reason in reasons if reason)


def _protection(account: AccountId, leads: frozenset[AccountId | None], around: Surroundings) -> str:
    """Why an account that nobody wants in the group stays in it; empty when it may go."""
    if account in leads:
        return "is the group's lead"
    known = around.accounts.by_id.get(account)
    standing = known.standing if known else None
    if standing is None:
        return "is not among the users that Hyperproof lists"
    if standing is Standing.DEACTIVATED and not around.policy.remove_deactivated:
        return "is deactivated, and Hyperproof itself hands on the work of deactivated people"
    if standing in {Standing.SERVICE, Standing.UNKNOWN}:
        return f"is of the kind {standing.value!r}, which the bridge never touches"
    return ""


def _doubted(extra: frozenset[AccountId], desired: Desired) -> tuple[Skip, ...]:
    if not desired.doubts:
        return ()
    return tuple(
        Skip(SkipKind.DOUBT, account, f"stays while there is doubt: {desired.doubts[0]}") for account in extra
    )


def _uncertain(desired: Desired, known: frozenset[AccountId], accounts: Accounts) -> tuple[Skip, ...]:
    return tuple(
        Skip(SkipKind.UNCERTAIN, account, "is not added while an exclusion is not known for certain")
        for account in desired.uncertain - known
        if account in accounts.by_id
    )


def _lead(binding: Binding, desired: Desired, around: Surroundings) -> tuple[LeadChange | None, tuple[Skip, ...]]:
    mapping, accounts = binding.mapping, around.accounts
    rule, current = mapping.settings.lead, binding.group.lead if binding.group else None
    if rule.action is LeadAction.CLEAR:
        return (LeadChange(None) if current else None), ()
    if rule.action is LeadAction.OWNER:
        lead = owning_account(desired, around.people, accounts.by_id)
        skip = Skip(SkipKind.LEAD, mapping.name, f"the lead stays as it is: {lead}")
    elif rule.action is LeadAction.LEAVE or rule.address is None:
        return None, ()
    else:
        lead = accounts.lead_for(rule.address)
        skip = Skip(SkipKind.NO_ACCOUNT, rule.address, f"cannot lead the group: {lead}")
    if lead not in accounts.by_id:
        return None, (skip,)
    account = AccountId(lead)
    return (LeadChange(account) if account != current else None), ()


def _rename(
    mapping: GroupMapping, group: Group | None, names: Mapping[str, GroupId]
) -> tuple[bool, tuple[Skip, ...]]:
    if group is None or not mapping.settings.rename or group.name == mapping.name:
        return False, ()
    holder = names.get(mapping.name.strip().casefold())
    if holder not in {None, group.id}:
        return False, (Skip(SkipKind.GROUP, mapping.name, f"cannot rename: the group {holder} has this name"),)
    return True, ()


def _readable(skip: Skip, accounts: Accounts) -> Skip:
    """The same skip, with an account's address for its id where there is one."""
    account = accounts.by_id.get(AccountId(skip.subject))
    return Skip(skip.kind, account.email, skip.reason) if account and account.email else skip
