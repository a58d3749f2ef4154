"""The guards hold what looks wrong until a person approved exactly that; each at its limit and beside it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from bridge.core.change import Action, GuardKind, SkipKind, Verdict
from bridge.core.desired import Desired
from bridge.core.mapping import Limit, Limits
from bridge.core.memory import Memory, TargetSizes
from bridge.core.model import IdSpace, IdSpaceProof
from bridge.core.people import Unresolved
from tests.core.guarded import LAX, NEVER, Scene, approving, digest, guards_of, held_of, names, removed_of
from tests.core.world import account, ids, person, source

UNPROVED = IdSpaceProof(IdSpace.USER_ID, proved=False, evidence="no members anywhere; state user_id_space")


TEN_OR_TWENTY_PERCENT = Limit(count=10, percent=20, floor=2)


@pytest.mark.parametrize(
    ("removals", "size", "held"),
    [
        (9, 1000, False),
        (10, 1000, False),
        (11, 1000, True),
        (3, 20, False),
        (4, 20, False),
        (5, 20, True),
        (2, 2, False),
        (3, 3, True),
        (3, 14, True),
        (3, 15, False),
    ],
)
def test_removals_per_group(removals: int, size: int, *, held: bool) -> None:
    """More than the count, or more than the share above the floor, is held; the limit itself is not."""
    verdict = Scene().managed("G", names(removals), size, limit=TEN_OR_TWENTY_PERCENT).verdict()
    assert bool(verdict.held) is held
    assert bool(removed_of(verdict)) is not held
    assert all(guards_of(one) == {GuardKind.GROUP_REMOVALS} for one in verdict.held)


@pytest.mark.parametrize(
    ("each", "groups", "size", "held"),
    [
        (25, 2, 1000, False),
        (26, 2, 1000, True),
        (3, 2, 60, False),
        (3, 2, 59, True),
        (5, 1, 5, False),
        (6, 1, 6, True),
    ],
)
def test_removals_per_run(each: int, groups: int, size: int, *, held: bool) -> None:
    """All groups together: more than 50, or more than 5 % above the floor of 5, and all are held."""
    scene = Scene(Limits(unresolved_percent=100, shrink_percent=100))
    for number in range(groups):
        scene.managed(f"G{number}", names(each), size)
    verdict = scene.verdict()
    assert len(verdict.held) == (groups if held else 0)
    assert bool(removed_of(verdict)) is not held
    assert all(guards_of(one) == {GuardKind.RUN_REMOVALS} for one in verdict.held)


@pytest.mark.parametrize(
    ("unresolved", "sure", "held"), [(2, 0, False), (3, 12, False), (3, 11, True), (20, 80, False), (21, 79, True)]
)
def test_unresolved_people(unresolved: int, sure: int, *, held: bool) -> None:
    """More than 20 % of a group's people without an account, above the floor of 2, and its removals are held."""
    people = tuple(Unresolved(person(f"u{n}"), SkipKind.NO_ACCOUNT, "") for n in range(unresolved))
    desired = Desired(ids(*names(sure)), ids(*names(sure)), unresolved=people)
    verdict = Scene(Limits(NEVER, shrink_percent=100)).managed("G", ["gone"], desired=desired).verdict()
    assert [guards_of(one) for one in verdict.held] == ([{GuardKind.UNRESOLVED}] if held else [])


@pytest.mark.parametrize(
    ("users", "groups", "held"),
    [(100, 100, False), (90, 90, False), (89, 100, True), (100, 89, True), (0, 0, True)],
)
def test_a_target_that_shrank(users: int, groups: int, *, held: bool) -> None:
    """A loss of more than 10 % of users or groups holds every removal of the run."""
    scene = Scene(Limits(NEVER, unresolved_percent=100)).managed("G", ["a"]).managed("H", ["b"], adds=["c"])
    scene.sizes = TargetSizes(users, groups)
    verdict = scene.verdict(Memory(target_sizes=TargetSizes(100, 100)))
    assert held_of(verdict) == ({"G": {"a"}, "H": {"b"}} if held else {})
    assert scene.verdict(Memory()).held == ()


