"""What a later run finds of a write that was left open, and what it says when it cannot tell."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.change import Action
from bridge.core.mapping import Mode
from bridge.core.model import AccountId, GroupId
from bridge.cycle.outcome import Result, RunOutcome
from bridge.cycle.run import preview
from bridge.errors import OutcomeUnknown
from bridge.sandbox.hyperproof import Act, Fault, Modes, json_answer
from tests.cycle.stage import Stage, managed, organization, stage
from tests.cycle.test_crash import Crash

PEOPLE = [f"p{number:02}" for number in range(10)]


@contextmanager
def creating(folder: Path) -> Iterator[Stage]:
    """The stage before a run that creates a group of three."""
    made = organization(PEOPLE, {"Any": ["p09"]})
    modes = Modes(name_conflict="allowed")
    with stage(folder / "db", made, [managed("New", create=True)], {"New": PEOPLE[:3]}, modes) as one:
        yield one


def dies_creating(one: Stage, *, after: bool) -> None:
    """The run is cut off before the creation is sent, or before its answer is heard."""
    create = one.target.create_group

    def dying(name: str, members: list[str]) -> str:
        if after:
            create(name, members)  # type: ignore[arg-type]  # plain words will do
        raise Crash(name)

    one.target.create_group = dying  # type: ignore[method-assign,assignment]
    with pytest.raises(Crash):
        one.run()
    one.restart()


def wait(one: Stage) -> None:
    """Let it pass, until no call can be under way."""
    one.clock.pass_(one.target.longest_call.total_seconds())


def test_a_group_that_was_created_and_archived_has_its_record(tmp_path: Path) -> None:
    """Its name is looked for among the archived ones, too."""
    with creating(tmp_path) as one:
        dies_creating(one, after=True)
        made = one.sandbox.organization
        made.archive_group(made.find_group("New").id, archived=True, actor="ui")
        one.run()
        one.assert_true_to_history()


def makes_a_namesake(one: Stage, *members: str) -> str:
    """Somebody makes another group of the name. Tells its id."""
    made = one.sandbox.organization
    ids = [made.find_user(f"{member}@corp.example").user_id for member in members]
    return made.create_group("New", ids, lead=None, actor="ui").id


def test_a_created_group_is_told_from_a_namesake_by_its_members(tmp_path: Path) -> None:
    """It has the members that it was made with, and the other has not."""
    with creating(tmp_path) as one:
        dies_creating(one, after=True)
        makes_a_namesake(one, "p07")
        assert (one.run().settled, one.store.load_intents()) == (1, ())
        one.directory.groups["New"] = set(PEOPLE[:2])
        one.run()
        assert sorted(len(group.members) for group in one.sandbox.organization.groups) == [1, 1, 2]
        one.assert_true_to_history()


@pytest.mark.parametrize("told", ["by renaming the other", "by stating the id", "by another mapping"])
def test_a_created_group_like_its_namesake_stays_open_until_a_person_tells_them_apart(
    tmp_path: Path, told: str
) -> None:
    """Which of the two we made is not guessed, and no third one is made."""
    with creating(tmp_path) as one:
        dies_creating(one, after=True)
        made = one.sandbox.organization
        ours = made.find_group("New").id
        other = makes_a_namesake(one, "p00")
        wait(one)
        report = one.run()
        assert report.outcome is RunOutcome.PARTLY_FAILED
        assert (report.open, report.landing) == (1, 0)
        assert any("2 groups are called 'New'" in note for note in report.notes)
        if told == "by renaming the other":
            made.rename_group(other, "Another", actor="ui")
        else:
            key = "New" if told == "by stating the id" else "Teams"
            one.change_policy(mappings=[replace(managed("New", key=key), group_id=GroupId(ours))])
        one.directory.groups = {"New": set(PEOPLE[:2]), "Teams": set(PEOPLE[:2])}
        report = one.run()
        assert (report.open, report.counts()["removed"]) == (0, 1)
        one.assert_true_to_history()


def test_a_stated_id_that_is_not_the_created_groups_ends_the_doubt_too(tmp_path: Path) -> None:
    """Of two that may both be somebody else's none is told as ours, and the one that is stated is served."""
    with creating(tmp_path) as one:
        dies_creating(one, after=False)
        stated = makes_a_namesake(one, "p07")
        makes_a_namesake(one, "p08")
        wait(one)
        assert one.run().open == 1
        one.change_policy(mappings=[replace(managed("New", create=True), group_id=GroupId(stated))])
        report = one.run()
        assert (report.open, report.counts()["added"], report.counts()["removed"]) == (0, 3, 1)
        assert "group.created" not in one.events
        one.assert_true_to_history()


