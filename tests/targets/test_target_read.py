from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.model import AccountId, IdSpace, Standing, TargetRead, Untold
from bridge.errors import IncompleteRead
from bridge.targets import hyperproof_answers as answers
from bridge.targets.target_read import target_read
from tests.targets.scripted import group, members, user

ANNA, BEN = user("anna"), user("ben")


def read(
    users: Sequence[object] = (ANNA, BEN),
    groups: Sequence[object] = (),
    all_members: Sequence[object] = (),
    stated: IdSpace | None = None,
) -> TargetRead:
    """One reading of these three answers."""
    return target_read(
        [answers.user(row, "GET /users") for row in users],
        [answers.group_row(row, "GET /groups") for row in groups],
        [answers.members(row, "GET /groups/users") for row in all_members],
        stated,
    )


@pytest.mark.parametrize(("space", "prefix"), [(IdSpace.USER_ID, "u-"), (IdSpace.ID, "o-")])
def test_accounts_are_known_by_what_groups_speak(space: IdSpace, prefix: str) -> None:
    """The space is read off the members, and every account gets its id of that space."""
    found = read(groups=[group("g")], all_members=[members("g", f"{prefix}anna")])
    assert (found.id_space.space, found.id_space.proved) == (space, True)
    assert [account.id for account in found.accounts] == [f"{prefix}anna", f"{prefix}ben"]
    assert found.groups[0].members == frozenset({AccountId(f"{prefix}anna")})


def test_order_of_the_answers_does_not_matter() -> None:
    """Arrays come in any order; the reading is sorted."""
    groups, told = [group("g"), group("h")], [members("g", "u-anna"), members("h", "u-ben")]
    assert read([ANNA, BEN], groups, told) == read([BEN, ANNA], groups[::-1], told[::-1])


def test_group_without_told_members() -> None:
    """It is in the list and missing in the members: that is not an empty group."""
    found = read(groups=[group("g", "Auditors"), group("h")], all_members=[members("h")])
    assert [g.members for g in found.groups] == [Untold.UNTOLD, frozenset()]
    assert "GET /groups/users told no members of: Auditors" in found.notes


def test_members_of_a_group_that_is_not_listed() -> None:
    """It was archived or made between two calls; it still speaks for the id space."""
    found = read(all_members=[members("new", "o-anna")])
    assert found.groups == ()
    assert found.id_space.space is IdSpace.ID


def test_unknown_member_is_kept() -> None:
    """A member who is no known account is a member all the same."""
    found = read(groups=[group("g")], all_members=[members("g", "u-anna", "stranger")])
    assert found.groups[0].members == frozenset({AccountId("u-anna"), AccountId("stranger")})


def test_nobody_at_all_is_no_organization() -> None:
    """Our own service account at least is there: an empty list is a failure that looks like an answer."""
    with pytest.raises(IncompleteRead, match="nobody"):
        read(users=[])


def test_repetitions_are_dropped() -> None:
    """Pages may overlap."""
    groups, told = [group("g")], [members("g", "u-anna", "u-ben"), members("g", "u-ben", "u-anna")]
    assert read([ANNA, BEN, ANNA], groups * 2, told) == read([ANNA, BEN], groups, told[:1])


@pytest.mark.parametrize(
    "users",
    [
        [ANNA, user("anna", email="other@corp.example")],
        [ANNA, user("anna", userId="u-other")],
        [ANNA, user("anna", id="o-other")],  # two accounts with one id in the space of the groups
    ],
)
def test_users_that_contradict_themselves(users: list[object]) -> None:
    """One id and two people: nothing is concluded from such a list."""
    with pytest.raises(IncompleteRead, match="two different things"):
        read(users, stated=IdSpace.USER_ID)


def test_one_person_with_two_memberships_is_two_accounts_in_the_other_space() -> None:
    """Where groups speak `id`, two records of one `userId` do not collide."""
    found = read([ANNA, user("anna", id="o-other")], stated=IdSpace.ID)
    assert [account.id for account in found.accounts] == ["o-anna", "o-other"]


