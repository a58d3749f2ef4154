"""`hyperproof`: the ten operations by hand, with a question before and evidence behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company
from bridge.sandbox.hyperproof import UI, Act, Fault, json_answer
from bridge.store.lock import OrganizationLock, lock_path
from tests.cli.befores import say_no, say_nothing, say_yes
from tests.cli.scene import Scene, deeds, scene

WORD = ("--by", "Olga Operator", "--reason", "ticket 4711", "--yes")
ANNA, BEN = company.address("Anna Smith"), company.address("Ben Okafor")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp, and a group that no mapping manages."""
    with scene(tmp_path) as made:
        organization = made.hyperproof.organization
        anna = next(user for user in organization.users if user.email == ANNA)
        organization.add_group("Pilots", members=[anna])
        organization.add_group("Old Pilots", archived=True)
        yield made


def by_hand(s: Scene, *words: str, code: Exit = Exit.OK) -> Any:  # noqa: ANN401 - as Scene.run
    """Run `hyperproof groups` with the operator's word."""
    ended = s.run("hyperproof", "groups", *words, *WORD)
    assert ended.code == code, ended.text
    return ended


def records(s: Scene, event: str) -> list[dict[str, Any]]:
    """The evidence of an event."""
    return list(s.told("audit", "show", "--event", event))


# ---- looking -------------------------------------------------------------------------------------------


def test_groups_are_listed(s: Scene) -> None:
    """Active ones or archived ones, with the number of members; in a table or as JSON."""
    listed = s.told("hyperproof", "groups", "list")
    assert [(one["name"], one["lead"], one["members"]) for one in listed] == [
        ("Auditors", None, 1),
        ("Compliance Managers", None, 3),
        ("Pilots", None, 1),
    ]
    assert [one["name"] for one in s.told("hyperproof", "groups", "list", "--archived")] == ["Old Pilots"]
    assert "Compliance Managers" in s.run("hyperproof", "groups", "list").out


def test_one_group_is_shown(s: Scene) -> None:
    """By its name or its id, an archived one too; the lead by address."""
    by_hand(s, "lead", "Pilots", ANNA)
    (pilots,) = s.told("hyperproof", "groups", "get", "Pilots")
    assert (pilots["name"], pilots["lead"]) == ("Pilots", ANNA)
    assert s.told("hyperproof", "groups", "get", pilots["id"]) == [pilots]
    assert s.told("hyperproof", "groups", "get", "Old Pilots")[0]["name"] == "Old Pilots"


def test_members_are_listed(s: Scene) -> None:
    """With their addresses and what Hyperproof says of them."""
    (anna,) = s.told("hyperproof", "groups", "members", "Pilots")
    assert (anna["email"], anna["name"], anna["type"], anna["status"]) == (
        ANNA,
        "Anna Smith",
        "activeUser",
        "active",
    )


def test_users_are_listed(s: Scene) -> None:
    """With both of their ids; and who the bridge itself is."""
    listed = s.told("hyperproof", "users", "list")
    assert {ANNA, BEN} <= {one["email"] for one in listed}
    assert all(one["id"] and one["userId"] for one in listed)
    assert [set(one) for one in s.told("hyperproof", "users", "me")] == [{"id", "email", "name"}]


def test_looking_leaves_no_trace(s: Scene) -> None:
    """No call that writes, and no database."""
    for words in (
        ("groups", "list"),
        ("groups", "get", "Pilots"),
        ("groups", "members", "Pilots"),
        ("users", "list"),
    ):
        assert s.run("hyperproof", *words).code == Exit.OK
    assert {method for method, _ in s.calls()} == {"GET"}
    assert not s.database.exists()


# ---- changing ------------------------------------------------------------------------------------------