class TestLookalike:
    def scene(self, removals: Iterable[str] = ("anna", "zoe"), limits: Limits = LAX) -> Scene:
        """Anna Smith of the directory has no account; an account of hers by name or address would go."""
        accounts = [
            account("anna", "anna.smith@old.example"),
            account("named", "as@x", full_name=" anna  SMITH "),
            account("zoe", "zoe@x", full_name="Zoe"),
            account("nameless", None),
        ]
        anna = Unresolved(
            person("anna", "anna.smith@new.example", full_name="Anna Smith"), SkipKind.NO_ACCOUNT, ""
        )
        desired = Desired(ids(), ids(), unresolved=(anna,))
        return Scene(limits, accounts).managed("G", removals, desired=desired)

    def test_it_holds_its_own_and_no_other(self) -> None:
        """The same local part of an address, or the same name."""
        verdict = self.scene(["anna", "named", "nameless", "stranger", "zoe"]).verdict()
        assert held_of(verdict) == {"G": {"anna", "named"}}
        assert removed_of(verdict) == {"G": {"nameless", "stranger", "zoe"}}
        assert [guards_of(one) for one in verdict.held] == [{GuardKind.LOOKALIKE}]

    def test_people_of_another_group_are_none_of_its_business(self) -> None:
        """Only an unresolved person who belongs in this very group may be who is removed."""
        verdict = self.scene().managed("H", ["anna"]).verdict()
        assert held_of(verdict) == {"G": {"anna"}}

    def test_approving_it_lets_it_go_and_says_so_of_it_alone(self) -> None:
        """The record of the other removal does not borrow the approval."""
        verdict = self.scene().verdict(approving(digest("G", "anna")))
        assert removed_of(verdict) == {"G": {"anna", "zoe"}}
        assert set(verdict.approved) == {("G", "anna")}

    def test_with_the_runs_limit_all_are_held_together(self) -> None:
        """One decision for the whole group, with both reasons."""
        limits = Limits(Limit(0, 100, 0), unresolved_percent=100, shrink_percent=100)
        verdict = self.scene(limits=limits).verdict()
        assert held_of(verdict) == {"G": {"anna", "zoe"}}
        assert guards_of(verdict.held[0]) == {GuardKind.LOOKALIKE, GuardKind.RUN_REMOVALS}
        approved = self.scene(limits=limits).verdict(approving(verdict.held[0].digest))
        assert removed_of(approved) == {"G": {"anna", "zoe"}}
        assert set(approved.approved) == {("G", "anna"), ("G", "zoe")}

    def test_the_whole_approved_passes_also_where_only_the_lookalike_would_be_held(self) -> None:
        """Whoever approved all of it approved this one, too."""
        assert self.scene().verdict(approving(digest("G", "anna", "zoe"))).held == ()

    def test_two_approvals_together_let_all_go(self) -> None:
        """The lookalike by one, what the run's limit held by another; each removal rests on its own."""
        limits = Limits(Limit(0, 100, 0), unresolved_percent=100, shrink_percent=100)
        one, rest = digest("G", "anna"), digest("G", "zoe")
        verdict = self.scene(limits=limits).verdict(approving(one, rest))
        assert removed_of(verdict) == {"G": {"anna", "zoe"}}
        assert {key: a.digest for key, a in verdict.approved.items()} == {("G", "anna"): one, ("G", "zoe"): rest}


class TestApproval:
    def scene(self, *removals: str) -> Scene:
        return Scene().managed("G", removals, adds=["new"], limit=Limit(0, 0, 0))

    def test_adds_are_never_held(self) -> None:
        """They rest on what was read, and not on what was missing."""
        verdict = self.scene("a", "b").verdict()
        assert held_of(verdict) == {"G": {"a", "b"}}
        assert [change.action for change in verdict.allowed.groups[0].changes] == [Action.ADD]

    def test_exactly_these_pass(self) -> None:
        """The approved set passes, and every removal of it rests on the approval."""
        memory = approving(self.scene("a", "b").verdict().held[0].digest)
        verdict = self.scene("a", "b").verdict(memory)
        assert (held_of(verdict), removed_of(verdict)) == ({}, {"G": {"a", "b"}})
        assert {key: one.by for key, one in verdict.approved.items()} == {("G", "a"): "Ada", ("G", "b"): "Ada"}

    @pytest.mark.parametrize("approved", [("a",), ("a", "b", "c"), ("b", "c"), ()])
    def test_no_other_set_passes(self, approved: tuple[str, ...]) -> None:
        """Neither a smaller nor a greater set was what the person looked at."""
        verdict = self.scene("a", "b").verdict(approving(digest("G", *approved)))
        assert held_of(verdict) == {"G": {"a", "b"}}
        assert not verdict.approved

    def test_another_group_is_another_set(self) -> None:
        """The same accounts in another group are another question."""
        assert held_of(self.scene("a", "b").verdict(approving(digest("H", "a", "b"))))

    def test_the_rejected_stay_held(self) -> None:
        """A no is told, and stays a no."""
        held = self.scene("a", "b").verdict().held[0]
        again = self.scene("a", "b").verdict(Memory(rejections=(held,))).held[0]
        assert again.rejected
        assert again.digest == held.digest

    def test_the_rejected_stay_held_when_no_limit_holds_them_any_more(self) -> None:
        """The run's limit held them for the company of others; without the others they are as unwanted."""
        memory = Memory(rejections=self.scene("a", "b").verdict().held)
        verdict = Scene().managed("G", ["a", "b"]).verdict(memory)
        assert [guards_of(one) for one in verdict.held] == [{GuardKind.REJECTED}]
        assert verdict.held[0].rejected

    def test_each_whom_a_person_refused_stays_held(self) -> None:
        """In whatever company: one more goes alone, and what is left of the refused is held as refused."""
        memory = Memory(rejections=self.scene("a", "b").verdict().held)
        verdict = Scene().managed("G", ["a", "b", "c"]).verdict(memory)
        assert (held_of(verdict), removed_of(verdict)) == ({"G": {"a", "b"}}, {"G": {"c"}})
        verdict = Scene().managed("G", ["b", "c"]).verdict(memory)
        assert (held_of(verdict), removed_of(verdict)) == ({"G": {"b"}}, {"G": {"c"}})
        assert [one.rejected for one in verdict.held] == [True]

    def test_the_company_of_the_refused_is_another_question(self) -> None:
        """It may be approved alone; and whoever approves all together has approved the refused, too."""
        memory = Memory(rejections=self.scene("a", "b").verdict().held)
        scene = self.scene("a", "b", "c")
        assert [one.rejected for one in scene.verdict(memory).held] == [True, False]
        verdict = scene.verdict(replace(memory, approvals=approving(digest("G", "c")).approvals))
        assert (held_of(verdict), removed_of(verdict)) == ({"G": {"a", "b"}}, {"G": {"c"}})
        assert set(verdict.approved) == {("G", "c")}
        all_ = replace(memory, approvals=approving(digest("G", "a", "b", "c")).approvals)
        assert removed_of(scene.verdict(all_)) == {"G": {"a", "b", "c"}}

    def test_another_groups_refused_are_another_question(self) -> None:
        """A no is about one group."""
        memory = Memory(rejections=self.scene("a", "b").verdict().held)
        assert Scene().managed("H", ["a", "b"]).verdict(memory).held == ()


