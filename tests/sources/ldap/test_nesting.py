from hypothesis import given
from hypothesis import strategies as st

from bridge.core.model import Doubt, DoubtKind, PersonId
from bridge.sources.ldap.nesting import Contents, effective, reachable

DOUBT = Doubt(DoubtKind.UNRESOLVED, "somebody")


def group(people: str = "", *inner: str, others: str = "", doubts: bool = False) -> Contents[str]:
    """A group of people and others named by one letter each, and of inner groups."""
    return Contents(
        frozenset(map(PersonId, people)), frozenset(inner), frozenset(others), frozenset([DOUBT] if doubts else [])
    )


def test_people_of_nested_groups_belong() -> None:
    """Members of a group are those of all groups in it, and each counts once, by however many ways (a diamond)."""
    direct = {
        "top": group("a", "left", "right"),
        "left": group("b", "end"),
        "right": group("c", "end"),
        "end": group("d"),
    }
    assert effective("top", direct).people == frozenset("abcd")
    assert effective("left", direct).people == frozenset("bd")


def test_groups_in_a_cycle_have_the_same_people() -> None:
    """A cycle ends, and whoever is in one of its groups is in all of them."""
    direct = {"a": group("1", "b"), "b": group("2", "c"), "c": group("3", "a"), "self": group("4", "self")}
    assert {effective(key, direct).people for key in "abc"} == {frozenset("123")}
    assert effective("self", direct).people == frozenset("4")


def test_a_chain_may_be_deep() -> None:
    """Depth is no matter of recursion."""
    direct = {
        number: Contents(frozenset({PersonId(str(number))}), frozenset({number + 1})) for number in range(20_000)
    }
    direct[20_000] = Contents()
    assert len(effective(0, direct).people) == 20_000


def test_doubts_rise_to_every_group_that_contains_their_group() -> None:
    """A doubt about an inner group is one about the outer ones, and not about its neighbours."""
    direct = {
        "top": group("", "mid", "clean"),
        "mid": group("", "low"),
        "low": group(doubts=True),
        "clean": group("x"),
    }
    assert {key for key in direct if effective(key, direct).doubts} == {"top", "mid", "low"}


def test_others_are_counted_once() -> None:
    """What is neither person nor group counts once, in however many inner groups it is."""
    direct = {"top": group("", "a", "b", others="p"), "a": group(others="pq"), "b": group(others="q")}
    assert effective("top", direct).others == frozenset("pq")


@given(st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=6, max_size=6))
def test_every_small_world(inner: list[list[int]]) -> None:
    """In any graph of six groups a person is in a group if and only if a path leads to theirs."""
    direct = {key: Contents(frozenset({PersonId(str(key))}), frozenset(keys)) for key, keys in enumerate(inner)}
    paths = {key: {key} for key in direct}
    for _ in direct:
        paths = {key: seen.union(*(inner[step] for step in seen)) for key, seen in paths.items()}
    for key in direct:
        assert effective(key, direct).people == {PersonId(str(step)) for step in paths[key]}
        assert reachable({key}, inner.__getitem__) == paths[key]
