"""A read that was recalled says that there is nothing to do, and no more: deeds rest on a full read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridge.core.mapping import Except, From, Limit
from bridge.core.model import DirectoryRead, Selector
from bridge.cycle.outcome import Report, RunOutcome
from bridge.cycle.run import preview
from bridge.errors import Unavailable
from tests.cycle.stage import ScriptedDirectory, Stage, managed, organization, selector, stage
from tests.transport.virtual import START

MANY = [f"p{number:02}" for number in range(20)]


@dataclass
class Remembered(ScriptedDirectory):
    """A directory that answers from memory as long as there is one. `reads`: what was asked of it."""

    memory: dict[str, set[str]] | None = None
    reads: list[str] = field(default_factory=list)
    taken: datetime = START

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Tell what is remembered."""
        if self.memory is None:
            return self.read_fully(selectors)
        self.reads.append("recalled")
        past = ScriptedDirectory(self.memory).read(selectors)
        return replace(past, recalled=self.taken)

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Tell what is."""
        self.reads.append("full")
        return super().read(selectors)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Stage]:
    """Two groups, synchronized, and the directory remembered as it is."""
    groups = {"G": {"p00", "p01", "p02"}, "H": {"p03", "p04"}}
    made = organization(MANY, groups)
    with stage(tmp_path / "db", made, [managed("G"), managed("H")], groups) as set_up:
        set_up.directory = Remembered({name: set(members) for name, members in groups.items()})
        assert set_up.run().outcome is RunOutcome.UNCHANGED
        remember(set_up)
        yield set_up


def remembered(set_up: Stage) -> Remembered:
    """The stage's directory."""
    assert isinstance(set_up.directory, Remembered)
    return set_up.directory


def remember(set_up: Stage) -> None:
    """Let the directory be remembered as it is now."""
    directory = remembered(set_up)
    directory.memory = {name: set(members) for name, members in directory.groups.items()}
    directory.reads.clear()


def test_nothing_to_do_is_said_from_memory(company: Stage) -> None:
    """Without a full read; the record of completeness tells when there was one."""
    report = company.run()
    assert report.outcome is RunOutcome.UNCHANGED
    assert remembered(company).reads == ["recalled"]
    told = [record for record in company.records if record["event"] == "source.read"]
    assert ["recalled" in record for record in told] == [False, True]
    assert told[-1]["recalled"] == "2026-11-02T08:00:00.000000Z"


def test_a_removal_is_not_made_on_what_is_remembered(company: Stage) -> None:
    """Read in full, the person is there, and stays; read in full, the person is gone, and goes."""
    directory = remembered(company)
    assert directory.memory is not None
    directory.memory["G"] -= {"p00"}
    assert company.run().outcome is RunOutcome.UNCHANGED
    assert directory.reads == ["recalled", "full"]
    assert not company.removals
    directory.groups["G"] -= {"p00"}
    assert company.run().outcome is RunOutcome.CHANGED
    assert company.members("G") == {"p01", "p02"}
    company.assert_true_to_history()


def test_an_addition_is_not_made_on_what_is_remembered(company: Stage) -> None:
    """Somebody who left the directory and was taken out by hand is not put back because of an old read."""
    directory = remembered(company)
    directory.groups["G"] -= {"p00"}
    company.sandbox.ui.remove_members("G", ["p00@corp.example"])
    assert company.run().outcome is RunOutcome.UNCHANGED
    assert directory.reads == ["recalled", "full"]
    assert company.members("G") == {"p01", "p02"}
    assert not company.writes


def test_what_is_done_is_recorded_as_read_now(company: Stage) -> None:
    """The records of a run that changes something tell of the full read alone."""
    remembered(company).groups["G"] |= {"p09"}
    company.sandbox.ui.remove_members("H", ["p03@corp.example"])
    assert company.run().outcome is RunOutcome.CHANGED
    assert company.members("G") == {"p00", "p01", "p02", "p09"}
    told = [record for record in company.records if str(record["event"]) in {"source.read", "group.read"}]
    latest = [record for record in told if record["run"] == told[-1]["run"]]
    assert {str(record["event"]) for record in latest} == {"source.read", "group.read"}
    assert not any("recalled" in record for record in latest)
    company.assert_true_to_history()


