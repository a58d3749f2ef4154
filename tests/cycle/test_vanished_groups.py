"""A directory group that is lost from sight, or replaced, takes nobody out and lets nobody in by itself."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.change import Action, GuardKind
from bridge.core.mapping import Except, From, GroupMapping, Mode, PatternMapping, Rule, Settings
from bridge.core.model import DirectoryGroup, DirectoryRead, Selection, Selector, SelectorKind
from bridge.cycle.outcome import Report, RunOutcome
from tests.cycle.stage import CORP, ScriptedDirectory, Stage, organization, selector, stage
from tests.cycle.test_patterns import TEAMS, Patterned
from tests.transport.virtual import VirtualClock

PEOPLE = [f"p{n:02}" for n in range(20)]
ALL_X = Selector(CORP, SelectorKind.FILTER, "(cn=x*)")


@dataclass
class FilteredDirectory(ScriptedDirectory):
    """One filter finds every group whose name begins with x; groups have the ids they are given."""

    ids: dict[str, str] = field(default_factory=dict)

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Tell of these groups."""
        named = [Selector(CORP, SelectorKind.NAME, name) for name in self.groups]
        read = super().read([*named, *selectors])
        found = tuple(self._group(name) for name in self.groups if name.startswith("x"))
        return replace(read, selections={**read.selections, ALL_X: Selection(found)})

    def _group(self, name: str) -> DirectoryGroup:
        group = super()._group(name)
        return replace(group, id=self.ids.get(name, group.id))


@contextmanager
def fed_by(path: Path, rule: Rule, mode: Mode = Mode.AUTHORITATIVE, **groups: set[str]) -> Iterator[Stage]:
    """A managed group G by this rule over these directory groups, settled."""
    mapping = GroupMapping("G", "G", rule, Settings(mode=mode))
    clock = VirtualClock()
    with stage(
        path / "db", organization(PEOPLE, {"G": [], "Any": ["p00"]}, clock), [mapping], {}, clock=clock
    ) as set_up:
        set_up.directory = FilteredDirectory(groups)
        set_up.run()
        assert set_up.run().outcome is RunOutcome.UNCHANGED
        yield set_up


def findings(report: Report) -> list[tuple[Action, GuardKind, str]]:
    """What is held, and the objections to it."""
    return [
        (change.action, finding.guard, finding.text)
        for held in report.verdict.held
        for change in held.changes
        for finding in held.findings
    ]


def approve_all(one: Stage) -> None:
    """A person approves all that is held."""
    for case in one.store.list_held():
        one.store.approve(case.digest, by="anna", reason="seen", expires=one.clock.now() + timedelta(days=1))


def lose(one: Stage, name: str) -> None:
    """A directory group is not found any more."""
    del one.directory.groups[name]


def test_a_source_that_a_filter_finds_no_more_is_held_as_an_empty_one(tmp_path: Path) -> None:
    """The directory shows it no more, and says nothing about it: its people stay."""
    with fed_by(tmp_path, From(ALL_X), x1={"p01", "p02"}, x2=set(PEOPLE[5:17])) as one:
        lose(one, "x1")
        report = one.run()
        lost = "x1 is not found any more, and had 2 people before"
        assert findings(report) == [(Action.REMOVE, GuardKind.SOURCE_EMPTY, lost)]
        assert one.members("G") >= {"p01", "p02"}
        assert findings(one.run()) == findings(report)  # no run forgets it


def test_a_source_that_was_deleted_on_purpose_needs_one_approval(tmp_path: Path) -> None:
    """Approved, it is forgotten: the next leaver goes at once."""
    with fed_by(tmp_path, From(ALL_X), x1={"p01", "p02"}, x2=set(PEOPLE[5:17])) as one:
        lose(one, "x1")
        one.run()
        approve_all(one)
        assert one.run().outcome is RunOutcome.CHANGED
        assert one.members("G") == set(PEOPLE[5:17])
        one.directory.groups["x2"] -= {"p05"}
        assert one.run().outcome is RunOutcome.CHANGED
        assert one.members("G") == set(PEOPLE[6:17])


def test_a_source_that_comes_back_needs_nobody(tmp_path: Path) -> None:
    """It was hidden for a while."""
    with fed_by(tmp_path, From(ALL_X), x1={"p01", "p02"}, x2=set(PEOPLE[5:17])) as one:
        lose(one, "x1")
        assert one.run().outcome is RunOutcome.HELD
        one.directory.groups["x1"] = {"p01", "p02"}
        assert one.run().outcome is RunOutcome.UNCHANGED


def test_a_source_that_was_empty_is_missed_by_nobody(tmp_path: Path) -> None:
    """Nobody was in the group because of it."""
    with fed_by(tmp_path, From(ALL_X), x1=set(), x2=set(PEOPLE[5:17])) as one:
        lose(one, "x1")
        one.directory.groups["x2"] -= {"p05"}
        assert one.run().outcome is RunOutcome.CHANGED


def test_a_source_that_the_configuration_names_no_more_is_not_missed(tmp_path: Path) -> None:
    """Whoever edits a mapping means it."""
    with fed_by(tmp_path, From(ALL_X), x1={"p01", "p02"}, x2=set(PEOPLE[5:17])) as one:
        one.change_policy(mappings=(GroupMapping("G", "G", From(selector("x2"))),))
        assert one.run().outcome is RunOutcome.CHANGED
        assert one.members("G") == set(PEOPLE[5:17])


