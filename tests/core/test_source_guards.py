"""The guards ask of directory groups whether each is still what it was, and hold what rests on one that is not."""

from dataclasses import replace

import pytest

from bridge.core.cause import Past, mapping_digest
from bridge.core.change import Action, Finding, GuardKind, Verdict
from bridge.core.desired import Desired
from bridge.core.memory import Baseline, Memory
from tests.core.guarded import Scene, approving, guards_of, held_of, removed_of
from tests.core.world import ids, source


@pytest.mark.parametrize(("now", "before", "held"), [([], 3, True), ([], 0, False), (["a"], 3, False)])
def test_an_emptied_source(now: list[str], before: int, *, held: bool) -> None:
    """A directory group without anybody that had people before is more often a mishap than a farewell."""
    desired = Desired(ids(), ids(), groups=(source("S", *now),))
    scene = Scene().managed("G", ["a"], desired=desired).managed("H", ["b"])
    verdict = scene.verdict(Memory(source_sizes={"corp:S": before}))
    assert held_of(verdict) == ({"G": {"a"}} if held else {})


def excluding(*members: str) -> Desired:
    """What a rule wants that keeps out whoever is in the directory group S."""
    kept_out = source("S", *members)
    return Desired(ids("a"), ids("a"), groups=(source("T", "a"), kept_out), excluding=(kept_out,))


def added_of(verdict: Verdict) -> set[str]:
    """Who comes in."""
    return {m.account for plan in verdict.allowed.groups for m in plan.members(Action.ADD)}


@pytest.mark.parametrize(("before", "held"), [({}, False), ({"corp:S": 0}, False), ({"corp:S": 2}, True)])
def test_an_exclusion_that_emptied(before: dict[str, int], *, held: bool) -> None:
    """Whoever comes in only because nobody is kept out any more waits for a person; removals do not.

    At a first sync an exclusion that nobody ever read may be empty: nothing was ever settled with it.
    """
    scene = Scene().managed("G", ["gone"], adds=["a"], desired=excluding())
    verdict = scene.verdict(Memory(source_sizes={"corp:T": 1, **before}))
    assert added_of(verdict) == (set() if held else {"a"})
    assert removed_of(verdict) == {"G": {"gone"}}
    assert [guards_of(one) for one in verdict.held] == ([{GuardKind.EXCLUSION_EMPTY}] if held else [])


@pytest.mark.parametrize(
    ("named", "edited", "held"),
    [(True, False, True), (False, False, False), (True, True, True), (False, True, True)],
)
def test_an_empty_exclusion_never_read_before(*, named: bool, edited: bool, held: bool) -> None:
    """Settled once, it stands in the place of one that kept people out; not so among those of a filter."""
    desired = replace(excluding(), named=frozenset({"corp:S"} if named else ()))
    scene = Scene().managed("G", [], adds=["a"], desired=desired)
    said = "another" if edited else mapping_digest(scene.differences["G"].mapping)
    scene.past = Past({"G": Baseline(said, ids(), ids(), ("corp:S", "corp:T"))})
    assert bool(scene.verdict(Memory(source_sizes={"corp:T": 1})).held) is held


def test_many_sources_that_are_gone_are_told_in_few_words() -> None:
    """A whole part of the directory was hidden: what is held, and recorded, names some and counts the others."""
    scene = Scene().managed("G", ["a"], desired=Desired(ids(), ids(), groups=(source("T", "t"),)))
    lost = tuple(f"corp:{n:03}" for n in range(300))
    scene.past = Past({"G": Baseline(mapping_digest(scene.differences["G"].mapping), ids(), ids(), lost)})
    (held,) = scene.verdict(Memory(source_sizes=dict.fromkeys(lost, 2))).held
    assert len(held.findings) == 6
    assert (
        Finding(GuardKind.SOURCE_EMPTY, "corp:000 is not found any more, and had 2 people before") in held.findings
    )
    others = "295 more of its directory groups are not found any more, and had people before"
    assert Finding(GuardKind.SOURCE_EMPTY, others) in held.findings


def test_an_emptied_exclusion_that_was_approved() -> None:
    """It became empty in earnest: exactly these may come in."""
    scene = Scene().managed("G", [], adds=["a"], desired=excluding())
    memory = Memory(source_sizes={"corp:S": 2})
    approved = approving(*(one.digest for one in scene.verdict(memory).held))
    verdict = scene.verdict(Memory(source_sizes=memory.source_sizes, approvals=approved.approvals))
    assert (added_of(verdict), verdict.held) == ({"a"}, ())
    assert {account for _, account in verdict.approved} == {"a"}


def test_an_exclusion_that_keeps_somebody_out_holds_nobody() -> None:
    """It may well keep out others than before."""
    scene = Scene().managed("G", [], adds=["a"], desired=excluding("x"))
    assert scene.verdict(Memory(source_sizes={"corp:S": 2})).held == ()


def test_an_empty_directory_group_that_nobody_knows_yet() -> None:
    """At the first sync it may be empty, or hidden from us: its removals wait for a person, once."""
    scene = Scene().managed("G", ["gone"], desired=Desired(ids(), ids(), groups=(source("S"),)))
    assert [guards_of(one) for one in scene.verdict(Memory()).held] == [{GuardKind.SOURCE_EMPTY}]
    assert scene.verdict(Memory(source_sizes={"corp:S": 0})).held == ()
