"""Matters: everything that needs a person is found, with its remedy; what is well is none."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bridge.core.change import Action, Finding, GuardKind
from bridge.core.journal import Recollection
from bridge.core.pending import Pending
from bridge.core.quarantine import Failure, Trouble
from bridge.core.sight import Sight
from bridge.cycle.outcome import RunOutcome
from bridge.notices.matter import Facts, JobStanding, Matter, MatterKind, matters
from bridge.store.runs import PastRun
from tests.store.stores import NOON, a_run, an_intent, held_removals, opened
from tests.web.site import CUT, fill_badly, sight

HOURLY = JobStanding("main", "every 1 h", None, NOON - timedelta(minutes=5), timedelta(hours=1))

WELL = Facts(
    now=NOON,
    config="/etc/bridge.yaml",
    jobs=(HOURLY,),
    last=PastRun(a_run(), NOON, "nothing to do", {}),
)


def last_complete(moment: datetime | None) -> JobStanding:
    """A job whose last complete run was then."""
    return replace(HOURLY, last_complete=moment)


def only(facts: Facts) -> Matter:
    """The one matter of some facts."""
    (matter,) = matters(facts)
    return matter


def test_when_all_is_well_there_is_none() -> None:
    """Neither after a run that changed something, nor while nothing is due."""
    assert matters(WELL) == ()


def test_a_last_complete_run_that_is_too_old_is_one() -> None:
    """A later hour of the same staleness is the same matter."""
    old = replace(WELL, jobs=(last_complete(NOON - timedelta(hours=2)),))
    assert only(old).kind is MatterKind.STALE
    assert only(old) == only(replace(old, now=NOON + timedelta(hours=5)))


def test_each_job_has_a_staleness_of_its_own() -> None:
    """And is named where there are several."""
    nightly = replace(last_complete(NOON - timedelta(hours=2)), name="nightly")
    found = only(replace(WELL, jobs=(HOURLY, nightly)))
    assert (found.subject, "of the job nightly" in found.text) == ("nightly", True)


def test_a_service_that_just_began_is_given_its_time() -> None:
    """Nobody is called for a first run that is under way."""
    new = replace(WELL, jobs=(last_complete(None),), last=None, began=NOON)
    assert matters(new) == ()
    assert only(replace(new, now=NOON + timedelta(hours=2))).essence == "never"
    assert only(replace(new, began=None)).essence == "never"


@pytest.mark.parametrize("outcome", ["failed", *(one.value for one in RunOutcome)])
def test_a_run_that_came_to_nothing_is_one(outcome: str) -> None:
    """Those that wait for a person, or only for Hyperproof, are told elsewhere or not at all."""
    expected = outcome in {"failed", "could not read", "refused", "partly failed"}
    found = matters(replace(WELL, last=PastRun(a_run(), NOON, outcome, {})))
    assert [one.kind for one in found] == ([MatterKind.FAILED] if expected else [])


def test_the_same_failure_again_is_the_same_matter() -> None:
    """Nobody is called every quarter of an hour."""
    first, second = (only(replace(WELL, last=PastRun(a_run(n), NOON, "failed", {}))) for n in (1, 2))
    assert (first.kind, first.subject, first.essence) == (second.kind, second.subject, second.essence)


def test_everything_else_that_needs_a_person_is_one(tmp_path: Path) -> None:
    """As the store knows it, the gravest first."""
    with opened(tmp_path) as store:
        fill_badly(store)
        facts = replace(
            WELL,
            held=store.list_held(),
            troubles=store.list_troubles(),
            sights=store.list_sights(),
            intents=(an_intent(),),
            chain="record 7 is changed",
            silent=("the scheduler has not moved for 90 s",),
        )
    found = matters(facts)
    assert [one.kind.value for one in found] == [
        "silent",
        "chain",
        "held",
        "quarantine",
        "unserved",
        "doubt",
        "open",
    ]
    assert all(one.remedy for one in found)
    assert found[3].command == "hyperproof-bridge quarantine release Legal --config /etc/bridge.yaml"


def test_a_failing_mapping_that_is_still_tried_is_none_yet() -> None:
    """The run that failed is."""
    assert matters(replace(WELL, troubles=[Trouble(Failure("a", "A", "refused"), 1, NOON)])) == ()


def test_a_key_cannot_become_another_command() -> None:
    """Names are quoted for the shell."""
    trouble = Trouble(Failure("a; rm -rf /", "A", "x"), 3, NOON, NOON)
    assert "release 'a; rm -rf /' --config" in only(replace(WELL, troubles=[trouble])).command


def test_what_is_told_elsewhere_names_no_person(tmp_path: Path) -> None:
    """Objections, doubts and a server's words may: they stay on the status page."""
    person = "zoe.adler@corp.example"
    held = replace(held_removals(2), findings=(Finding(GuardKind.LOOKALIKE, f"{person} looks like"),))
    with opened(tmp_path) as store:
        store.record_start(a_run(), [])
        store.record_end(a_run(), "held", Recollection(held=(held,)), [])
        cases = store.list_held()
    facts = replace(
        WELL,
        held=cases,
        troubles=[Trouble(Failure("a", "A", f"cannot add {person}"), 3, NOON, NOON)],
        sights=[sight(1, "B", doubts=(f"unresolved: {person}", CUT))],
    )
    told = [one.notice for one in matters(facts)]
    assert told == [
        "Auditors: 2 changes held (lookalike).",
        "A is in quarantine: its changes fail since 2026-03-01 12:00Z.",
        "B: nobody is removed while there is doubt (truncated, unresolved).",
    ]


def pending_in(*names: str) -> tuple[Sight, ...]:
    """Groups with two members to be taken out each."""
    left = (Pending(Action.REMOVE, 2, ("ann@corp.example", "bo@corp.example")),)
    return tuple(sight(n, name, pending=left) for n, name in enumerate(names))


def test_what_is_pending_is_one_where_nothing_is_written() -> None:
    """One in all, that names groups and counts changes; a bridge that writes does it in the next run."""
    rehearsing = replace(WELL, apply=False, sights=pending_in("Auditors", "Legal", "Risk", "Sales"))
    found = only(rehearsing)
    assert (found.kind, found.kind.is_grave, found.subject) == (MatterKind.PENDING, False, "")
    assert "8 changes are pending: Auditors, Legal, Risk and 1 more" in found.text
    assert "ann@" not in found.notice
    assert found.command == "hyperproof-bridge plan --config /etc/bridge.yaml"
    assert only(replace(rehearsing, sights=pending_in("Legal"))).essence == found.essence
    assert matters(replace(rehearsing, apply=True)) == ()
    assert matters(replace(rehearsing, sights=(sight(1, "Auditors"),))) == ()
