"""Which group a mapping serves, over the life of the configuration and of the groups."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.core.mapping import PatternMapping, Settings
from bridge.cycle.ports import Store, Target
from bridge.errors import Unavailable
from bridge.sandbox.hyperproof import Modes
from tests.cycle.stage import managed, organization, stage
from tests.cycle.test_crash import Crash
from tests.cycle.test_patterns import TEAMS, Patterned
from tests.transport.virtual import VirtualClock

PEOPLE = [f"p{number:02}" for number in range(20)]


class DiesAtTheEnd:
    """A store of a process that is gone before it can close the run."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name == "record_end":
            raise Crash(name)
        return cast("Callable[..., Any]", getattr(self._store, name))


def test_a_mapping_that_comes_back_is_bound_by_its_name_anew(tmp_path: Path) -> None:
    """What it served before it was taken out may be anything by now."""
    with stage(tmp_path / "db", organization(PEOPLE, {"G": PEOPLE[:3]}), [managed("G")], {"G": PEOPLE[:3]}) as one:
        one.run()
        made = one.sandbox.organization
        old = made.find_group("G").id
        one.change_policy(mappings=())
        one.run()
        made.rename_group(old, "Archive", actor="ui")
        made.create_group("G", [], lead=None, actor="ui")
        made.add_members(old, [made.find_user("p12@corp.example").user_id], actor="ui")
        one.change_policy(mappings=(managed("G"),))
        one.run()
        assert one.members("Archive") == {*PEOPLE[:3], "p12"}
        assert one.members("G") == set(PEOPLE[:3])


@pytest.mark.parametrize("how", ["it may not write", "a directory is not read"])
def test_a_run_that_does_nothing_forgets_no_group(tmp_path: Path, how: str) -> None:
    """A configuration that lacks a mapping is tried; the mapping is back, and serves the group that it served."""
    groups = {"A": PEOPLE[:3], "B": PEOPLE[3:6]}
    mappings = [managed("A"), managed("B", create=True)]
    with stage(tmp_path / "db", organization(PEOPLE, groups), mappings, groups) as one:
        one.run()
        made = one.sandbox.organization
        made.rename_group(made.find_group("B").id, "B team", actor="ui")
        one.run()
        whole, one.policy = one.policy, replace(one.policy, mappings=(managed("A"),))
        one.apply = how != "it may not write"
        one.directory.failure = None if how == "it may not write" else Unavailable("corp", "down")
        one.run()
        one.apply, one.directory.failure, one.policy = True, None, whole
        one.directory.groups["B"] = set(PEOPLE[3:5])
        one.run()
        assert {group.name for group in made.groups} == {"A", "B team"}
        assert one.members("B team") == set(PEOPLE[3:5])


def test_a_renamed_group_is_served_no_more_once_another_has_its_name(tmp_path: Path) -> None:
    """Which of them is meant is for a person to say."""
    with stage(tmp_path / "db", organization(PEOPLE, {"G": PEOPLE[:3]}), [managed("G")], {"G": PEOPLE[:3]}) as one:
        one.run()
        made = one.sandbox.organization
        old = made.find_group("G").id
        made.rename_group(old, "Archive", actor="ui")
        made.create_group("G", [], lead=None, actor="ui")
        one.directory.groups["G"] = {"p00"}
        report = one.run()
        assert report.unserved == ("G",)
        assert one.members("Archive") == set(PEOPLE[:3])
        assert one.members("G") == set()


def test_a_name_is_used_once_though_the_run_never_ends(tmp_path: Path) -> None:
    """The binding is on disk with its record, before anything is written by it."""
    groups = {"G": PEOPLE[:3], "H": ["p10", "p11"]}
    with stage(tmp_path / "db", organization(PEOPLE, groups), [managed("G")], {"G": PEOPLE[:4]}) as one:
        made = one.sandbox.organization
        first, other = made.find_group("G").id, made.find_group("H").id
        one.seam = lambda target, store: (target, cast("Store", DiesAtTheEnd(store)))
        with pytest.raises(Crash):
            one.run()
        one.seam = untouched
        made.rename_group(first, "G old", actor="ui")
        made.rename_group(other, "G", actor="ui")
        one.restart()
        one.run()
        assert one.events.count("group.bound") == 1
        assert one.members("G") == {"p10", "p11"}


def untouched(target: Target, store: Store) -> tuple[Target, Store]:
    """The ends as they are."""
    return target, store


@pytest.mark.parametrize("runs", [1, 3])
def test_a_new_directory_group_of_a_gone_ones_name_does_not_take_its_group_over(tmp_path: Path, runs: int) -> None:
    """Whoever may make directory groups may not so give themselves what another was granted."""
    clock = VirtualClock()
    with stage(tmp_path / "db", organization(PEOPLE, {"Any": ["p01"]}, clock), [], {}, clock=clock) as one:
        directory = Patterned({"hp-red": set(PEOPLE[:10])})
        one.directory = directory
        one.change_policy(patterns=(PatternMapping("teams", TEAMS, "Team {team}", Settings(create=True)),))
        one.run()
        directory.groups["hp-red"] = {*PEOPLE[:8], "p19"}
        as_before = directory._group
        directory._group = lambda name: replace(as_before(name), id=f"corp:{name}-2")  # type: ignore[method-assign]
        for _ in range(runs):
            report = one.run()
            assert any("another mapping's" in skip.reason for group in report.plan.groups for skip in group.skips)
        assert one.members("Team red") == set(PEOPLE[:10])


def test_a_namesake_of_a_managed_group_is_told(tmp_path: Path) -> None:
    """A creation that arrived late may have made it, and filled it; nobody looks after it."""
    organized = organization(PEOPLE, {"G": PEOPLE[:3]})
    with stage(
        tmp_path / "db", organized, [managed("G")], {"G": PEOPLE[:3]}, Modes(name_conflict="allowed")
    ) as one:
        assert one.run().notes == ()
        other = one.sandbox.organization.create_group("g", [], lead=None, actor="ui").id
        (note,) = one.run().notes
        assert other in note
        assert one.members("G") == set(PEOPLE[:3])
