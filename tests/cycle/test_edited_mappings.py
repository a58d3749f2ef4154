"""An edit that says nothing of the directory groups lets nothing go that a guard holds for their sake."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.change import Action, GuardKind
from bridge.core.mapping import Except, From, LeadAction, LeadRule
from bridge.core.model import Email
from tests.cycle.stage import Stage, selector
from tests.cycle.test_vanished_groups import ALL_X, PEOPLE, fed_by, findings, lose, recreate

EDITS = [
    {"keep": frozenset({Email("p06@corp.example")})},
    {"ignore": frozenset({Email("p07@corp.example")})},
    {"lead": LeadRule(LeadAction.SET, Email("p08@corp.example"))},
    {"create": True, "rename": True},
]


def edit(one: Stage, settings: Mapping[str, object]) -> None:
    """A person edits the one mapping."""
    (mapping,) = one.policy.mappings
    edited = replace(mapping.settings, **settings)  # type: ignore[arg-type]  # the tests name the fields
    one.change_policy(mappings=(replace(mapping, settings=edited),))


@pytest.mark.parametrize("settings", EDITS)
def test_a_source_that_vanished_is_missed_after_an_edit(tmp_path: Path, settings: dict[str, object]) -> None:
    """To keep or to ignore one more, or to name a lead, is no word on those who are lost from sight."""
    with fed_by(tmp_path, From(ALL_X), x1={"p01", "p02"}, x2=set(PEOPLE[5:17])) as one:
        lose(one, "x1")
        before = findings(one.run())
        edit(one, settings)
        assert findings(one.run()) == before
        assert before == [
            (Action.REMOVE, GuardKind.SOURCE_EMPTY, "x1 is not found any more, and had 2 people before")
        ]
        assert one.members("G") >= {"p01", "p02"}


def test_a_source_that_vanished_is_missed_for_those_whom_an_edit_does_not_keep(tmp_path: Path) -> None:
    """Whoever keeps one of its people has not let the other go."""
    with fed_by(tmp_path, From(ALL_X), x1={"p01", "p02"}, x2=set(PEOPLE[5:17])) as one:
        lose(one, "x1")
        edit(one, {"keep": frozenset({Email("p01@corp.example")})})
        assert {guard for _, guard, _ in findings(one.run())} == {GuardKind.SOURCE_EMPTY}
        assert one.members("G") >= {"p01", "p02"}


@pytest.mark.parametrize("settings", EDITS)
def test_an_exclusion_that_vanished_is_missed_after_an_edit(tmp_path: Path, settings: dict[str, object]) -> None:
    """Whom it kept out stays out."""
    rule = Except(From(selector("all")), From(ALL_X))
    with fed_by(tmp_path, rule, all=set(PEOPLE[1:17]), x1={"p01", "p02"}, x2={"p03"}) as one:
        lose(one, "x1")
        before = findings(one.run())
        edit(one, settings)
        assert findings(one.run()) == before
        assert {(action, guard) for action, guard, _ in before} == {(Action.ADD, GuardKind.EXCLUSION_EMPTY)}
        assert one.members("G").isdisjoint({"p01", "p02"})


@pytest.mark.parametrize("settings", EDITS)
def test_a_source_that_another_replaced_is_a_strangers_after_an_edit(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    """Its people do not come in."""
    with fed_by(tmp_path, From(selector("y1")), y1=set(PEOPLE[5:17])) as one:
        recreate(one, "y1", {*PEOPLE[5:17], "p18", "p19"})
        before = findings(one.run())
        edit(one, settings)
        assert findings(one.run()) == before
        assert {(action, guard) for action, guard, _ in before} == {(Action.ADD, GuardKind.SOURCE_REPLACED)}
        assert one.members("G") == set(PEOPLE[5:17])