def test_people_are_put_in_and_taken_out(s: Scene) -> None:
    """By address or id; the evidence has the operator's name and reason, and says what no mapping says."""
    by_hand(s, "add", "Pilots", BEN.upper())
    ben = records(s, "member.added")[0]["account"]
    by_hand(s, "remove", "Pilots", ben, ANNA)
    assert [event for event, _, _ in deeds(s)] == ["member.added", "member.removed", "member.removed"]
    assert s.members("Pilots") == frozenset()
    (added,) = records(s, "member.added")
    assert (added["email"], added["cause"], added["by"], added["mapping"]) == (BEN, "by hand", "Olga Operator", "")
    started = records(s, "run.started")
    assert [(one["kind"], one["by"], one["reason"]) for one in started] == [
        ("by hand", "Olga Operator", "ticket 4711")
    ] * 2
    assert [one["outcome"] for one in records(s, "run.finished")] == ["changes applied"] * 2
    assert s.run("audit", "verify").code == Exit.OK


def test_a_group_is_created_renamed_and_led(s: Scene) -> None:
    """With its first members; every change has its record."""
    by_hand(s, "create", "Testers", "--member", ANNA, "--member", BEN)
    assert s.members("Testers") == {"anna.smith", "ben.okafor"}
    by_hand(s, "rename", "Testers", "Test Pilots")
    by_hand(s, "lead", "Test Pilots", BEN)
    by_hand(s, "lead", "Test Pilots", "none")
    events = [event for event, _, _ in deeds(s)]
    assert sorted(events) == ["group.created", "group.renamed", *["lead.changed"] * 2, *["member.added"] * 2]
    assert [one["name"] for one in records(s, "group.renamed")] == ["Test Pilots"]
    assert [one.get("lead") is None for one in records(s, "lead.changed")] == [False, True]


def test_what_is_so_already_is_not_done_again(s: Scene) -> None:
    """No call that writes, no run."""
    for words in (("add", "Pilots", ANNA), ("remove", "Pilots", BEN), ("rename", "Pilots", "Pilots")):
        assert "nothing to do" in by_hand(s, *words).out
    assert "nothing to do" in by_hand(s, "lead", "Pilots", "none").out
    assert deeds(s) == []
    assert not s.database.exists()


def test_the_mode_owned_leaves_whom_an_operator_put_in(s: Scene) -> None:
    """They are not the bridge's own, though it made the call."""
    by_hand(s, "add", "Pilots", BEN)
    s.edit("groups:\n", "groups:\n  - {name: Pilots, mode: owned, members: {corp: Internal Audit}}\n")
    assert s.run("sync").code == Exit.OK
    assert {"anna.smith", "ben.okafor"} < s.members("Pilots")


# ---- asking --------------------------------------------------------------------------------------------


def test_a_person_is_asked_first(s: Scene) -> None:
    """Who is shown what would be done; only a yes does it."""
    order = ("hyperproof", "groups", "add", "Pilots", BEN, "--reason", "x")
    for answer in (say_no, say_nothing):
        ended = s.run(*order, before=answer)
        assert ended.code == Exit.USAGE
        assert BEN in ended.err
    assert deeds(s) == []
    assert "say --yes" in ended.err
    assert s.run(*order, "--json", before=say_yes).code == Exit.OK
    assert s.members("Pilots") == {"anna.smith", "ben.okafor"}


def test_records_and_what_is_done_are_not_mixed(s: Scene) -> None:
    """Where standard output carries the audit records it carries nothing else."""
    s.edit("audit: {file: audit.jsonl}", "audit: {file: audit.jsonl, stdout: true}")
    assert by_hand(s, "add", "Pilots", BEN).out == s.audit.read_text()
    assert by_hand(s, "add", "Pilots", BEN, "--json", code=Exit.USAGE).out == ""


def test_a_reason_is_needed(s: Scene) -> None:
    """It stands in the evidence."""
    for reason in ((), ("--reason", " ")):
        assert s.run("hyperproof", "groups", "add", "Pilots", BEN, "--yes", *reason).code == Exit.USAGE
    assert s.calls() == []


