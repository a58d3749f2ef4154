"""`sync` dies at each step between reading and the last record; the next run leaves nothing undone or untold."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from sqlite3 import connect

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox.hyperproof import Fault
from bridge.sandbox.ldap import Silence
from tests.cli.processes import Running
from tests.cli.scene import Scene, deeds, scene, until
from tests.cycle.evidence import assert_audit_equals_history
from tests.e2e.deaths import DieAt
from tests.e2e.truth import assert_evidence_is_whole, assert_failed, records_of

pytestmark = pytest.mark.e2e

LEFT = "liam.walsh@example.test"
"""Has left the company: the one person whom the bridge has to take out."""

WANTED = {
    "Compliance Managers": {
        "anna.smith",
        "ben.okafor",
        "carla.rossi",
        "deniz.yilmaz",
        "emil.novak",
        "fatima.haddad",
    },
    "Auditors": {"grace.lee", "hugo.martin", "ines.costa", "jonas.berg"},
    "Team risk": {"anna.smith", "grace.lee"},
}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp."""
    with scene(tmp_path) as s:
        yield s


def _assert_all_is_well(s: Scene) -> None:
    """The groups are as the directory says, nobody who belongs was ever taken out, and the evidence is whole."""
    assert {name: s.members(name) for name in WANTED} == WANTED
    assert {who for event, _, who in deeds(s) if event == "member.removed"} <= {LEFT.partition("@")[0]}
    assert_evidence_is_whole(s)


REQUESTS = (
    ("GET", "/groups/users$", 1), ("POST", "/groups/.+/users$", 1), ("GET", "/groups/[^/]{9,}/users$", 1),
    ("POST", "/groups/.+/users$", 2), ("PUT", "/users/delete$", 1), ("GET", "/groups/[^/]{9,}/users$", 2),
    ("POST", "/groups$", 1), ("GET", "/groups/[^/]{9,}/users$", 3),
)  # fmt: skip
"""Every request of the first run from the last read on, in order: adds, a removal, a new group, each read back."""


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("method", "path", "nth"), REQUESTS)
def test_a_kill_around_a_request_is_settled(
    method: str, path: str, nth: int, *, done: bool, company: Scene
) -> None:
    """Whether Hyperproof has done what was asked or not: the process dies before it knows."""
    with _held_at(company, Fault(method=method, path=path, nth=nth), done=done) as running:
        running.send(signal.SIGKILL)
        assert running.wait().code == -signal.SIGKILL
    _assert_goes_on(company)
    _assert_all_is_well(company)


def _assert_goes_on(s: Scene) -> None:
    """The next run does all, but for what may still land; and that, too, once no call can be under way."""
    if s.run("sync").code == Exit.OK:
        return
    with connect(s.database) as database:
        assert database.execute("SELECT count(*) FROM intents").fetchone() == (1,)
        database.execute("UPDATE intents SET at = '2026-01-01T00:00:00.000000Z'")
    assert s.run("sync").code == Exit.OK


@contextmanager
def _held_at(s: Scene, fault: Fault, *, done: bool) -> Iterator[Running]:
    """A `sync` that waits for the answer to a request, which Hyperproof has carried out or has not."""
    s.hyperproof.faults.add(replace(fault, answer_delay=30) if done else replace(fault, delay=30))
    with s.start("sync") as running:
        until(lambda: not s.hyperproof.faults.pending)
        if done:
            until(lambda: _count(s, fault) >= fault.nth)
        yield running


def _count(s: Scene, fault: Fault) -> int:
    return sum(fault.matches(request.method, request.path) for request in s.hyperproof.requests)


def test_a_kill_at_each_step_on_disk_is_settled(company: Scene) -> None:
    """Between intent and call, between commit and audit line, between the last outcome and the run's end."""
    assert company.run("sync").code == Exit.OK
    for step in count(1):
        company.hyperproof.ui.add_members("Compliance Managers", [LEFT])
        company.hyperproof.ui.remove_members("Auditors", ["grace.lee@example.test"])
        died = company.run("sync", before=DieAt(step))
        assert died.code in {Exit.OK, -signal.SIGKILL}, died.text
        if died.code == Exit.OK:
            break
        _assert_goes_on(company)
        _assert_all_is_well(company)
    assert step > 10
    assert {record["action"] for record in records_of(company, "intent.settled")} == {
        "add members",
        "remove members",
    }


