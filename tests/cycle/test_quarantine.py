"""A group that Hyperproof keeps refusing is left alone while the others go on, until a try succeeds."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.mapping import Limit, Limits, PatternMapping
from bridge.cycle.outcome import Report, RunOutcome
from bridge.errors import BridgeError
from bridge.sandbox.hyperproof import Act, Fault, json_answer
from tests.cycle.stage import Stage, managed, organization, stage
from tests.cycle.test_patterns import TEAMS, Patterned
from tests.cycle.test_rejections import archived, doubted, unread

PEOPLE = "abcdefgh"
HOUR = timedelta(hours=1).total_seconds()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Stage]:
    """Two groups; whoever is to be put into the first is refused."""
    groups = {"Bad": "a", "Good": "a"}
    scene = stage(
        tmp_path / "bridge.db", organization(PEOPLE, groups), map(managed, groups), {"Bad": "ab", "Good": "ab"}
    )
    with scene as s:
        yield s


def path_to_bad(s: Stage) -> str:
    """Where members of the bad group are put in."""
    bad = next(group.id for group in s.sandbox.organization.groups if group.name == "Bad")
    return f"/groups/{bad}/users"


def refuse(s: Stage) -> None:
    """Refuse to put anybody into the bad group until further notice."""
    answer = json_answer({"message": "no"}, 400)
    s.sandbox.faults.add(Fault(Act.ANSWER, method="POST", path=f"{path_to_bad(s)}$", count=0, answer=answer))


def attempts(s: Stage) -> int:
    """How often somebody was to be put into the bad group since the log was cleared."""
    return sum(path.endswith(path_to_bad(s)) for _, path in s.writes)


def failing(s: Stage, runs: int) -> Report:
    """So many runs that fail."""
    refuse(s)
    return [s.run() for _ in range(runs)][-1]


def test_it_is_left_alone_after_three_failures(two: Stage) -> None:
    """No call is made for it any more; it is told as a group that is not served, once in the evidence."""
    failing(two, 3)
    two.sandbox.clear_log()
    reports = [two.run() for _ in range(3)]
    assert attempts(two) == 0
    assert {report.outcome for report in reports} == {RunOutcome.PARTLY_FAILED}
    assert {report.unserved for report in reports} == {("Bad",)}
    told = [r for r in two.records if r["event"] == "group.skipped" and "quarantine" in str(r["reason"])]
    assert len(told) == 1


def test_the_others_go_on(two: Stage) -> None:
    """As if nothing were the matter."""
    failing(two, 4)
    two.directory.groups["Good"] = {"b", "c"}
    assert two.run().failures == ()
    assert two.members("Good") == {"b", "c"}


def test_a_try_that_succeeds_ends_it(two: Stage) -> None:
    """After an hour it is tried, and is as any other mapping from then on."""
    failing(two, 3)
    two.sandbox.faults.clear()
    two.run()
    assert two.members("Bad") == {"a"}
    two.clock.pass_(HOUR)
    assert two.run().outcome is RunOutcome.CHANGED
    assert two.members("Bad") == {"a", "b"}
    assert two.store.list_troubles() == ()


def test_a_try_that_fails_prolongs_it(two: Stage) -> None:
    """One try in the second hour, and none in the two after it."""
    failing(two, 3)
    two.clock.pass_(HOUR)
    two.run()
    two.sandbox.clear_log()
    two.clock.pass_(1.9 * HOUR)
    two.run()
    assert attempts(two) == 0
    two.clock.pass_(0.2 * HOUR)
    two.run()
    assert attempts(two) > 0


def test_a_person_releases_it(two: Stage) -> None:
    """By key or name; a name that is not in it is refused."""
    failing(two, 3)
    two.sandbox.faults.clear()
    with pytest.raises(BridgeError, match="No mapping Good"):
        two.store.release("Good", by="jo")
    assert two.store.release("Bad", by="jo").runs == 3
    assert two.run().outcome is RunOutcome.CHANGED
    assert two.members("Bad") == {"a", "b"}


def test_two_failures_and_a_success_are_forgotten(two: Stage) -> None:
    """Only failures in a row count."""
    failing(two, 2)
    two.sandbox.faults.clear()
    two.run()
    assert two.store.list_troubles() == ()


def test_what_was_not_tried_decides_nothing(two: Stage) -> None:
    """With writing turned off the failures so far are neither more nor forgotten."""
    failing(two, 2)
    two.apply = False
    two.run()
    assert [trouble.runs for trouble in two.store.list_troubles()] == [2]


def test_it_outlives_a_restart(two: Stage) -> None:
    """It is in the store."""
    failing(two, 3)
    two.restart()
    two.sandbox.clear_log()
    two.run()
    assert attempts(two) == 0
    two.assert_true_to_history()


def test_a_group_that_ends_every_run_stands_in_nobodys_way(two: Stage) -> None:
    """Its calls end without an outcome, and with them the run; while they may land the others have theirs.

    From the fourth such run on it rests.
    """
    answer = json_answer({"message": "out of order"}, 500)
    two.sandbox.faults.add(Fault(Act.ANSWER, method="POST", path=f"{path_to_bad(two)}$", count=0, answer=answer))
    reports = [two.run()]
    assert not two.run().lost
    assert two.members("Good") == {"a", "b"}
    for _ in range(3):
        two.clock.pass_(two.target.longest_call.total_seconds())
        reports.append(two.run())
    assert [bool(report.lost) for report in reports] == [True, True, True, False]
    two.assert_true_to_history()


def test_a_refused_add_keeps_no_leaver_in(two: Stage) -> None:
    """Only what fails rests: whoever left goes in the next run, and the quarantine lasts as if nobody had."""
    failing(two, 3)
    two.directory.groups["Bad"] = {"b", "c"}
    two.sandbox.clear_log()
    report = two.run()
    assert two.members("Bad") == set()
    assert attempts(two) == 0
    assert report.unserved == ("Bad",)
    two.run()
    assert [trouble.runs for trouble in two.store.list_troubles()] == [3]
    two.sandbox.faults.clear()
    two.clock.pass_(HOUR)
    two.run()
    assert two.members("Bad") == {"b", "c"}
    added = [
        record["cause"] for record in two.records if record["event"] == "member.added" and record["group"] == "Bad"
    ]
    assert added == ["first sync", "first sync"]  # nothing was settled before
    assert two.store.list_troubles() == ()
    two.assert_true_to_history()


def test_removals_that_rest_do_not_hold_those_of_others(two: Stage) -> None:
    """The limit of a run counts what would happen."""
    any_ = Limit(100, 100, 100)
    two.change_policy(
        mappings=tuple(managed(name, limit=any_) for name in ("Bad", "Good")),
        limits=Limits(removals_per_run=Limit(2, 100, 100)),
    )
    two.directory.groups.update(Bad=set("abcd"), Good=set("abcd"))
    two.run()
    answer = json_answer({"message": "no"}, 400)
    two.sandbox.faults.add(
        Fault(Act.ANSWER, method="PUT", path=f"{path_to_bad(two)}/delete$", count=0, answer=answer)
    )
    two.directory.groups["Bad"] -= {"a", "b"}
    for _ in range(3):
        two.run()
    two.directory.groups["Good"] -= {"a", "b"}
    assert two.run().verdict.held == ()
    assert two.members("Good") == {"c", "d"}
    assert two.members("Bad") == set("abcd")


@pytest.mark.parametrize("happening", [unread, archived("Bad")])
@pytest.mark.parametrize("failures", [2, 4])
def test_a_run_that_could_not_tell_forgets_no_failure(
    two: Stage, failures: int, happening: Callable[[Stage], Callable[[], None]]
) -> None:
    """What nothing was tried for has not succeeded."""
    failing(two, failures)
    before = two.store.list_troubles()
    assert [trouble.failure.name for trouble in before] == ["Bad"]
    happening(two)
    two.run()
    assert two.store.list_troubles() == before


def test_a_removal_that_failed_is_not_well_again_for_a_doubt(two: Stage) -> None:
    """While there is one nobody is to be taken out."""
    two.run()
    answer = json_answer({"message": "no"}, 400)
    two.sandbox.faults.add(
        Fault(Act.ANSWER, method="PUT", path=f"{path_to_bad(two)}/delete$", count=0, answer=answer)
    )
    two.directory.groups["Bad"] = {"a"}
    two.run()
    over = doubted(two)
    two.run()
    assert [trouble.runs for trouble in two.store.list_troubles()] == [1]
    over()
    two.run()
    assert [trouble.runs for trouble in two.store.list_troubles()] == [2]


def test_a_group_of_a_pattern_is_not_well_again_for_being_out_of_sight(two: Stage) -> None:
    """A directory that is not read shows no group that a pattern could match."""
    two.directory = Patterned({"hp-red": {"a"}})
    two.change_policy(mappings=(), patterns=(PatternMapping("teams", TEAMS, "Bad"),))
    two.directory.groups["hp-red"] |= {"b"}
    failing(two, 2)
    over = unread(two)
    two.run()
    assert [trouble.runs for trouble in two.store.list_troubles()] == [2]
    over()
    two.sandbox.faults.clear()
    two.run()
    assert two.store.list_troubles() == ()