class TestRunLimit:
    LIMITS = Limits(Limit(count=3, percent=100, floor=0), unresolved_percent=100, shrink_percent=100)

    def verdict(self, *digests: str) -> Verdict:
        scene = Scene(self.LIMITS).managed("G", ["a", "b"]).managed("H", ["c", "d"])
        return scene.managed("I", []).verdict(approving(*digests))

    def test_together_they_are_too_many(self) -> None:
        """No group is too much by itself; together they are, and all wait."""
        assert held_of(self.verdict()) == {"G": {"a", "b"}, "H": {"c", "d"}}

    def test_what_is_approved_counts_no_longer(self) -> None:
        """With one group approved the rest is below the limit, and passes on its own."""
        verdict = self.verdict(digest("G", "a", "b"))
        assert removed_of(verdict) == {"G": {"a", "b"}, "H": {"c", "d"}}
        assert set(verdict.approved) == {("G", "a"), ("G", "b")}

    def test_an_approval_of_a_part_of_a_group_counts_for_nothing(self) -> None:
        """Approvals are exact here as well."""
        assert held_of(self.verdict(digest("G", "a"))) == {"G": {"a", "b"}, "H": {"c", "d"}}

    def test_what_its_own_group_holds_counts_no_more(self) -> None:
        """Only what would really go in this run is added up."""
        scene = Scene(self.LIMITS).managed("G", names(9), limit=Limit(1, 100, 0)).managed("H", ["c", "d", "e"])
        verdict = scene.verdict()
        assert set(held_of(verdict)) == {"G"}
        assert removed_of(verdict) == {"H": {"c", "d", "e"}}


def test_nothing_is_written_while_the_id_space_is_unproved() -> None:
    """A refusal of everything, that no approval lifts; an idle plan has nothing to refuse."""
    assert Scene().managed("G", ["a"]).verdict(id_space=UNPROVED).refusal == UNPROVED.evidence
    assert Scene().managed("G", []).verdict(id_space=UNPROVED).refusal == ""


def test_a_group_without_removals_is_none_of_the_guards_business() -> None:
    """Also in a mode that never removes, with a directory that emptied."""
    desired = Desired(ids(), ids(), groups=(source("S"),))
    scene = Scene().managed("G", [], adds=["a"], desired=desired)
    assert scene.verdict(Memory(source_sizes={"corp:S": 3})).held == ()


def test_a_target_that_shrank_is_in_question_until_a_person_let_somebody_go() -> None:
    """Also where nobody was to go: then nobody was asked."""
    before = Memory(target_sizes=TargetSizes(200, 100))
    assert Scene(Limits(NEVER)).managed("G", []).verdict(before).shrank
    assert Scene(Limits(NEVER)).managed("G", ["a"]).verdict(before).shrank
    for_another_reason = approving(digest("G", "a"), guards=[GuardKind.GROUP_REMOVALS])
    of_old = (
        Scene(Limits(NEVER)).managed("G", ["a"]).verdict(replace(before, approvals=for_another_reason.approvals))
    )
    assert (removed_of(of_old), of_old.shrank) == ({"G": {"a"}}, True)
    shown = approving(digest("G", "a"), guards=[GuardKind.TARGET_SHRANK])
    approved = replace(before, approvals=shown.approvals)
    assert not Scene(Limits(NEVER)).managed("G", ["a"]).verdict(approved).shrank
    assert Scene(Limits(NEVER)).managed("G", ["a"]).managed("H", ["b"]).verdict(approved).shrank
    assert not Scene(Limits(NEVER)).managed("G", ["a"]).verdict(Memory(target_sizes=TargetSizes(100, 100))).shrank
