"""The lists keep and ignore mean accounts: whoever is on one stays protected when the address changes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.mapping import Settings
from bridge.core.model import Email
from bridge.cycle.explain_kept import explain_kept
from bridge.cycle.outcome import RunOutcome
from tests.cycle.stage import Stage, managed, organization, stage

PEOPLE = [f"p{n:02}" for n in range(20)]
LISTED = Email("p05@corp.example")


@pytest.fixture(
    params=[Settings(keep=frozenset({LISTED})), Settings(ignore=frozenset({LISTED}))], ids=["keep", "ignore"]
)
def one(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A group of six, of whom the directory names five; the sixth is on a list."""
    mapping = replace(managed("G"), settings=request.param)
    with stage(tmp_path / "db", organization(PEOPLE, {"G": PEOPLE[:6]}), [mapping], {"G": PEOPLE[:5]}) as set_up:
        yield set_up


def readdress(one: Stage, name: str, address: str | None) -> str:
    """An account gets another address, or Hyperproof does not tell it any more."""
    user = one.sandbox.organization.find_user(f"{name}@corp.example")
    one.sandbox.organization._put_user(replace(user, email=address))  # no interface empties it
    return user.user_id


def member_ids(one: Stage) -> set[str]:
    """Who is in the group, by id: an address may be gone."""
    return {member for group in one.sandbox.organization.groups if group.name == "G" for member in group.members}


@pytest.mark.parametrize("address", [None, "glass.break@corp.example"])
def test_an_address_that_changes_exposes_nobody(one: Stage, address: str | None) -> None:
    """The account is remembered; the address on the list is told as one that nobody has."""
    assert one.run().notes == ()
    account = readdress(one, "p05", address)
    report = one.run()
    assert report.outcome is RunOutcome.UNCHANGED
    assert account in member_ids(one)
    assert ["p05@corp.example" in note and "the account that had it counts" in note for note in report.notes] == [
        True
    ]
    one.restart()
    one.run()
    assert account in member_ids(one)
    (told,) = explain_kept(one.store, one.policy, account, "G").explanation.answers
    assert (told.is_member, told.pending) == (True, ())


def test_an_address_that_nobody_ever_had_is_told_and_holds_up_nothing(one: Stage) -> None:
    """A list with a typing error must not keep leavers in."""
    account = readdress(one, "p05", "p55@corp.example")
    report = one.run()
    assert ["it protects nobody" in note for note in report.notes] == [True]
    assert account not in member_ids(one)


def test_an_address_that_another_account_has_now_means_that_one(one: Stage) -> None:
    """A list says addresses: the account that has it now is meant, as ever."""
    one.run()
    former = readdress(one, "p05", "glass.break@corp.example")
    other = readdress(one, "p19", "p05@corp.example")
    one.sandbox.ui.add_members("G", ["p05@corp.example"])
    one.run()
    assert former not in member_ids(one)
    assert other in member_ids(one)