def test_a_created_group_that_was_renamed_is_found_by_the_id_that_was_answered(tmp_path: Path) -> None:
    """The answer is on disk before anything else is done."""
    with creating(tmp_path) as one:

        def dying(group: str) -> frozenset[str]:
            raise Crash(group)

        one.target.read_members = dying  # type: ignore[method-assign,assignment]
        with pytest.raises(Crash):
            one.run()
        made = one.sandbox.organization
        made.rename_group(made.find_group("New").id, "New team", actor="ui")
        one.restart()
        one.run()
        one.assert_true_to_history()
        assert [group.name for group in made.groups] == ["Any", "New team"]


def test_somebody_elses_group_is_not_told_as_created(tmp_path: Path) -> None:
    """It is bound by its name, and only once ours cannot arrive any more."""
    with creating(tmp_path) as one:
        dies_creating(one, after=False)
        made = one.sandbox.organization
        made.create_group("New", [made.find_user("p07@corp.example").user_id], lead=None, actor="ui")
        one.run()
        assert one.members("New") == {"p07"}
        wait(one)
        one.run()
        one.assert_true_to_history()
        assert "group.created" not in one.events
        assert "group.bound" in one.events


@pytest.mark.parametrize("dies", [False, True], ids=["no answer", "a dead process"])
def test_an_empty_group_that_was_created_has_its_record(tmp_path: Path, *, dies: bool) -> None:
    """There was none of its name before, and there is one with as few in it as it was made with."""
    with creating(tmp_path) as one:
        one.directory.groups["New"] = set()
        if dies:
            dies_creating(one, after=True)
        else:
            create = one.target.create_group

            def unheard(name: str, members: Sequence[AccountId]) -> GroupId:
                create(name, members)
                raise OutcomeUnknown("hyperproof", "no answer in time")

            one.target.create_group = unheard  # type: ignore[method-assign]
            one.run()
        one.run()
        one.assert_true_to_history()
        assert "group.created" in one.events


@pytest.mark.parametrize("wanted", [PEOPLE[:3], []], ids=["three", "nobody"])
def test_an_empty_group_that_somebody_made_meanwhile_is_not_told_as_created(
    tmp_path: Path, wanted: list[str]
) -> None:
    """Ours was refused, for the name was taken."""
    with creating(tmp_path) as one:
        one.sandbox.set_modes(name_conflict="409")
        one.directory.groups["New"] = set(wanted)
        create = one.target.create_group

        def too_late(name: str, members: Sequence[AccountId]) -> GroupId:
            if all(group.name != "New" for group in one.sandbox.organization.groups):
                makes_a_namesake(one)
            return create(name, members)

        one.target.create_group = too_late  # type: ignore[method-assign]
        assert one.run().counts()["failed"] == 1
        assert one.store.load_intents() == ()
        one.assert_true_to_history()


@pytest.mark.parametrize("wanted", [PEOPLE[:3], []], ids=["three", "nobody"])
def test_a_created_group_has_its_record_though_somebody_joined_it(tmp_path: Path, wanted: list[str]) -> None:
    """All whom it was made with are in it."""
    with creating(tmp_path) as one:
        one.directory.groups["New"] = set(wanted)
        dies_creating(one, after=True)
        one.sandbox.ui.add_members("New", ["p07@corp.example"])
        wait(one)
        one.run()
        one.assert_true_to_history()
        assert "group.created" in one.events


@pytest.mark.parametrize("wanted", [PEOPLE[:3], []], ids=["three", "nobody"])
def test_a_group_that_was_made_at_another_time_is_not_told_as_created(tmp_path: Path, wanted: list[str]) -> None:
    """Somebody made it by hand, with the same members, when the bridge did not come to it."""
    with creating(tmp_path) as one:
        one.directory.groups["New"] = set(wanted)
        dies_creating(one, after=False)
        wait(one)
        makes_a_namesake(one, *wanted)
        one.run()
        one.assert_true_to_history()
        (settled,) = [record for record in one.records if record["event"] == "intent.settled"]
        assert settled["reason"] == "the group of this name was made at another time"


def test_what_nobody_can_tell_is_not_told_otherwise(tmp_path: Path) -> None:
    """Made at the time, with other members than ours had: the record says no more than that."""
    with creating(tmp_path) as one:
        dies_creating(one, after=False)
        makes_a_namesake(one, "p07")
        wait(one)
        one.run()
        (settled,) = [record for record in one.records if record["event"] == "intent.settled"]
        assert "nobody can tell who made it" in str(settled["reason"])


