"""A managed group is bound to an id; a name is used once, and only when it leaves no question."""

import pytest

from bridge.core.binding import Binding, bind, depends_on_archived, released
from bridge.core.mapping import GroupMapping, PatternMapping
from bridge.core.model import Group, GroupId
from tests.core.world import group, mapping, selector

ARCHIVED = {GroupId("id-Old"): "Old"}


def bound(one: GroupMapping, *groups: Group, remembered: str = "") -> Binding:
    """One mapping bound."""
    known = {one.key: GroupId(remembered)} if remembered else {}
    return bind([one], groups, known, ARCHIVED)[0]


def stated(name: str, group_id: str) -> GroupMapping:
    """A mapping whose group's id is in the configuration."""
    return GroupMapping(name, name, mapping(name).rule, group_id=GroupId(group_id))


def test_a_name_binds_once() -> None:
    """The one group of exactly this name is the one, and is new."""
    assert bound(mapping("A"), group("A"), group("B")) == Binding(mapping("A"), group("A"), new=True)


def test_an_id_goes_before_a_name() -> None:
    """A group that was renamed is still the one; which of it and a namesake is meant, a person has to state."""
    renamed = Group(GroupId("id-A"), "Renamed", None, frozenset())
    namesake = Group(GroupId("id-other"), "A", None, frozenset())
    assert bound(mapping("A"), renamed, remembered="id-A") == Binding(mapping("A"), renamed)
    assert "id-other has its name" in bound(mapping("A"), renamed, namesake, remembered="id-A").refusal
    one = stated("A", "id-A")
    assert bound(one, renamed, namesake, remembered="id-A") == Binding(one, renamed)


def test_a_name_does_not_lead_to_the_group_of_another_mapping() -> None:
    """What was made for one is not had by whoever takes its name."""
    (one,) = bind([mapping("A")], [group("A")], {"teams/corp:gone": GroupId("id-A")}, {})
    assert "another mapping's, teams/corp:gone" in one.refusal


def test_a_stated_id_goes_before_a_remembered_one() -> None:
    """The configuration has the last word."""
    assert bound(stated("A", "id-B"), group("A"), group("B"), remembered="id-A").group == group("B")


@pytest.mark.parametrize(
    ("one", "groups", "remembered", "words"),
    [
        (mapping("A"), [group("A")], "id-gone", "there is no group id-gone"),
        (mapping("A"), [group("A")], "id-Old", "is archived"),
        (mapping("A"), [group("A"), group("a ")], "", "2 groups have this name"),
        (mapping("A"), [group("a")], "", "write the name exactly so"),
        (mapping("A"), [group("A ")], "", "write the name exactly so"),
        (mapping("Old", create=True), [], "", "an archived group has this name"),
        (mapping("OLD", create=True), [], "", "an archived group has this name"),
        (mapping("A"), [], "", "create it, or set"),
        (stated("A", "id-gone"), [group("A")], "", "there is no group id-gone"),
    ],
)
def test_what_leaves_a_question_is_refused(
    one: GroupMapping, groups: list[Group], remembered: str, words: str
) -> None:
    """No group is guessed; the refusal says what to do."""
    binding = bound(one, *groups, remembered=remembered)
    assert binding.group is None
    assert words in binding.refusal


def test_a_group_that_is_not_there_is_created_where_that_is_wanted() -> None:
    """Neither a group nor a refusal: to be created."""
    assert bound(mapping("A", create=True), group("B")) == Binding(mapping("A", create=True))


def test_a_group_bound_by_id_is_never_created_anew() -> None:
    """A managed group that vanished is a question, not a reason for a namesake."""
    assert bound(mapping("A", create=True), remembered="id-A").refusal


def test_a_group_that_two_mappings_claim_is_served_by_neither() -> None:
    """Two mappings would undo each other's changes for ever."""
    bindings = bind([stated("X", "id-A"), mapping("A"), mapping("B")], [group("A"), group("B")], {}, {})
    assert [bool(binding.refusal) for binding in bindings] == [True, True, False]
    assert all(binding.group is None for binding in bindings[:2])


def test_the_archived_groups_are_needed_only_for_what_is_not_among_the_active() -> None:
    """An idle run does not read them."""
    assert not depends_on_archived([mapping("A")], [group("A")], {})
    assert depends_on_archived([mapping("A")], [group("B")], {})
    assert depends_on_archived([mapping("A")], [group("A")], {"A": GroupId("id-gone")})


TEAMS_RULE = mapping("Team red").rule
TEAMS = PatternMapping("teams", selector("hp-(.+)"), "Team {name}")


def left_by(remembered: dict[str, str], *current: GroupMapping) -> list[tuple[str, str]]:
    """What the pattern made and no longer makes: the mapping's name and the reason."""
    bound_ids = {key: GroupId(group_id) for key, group_id in remembered.items()}
    return [(b.mapping.name, b.refusal) for b in released((TEAMS,), current, (group("Team red"),), bound_ids)]


def test_a_group_whose_directory_group_is_gone_is_told() -> None:
    """It is left as it is, and somebody has to look: its members keep their access."""
    ((name, reason),) = left_by({"teams/corp:red": "id-Team red"})
    assert name == "Team red"
    assert "its directory group is gone" in reason


def test_a_group_that_is_made_still_is_not_left() -> None:
    """Under its key, or under another that serves the same group now."""
    made = GroupMapping("teams/corp:red", "Team red", TEAMS_RULE)
    other = GroupMapping("Team red", "Team red", TEAMS_RULE)
    assert left_by({"teams/corp:red": "id-Team red"}, made) == []
    assert left_by({"teams/corp:red": "id-Team red", "Team red": "id-Team red"}, other) == []


def test_a_group_that_is_archived_is_no_longer_told() -> None:
    """Archiving it was the remedy."""
    assert left_by({"teams/corp:old": "id-Old"}) == []


def test_a_group_of_another_mapping_is_not_the_patterns() -> None:
    """A mapping taken out of the configuration is a decision, not a loss."""
    assert left_by({"Team red": "id-Team red"}) == []
