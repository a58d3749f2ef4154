"""What is remembered: the settled is taken as the new measure, the open keeps the old one until it is done."""

from dataclasses import replace
from datetime import UTC, datetime

from bridge.core.binding import Binding, released
from bridge.core.change import (
    Action,
    Cause,
    Change,
    Finding,
    GroupPlan,
    GuardKind,
    Held,
    MemberChange,
    Skip,
    SkipKind,
    skips_digest,
)
from bridge.core.desired import Desired
from bridge.core.difference import Difference
from bridge.core.journal import Recollection
from bridge.core.mapping import From, PatternMapping
from bridge.core.memory import Memory, TargetSizes
from bridge.core.model import AccountId, DirectoryRead, GroupId, Selection, Selector, SelectorKind
from bridge.core.people import People
from bridge.core.picture import Kept
from bridge.core.recollect import Ending, recollect, trusted_groups
from tests.core.world import CORP, CUT, group, ids, mapping, pid, read, selector, source

SIZES = TargetSizes(10, 3)
FROM_S = mapping("H", From(selector("s")))
PATTERN = Selector(CORP, SelectorKind.PATTERN, ".*")
TEAMS = PatternMapping("teams", PATTERN, "{name}")


def difference(name: str, *feeding: str, doubt: bool = False) -> Difference:
    """A managed group that these directory groups feed, each with one person of its name."""
    groups = tuple(source(one, one) for one in feeding)
    wanted = Desired(ids("a"), ids("a"), (CUT,) if doubt else (), groups)
    return Difference(mapping(name), group(name), wanted, ids("a"))


def ending(*differences: Difference, confirmed: str = "", held: tuple[Held, ...] = ()) -> Ending:
    """A run's end in which the members of these groups were confirmed."""
    groups = {one.id: one for d in differences for one in d.desired.groups}
    return Ending(
        plans=[GroupPlan(d.mapping.key, d.mapping.name, None, 0) for d in differences],
        differences=differences,
        bindings=[Binding(d.mapping, d.group) for d in differences],
        held=held,
        members={name: ids("a", "b") for name in confirmed},
        people=People({pid("a"): AccountId("a")}, {}),
        reads={CORP: read(groups.values(), [])},
        sizes=SIZES,
    )


def holding(name: str, guard: GuardKind = GuardKind.GROUP_REMOVALS) -> Held:
    """A removal from this group that waits."""
    change = Change(Action.REMOVE, (MemberChange(AccountId("b"), None, Cause.SOURCE),))
    return Held(name, name, GroupId(f"id-{name}"), (change,), (Finding(guard, ""),))


def sources_of(left: Recollection) -> set[str]:
    """The directory groups that are remembered anew."""
    return {one.name for one in left.sources}


def test_a_settled_group_is_the_new_baseline() -> None:
    """With whom it should contain, whom it was seen to contain, and what fed it."""
    left = recollect(ending(difference("G", "s", "t"), confirmed="G"), Memory())
    baseline = left.baselines["G"]
    assert (baseline.desired, baseline.members) == (ids("a"), ids("a", "b"))
    assert baseline.sources == ("corp:s", "corp:t")
    assert sources_of(left) == {"s", "t"}
    assert left.target_sizes == SIZES


def test_an_unsettled_group_keeps_its_baseline_and_its_sources() -> None:
    """Doubted, held, or not confirmed: the cause of what is still to be done is not forgotten before it is done.

    A directory group that feeds a settled group as well is not forgotten either.
    """
    end = ending(
        difference("D", "doubted", doubt=True),
        difference("H", "held"),
        difference("U", "unconfirmed"),
        difference("S", "settled", "held"),
        confirmed="DHS",
        held=(holding("H"),),
    )
    left = recollect(end, Memory())
    assert set(left.baselines) == {"S"}
    assert sources_of(left) == {"settled"}
    assert left.held == (holding("H"),)


def test_nothing_is_written_again_that_is_known() -> None:
    """An idle run leaves nothing but the sizes."""
    end = ending(difference("G", "s"), confirmed="G")
    first = recollect(end, Memory())
    memory = Memory(
        links=first.links,
        source_digests={one.group: one.digest for one in first.sources},
        baseline_digests={key: one.digest for key, one in first.baselines.items()},
        names=first.names,
        sights={one.key: one.digest for one in first.sights},
        pictures={one.side: Kept(one.digest, datetime(2026, 3, 1, tzinfo=UTC)) for one in first.pictures},
    )
    told = {plan.key: plan for plan in end.plans}  # for what is held, and not kept
    assert recollect(end, memory) == Recollection(target_sizes=SIZES, pictured=first.pictured, planned=told)


def test_a_changed_link_is_remembered_and_a_missing_one_stays() -> None:
    """A person who is not seen in this run may be seen in the next."""
    memory = Memory(links={pid("a"): AccountId("old"), pid("absent"): AccountId("x")})
    assert recollect(ending(), memory).links == {pid("a"): "a"}


def test_a_group_bound_by_name_is_bound_by_id_from_now_on() -> None:
    """What was bound before is not bound again."""
    end = replace(
        ending(), bindings=[Binding(mapping("G"), group("G"), new=True), Binding(mapping("H"), group("H"))]
    )
    assert recollect(end, Memory()).bindings == {"G": "id-G"}


def test_what_is_left_undone_is_remembered_by_its_digest() -> None:
    """So that it is recorded when it begins and when it changes, and not at every run."""
    skip = Skip(SkipKind.PROTECTED, "a@x", "is the lead")
    plans = [GroupPlan("G", "G", None, 0, skips=(skip,)), GroupPlan("H", "H", None, 0)]
    assert recollect(replace(ending(), plans=plans), Memory()).skips == {"G": skips_digest((skip,), ())}


def test_a_shrunken_target_does_not_become_the_measure_while_it_is_in_question() -> None:
    """Otherwise the next run would find nothing wrong, and let all of it pass."""
    memory = Memory(target_sizes=TargetSizes(100, 3))
    end = replace(ending(difference("G", "s"), confirmed="G"), shrank=True)
    assert recollect(end, memory).target_sizes == TargetSizes(100, 3)
    assert recollect(replace(end, shrank=False), memory).target_sizes == SIZES


def test_a_mapping_that_has_no_group_to_serve_keeps_its_sources() -> None:
    """And one group of a pattern that is gone keeps none but its own, which nobody read."""
    refused = replace(
        ending(difference("G", "s", "t"), confirmed="G"), bindings=[Binding(FROM_S, refusal="archived")]
    )
    assert sources_of(recollect(refused, Memory())) == {"t"}
    found = {PATTERN: Selection((source("s"), source("t")))}
    reads = {CORP: replace(refused.reads[CORP], selections=found)}
    gone = released([TEAMS], [], [group("G")], {"teams/corp:gone": GroupId("id-G")})
    assert [one.mapping.key for one in gone] == ["teams/corp:gone"]
    left = recollect(replace(refused, bindings=gone, reads=reads), Memory())
    assert sources_of(left) == {"s", "t"}


def test_only_what_was_read_without_any_doubt_is_trusted() -> None:
    """A doubt of the group, of its selection, or of the whole directory."""
    good, bad = source("good"), source("bad", doubts=(CUT,))
    assert trusted_groups({CORP: read([good, bad], [])}) == (good,)
    assert trusted_groups({CORP: read([good], [], (CUT,))}) == ()
    of_selection = read([good], [])
    doubted = {one: replace(found, doubts=(CUT,)) for one, found in of_selection.selections.items()}
    assert trusted_groups({CORP: DirectoryRead(CORP, "", selections=doubted)}) == ()
