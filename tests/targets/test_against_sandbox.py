"""The target and the sandbox over real sockets, on virtual time: each doubt about the API, and each fault."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bridge.core.model import AccountId, GroupId, IdSpace, Standing, Untold
from bridge.errors import (
    ChangeRejected,
    Denied,
    IncompleteRead,
    OutcomeUnknown,
    RemoteError,
    Throttled,
    Unavailable,
)
from bridge.sandbox.hyperproof import (
    BRIDGE,
    LIMITED_ROLE,
    NO_USERS,
    READ_ONLY,
    Act,
    ApiClient,
    EventKind,
    Fault,
    HyperproofSandbox,
    Modes,
    Organization,
    html_answer,
    json_answer,
    throttle_answer,
)
from bridge.targets.hyperproof import Hyperproof, open_hyperproof
from bridge.targets.settings import HyperproofSettings, IdSpaceSetting
from bridge.transport.client import Patience
from bridge.transport.settings import Timeouts
from tests.transport.virtual import VirtualClock


@dataclass
class Scene:
    """A sandbox, a target before it, and the names of things."""

    sandbox: HyperproofSandbox
    target: Hyperproof
    clock: VirtualClock

    def account(self, name: str) -> AccountId:
        """Somebody's id in the space of the groups, by the begin of the address."""
        user = next(u for u in self.sandbox.organization.users if (u.email or "").casefold().startswith(name))
        return AccountId(user.user_id if self.sandbox.modes.id_space == "userId" else user.id)

    def group(self, name: str) -> GroupId:
        """A group's id."""
        return GroupId(self.sandbox.organization.find_group(name).id)

    @property
    def calls(self) -> list[tuple[str, str, int]]:
        """What was asked of the API, without the tokens."""
        return [(r.method, r.path, r.status) for r in self.sandbox.requests if r.path.startswith("/v1")]

    @property
    def deeds(self) -> list[EventKind]:
        """What truly happened."""
        return [event.kind for event in self.sandbox.history]

    @property
    def statuses(self) -> list[int]:
        """How the API answered; 0 where it did not."""
        return [status for _, _, status in self.calls]


@contextmanager
def scene(
    modes: Modes | None = None,
    *,
    client: ApiClient = BRIDGE,
    space: IdSpaceSetting = IdSpaceSetting.AUTO,
    organization: Organization | None = None,
    timeouts: Timeouts | None = None,
) -> Iterator[Scene]:
    """A small organization, and the target with this client's credentials."""
    with HyperproofSandbox(organization or Organization.small(), modes=modes or Modes()) as sandbox:
        settings = HyperproofSettings(
            client_id=client.id,
            client_secret=lambda: client.secret,
            api_url=sandbox.api_url,
            token_url=sandbox.token_url,
            user_id_space=space,
            timeouts=timeouts or Timeouts(),
        )
        clock = VirtualClock()
        with open_hyperproof(settings, Patience.of(clock, lambda: 0.5)) as target:
            yield Scene(sandbox, target, clock)


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


# ---- throttles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["429", "403"])
@pytest.mark.parametrize("said", ["seconds", "date", "absent"])
def test_every_second_request_throttled(kind: str, said: str) -> None:
    """Both kinds, with every way to say when: reads and writes get through, each write once."""
    modes = Modes(throttle=kind, retry_after=said, throttle_every=2)  # type: ignore[arg-type]  # among its literals
    with scene(modes) as s:
        s.target.read()
        s.target.add_members(s.group("Auditors"), [s.account("erik")])
        s.target.remove_members(s.group("Auditors"), [s.account("david")])
        assert s.statuses.count(int(kind)) >= 2
        assert len(s.clock.waits) == s.statuses.count(int(kind))
        assert s.deeds == [EventKind.MEMBER_ADDED, EventKind.MEMBER_REMOVED]


@pytest.mark.parametrize(
    ("modes", "error", "tries"),
    [
        (Modes(throttle="429"), Throttled, 6),
        (Modes(throttle="403", retry_after="absent"), Throttled, 6),
        (Modes(throttle="reworded"), Throttled, 6),
        (Modes(throttle="429", retry_after_seconds=4000), Throttled, 1),
        (Modes(throttle="reworded", retry_after="absent"), Denied, 1),
        (Modes(throttle="html"), Denied, 1),
    ],
)
def test_throttle_that_does_not_end(modes: Modes, error: type[RemoteError], tries: int) -> None:
    """The run ends; a 403 in words that we do not know is no throttle."""
    with scene(modes) as s:
        with pytest.raises(error):
            s.target.read()
        assert len(s.calls) == tries


