"""What a run saw of its groups, for people to look at: all of it where it is new, never forgotten by a doubt."""

from dataclasses import replace

from bridge.core.change import Action, Cause, Change, GroupPlan, Held, MemberChange, Skip, SkipKind
from bridge.core.desired import Desired
from bridge.core.difference import Difference
from bridge.core.memory import Memory, TargetSizes
from bridge.core.model import AccountId
from bridge.core.pending import NAMED, Pending
from bridge.core.people import People
from bridge.core.quarantine import Failure
from bridge.core.recollect import Ending, recollect
from bridge.core.sight import Feed, Sight
from tests.core.world import CORP, CUT, group, ids, mapping, read, source

SKIP = Skip(SkipKind.NO_ACCOUNT, "CN=Zoe", "nobody has one of the addresses zoe@x")
FED, LEFT_OUT = source("s", "a", "b"), source("x", "c", doubts=(CUT,))


def ending() -> Ending:
    """A run's end with one group, which one directory group feeds and another keeps people out of."""
    wanted = Desired(ids("a"), ids("a"), (CUT,), (FED, LEFT_OUT), excluding=(LEFT_OUT,))
    difference = Difference(mapping("G"), group("G"), wanted, ids("a", "b"))
    return Ending(
        plans=[GroupPlan("G", "G", group("G").id, 2, skips=(SKIP,), doubts=(CUT,))],
        differences=[difference],
        bindings=[],
        held=(),
        members={},
        people=People({}, {}),
        reads={CORP: read([FED], [])},
        sizes=TargetSizes(2, 1),
        names={AccountId("a"): "ann@corp.example"},
    )


def seen(end: Ending, memory: Memory | None = None) -> Sight:
    """The one new sight of a run."""
    (sight,) = recollect(end, memory or Memory()).sights
    return sight


def test_a_sight_tells_members_sources_doubts_and_what_is_left_undone() -> None:
    """Members by address, or by id where there is none."""
    sight = seen(ending())
    assert sight.members == ("ann@corp.example", "b")
    assert (sight.size, sight.doubts, sight.skips) == (2, (str(CUT),), (SKIP,))
    assert sight.feeds == (
        Feed("corp:s", FED.label, 2, excluding=False),
        Feed("corp:x", LEFT_OUT.label, 1, excluding=True, doubts=(str(CUT),)),
    )


def test_members_are_those_last_read() -> None:
    """After a write the group was read back."""
    assert seen(replace(ending(), seen={"G": ids("a")})).members == ("ann@corp.example",)


def test_a_changed_address_is_a_new_sight_and_nothing_new_is_none() -> None:
    """So that an idle run writes nothing, and the page is not out of date."""
    memory = Memory(sights={"G": seen(ending()).digest})
    assert recollect(ending(), memory).sights == ()
    other = seen(replace(ending(), names={AccountId("a"): "anna@corp.example"}), memory)
    assert other.members == ("anna@corp.example", "b")


def test_a_group_that_cannot_be_served_is_seen_as_such() -> None:
    """It has no members that anybody would know of."""
    lost = GroupPlan("L", "L", None, 0, skips=(Skip(SkipKind.GROUP, "L", "is not there"),))
    sight = seen(replace(ending(), plans=[lost], differences=[]))
    assert (sight.key, sight.members, sight.feeds, sight.skips) == ("L", (), (), lost.skips)


def test_a_mapping_that_is_no_more_is_forgotten_unless_a_directory_is_in_doubt() -> None:
    """A pattern finds nothing in a directory that was not read; its groups are there all the same."""
    memory = Memory(sights={"G": "", "old": ""})
    assert recollect(ending(), memory).gone == {"old"}
    doubted = replace(ending(), reads={CORP: replace(read([FED], []), doubts=(CUT,))})
    assert recollect(doubted, memory).gone == frozenset()


def test_an_address_that_is_no_unicode_breaks_no_run() -> None:
    """JSON can carry half a surrogate pair."""
    assert "\ud800@x" in seen(replace(ending(), names={AccountId("a"): "\ud800@x"})).members


def change(action: Action, *accounts: str) -> Change:
    """A change of members."""
    return Change(action, tuple(MemberChange(AccountId(one), None, Cause.SOURCE) for one in accounts))


def planned(*changes: Change) -> Ending:
    """The end of a run that planned these, and wrote nothing. `a` and `b` are in the group."""
    plan = GroupPlan("G", "G", group("G").id, 2, changes=changes)
    return replace(ending(), plans=[plan])


def test_what_was_planned_and_not_done_is_pending() -> None:
    """With the addresses of those whom it is about."""
    end = planned(change(Action.ADD, "c"), change(Action.REMOVE, "a", "b"))
    assert seen(end).pending == (
        Pending(Action.ADD, 1, ("c",)),
        Pending(Action.REMOVE, 2, ("ann@corp.example", "b")),
    )


def test_what_was_done_is_pending_no_more() -> None:
    """By what was read back: who is in is in, and who is out is out, whatever became of the rest."""
    end = planned(change(Action.ADD, "c", "d"), change(Action.REMOVE, "a", "b"))
    assert seen(replace(end, seen={"G": ids("b", "c")})).pending == (
        Pending(Action.ADD, 1, ("d",)),
        Pending(Action.REMOVE, 1, ("b",)),
    )
    assert seen(replace(end, seen={"G": ids("c", "d")})).pending == ()


def test_what_is_held_is_told_as_held_and_not_as_pending() -> None:
    """A part of it may be; the rest is pending all the same."""
    removal = change(Action.REMOVE, "a", "b")
    held = Held("G", "G", group("G").id, (change(Action.REMOVE, "b"),), ())
    assert seen(replace(planned(removal), held=(held,))).pending == (
        Pending(Action.REMOVE, 1, ("ann@corp.example",)),
    )
    whole = replace(held, changes=(removal,))
    assert seen(replace(planned(removal), held=(whole,))).pending == ()


def test_a_group_that_is_to_be_made_or_renamed_is_pending_until_it_was_written_to() -> None:
    """Or until its changes failed, which is told by itself."""
    end = planned(Change(Action.RENAME, name="H"))
    assert seen(end).pending == (Pending(Action.RENAME, 1),)
    assert seen(replace(end, seen={"G": ids("a", "b")})).pending == ()
    assert seen(replace(end, failures=(Failure("G", "G", "400"),))).pending == ()


def test_of_many_some_are_named_and_all_are_counted() -> None:
    """A first run may have half a million to put in."""
    (told,) = seen(planned(change(Action.ADD, *(f"n{n:04}" for n in range(1000))))).pending
    assert (told.number, len(told.members), told.members[0]) == (1000, NAMED, "n0000")


def test_what_becomes_pending_is_a_new_sight() -> None:
    """Though the members and the directory groups are those of before."""
    memory = Memory(sights={"G": seen(planned()).digest})
    assert seen(planned(change(Action.REMOVE, "a")), memory).pending
    assert recollect(planned(), memory).sights == ()
