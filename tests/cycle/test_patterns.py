"""Managed groups that a pattern makes: when their directory group is gone, and when it is only not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.change import SkipKind
from bridge.core.mapping import From, GroupMapping, PatternMapping, Settings
from bridge.core.model import (
    DirectoryGroup,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.cycle.outcome import Report, RunOutcome
from tests.cycle.stage import CORP, ScriptedDirectory, Stage, organization, stage
from tests.transport.virtual import VirtualClock

TEAMS = Selector(CORP, SelectorKind.PATTERN, "hp-(?P<team>.+)")


class Patterned(ScriptedDirectory):
    """A directory in which the pattern finds every group."""

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Tell of all groups under the pattern."""
        by_name = super().read([Selector(CORP, SelectorKind.NAME, name) for name in self.groups])
        groups = tuple(group for one in by_name.selections.values() for group in one.groups)
        return DirectoryRead(CORP, "ldap://corp", by_name.people, {TEAMS: Selection(groups)}, self.doubts)


def unserved(report: Report) -> list[str]:
    """Managed groups that are told as not served."""
    return [plan.name for plan in report.plan.groups if any(s.kind is SkipKind.GROUP for s in plan.skips)]


def made(set_up: Stage) -> Patterned:
    """Two teams, once synchronized."""
    directory = Patterned({"hp-red": {"p00"}, "hp-blue": {"p01"}})
    set_up.directory = directory
    pattern = PatternMapping("teams", TEAMS, "Team {team}", Settings(create=True))
    set_up.change_policy(patterns=(pattern,))
    assert set_up.run().outcome is RunOutcome.CHANGED
    return directory


@pytest.mark.parametrize("doubts", [(), (Doubt(DoubtKind.TRUNCATED, "page 2"),)])
def test_a_directory_group_that_is_not_there(tmp_path: Path, doubts: tuple[Doubt, ...]) -> None:
    """Its managed group stays as it is; it is told as left behind only where the read was whole."""
    clock = VirtualClock()
    with stage(
        tmp_path / "db", organization(["p00", "p01"], {"Any": {"p00"}}, clock), [], {}, clock=clock
    ) as set_up:
        directory = made(set_up)
        del directory.groups["hp-red"]
        directory.doubts = doubts
        report = set_up.run()
        assert unserved(report) == ([] if doubts else ["Team red"])
        assert report.outcome is (RunOutcome.FAILED_READ if doubts else RunOutcome.PARTLY_FAILED)
        assert (set_up.members("Team red"), set_up.members("Team blue")) == ({"p00"}, {"p01"})


class Named(Patterned):
    """One in which groups are found by name as well."""

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Tell of all groups under the pattern, and of those that are named."""
        found = super().read(selectors)
        named = ScriptedDirectory.read(self, [one for one in selectors if one.kind is SelectorKind.NAME])
        return replace(found, selections={**found.selections, **named.selections})


@pytest.mark.parametrize("name", ["Team red", "Crew red"])
def test_a_group_that_is_configured_by_name_is_handed_on(tmp_path: Path, name: str) -> None:
    """To the mapping of its own, also under another name in Hyperproof, and back to the pattern when that ends."""
    clock = VirtualClock()
    with stage(
        tmp_path / "db", organization(["p00", "p01", "p02"], {"Any": {"p00"}}, clock), [], {}, clock=clock
    ) as set_up:
        set_up.directory = Named(made(set_up).groups)
        organization_ = set_up.sandbox.organization
        organization_.rename_group(organization_.find_group("Team red").id, name, actor="ui")
        set_up.directory.groups["hp-red"] = {"p00", "p02"}
        own = GroupMapping(
            "red", "Team red", From(Selector(CORP, SelectorKind.NAME, "hp-red")), Settings(create=True)
        )
        set_up.change_policy(mappings=(own,))
        assert unserved(set_up.run()) == []
        assert set_up.members(name) == {"p00", "p02"}
        assert set_up.store.load().bindings["red"] == organization_.find_group(name).id
        set_up.change_policy(mappings=())
        set_up.run()
        set_up.directory.groups["hp-red"] = {"p00"}
        assert unserved(set_up.run()) == []
        assert set_up.members(name) == {"p00"}
        assert {group.name for group in organization_.groups} == {"Any", name, "Team blue"}


class ById(Patterned):
    """One whose groups keep their ids when they are renamed."""

    ids: Mapping[str, str]

    def _group(self, name: str) -> DirectoryGroup:
        group = super()._group(name)
        return replace(group, id=self.ids.get(name, group.id))


@pytest.mark.parametrize(
    "left", [("hp-red", "hp-blue"), ("hp-blue",)], ids=["exchanged", "taken from one that is gone"]
)
def test_directory_groups_that_change_names_are_served_on(tmp_path: Path, left: tuple[str, ...]) -> None:
    """Each by its id: a managed group that is another's has no claim by its name."""
    clock = VirtualClock()
    with stage(
        tmp_path / "db", organization(["p00", "p01", "p02"], {"Any": {"p00"}}, clock), [], {}, clock=clock
    ) as set_up:
        groups = made(set_up).groups
        set_up.directory = directory = ById({name: {"p02"} for name in left})
        directory.ids = {"hp-blue": "corp:hp-red", "hp-red": "corp:hp-blue"}
        assert groups.keys() >= directory.groups.keys()
        report = set_up.run()
        assert unserved(report) == ([] if len(left) > 1 else ["Team blue"])
        assert set_up.members("Team red") == {"p02"}
        assert set_up.members("Team blue") == ({"p02"} if len(left) > 1 else {"p01"})
