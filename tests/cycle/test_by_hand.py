"""What is done by hand is as provable as a run, and settled by the next one when it is cut short."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.core.change import GroupPlan
from bridge.cycle.by_hand import Wish, Word, preview_by_hand, run_by_hand
from bridge.cycle.orders import Orders
from bridge.errors import BridgeError
from bridge.sandbox.hyperproof import UI, Act, Fault, Modes
from tests.cycle.stage import Stage, managed, organization, stage

WORD = Word("Olga", "ticket 4711")


def add_ben(orders: Orders) -> GroupPlan:
    """Put Ben into the pilots."""
    return orders.add("Pilots", ["ben@corp.example"])


def create_testers(orders: Orders) -> GroupPlan:
    """A group with Ann and Ben."""
    return orders.create("Testers", ["ann@corp.example", "ben@corp.example"])


@pytest.fixture
def pilots(tmp_path: Path) -> Iterator[Stage]:
    """A managed group with Ann, and another group."""
    made = organization(["ann", "ben"], {"A": ["ann"], "Pilots": []})
    with stage(tmp_path / "bridge.db", made, [managed("A")], {"A": ["ann"]}) as set_up:
        yield set_up


@pytest.mark.parametrize("act", [Act.RESET_AFTER, Act.DROP, Act.HALF, Act.TRUNCATE])
@pytest.mark.parametrize("wish", [add_ben, create_testers])
def test_a_call_without_outcome_is_looked_into(pilots: Stage, act: Act, wish: Wish) -> None:
    """It is read back, sent again where it was not done, and recorded once. A group is never created again."""
    agreed = preview_by_hand(pilots.bridge, wish, WORD)
    pilots.sandbox.faults.add(Fault(act, method="POST", path="^/v1/groups"))
    report = run_by_hand(pilots.bridge, wish, WORD, agreed)
    is_open = act is Act.DROP and wish is create_testers
    assert report.outcome.value == ("partly failed" if is_open else "changes applied")
    pilots.assert_true_to_history()


def test_what_was_cut_short_is_settled_by_the_next_run(pilots: Stage) -> None:
    """The record leads to the run by hand, whose start has the operator's name."""
    agreed = preview_by_hand(pilots.bridge, add_ben, WORD)
    pilots.sandbox.faults.add(
        Fault(Act.RESET_AFTER, method="POST", path="^/v1/groups"),
        Fault(Act.RESET_BEFORE, method="GET", path="^/v1/groups/.+/users", count=0),
    )
    report = run_by_hand(pilots.bridge, add_ben, WORD, agreed)
    assert report.outcome.value == "partly failed"
    pilots.sandbox.faults.clear()
    pilots.run()
    (settled,) = [one for one in pilots.records if one["event"] == "intent.settled"]
    (started,) = [one for one in pilots.records if one.get("kind") == "by hand"]
    assert (settled["intended_by"], settled["done"], started["by"]) == (started["run"], 1, "Olga")
    pilots.assert_true_to_history()


def test_what_an_earlier_run_left_open_is_not_the_operators(pilots: Stage) -> None:
    """It is settled first, and does not bear the name of whoever comes along."""
    pilots.directory.groups["A"].add("ben")
    pilots.sandbox.faults.add(
        Fault(Act.RESET_AFTER, method="POST", path="^/v1/groups"),
        Fault(Act.RESET_BEFORE, method="GET", path="^/v1/groups/.+/users", count=0),
    )
    pilots.run()
    pilots.sandbox.faults.clear()
    agreed = preview_by_hand(pilots.bridge, add_ben, WORD)
    assert run_by_hand(pilots.bridge, add_ben, WORD, agreed).settled == 1
    added = [one for one in pilots.records if one["event"] == "member.added"]
    assert [(one["group"], one.get("by")) for one in added] == [("A", None), ("Pilots", "Olga")]
    pilots.assert_true_to_history()


def test_what_has_changed_since_the_question_is_not_done(pilots: Stage) -> None:
    """A yes is for exactly what was shown."""
    agreed = preview_by_hand(pilots.bridge, create_testers, WORD)
    pilots.sandbox.organization.add_group("testers ")
    with pytest.raises(BridgeError, match="is called 'testers ' already"):
        run_by_hand(pilots.bridge, create_testers, WORD, agreed)
    agreed = preview_by_hand(pilots.bridge, add_ben, WORD)
    group = pilots.sandbox.organization.find_group("Pilots")
    ben = pilots.sandbox.organization.find_user("ben@corp.example")
    pilots.sandbox.organization.add_members(group.id, [ben.user_id], actor=UI)
    with pytest.raises(BridgeError, match="changed since you were asked"):
        run_by_hand(pilots.bridge, add_ben, WORD, agreed)
    assert pilots.writes == []
    assert [one["event"] for one in pilots.records].count("run.failed") == 2


def test_ids_that_are_not_proved_are_not_sent(tmp_path: Path) -> None:
    """Nobody knows whose they would be."""
    with stage(tmp_path / "bridge.db", organization(["ann"], {"Pilots": []}), [], {}) as set_up:
        with pytest.raises(BridgeError, match=r"state hyperproof\.user_id_space before members are changed"):
            preview_by_hand(set_up.bridge, lambda orders: orders.add("Pilots", ["ann@corp.example"]), WORD)
        assert preview_by_hand(set_up.bridge, lambda orders: orders.rename("Pilots", "X"), WORD).changes


def test_whom_an_operator_put_in_is_not_the_bridges_own(pilots: Stage) -> None:
    """So that no mode of a mapping takes them out as such."""
    for wish in (add_ben, create_testers):
        run_by_hand(pilots.bridge, wish, WORD, preview_by_hand(pilots.bridge, wish, WORD))
    groups = [group.id for group in pilots.target.read().groups]
    assert set(pilots.store.load_placements(groups).values()) == {frozenset()}
    assert "" not in pilots.store.load().bindings


@pytest.mark.parametrize("id_space", ["userId", "id"])
def test_either_id_may_be_the_one_that_groups_take(tmp_path: Path, id_space: str) -> None:
    """As in a run: what members show decides."""
    made = organization(["ann", "ben"], {"A": ["ann"], "Pilots": []})
    modes = Modes(id_space=id_space)  # type: ignore[arg-type]  # one of both
    with stage(tmp_path / "bridge.db", made, [], {}, modes) as set_up:
        run_by_hand(set_up.bridge, add_ben, WORD, preview_by_hand(set_up.bridge, add_ben, WORD))
        assert set_up.members("Pilots") == {"ben"}
        set_up.assert_true_to_history()