@pytest.mark.parametrize("status", [403, 500])
def test_a_group_that_cannot_be_looked_into_keeps_no_other_from_its_run(tmp_path: Path, status: int) -> None:
    """Its write stays open, and each run says so."""
    groups = {"G": PEOPLE[:3], "H": ["p04", "p05"]}
    mappings = [managed("G"), managed("H")]
    with stage(
        tmp_path / "db", organization(PEOPLE, groups), mappings, {"G": PEOPLE[:4], "H": ["p04", "p05"]}
    ) as one:
        group = one.sandbox.organization.find_group("G").id

        def dying(*_: object) -> None:
            raise Crash

        one.target.add_members = dying  # type: ignore[method-assign,assignment]
        with pytest.raises(Crash):
            one.run()
        one.restart()
        one.sandbox.organization.archive_group(group, archived=True, actor="ui")
        answer = json_answer({"message": "no"}, status)
        one.sandbox.faults.add(
            Fault(Act.ANSWER, method="GET", path=f"/groups/{group}/users$", count=0, answer=answer)
        )
        one.directory.groups["H"] = {"p04"}
        wait(one)
        report = one.run()
        assert one.members("H") == {"p04"}
        assert report.outcome is RunOutcome.PARTLY_FAILED
        assert report.counts()["open"] == 1
        assert any("a write to G is not known yet" in note for note in report.notes)


def test_what_a_later_run_finds_done_may_be_anothers_deed(tmp_path: Path) -> None:
    """Its record says which run meant to do it, and where only whom we put in may be taken out, they stay."""
    mapping = managed("G", mode=Mode.OWNED)
    groups = {"G": [], "Any": ["p09"]}
    with stage(tmp_path / "db", organization(PEOPLE, groups), [mapping], {"G": ["p03", "p04"]}) as one:

        def dying(*_: object) -> None:
            raise Crash

        one.target.add_members = dying  # type: ignore[method-assign,assignment]
        with pytest.raises(Crash):
            one.run()
        one.restart()
        made = one.sandbox.organization
        made.add_members(made.find_group("G").id, [made.find_user("p03@corp.example").user_id], actor="ui")
        wait(one)
        one.run()
        added = {record["email"]: record for record in one.records if record["event"] == "member.added"}
        intended_by = {address: record.get("intended_by") for address, record in added.items()}
        first = next(record["run"] for record in one.records if record["event"] == "run.started")
        assert intended_by == {"p03@corp.example": first, "p04@corp.example": None}
        one.directory.groups["G"] = {"p05"}
        one.run()
        assert one.members("G") == {"p03", "p05"}


def test_an_empty_group_whose_creation_was_not_answered_ends_no_run(tmp_path: Path) -> None:
    """Nobody knows yet whether it is there; the other groups are served."""
    groups = {"Zed": PEOPLE[:6]}
    mappings = [managed("New", create=True), managed("Zed")]
    with stage(tmp_path / "db", organization(PEOPLE, groups), mappings, {"New": [], "Zed": PEOPLE[:5]}) as one:

        def unanswered(*_: object) -> str:
            raise OutcomeUnknown("hyperproof", "no answer in time")

        one.target.create_group = unanswered  # type: ignore[method-assign,assignment]
        report = one.run()
        assert report.outcome is RunOutcome.PARTLY_FAILED
        assert [(deed.action, deed.result) for deed in report.deeds] == [
            (Action.CREATE, Result.UNCONFIRMED),
            (Action.REMOVE, Result.APPLIED),
        ]
        assert one.members("Zed") == set(PEOPLE[:5])
        assert [intent.action for intent in one.store.load_intents()] == [Action.CREATE]
        one.assert_true_to_history()


def test_a_preview_looks_into_open_writes_as_the_next_run_will(tmp_path: Path) -> None:
    """What that will do is shown; nothing is recorded by looking."""
    with stage(tmp_path / "db", organization(PEOPLE, {"G": PEOPLE[:6]}), [managed("G")], {"G": PEOPLE[:6]}) as one:
        one.run()
        one.directory.groups["G"] = set(PEOPLE[:5])

        def dying(*_: object) -> None:
            raise Crash

        one.target.remove_members = dying  # type: ignore[method-assign,assignment]
        with pytest.raises(Crash):
            one.run()
        one.restart()
        report = preview(one.bridge)
        assert (report.outcome, report.open, report.plan.changed) == (RunOutcome.PARTLY_FAILED, 1, ())
        wait(one)
        before = one.records, one.store.load_intents()
        report = preview(one.bridge)
        assert (report.outcome, report.open, report.settled) == (RunOutcome.PENDING, 0, 0)
        assert [len(group.members(Action.REMOVE)) for group in report.plan.changed] == [1]
        assert (one.records, one.store.load_intents()) == before
        assert one.run().counts()["removed"] == 1
        one.assert_true_to_history()
