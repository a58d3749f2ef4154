"""The target and the sandbox over real sockets, on virtual time: each doubt about the API."""

from collections.abc import Callable

import pytest

from bridge.core.model import AccountId, GroupId, IdSpace, Standing, Untold
from bridge.errors import ChangeRejected, Denied, IncompleteRead, OutcomeUnknown
from bridge.sandbox.hyperproof import (
    BRIDGE,
    LIMITED_ROLE,
    NO_USERS,
    READ_ONLY,
    Act,
    ApiClient,
    EventKind,
    Fault,
    Modes,
    Organization,
)
from bridge.targets.settings import IdSpaceSetting
from tests.targets.scene import scene

# ---- reading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["userId", "id"])
def test_everything_is_read_in_either_id_space(space: str) -> None:
    """People of every standing, active groups, members and lead, all by the ids that the groups speak."""
    with scene(Modes(id_space="id" if space == "id" else "userId")) as s:
        found = s.target.read()
        assert (found.id_space.space, found.id_space.proved) == (IdSpace(space), True)
        groups = {group.name: group for group in found.groups}
        assert set(groups) == {"Compliance Managers", "Auditors", "Newcomers"}
        assert groups["Auditors"].members == frozenset({s.account("carla"), s.account("david")})
        assert groups["Newcomers"].members == frozenset()
        assert groups["Compliance Managers"].lead == s.account("anna")
        by_id = {account.id: account.standing for account in found.accounts}
        assert by_id[s.account("anna")] is Standing.ACTIVE
        assert by_id[s.account("heidi")] is Standing.DEACTIVATED
        assert by_id[s.account("ivan")] is Standing.INVITED
        assert by_id[s.account("julia")] is Standing.CONTACT
        assert Standing.SERVICE in by_id.values()
        assert found.notes == ()


def test_a_run_is_one_token_and_three_calls() -> None:
    """And the next one, while the token lives, three calls."""
    with scene() as s:
        s.target.read()
        assert [r.path for r in s.sandbox.requests] == [
            "/oauth/token",
            "/v1/users",
            "/v1/groups",
            "/v1/groups/users",
        ]
        s.sandbox.clear_log()
        s.target.read()
        assert len(s.sandbox.requests) == 3


def test_without_any_member_the_space_has_to_be_stated() -> None:
    """A new organization proves nothing; the operator's word does."""

    def empty() -> Organization:
        organization = Organization()
        organization.add_user(email="anna@corp.example", name="Anna")
        organization.add_group("Auditors")
        return organization

    with scene(organization=empty()) as s:
        assert not s.target.read().id_space.proved
    with scene(organization=empty(), space=IdSpaceSetting.USER_ID) as s:
        assert s.target.read().id_space.proved


def test_wrong_id_space_is_found_before_anything_is_written() -> None:
    """The setting says `id`, every member says otherwise."""
    with scene(space=IdSpaceSetting.ID) as s:
        assert not s.target.read().id_space.proved


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_paged_lists_are_whole(size: int) -> None:
    """Should the vendor page its lists, a page is not taken for the list."""
    with scene(Modes(page_size=size)) as s, scene() as whole:
        paged, bare = s.target.read(), whole.target.read()
        assert (paged.accounts, paged.groups) == (bare.accounts, bare.groups)


def test_pages_that_lead_nowhere() -> None:
    """The same page for ever is no list."""
    with scene(Modes(page_size=1, next_page="repeats")) as s, pytest.raises(IncompleteRead, match="read before"):
        s.target.read()


def test_members_of_an_empty_group_that_are_not_told() -> None:
    """No `userIds` is not an empty group: its members are untold, and those of the others are told."""
    with scene(Modes(empty_members="omitted")) as s:
        members = {group.name: group.members for group in s.target.read().groups}
        assert members.pop("Newcomers") is Untold.UNTOLD
        assert Untold.UNTOLD not in members.values()
        with pytest.raises(IncompleteRead, match="without userIds"):
            s.target.read_members(s.group("Newcomers"))


def test_one_group_and_its_members() -> None:
    """Each by one call, an archived group too, and a group that is not there is None."""
    with scene(Modes(group_members="always")) as s:
        s.target.read()
        auditors = s.target.read_group(s.group("Auditors"))
        assert auditors is not None
        assert (auditors.name, auditors.members) == ("Auditors", Untold.UNTOLD)
        assert s.target.read_members(s.group("Auditors")) == {s.account("carla"), s.account("david")}
        assert s.target.read_group(GroupId("nowhere")) is None
        assert list(s.target.read_groups(archived=True).values()) == ["Auditors 2019"]
        assert len(s.target.read_groups(archived=False)) == 3


