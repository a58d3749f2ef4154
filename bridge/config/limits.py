"""How much may change without a person's consent, and whose accounts the bridge touches."""

from pydantic import Field

from bridge.config.service import Model
from bridge.config.values import Count, Flag, Percent


class GroupRemovals(Model):
    """Removals from one managed group in one run that are plausible."""

    count: Count = 10
    """More than so many are held."""

    percent: Percent = 20
    """A greater share of the group is held."""

    floor: Count = 2
    """So many are never too great a share: in a group of four, one leaver is a quarter."""


class RunRemovals(Model):
    """Removals from all managed groups in one run that are plausible."""

    count: Count = 50
    """More than so many are held."""

    percent: Percent = 5
    """A greater share of all members of managed groups is held."""

    floor: Count = 5
    """So many are never too great a share."""


class RemovalsOverride(Model):
    """Where a group's removals differ from what is set more generally."""

    count: Count | None = Field(default=None, examples=[25])
    """More than so many are held."""

    percent: Percent | None = Field(default=None, examples=[50])
    """A greater share of the group is held."""

    floor: Count | None = Field(default=None, examples=[3])
    """So many are never too great a share."""


class UnresolvedLimit(Model):
    """People of a managed group without an account, or with an unclear one."""

    percent: Percent = 20
    """A greater share of the group's people, and its removals are held."""

    floor: Count = 2
    """So many are never too great a share."""


class ShrinkLimit(Model):
    """Loss of users or groups in Hyperproof since the last run."""

    percent: Percent = 10
    """A greater loss, and all removals are held."""


class LimitsSection(Model):
    """What is plausible. Anything beyond is held until a person approves it."""

    removals_per_group: GroupRemovals = GroupRemovals()
    """For each managed group, unless the group says otherwise."""

    removals_per_run: RunRemovals = RunRemovals()
    """For all managed groups together."""

    unresolved: UnresolvedLimit = UnresolvedLimit()
    """For each managed group."""

    hyperproof_shrink: ShrinkLimit = ShrinkLimit()
    """For Hyperproof's lists of users and of groups."""


class AccountsSection(Model):
    """Which accounts may be put in or taken out. Active ones always may."""

    contacts: Flag = False
    """Put in contacts as well: people outside the organization."""

    invited: Flag = False
    """Put in people as well who were invited and have not signed in yet."""

    remove_deactivated: Flag = False
    """Take out deactivated accounts. They have no access either way; left in, the group keeps its history."""

    remove_lead: Flag = False
    """Take a group's lead out of its members when the directory no longer names them."""
