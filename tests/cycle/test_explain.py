"""Explaining by a directory that does not tell how groups are in groups."""

from pathlib import Path

import pytest

from bridge.core.explain import Answer
from bridge.core.model import Doubt, DoubtKind
from bridge.cycle.explain import explain
from bridge.cycle.explain_kept import explain_kept
from bridge.errors import Unavailable
from bridge.sandbox.hyperproof import Modes
from tests.cycle.stage import CORP, Stage, managed, organization, stage


def said(set_up: Stage, text: str) -> Answer:
    """The one answer about somebody."""
    (one,) = explain(set_up.bridge, [set_up.directory], text, "A").answers
    return one


def test_without_nesting_the_named_group_is_told(tmp_path: Path) -> None:
    """Who is in it, whatever lies between."""
    made = organization(["ann", "ben"], {"A": ["ann", "ben"]})
    with stage(tmp_path / "bridge.db", made, [managed("A")], {"A": ["ann"]}) as set_up:
        ann, ben = said(set_up, "ann@corp.example"), said(set_up, "ben@corp.example")
    assert ([way.groups for way in ann.ways], ann.is_member, ann.belongs) == ([("cn=A",)], True, True)
    assert (ben.ways, ben.is_member, ben.belongs) == ((), True, False)
    assert [pending.cause.value for pending in ben.pending] == ["first sync"]


def test_a_doubt_keeps_somebody_in(tmp_path: Path) -> None:
    """It is told, with what to do."""
    made = organization(["ann", "ben"], {"A": ["ann", "ben"]})
    with stage(tmp_path / "bridge.db", made, [managed("A")], {"A": ["ann"]}) as set_up:
        set_up.directory.doubts = (Doubt(DoubtKind.TRUNCATED, "half of it"),)
        ben = said(set_up, "ben@corp.example")
    assert ben.pending == ()
    assert {obstacle.kind for obstacle in ben.obstacles} == {"doubt"}
    assert "truncated: half of it" in [obstacle.text for obstacle in ben.obstacles]


def test_who_is_kept_is_told_by_which_list(tmp_path: Path) -> None:
    """By `keep` or `ignore`, which are the configuration's own word."""
    made = organization(["ann", "ben", "cid"], {"A": ["ann", "ben", "cid"]})
    mapping = managed("A", keep=frozenset({"ben@corp.example"}), ignore=frozenset({"cid@corp.example"}))
    with stage(tmp_path / "bridge.db", made, [mapping], {"A": ["ann"]}) as set_up:
        ben, cid = said(set_up, "ben@corp.example"), said(set_up, "cid@corp.example")
    assert [obstacle.kind for obstacle in ben.obstacles] == ["protected"]
    assert [obstacle.kind for obstacle in cid.obstacles] == ["ignored"]


def test_a_managed_group_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With the reason that a run would give."""
    with stage(tmp_path / "bridge.db", organization(["ann"], {}), [managed("A")], {"A": ["ann"]}) as set_up:
        one = said(set_up, "ann@corp.example")
    assert [obstacle.kind for obstacle in one.obstacles] == ["group"]
    assert "there is no group of this name" in one.obstacles[0].text


def test_ids_that_are_not_proved_stand_in_the_way_of_everybody(tmp_path: Path) -> None:
    """Nothing may be written then."""
    made = organization(["ann"], {"A": []})
    with stage(tmp_path / "bridge.db", made, [managed("A")], {"A": ["ann"]}, Modes()) as set_up:
        one = said(set_up, "ann@corp.example")
    assert "refused" in [obstacle.kind for obstacle in one.obstacles]


def test_a_directory_out_of_reach_is_told(tmp_path: Path) -> None:
    """And of what it would say nothing is said: not that somebody is nobody's, or should not be in."""
    with stage(tmp_path / "bridge.db", organization(["ann"], {"A": ["ann"]}), [managed("A")], {"A": []}) as set_up:
        set_up.directory.failure = Unavailable("corp", "silence")
        found = explain(set_up.bridge, [set_up.directory], "ann@corp.example")
        assert found.unread == {CORP: "silence"}
        (one,) = found.answers
        assert (one.is_member, one.belongs) == (True, None)
        with pytest.raises(Unavailable, match="not read, and nobody else goes by 'zoe'"):
            explain(set_up.bridge, [set_up.directory], "zoe")


@pytest.mark.parametrize("group", ["", "A"])
def test_of_a_group_that_cannot_be_served_nothing_is_claimed(tmp_path: Path, group: str) -> None:
    """Neither that they are in it nor that they are not; how they would come into it is told."""
    with stage(
        tmp_path / "bridge.db", organization(["ann", "ben"], {"A": ["ann"]}), [managed("A")], {"A": ["ann"]}
    ) as s:
        s.run()
        made = s.sandbox.organization
        made.rename_group(made.find_group("A").id, "Old", actor="ui")
        made.create_group("A", [], lead=None, actor="ui")
        s.run()
        for found in (
            explain(s.bridge, [s.directory], "ann@corp.example", group),
            explain_kept(s.store, s.policy, "ann@corp.example", group).explanation,
        ):
            (one,) = found.answers
            assert (one.is_member, one.belongs, len(one.ways)) == (None, None, 1)
        found = explain(s.bridge, [s.directory], "ben@corp.example", group)
        assert (len(found.answers), found.unserved) == ((1, ()) if group else (0, ("A",)))