# ---- writing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["200", "201", "204"])
@pytest.mark.parametrize("told", ["full", "sent", "missing"])
def test_writes_happen_whatever_they_are_answered(status: str, told: str) -> None:
    """Any 2xx counts, with or without a body."""
    modes = Modes(write_status=status, write_answer=told)  # type: ignore[arg-type]  # both are among its literals
    with scene(modes) as s:
        auditors = s.group("Auditors")
        s.target.add_members(auditors, [s.account("erik"), s.account("anna")])
        s.target.remove_members(auditors, [s.account("david")])
        s.target.rename_group(auditors, "Checkers")
        s.target.set_lead(auditors, s.account("carla"))
        group = s.sandbox.organization.find_group("Checkers")
        assert set(group.members) == {s.account("erik"), s.account("anna"), s.account("carla")}
        assert group.lead == s.account("carla")
        s.target.set_lead(auditors, None)
        assert s.sandbox.organization.find_group("Checkers").lead is None


def test_new_group() -> None:
    """With members, without, and where the answer does not tell its id."""
    with scene() as s:
        made = s.target.create_group("New", [s.account("anna")])
        assert s.sandbox.organization.find_group("New").id == made
        assert s.target.read_members(s.target.create_group("Empty", [])) == frozenset()
    with scene(Modes(write_status="204")) as s:
        with pytest.raises(OutcomeUnknown):
            s.target.create_group("New", [])
        assert s.deeds == [EventKind.GROUP_CREATED]


@pytest.mark.parametrize(
    ("modes", "status"),
    [
        (Modes(), 400),
        (Modes(unknown_ids="404"), 404),
        (Modes(unknown_ids="partial"), 400),
        (Modes(error_body="text"), 400),
        (Modes(error_body="empty"), 400),
    ],
)
def test_unknown_account_is_a_rejected_change(modes: Modes, status: int) -> None:
    """The status is for the cycle, which goes looking for the bad id."""
    with scene(modes) as s:
        with pytest.raises(ChangeRejected) as caught:
            s.target.add_members(s.group("Auditors"), [s.account("anna"), AccountId("nobody")])
        assert caught.value.status == status
        assert s.statuses == [status]


def test_other_rejections() -> None:
    """A batch too large, a name that is taken, an archived group, a contact as lead."""
    with scene(Modes(batch_limit=1, batch_limit_status="413")) as s:
        auditors = s.group("Auditors")
        rejected: list[Callable[[], object]] = [
            lambda: s.target.add_members(auditors, [s.account("anna"), s.account("ben")]),
            lambda: s.target.create_group("auditors ", []),
            lambda: s.target.add_members(s.group("Auditors 2019"), [s.account("anna")]),
            lambda: s.target.set_lead(auditors, s.account("julia")),
        ]
        statuses = []
        for change in rejected:
            with pytest.raises(ChangeRejected) as caught:
                change()
            statuses.append(caught.value.status)
        assert statuses == [413, 409, 400, 400]
        assert s.sandbox.history == ()


# ---- permission and tokens -------------------------------------------------------------------------------


@pytest.mark.parametrize("client", [READ_ONLY, LIMITED_ROLE], ids=["scope", "role"])
def test_client_that_may_not_write(client: ApiClient) -> None:
    """One attempt, and the error says what to grant."""
    with scene(client=client) as s:
        with pytest.raises(Denied, match="administrator or compliance manager role"):
            s.target.add_members(s.group("Auditors"), [s.account("anna")])
        assert s.statuses == [403]


def test_client_that_may_not_see_users() -> None:
    """The read ends, and a probe tells what is missing."""
    with scene(client=NO_USERS) as s:
        with pytest.raises(Denied, match="user read scope"):
            s.target.read()
        found = s.target.probe()
        assert (found.users, found.groups, found.members, found.read) == (None, 3, 3, None)


def test_probe() -> None:
    """An organization that is open tells all."""
    with scene() as s:
        found = s.target.probe()
        assert found.refusals == ()
        assert (found.groups, found.members) == (3, 3)
        assert found.read is not None
        assert found.read.id_space.proved


@pytest.mark.parametrize("status", ["400", "401", "403"])
def test_wrong_secret(status: str) -> None:
    """One request to the token endpoint, none to the API."""
    wrong = ApiClient(BRIDGE.id, "wrong", "Wrong")
    modes = Modes(refused_client=status)  # type: ignore[arg-type]  # it is among its literals
    with scene(modes, client=wrong) as s:
        with pytest.raises(Denied, match="client_secret"):
            s.target.read()
        assert [r.path for r in s.sandbox.requests] == ["/oauth/token"]


@pytest.mark.parametrize("life", [None, 0, 5, 3600])
def test_token_of_any_life(life: int | None) -> None:
    """Short, spent at once or not told: the work gets done or is refused, and never repeated for ever."""
    with scene(Modes(expires_in=life)) as s:
        if life == 0:
            with pytest.raises(Denied):
                s.target.read()
        else:
            assert s.target.read().groups
        assert len(s.sandbox.requests) <= 4


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_revoked_token_is_renewed(method: str) -> None:
    """Within a read or a write, once, and the write happens once."""
    with scene() as s:
        s.target.read()
        s.sandbox.clear_log()
        s.sandbox.faults.add(Fault(Act.PROCEED, method=method, revoke=True, path="^/v1"))
        s.target.read_members(s.group("Auditors"))
        s.target.add_members(s.group("Auditors"), [s.account("erik")])
        assert sorted(s.statuses) == [200, 200, 401]
        assert s.deeds == [EventKind.MEMBER_ADDED]