def test_dying_again_and_again_gets_there(company: Scene) -> None:
    """Each run dies a little later than the one before, the very first while it makes the database."""
    for step in count(1):
        died = company.run("sync", before=DieAt(step))
        if died.code == Exit.OK:
            break
        assert died.code in {-signal.SIGKILL, Exit.PARTLY_FAILED}, died.text
        if died.code == Exit.PARTLY_FAILED:  # it lived, and waits for what an earlier one may have sent
            _assert_goes_on(company)
            break
    _assert_all_is_well(company)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_a_run_that_is_told_to_end_is_settled(number: signal.Signals, code: int, company: Scene) -> None:
    """By its service manager or from the keyboard, in the middle of a write."""
    with _held_at(company, Fault(method="PUT", path="/users/delete$"), done=True) as running:
        running.send(number)
        ended = running.wait()
    assert ended.code == code
    assert "Traceback" not in ended.err
    assert "settled by the next run" in ended.err or number is signal.SIGTERM
    assert company.run("sync").code == Exit.OK
    settled = [(record["action"], record["done"]) for record in records_of(company, "intent.settled")]
    assert settled[-1] == ("remove members", 1)
    _assert_all_is_well(company)


def test_nobody_waits_for_a_silent_directory(company: Scene) -> None:
    """Whoever ends a run from the keyboard ends it at once, though its server has not answered."""
    company.ldap.faults.add(Silence())
    with company.start("sync") as running:
        until(lambda: any(operation.op == "search" for operation in company.ldap.operations))
        running.send(signal.SIGINT)
        assert running.wait().code == 130
    company.ldap.faults.clear()
    assert company.run("sync").code == Exit.OK
    _assert_all_is_well(company)


def test_two_runs_at_once_are_one(company: Scene) -> None:
    """The second is told who holds the organization, and neither reads nor writes Hyperproof."""
    with _held_at(company, Fault(method="POST", path="/groups/.+/users$"), done=False) as running:
        seen = len(company.hyperproof.requests)
        assert_failed(company.run("sync"), Exit.BUSY, "process", "wait for its end")
        assert_failed(company.run("backfill"), Exit.BUSY)
        assert len(company.hyperproof.requests) == seen
        planned = company.run(
            "plan"
        )  # which looks on: of the write that is on its way nobody knows what will come
        assert (planned.code, "1 open" in planned.out) == (Exit.PARTLY_FAILED, True)
        running.send(signal.SIGKILL)
        running.wait()
    _assert_goes_on(company)
    _assert_all_is_well(company)


def test_an_interrupted_backfill_is_gone_on_with(company: Scene) -> None:
    """One report tells of both runs: nothing is done twice, and nothing that was done is left out."""
    company.hyperproof.faults.add(Fault(method="PUT", path="/users/delete$", answer_delay=30))
    with company.start("backfill", "--report", "report.json") as running:
        until(lambda: _count(company, Fault(method="PUT", path="/users/delete$")) > 0)
        running.send(signal.SIGKILL)
        running.wait()
    assert not (company.folder / "report.json").exists()
    ended = company.run("backfill", "--report", "report.json")
    assert ended.code == Exit.OK, ended.text
    report = json.loads((company.folder / "report.json").read_text())
    assert len(report["runs"]) == 2
    assert report["done"] == {"group.created": 1, "member.added": 9, "member.removed": 1}
    assert_audit_equals_history(report["records"], company.hyperproof.history)
    _assert_all_is_well(company)
    assert company.run("backfill", "--report", "report.json").code == Exit.OK
    again = json.loads((company.folder / "report.json").read_text())
    assert (len(again["runs"]), again["done"], again["outcome"]) == (1, {}, "nothing to do")