def test_next_run_waits_for_what_the_last_was_told() -> None:
    """The gate stays closed between runs: nothing is sent before a quarter of an hour has gone by."""
    with scene(Modes(throttle="429", retry_after_seconds=4000)) as s:
        for _ in range(3):
            with pytest.raises(Throttled) as caught:
                s.target.read()
            assert caught.value.wait == 4000.5
        assert s.clock.waits == [900, 900]
        assert len(s.calls) == 3


# ---- faults ----------------------------------------------------------------------------------------------

BROKEN = [
    Fault(Act.RESET_BEFORE),
    Fault(Act.RESET_AFTER),
    Fault(Act.DROP),
    Fault(Act.DROP_AFTER),
    Fault(Act.TRUNCATE),
    Fault(Act.ANSWER, answer=json_answer({"error": "Oops"}, 500)),
    Fault(Act.ANSWER_AFTER, answer=json_answer({"error": "Oops"}, 502)),
    Fault(Act.ANSWER_AFTER, answer=html_answer(200)),
    Fault(Act.HALF),
]


def befalling(fault: Fault, method: str, count: int = 1) -> Fault:
    """The same fault for requests of one method to the API."""
    return Fault(fault.act, method=method, path="^/v1", count=count, answer=fault.answer)


@pytest.mark.parametrize("fault", BROKEN[:-1], ids=lambda fault: fault.act.value)
def test_read_gets_over_a_fault(fault: Fault) -> None:
    """What broke once is asked again, and the reading is the same as ever."""
    with scene() as s:
        whole = s.target.read()
        s.sandbox.faults.add(befalling(fault, "GET", count=2))
        assert s.target.read() == whole
        assert len(s.clock.waits) == 2


@pytest.mark.parametrize("fault", BROKEN[:-1], ids=lambda fault: fault.act.value)
def test_read_never_makes_something_of_a_fault_that_stays(fault: Fault) -> None:
    """After six tries it is an error, and no list."""
    with scene() as s:
        s.sandbox.faults.add(befalling(fault, "GET", count=0))
        with pytest.raises((Unavailable, IncompleteRead)):
            s.target.read()
        assert len(s.calls) == 6


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.act.value)
def test_write_that_broke_is_not_repeated(fault: Fault) -> None:
    """It may have happened, wholly or by half: one request, and the cycle is told to look."""
    with scene() as s:
        s.sandbox.faults.add(befalling(fault, "POST"))
        with pytest.raises(OutcomeUnknown):
            s.target.add_members(s.group("Auditors"), [s.account("erik"), s.account("anna")])
        assert len(s.calls) == 1
        assert s.clock.waits == []


def test_slow_write_is_not_repeated() -> None:
    """Silence says nothing about what was done."""
    with scene(timeouts=Timeouts(read=0.2)) as s:
        s.target.read()
        s.sandbox.faults.add(Fault(Act.PROCEED, method="POST", path="^/v1", answer_delay=1.0))
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            s.target.add_members(s.group("Auditors"), [s.account("erik")])
        assert s.deeds == [EventKind.MEMBER_ADDED]


def test_quota_on_a_write_is_waited_for() -> None:
    """A throttle in the middle of the writes costs time and nothing else."""
    with scene() as s:
        s.sandbox.faults.add(
            Fault(Act.ANSWER, method="PUT", answer=throttle_answer("403", 0), retry_after=30, count=2)
        )
        s.target.remove_members(s.group("Auditors"), [s.account("david")])
        assert s.clock.waits == [30.5, 30.5]
        assert s.deeds == [EventKind.MEMBER_REMOVED]


def test_address_with_a_slash_at_its_end() -> None:
    """However the operator writes the base, no path has a slash at its end: a redirect would be refused."""
    with scene(Modes(trailing_slash="redirect")) as s:
        settings = HyperproofSettings(
            client_id=BRIDGE.id,
            client_secret=lambda: BRIDGE.secret,
            api_url=s.sandbox.api_url + "/",
            token_url=s.sandbox.token_url,
        )
        with open_hyperproof(settings, Patience.of(s.clock)) as target:
            assert target.read().groups


def test_wrong_address_is_named() -> None:
    """A base without its version meets the gateway's 404, and the error says where to look."""
    with scene() as s:
        settings = HyperproofSettings(
            client_id=BRIDGE.id,
            client_secret=lambda: BRIDGE.secret,
            api_url=s.sandbox.url,
            token_url=s.sandbox.token_url,
        )
        target = open_hyperproof(settings, Patience.of(s.clock))
        with target, pytest.raises(IncompleteRead, match="check the address of the API"):
            target.read()


def test_server_that_is_down() -> None:
    """A closed port is Unavailable for reads and for writes: nothing was sent."""
    with scene() as s:
        s.target.read()
        group, account = s.group("Auditors"), s.account("erik")
        s.sandbox.close()
        for attempt in (s.target.read, lambda: s.target.add_members(group, [account])):
            with pytest.raises(Unavailable) as caught:
                attempt()
            assert type(caught.value) is Unavailable
