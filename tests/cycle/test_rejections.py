"""A no is for each whom it is about, until somebody says yes after all, or it is not due any more."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.change import Action, GuardKind
from bridge.core.mapping import Except, From, Limit, Limits, PatternMapping, Settings
from bridge.core.model import Doubt, DoubtKind
from bridge.cycle.outcome import RunOutcome
from bridge.errors import Unavailable
from bridge.store.held import HeldStatus
from tests.cycle.stage import Stage, managed, organization, selector, stage
from tests.cycle.test_patterns import TEAMS, Patterned
from tests.cycle.test_vanished_groups import fed_by, findings
from tests.transport.virtual import VirtualClock

PEOPLE = [f"p{n:02}" for n in range(60)]
SIX = set(PEOPLE[:6])
REST = set(PEOPLE[6:])


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[Stage]:
    """Six were to leave G and six H, too many together; those of G are refused, the others are gone."""
    both = {"G": PEOPLE, "H": PEOPLE}
    with stage(tmp_path / "db", organization(PEOPLE, both), map(managed, both), both) as one:
        one.change_policy(limits=Limits(removals_per_run=Limit(10, 100, 0)))
        one.run()
        one.directory.groups |= {"G": set(REST), "H": set(REST)}
        assert one.run().outcome is RunOutcome.HELD
        for case in one.store.list_held():
            if case.held.name == "G":
                one.store.reject(case.digest, by="Ada", reason="they stay")
            else:
                approve(one, case.digest)
        one.run()
        assert (one.members("G"), one.members("H")) == (set(PEOPLE), REST)
        yield one


def approve(one: Stage, digest: str) -> None:
    """A person says yes."""
    one.store.approve(digest, by="Bo", reason="seen", expires=one.clock.now() + timedelta(days=1))


def unread(one: Stage) -> Callable[[], None]:
    """The directory gives no answer, until it does again."""
    one.directory.failure = Unavailable("corp", "down")

    def over() -> None:
        one.directory.failure = None

    return over


def doubted(one: Stage) -> Callable[[], None]:
    """A page is missing, until it is not."""
    one.directory.doubts = (Doubt(DoubtKind.TRUNCATED, "a page is missing"),)

    def over() -> None:
        one.directory.doubts = ()

    return over


def archived(name: str) -> Callable[[Stage], Callable[[], None]]:
    """The managed group is archived, until it is not."""

    def happens(one: Stage) -> Callable[[], None]:
        one.sandbox.ui.archive_group(name)

        def over() -> None:
            one.sandbox.ui.archive_group(name, archived=False)

        return over

    return happens


@pytest.mark.parametrize("happening", [unread, doubted, archived("G")])
def test_a_no_outlives_a_run_that_could_not_tell(
    refused: Stage, happening: Callable[[Stage], Callable[[], None]]
) -> None:
    """What such a run does not hold it has not let go."""
    over = happening(refused)
    refused.run()
    (case,) = refused.store.list_held()
    assert (case.status, case.by) == (HeldStatus.REJECTED, "Ada")
    over()
    (held,) = refused.run().verdict.held
    assert (held.rejected, held.digest) == (True, case.digest)
    assert refused.members("G") == set(PEOPLE)
    assert refused.events.count("change.held") == 2  # once each, of old


@pytest.mark.parametrize("happening", [unread, doubted])
def test_a_question_outlives_a_run_that_could_not_tell(
    tmp_path: Path, happening: Callable[[Stage], Callable[[], None]]
) -> None:
    """It waits since when it began to, and is told and recorded once."""
    everybody = {"G": PEOPLE}
    with stage(tmp_path / "db", organization(PEOPLE, everybody), [managed("G")], everybody) as one:
        one.run()
        one.directory.groups["G"] = set()
        one.run()
        (before,) = one.store.list_held()
        over = happening(one)
        one.clock.pass_(60)
        one.run()
        over()
        one.clock.pass_(60)
        one.run()
        (after,) = one.store.list_held()
        assert (after.digest, after.first_seen) == (before.digest, before.first_seen)
        assert after.last_seen > before.last_seen
        assert one.events.count("change.held") == 1


def test_a_no_about_a_group_of_a_pattern_outlives_a_run_that_could_not_read(tmp_path: Path) -> None:
    """A directory that is not read shows no group that a pattern could match."""
    clock = VirtualClock()
    with stage(tmp_path / "db", organization(PEOPLE, {"Any": ["p01"]}, clock), [], {}, clock=clock) as one:
        one.directory = Patterned({"hp-red": set(PEOPLE)})
        one.change_policy(patterns=(PatternMapping("teams", TEAMS, "Team {team}", Settings(create=True)),))
        one.run()
        one.directory.groups["hp-red"] = set(PEOPLE[30:])
        one.run()
        (case,) = one.store.list_held()
        one.store.reject(case.digest, by="Ada", reason="they stay")
        over = unread(one)
        one.run()
        over()
        assert [held.rejected for held in one.run().verdict.held] == [True]
        one.change_policy(patterns=())
        one.run()
        assert one.store.list_held() == ()  # the configuration says that there is none


def test_one_more_who_leaves_goes_alone(refused: Stage) -> None:
    """Nobody refused that one, and each of the six stays."""
    refused.directory.groups["G"] -= {"p06"}
    assert refused.run().outcome is RunOutcome.CHANGED
    assert refused.members("G") == SIX | (REST - {"p06"})
    assert refused.run().outcome is RunOutcome.UNCHANGED


def test_one_who_comes_back_leaves_the_others_refused(refused: Stage) -> None:
    """What is left of a no is held under a digest of its own, with the word of whoever said it."""
    refused.directory.groups["G"] |= {"p05"}
    for _ in range(2):
        assert refused.run().outcome is RunOutcome.UNCHANGED
        assert refused.members("G") == set(PEOPLE)
    (case,) = refused.store.list_held()
    assert (case.status, case.by, case.reason) == (HeldStatus.REJECTED, "Ada", "they stay")
    assert {m.email for c in case.held.changes for m in c.members} == {
        f"{name}@corp.example" for name in SIX - {"p05"}
    }
    refused.directory.groups["G"] -= {"p05"}
    refused.run()
    assert refused.members("G") == set(PEOPLE) - {"p05"}  # who came back and leaves has had no word against it
    approve(refused, case.digest)
    refused.run()
    assert refused.members("G") == REST


def test_a_no_outlives_a_limit_that_holds_the_others(refused: Stage) -> None:
    """Two questions, and the new one may be answered alone."""
    refused.directory.groups["G"] -= set(PEOPLE[6:20])
    report = refused.run()
    assert sorted((held.rejected, len(held.changes[0].members)) for held in report.verdict.held) == [
        (False, 14),
        (True, 6),
    ]
    (new,) = (held for held in report.verdict.held if not held.rejected)
    approve(refused, new.digest)
    refused.run()
    assert refused.members("G") == SIX | set(PEOPLE[20:])


def test_a_no_outlives_the_runs_limit(refused: Stage) -> None:
    """What it holds beside them is another question."""
    refused.directory.groups["G"] -= set(PEOPLE[6:10])
    refused.directory.groups["H"] -= set(PEOPLE[6:14])
    report = refused.run()
    assert sorted((held.name, held.rejected, len(held.changes[0].members)) for held in report.verdict.held) == [
        ("G", False, 4),
        ("G", True, 6),
        ("H", False, 8),
    ]


def test_a_no_takes_back_an_earlier_yes_about_the_same_people(tmp_path: Path) -> None:
    """They were approved in other company, and are refused since."""
    everybody = {"G": PEOPLE[:20]}
    with stage(tmp_path / "db", organization(PEOPLE, everybody), [managed("G")], everybody) as one:
        one.run()
        one.directory.groups["G"] = set(PEOPLE[10:20])
        one.run()
        (case,) = one.store.list_held()
        approve(one, case.digest)
        one.directory.groups["G"] = set(PEOPLE[8:20])
        one.run()
        (fewer,) = one.store.list_held([HeldStatus.PENDING])
        one.store.reject(fewer.digest, by="Ada", reason="they stay")
        one.directory.groups["G"] = set(PEOPLE[10:20])
        report = one.run()
        assert [len(h.changes[0].members) for h in report.verdict.held if h.rejected] == [8]
        assert one.members("G") >= set(PEOPLE[:8])


def test_who_was_refused_does_not_come_in_when_the_guard_is_content(tmp_path: Path) -> None:
    """The exclusion that emptied keeps others out now: nobody has said yes to those whom it kept out."""
    rule = Except(From(selector("base")), From(selector("minus")))
    with fed_by(tmp_path, rule, base=set(PEOPLE[:10]), minus={"p03", "p04"}) as one:
        one.directory.groups["minus"] = set()
        one.run()
        (case,) = one.store.list_held()
        one.store.reject(case.digest, by="Ada", reason="they stay out")
        one.directory.groups["minus"] = {"p12"}
        one.directory.groups["base"] |= {"p11"}
        assert findings(one.run()) == [(Action.ADD, GuardKind.REJECTED, "a person has refused to let them in")]
        assert one.members("G") == {*PEOPLE[:10], "p11"} - {"p03", "p04"}
        approve(one, case.digest)
        one.run()
        assert one.members("G") == {*PEOPLE[:10], "p11"}