def test_a_full_read_that_fails_is_no_read(company: Stage) -> None:
    """What is remembered does not stand in for it: nobody is put in or taken out."""
    directory = remembered(company)
    assert directory.memory is not None
    directory.memory["G"] ^= {"p00", "p09"}
    directory.failure = Unavailable("ldap://corp", "the connection was refused")
    report = company.run()
    assert report.outcome is RunOutcome.FAILED_READ
    assert report.unread == {"corp": "the connection was refused"}
    assert company.members("G") == {"p00", "p01", "p02"}
    assert not company.writes


class TestHeld:
    @pytest.fixture
    def guarded(self, company: Stage) -> Stage:
        """A company that lets nobody go by itself, and whose directory just lost somebody."""
        nobody = Limit(0, 100, 0)
        company.change_policy(mappings=(managed("G", limit=nobody), managed("H")))
        remembered(company).groups["G"] -= {"p00"}
        remember(company)
        return company

    def test_what_is_newly_held_rests_on_a_full_read(self, guarded: Stage) -> None:
        """A person is asked about what is, not about what was."""
        assert guarded.run().outcome is RunOutcome.HELD
        assert remembered(guarded).reads == ["recalled", "full"]

    def test_what_is_held_already_is_not_read_again(self, guarded: Stage) -> None:
        """It waits for a person, and costs nothing meanwhile."""
        guarded.run()
        remember(guarded)
        assert guarded.run().outcome is RunOutcome.HELD
        assert remembered(guarded).reads == ["recalled"]


def test_an_exclusion_that_is_remembered_as_empty_lets_nobody_in(tmp_path: Path) -> None:
    """Nor one that is remembered as smaller: whom it keeps out is read now."""
    mapping = replace(managed("Team"), rule=Except(From(selector("staff")), From(selector("leave"))))
    made = organization(["p00", "p01"], {"Team": {"p00"}})
    groups = {"staff": {"p00", "p01"}, "leave": {"p01"}}
    with stage(tmp_path / "db", made, [mapping], groups) as set_up:
        set_up.directory = Remembered(groups)
        set_up.run()
        remembered(set_up).memory = {"staff": {"p00", "p01"}, "leave": set()}
        remembered(set_up).reads.clear()
        assert set_up.run().outcome is RunOutcome.UNCHANGED
        assert remembered(set_up).reads == ["recalled", "full"]
        assert set_up.members("Team") == {"p00"}


def test_a_preview_says_what_a_run_would_do(company: Stage) -> None:
    """It reads in full where a run does."""
    directory = remembered(company)
    assert directory.memory is not None
    assert preview(company.bridge).outcome is RunOutcome.UNCHANGED
    assert directory.reads == ["recalled"]
    directory.memory["G"] ^= {"p00", "p09"}
    directory.groups["H"] ^= {"p03", "p08"}
    shown = preview(company.bridge)
    assert directory.reads == ["recalled", "recalled", "full"]
    done = company.run()
    assert shown.plan == done.plan
    assert (company.members("G"), company.members("H")) == ({"p00", "p01", "p02"}, {"p04", "p08"})


PEOPLE = st.frozensets(st.sampled_from(MANY[:4]))


@given(past=PEOPLE, now=PEOPLE, current=PEOPLE)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_deed_is_one_that_a_full_read_asks_for(
    past: frozenset[str], now: frozenset[str], current: frozenset[str]
) -> None:
    """Where what is remembered asks for anything, the run is the one of a full read; else the group stays."""
    reports: list[Report] = []
    members: list[set[str]] = []
    for memory in (None, {"G": set(past)}):
        made = organization(MANY[:4], {"G": current})
        with (
            TemporaryDirectory() as folder,
            stage(Path(folder) / "db", made, [managed("G")], {"G": now}) as set_up,
        ):
            set_up.directory = Remembered({"G": set(now)}, memory=memory)
            reports.append(set_up.run())
            members.append(set_up.members("G"))
            set_up.assert_true_to_history()
    full, recalled = reports
    if past == current:
        assert (recalled.deeds, members[1]) == ((), set(current))
    else:
        assert (recalled.plan, recalled.deeds, members[1]) == (full.plan, full.deeds, members[0])