def test_an_exclusion_that_a_filter_finds_no_more_lets_nobody_in(tmp_path: Path) -> None:
    """Whom it kept out waits for a person."""
    rule = Except(From(selector("base")), From(ALL_X))
    with fed_by(tmp_path, rule, base=set(PEOPLE[:8]), x1={"p03", "p04"}, x2={"p19"}) as one:
        lose(one, "x1")
        report = one.run()
        assert [(action, guard) for action, guard, _ in findings(report)] == [
            (Action.ADD, GuardKind.EXCLUSION_EMPTY)
        ]
        assert one.members("G").isdisjoint({"p03", "p04"})
        approve_all(one)
        assert one.run().outcome is RunOutcome.CHANGED
        assert one.members("G") == set(PEOPLE[:8])


def test_an_exclusion_that_is_made_anew_and_empty_lets_nobody_in(tmp_path: Path) -> None:
    """The same name, and another group, which nobody is in as yet."""
    rule = Except(From(selector("base")), From(selector("minus")))
    with fed_by(tmp_path, rule, base=set(PEOPLE[:6]), minus={"p03", "p04"}) as one:
        recreate(one, "minus", set())
        report = one.run()
        assert {action for action, _, _ in findings(report)} == {Action.ADD}
        assert GuardKind.EXCLUSION_EMPTY in {guard for _, guard, _ in findings(report)}
        assert one.members("G") == {"p00", "p01", "p02", "p05"}
        assert findings(one.run()) == findings(report)


def test_a_new_empty_exclusion_among_those_that_a_filter_finds_holds_nobody(tmp_path: Path) -> None:
    """It keeps nobody out, and stands in nobody's place."""
    rule = Except(From(selector("base")), From(ALL_X))
    with fed_by(tmp_path, rule, base=set(PEOPLE[:6]), x1={"p03"}) as one:
        one.directory.groups["x2"] = set()
        one.directory.groups["base"] |= {"p07"}
        assert one.run().outcome is RunOutcome.CHANGED
        assert "p07" in one.members("G")


def test_a_named_source_that_is_made_anew_changes_nothing_until_a_person_said_so(tmp_path: Path) -> None:
    """Whoever may make groups could put one of his own in its place: nobody goes, and nobody comes in."""
    with fed_by(tmp_path, From(selector("team")), team=set(PEOPLE[:10])) as one:
        recreate(one, "team", {*PEOPLE[:8], "p19"})
        report = one.run()
        replaced = "cn=team is another group than before: its id is corp:team-2 now"
        assert (Action.REMOVE, GuardKind.SOURCE_REPLACED, replaced) in findings(report)
        assert (Action.ADD, GuardKind.SOURCE_REPLACED, replaced) in findings(report)
        assert one.members("G") == set(PEOPLE[:10])
        approve_all(one)
        assert one.run().outcome is RunOutcome.CHANGED
        assert one.members("G") == {*PEOPLE[:8], "p19"}
        one.directory.groups["team"] |= {"p18"}
        assert one.run().outcome is RunOutcome.CHANGED


def test_a_named_source_that_is_made_anew_with_the_same_people_is_believed(tmp_path: Path) -> None:
    """There is nothing to change, and so nothing to ask."""
    with fed_by(tmp_path, From(selector("team")), team=set(PEOPLE[:10])) as one:
        recreate(one, "team", set(PEOPLE[:10]))
        assert one.run().outcome is RunOutcome.UNCHANGED
        one.directory.groups["team"] |= {"p19"}
        assert one.run().outcome is RunOutcome.CHANGED


@pytest.mark.parametrize("change", [lambda groups: groups.pop("hp-red"), lambda groups: groups["hp-red"].clear()])
def test_a_group_of_a_pattern_is_guarded_as_before(
    tmp_path: Path, change: Callable[[dict[str, set[str]]], object]
) -> None:
    """Its managed group is let go where the directory group is gone, and held where it is empty; nobody goes."""
    clock = VirtualClock()
    with stage(tmp_path / "db", organization(PEOPLE, {"Any": ["p01"]}, clock), [], {}, clock=clock) as one:
        one.directory = Patterned({"hp-red": set(PEOPLE[:5]), "hp-blue": set(PEOPLE[5:9])})
        pattern = PatternMapping("teams", TEAMS, "Team {team}", Settings(create=True))
        one.change_policy(patterns=(pattern,))
        assert one.run().outcome is RunOutcome.CHANGED
        assert one.run().outcome is RunOutcome.UNCHANGED
        change(one.directory.groups)
        one.directory.groups["hp-blue"] -= {"p05"}
        one.run()
        assert one.members("Team red") == set(PEOPLE[:5])
        assert one.members("Team blue") == set(PEOPLE[6:9])


def recreate(one: Stage, name: str, people: set[str]) -> None:
    """A directory group is deleted, and another one gets its name."""
    assert isinstance(one.directory, FilteredDirectory)
    one.directory.ids[name] = f"corp:{name}-2"
    one.directory.groups[name] = people
