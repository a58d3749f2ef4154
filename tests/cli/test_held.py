"""`held`: what waits is listed, shown, approved and rejected, by digest, with a name and a reason."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company
from tests.cli.scene import Scene, scene

GROUP = "Compliance Managers"
REASON = ("--by", "Ann Admin", "--reason", "ticket 4711")


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Scene]:
    """A mass removal that a guard has stopped."""
    with _stopped(tmp_path) as s:
        yield s


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The same, for tests that decide nothing."""
    with _stopped(tmp_path_factory.mktemp("undecided")) as s:
        yield s


@contextmanager
def _stopped(folder: Path) -> Iterator[Scene]:
    with scene(folder) as s:
        s.run("sync")
        s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
        assert s.run("sync").code == Exit.HELD
        yield s


def _digest(s: Scene) -> str:
    (case,) = s.told("held")
    return str(case["digest"])


def test_what_is_held_can_be_seen(undecided: Scene) -> None:
    """In the list by the digest's beginning, and one by one with everybody whom it is about."""
    digest = _digest(undecided)
    assert digest[:12] in undecided.run("held").out
    shown = undecided.told("held", "show", digest[:6])
    assert (shown["digest"], shown["status"], shown["name"]) == (digest, "pending", GROUP)
    assert [finding["guard"] for finding in shown["findings"]] == ["removals per group"]
    assert "ben.okafor@example.test" in undecided.run("held", "show", digest[:12].upper()).out
    assert undecided.run("held").code == Exit.OK


def test_an_approval_is_for_exactly_that(stopped: Scene) -> None:
    """The next run does it, once; who allowed it and why stands at each removal."""
    digest = _digest(stopped)
    assert stopped.run("held", "approve", digest[:12], *REASON).code == Exit.OK
    assert "approved by Ann Admin" in stopped.run("held").out
    assert stopped.run("sync", "--detailed-exitcode").code == Exit.CHANGED
    assert stopped.members(GROUP) == {"anna.smith"}
    assert stopped.told("held") == []
    removed = [r for r in stopped.told("audit", "show", "--event", "member.removed") if r["group"] == GROUP]
    assert [r["approval"]["digest"] for r in removed[-5:]] == [digest] * 5
    assert stopped.run("held", "approve", digest[:12], *REASON).code == Exit.USAGE


def test_a_digest_that_is_written_twice_is_decided_on_once(stopped: Scene) -> None:
    """Also by its begin."""
    digest = stopped.told("held")[0]["digest"]
    ended = stopped.run("held", "approve", digest, digest[:12], "--by", "Ann", "--reason", "seen")
    assert (ended.code, len(ended.out.splitlines())) == (Exit.OK, 1)


def test_an_approval_of_something_else_is_void(stopped: Scene) -> None:
    """When the directory moves on, the removals are others and are held anew."""
    digest = _digest(stopped)
    stopped.run("held", "approve", digest, *REASON)
    people = [company.person_dn("Anna Smith"), company.person_dn("Ben Okafor")]
    stopped.ldap.directory.modify(company.group_dn("GRC Managers"), "member", people)
    assert stopped.run("sync").code == Exit.HELD
    assert "ben.okafor" in stopped.members(GROUP)
    assert digest not in {case["digest"] for case in stopped.told("held") if case["status"] == "pending"}


def test_an_approval_expires(stopped: Scene) -> None:
    """Then it counts no more, is shown as expired, and can be given again."""
    digest = _digest(stopped)
    assert stopped.run("held", "approve", digest, *REASON, "--expires", "1m").code == Exit.OK
    with sqlite3.connect(stopped.database) as database:
        database.execute("UPDATE held SET expires = '2020-01-01T00:00:00.000000Z'")
    database.close()
    assert "approval expired" in stopped.run("held").out
    assert stopped.run("sync").code == Exit.HELD
    assert "ben.okafor" in stopped.members(GROUP)
    assert stopped.run("held", "approve", digest, *REASON).code == Exit.OK
    assert stopped.run("sync").code == Exit.OK


def test_a_rejection_is_asked_no_more(stopped: Scene) -> None:
    """It is not applied and is no longer held; an approval can be taken back by it."""
    digest = _digest(stopped)
    assert stopped.run("held", "approve", digest, *REASON).code == Exit.OK
    assert stopped.run("held", "reject", digest, *REASON).code == Exit.OK
    assert stopped.run("sync").code == Exit.OK
    assert "ben.okafor" in stopped.members(GROUP)
    events = [record["event"] for record in stopped.told("audit", "show", "--event", "change")]
    assert events == ["change.held", "change.approved", "change.rejected"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["held", "show", "ffffffffffff"], "No held changes"),
        (["held", "show", "ff"], "at least the first 6"),
        (["held", "show", "%%%%%%"], "No held changes"),
        (["held", "approve", "ffffffffffff", *REASON], "No held changes"),
        (["held", "approve", "DIGEST", "ffffffffffff", *REASON], "No held changes"),
        (["held", "approve", "DIGEST", "--reason", "  "], "--reason"),
        (["held", "approve", "DIGEST", *REASON, "--expires", "soon"], "30s or 15m"),
        (["held", "approve", "DIGEST", *REASON, "--expires", "0s"], "later time"),
        (["held", "approve", "DIGEST", *REASON, "--expires", "9999999d"], "--expires"),
        (["held", "reject", "DIGEST", "--reason", ""], "--reason"),
    ],
)
def test_a_wrong_decision_decides_nothing(arguments: list[str], said: str, undecided: Scene) -> None:
    """It is told with 64; the rest of the same command is not decided on either."""
    digest = _digest(undecided)
    ended = undecided.run(*(digest if word == "DIGEST" else word for word in arguments))
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert said in ended.err
    assert [case["status"] for case in undecided.told("held")] == ["pending"]


def test_an_ambiguous_digest_is_told(stopped: Scene) -> None:
    """Two digests with one beginning: more of it is asked for."""
    digest = _digest(stopped)
    twin = digest[:12] + "0" * (len(digest) - 12)
    with sqlite3.connect(stopped.database) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(held)")]
        others = ", ".join("?" if column == "digest" else column for column in columns)
        database.execute(f"INSERT INTO held SELECT {others} FROM held", (twin,))  # noqa: S608 - a test's own table
    database.close()
    ended = stopped.run("held", "show", digest[:12])
    assert (ended.code, "give more of it" in ended.err) == (Exit.USAGE, True)
    assert stopped.run("held", "show", digest).code == Exit.OK