@pytest.mark.parametrize(
    "gone", [{"status": "archived"}, {"type": "deactivatedUser"}, {"status": "deleted", "email": ""}]
)
def test_somebody_who_was_removed_and_invited_again_is_one_account(gone: dict[str, object]) -> None:
    """Two memberships of one user: the one that lives counts, in whichever order they come."""
    dead = user("anna", id="o-old", **gone)
    alone = read(groups=[group("g")], all_members=[members("g", "u-anna")])
    for users in ([dead, ANNA, BEN], [ANNA, BEN, dead]):
        assert read(users, [group("g")], [members("g", "u-anna")]) == alone


def test_somebody_who_was_removed_twice_is_one_account_that_is_gone() -> None:
    """It makes no difference which of the memberships it is."""
    dead = [user("anna", id=name, status="archived") for name in ("o-1", "o-2")]
    (account,) = read(dead, stated=IdSpace.USER_ID).accounts
    assert (account.id, account.standing) == ("u-anna", Standing.DEACTIVATED)
    assert read(dead, stated=IdSpace.USER_ID) == read(dead[::-1], stated=IdSpace.USER_ID)


def test_memberships_with_two_addresses_are_not_taken_for_one() -> None:
    """Somebody who is kept by the old address would be nobody any more."""
    with pytest.raises(IncompleteRead, match="two different things of u-anna"):
        read([ANNA, user("anna", id="o-old", status="archived", email="old@corp.example")], stated=IdSpace.USER_ID)


def test_groups_that_contradict_themselves() -> None:
    """One id and two names, or two sets of members."""
    with pytest.raises(IncompleteRead, match="two different things of g"):
        read(groups=[group("g", "A"), group("g", "B")])
    with pytest.raises(IncompleteRead, match="two sets of members of group g"):
        read(all_members=[members("g", "u-anna"), members("g")])


@pytest.mark.parametrize(
    ("told", "lead"),
    [("u-anna", "u-anna"), ("o-anna", "u-anna"), ("stranger", "stranger"), (None, None), ("", None)],
)
def test_lead_of_the_other_space_is_translated(told: object, lead: str | None) -> None:
    """Nobody says which id a lead is given by; what is known in the other space is read as that account."""
    found = read(groups=[group("g", groupLeadId=told)], all_members=[members("g", "u-ben")])
    assert found.groups[0].lead == lead


@pytest.mark.parametrize("count", [25, 50, 100, 200, 250, 500, 1000])
def test_count_that_looks_like_a_page_size_is_noted(count: int) -> None:
    """A list of exactly so many may have been cut without a word."""
    users = [user(f"p{n}") for n in range(count)]
    (note,) = read(users).notes
    assert note.startswith(f"GET /users listed exactly {count} users")
    assert read(users[1:]).notes == ()
    groups = [group(f"g{n}") for n in range(count)]
    told = [members(f"g{n}") for n in range(count)]
    (note,) = read(groups=groups, all_members=told).notes
    assert note.startswith(f"GET /groups listed exactly {count} groups")


def test_unknown_types_are_noted() -> None:
    """Whoever is not eligible because we do not know the word for it, is reported, with the word."""
    notes = read([ANNA, user("x", type="guest"), user("y", type="guest"), user("z", status="frozen")]).notes
    assert notes == (
        "1 users have the type 'activeUser' and the status 'frozen', which are not known together",
        "2 users have the type 'guest' and the status 'active', which are not known together",
    )


NAMES = st.sampled_from(["anna", "ben", "cleo", "dora"])


@given(st.dictionaries(st.sampled_from("ghi"), st.frozensets(NAMES)), st.sampled_from(["u-", "o-"]))
def test_members_are_those_that_were_told(told: dict[str, frozenset[str]], prefix: str) -> None:
    """No member is lost and none is made up, whatever the groups."""
    everybody = [user(name) for name in ("anna", "ben", "cleo", "dora")]
    rows = [members(key, *(prefix + name for name in names)) for key, names in told.items()]
    found = read(everybody, [group(key) for key in told], rows)
    assert {g.id: g.members for g in found.groups} == {
        key: frozenset(AccountId(prefix + name) for name in names) for key, names in told.items()
    }
