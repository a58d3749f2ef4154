"""A directory group that grew while something that it feeds was open had people, whatever was settled before."""

from pathlib import Path

import pytest

from bridge.core.change import Action, GuardKind
from bridge.core.mapping import MAIN, AnyOf, Except, From, GroupMapping, Settings
from bridge.cycle.outcome import RunOutcome
from tests.cycle.stage import Stage, organization, selector, stage
from tests.cycle.test_remembered_measures import approve_all
from tests.cycle.test_vanished_groups import findings

PEOPLE = [f"p{n:02}" for n in range(60)]
BASE = PEOPLE[20:]
NIGHT = GroupMapping("Night", "Night", From(selector("x")), Settings(job="night"))


def settled(one: Stage) -> None:
    """The directory group x is empty, and every group is as it should be."""
    one.run()
    approve_all(one)
    assert one.run().outcome is RunOutcome.UNCHANGED
    one.job = MAIN


def test_a_source_that_filled_while_the_night_waited_is_missed_when_it_is_empty(tmp_path: Path) -> None:
    """By day its people came in; before the night it is hidden."""
    day = GroupMapping("Day", "Day", AnyOf((From(selector("x")), From(selector("base")))))
    around = organization(PEOPLE, {"Day": BASE, "Night": []})
    with stage(tmp_path / "db", around, [day, NIGHT], {"x": [], "base": BASE}) as one:
        settled(one)
        one.directory.groups["x"] = {"p00", "p01"}
        assert one.run().outcome is RunOutcome.CHANGED
        one.directory.groups["x"] = set()
        hidden = [(Action.REMOVE, GuardKind.SOURCE_EMPTY, "cn=x is empty, and had 2 people before")]
        for _ in range(2):
            assert findings(one.run()) == hidden
        assert one.members("Day") >= {"p00", "p01"}
        approve_all(one)
        assert one.run().outcome is RunOutcome.CHANGED
        one.job = ""
        one.run()
        one.directory.groups["base"] -= {"p30"}
        assert findings(one.run()) == []  # it is empty in earnest, and all is settled with it
        assert "p30" not in one.members("Day")


def test_an_exclusion_that_filled_while_the_night_waited_is_missed_when_it_is_empty(tmp_path: Path) -> None:
    """By day it kept people out; before the night it is hidden."""
    day = GroupMapping("Day", "Day", Except(From(selector("base")), From(selector("x"))))
    around = organization(PEOPLE, {"Day": BASE, "Night": []})
    with stage(tmp_path / "db", around, [day, NIGHT], {"x": [], "base": BASE}) as one:
        settled(one)
        one.directory.groups["x"] = set(BASE[:2])
        assert one.run().outcome is RunOutcome.CHANGED
        one.directory.groups["x"] = set()
        assert {(action, guard) for action, guard, _ in findings(one.run())} == {
            (Action.ADD, GuardKind.EXCLUSION_EMPTY)
        }
        assert one.members("Day").isdisjoint(BASE[:2])


@pytest.mark.parametrize("joined", [{"p00"}, {"p00", "p01"}])
def test_whoever_waits_for_the_night_keeps_the_cause(tmp_path: Path, joined: set[str]) -> None:
    """That the group grew is kept beside who was settled in it."""
    day = GroupMapping("Day", "Day", AnyOf((From(selector("x")), From(selector("base")))))
    around = organization(PEOPLE, {"Day": BASE, "Night": []})
    with stage(tmp_path / "db", around, [day, NIGHT], {"x": [], "base": BASE}) as one:
        settled(one)
        one.directory.groups["x"] = joined
        for _ in range(2):
            one.run()
        one.job = "night"
        one.run()
        added = [record for record in one.records if record["event"] == "member.added"]
        assert {record["cause"] for record in added if record["group"] == "Night"} == {"source changed"}
        assert one.members("Night") == joined