# ---- refusing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("add", "Auditors", BEN),
        ("remove", "Compliance Managers", BEN),
        ("rename", "Auditors", "Checkers"),
        ("lead", "Auditors", BEN),
        ("create", "team risk"),
        ("rename", "Pilots", "Team Pilots"),
    ],
)
def test_managed_groups_are_refused(s: Scene, words: tuple[str, ...]) -> None:
    """And names that a mapping or a pattern may claim. With --force it is done, and said who did it."""
    assert "is a managed group: the next run undoes" in by_hand(s, *words, code=Exit.USAGE).err
    assert deeds(s) == []
    by_hand(s, *words, "--force")
    assert deeds(s) != []


def test_a_bound_group_is_managed_whatever_its_name(s: Scene) -> None:
    """The bridge knows it by its id."""
    s.run("sync")
    auditors = next(group for group in s.hyperproof.organization.groups if group.name == "Auditors")
    s.hyperproof.organization.rename_group(auditors.id, "Checkers", actor=UI)
    assert "is a managed group" in by_hand(s, "add", "Checkers", BEN, code=Exit.USAGE).err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "Nobody's", BEN), 'There is no group "Nobody\'s"'),
        (("add", "Old Pilots", BEN), "There is no group 'Old Pilots' that is not archived"),
        (("add", "Pilots", "x@example.test"), "There is no user 'x@example.test'"),
        (("create", "pilots "), "cannot be a group's name"),
        (("create", "PILOTS"), "is called 'Pilots' already"),
        (("create", "Old pilots"), "The archived group"),
        (("rename", "Pilots", "old pilots"), "The archived group"),
    ],
)
def test_what_cannot_be_meant_is_refused(s: Scene, words: tuple[str, ...], why: str) -> None:
    """In words; nothing is done."""
    assert why in by_hand(s, *words, code=Exit.USAGE).err
    assert deeds(s) == []


def test_a_group_may_change_the_case_of_its_name(s: Scene) -> None:
    """It is no namesake of itself."""
    by_hand(s, "rename", "Pilots", "PILOTS")
    assert s.members("PILOTS") == {"anna.smith"}


@pytest.mark.parametrize(
    ("standing", "word"), [("deactivatedUser", "deactivated"), ("serviceAccount", "service account")]
)
def test_only_who_may_be_in_groups_is_put_in(s: Scene, standing: str, word: str) -> None:
    """As in a run."""
    s.hyperproof.organization.add_user(email="gone@example.test", type=standing)
    assert f"gone@example.test is {word}" in by_hand(s, "add", "Pilots", "gone@example.test", code=Exit.USAGE).err


def test_an_address_that_two_users_have_means_neither(s: Scene) -> None:
    """One of them is named by id. To take out, the one who is in is meant."""
    twin = s.hyperproof.organization.add_user(email=ANNA)
    assert "2 users have the address" in by_hand(s, "lead", "Pilots", ANNA, code=Exit.USAGE).err
    by_hand(s, "remove", "Pilots", ANNA)
    by_hand(s, "add", "Pilots", twin.user_id)
    assert [user.user_id for user in s.hyperproof.organization.members("Pilots")] == [twin.user_id]


def test_a_run_is_waited_for(s: Scene) -> None:
    """The organization has one writer."""
    with OrganizationLock(lock_path(s.database, "default")):
        ended = by_hand(s, "add", "Pilots", BEN, code=Exit.BUSY)
    assert "Another run holds this organization" in ended.err
    assert deeds(s) == []


def test_a_refusal_of_hyperproof_is_told_and_recorded(s: Scene) -> None:
    """As of any run, with the operator's name."""
    s.hyperproof.faults.add(
        Fault(Act.ANSWER, method="POST", path="/users$", answer=json_answer({"message": "No."}, 400))
    )
    by_hand(s, "add", "Pilots", BEN, code=Exit.PARTLY_FAILED)
    (failed,) = records(s, "change.failed")
    assert (failed["by"], failed["status"], failed["action"]) == ("Olga Operator", 400, "add members")
