"""Deltas: everything at first, then what changed since (reference 2)."""

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.sandbox.graph import DEFAULT_CLIENT_ID, GROUPS, SYNC_STATE_NOT_FOUND, USERS, Fault, Resync, Tenant, Tie
from tests.sandbox.graph.api import Api, Clock, error, rehearse

Json = dict[str, Any]
MEMBERS = "/groups/delta?$select=displayName,members"


@pytest.fixture
def clock() -> Clock:
    """Time as the tenant has it."""
    return Clock()


@pytest.fixture
def api(clock: Clock) -> Iterator[Api]:
    """Three people, a group of two and one of nobody."""
    tenant = Tenant(clock=clock)
    people = [tenant.add_user(name) for name in ("Anna Smith", "Ben Jones", "Carla Diaz")]
    tenant.add_group("Auditors", people[:2])
    tenant.add_group("Nobody")
    with rehearse(tenant) as api:
        yield api


def finish(api: Api, path: str, **headers: str) -> tuple[list[Json], str]:
    """Read a round to its end: all entries, and the link that the next begins with."""
    entries: list[Json] = []
    while True:
        page = api.get(path, **headers).json()
        assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
        entries += page["value"]
        if "@odata.deltaLink" in page:
            return entries, page["@odata.deltaLink"]
        path = page["@odata.nextLink"]


def named(api: Api, *names: str) -> list[str]:
    """The ids of these."""
    return [api.tenant.find(name).id for name in names]


def members(entry: Json) -> dict[str, bool]:
    """The members in an entry, and whether each is in."""
    return {one["id"]: "@removed" not in one for one in entry.get("members@delta", [])}


# ---- rounds ----------------------------------------------------------------------------------------------


def test_first_round(api: Api) -> None:
    """The first round tells everything; a group without members has no key for them."""
    entries = {one["displayName"]: one for one in finish(api, MEMBERS)[0]}
    assert set(entries) == {"Auditors", "Nobody"}
    assert members(entries["Auditors"]) == dict.fromkeys(named(api, "Anna Smith", "Ben Jones"), True)
    assert "members@delta" not in entries["Nobody"]
    assert {one["@odata.type"] for one in entries["Auditors"]["members@delta"]} == {"#microsoft.graph.user"}


def test_nothing_happened(api: Api) -> None:
    """While nothing happens a round is empty."""
    link = finish(api, MEMBERS)[1]
    assert finish(api, link)[0] == []


def test_members_come_and_go(api: Api) -> None:
    """Who came and who left is told, once."""
    link = finish(api, MEMBERS)[1]
    api.tenant.add_members("Auditors", "Carla Diaz")
    api.tenant.remove_members("Auditors", "Anna Smith")
    entries, link = finish(api, link)
    anna, carla = named(api, "Anna Smith", "Carla Diaz")
    assert [members(one) for one in entries] == [{anna: False, carla: True}]
    assert finish(api, link)[0] == []


def test_owners(api: Api) -> None:
    """Owners are told as members are, where they are selected."""
    link = finish(api, "/groups/delta?$select=owners")[1]
    api.tenant.add_members("Auditors", "Carla Diaz", tie=Tie.OWNERS)
    api.tenant.add_members("Auditors", "Carla Diaz")
    (entry,) = finish(api, link)[0]
    assert "members@delta" not in entry
    assert [one["id"] for one in entry["owners@delta"]] == named(api, "Carla Diaz")


def test_from_now(api: Api) -> None:
    """With `latest` nothing is told but where to begin."""
    entries, link = finish(api, f"{MEMBERS}&$deltatoken=latest")
    assert entries == []
    api.tenant.add_members("Nobody", "Carla Diaz")
    assert [one["displayName"] for one in finish(api, link)[0]] == ["Nobody"]


def test_only_what_is_selected(api: Api) -> None:
    """With the members selected alone, another change of a group is none."""
    link = finish(api, "/groups/delta?$select=members")[1]
    api.tenant.change("Auditors", description="Who audits")
    assert finish(api, link)[0] == []


def test_only_those_in_the_filter(api: Api) -> None:
    """A delta can be about groups by id."""
    nobody = named(api, "Nobody")[0]
    entries, link = finish(api, f"{MEMBERS}&$filter=id eq '{nobody}'")
    assert [one["id"] for one in entries] == [nobody]
    api.tenant.add_members("Auditors", "Carla Diaz")
    assert finish(api, link)[0] == []


def test_limits_of_the_filter(api: Api) -> None:
    """The filter takes fifty ids and nothing else; `$top` is not for deltas."""
    fifty = " or ".join(f"id eq '{number}'" for number in range(50))
    assert api.get(f"{MEMBERS}&$filter={fifty}").status_code == 200
    for path in (
        f"{MEMBERS}&$filter={fifty} or id eq 'x'",
        f"{MEMBERS}&$filter=displayName eq 'x'",
        f"{MEMBERS}&$top=5",
    ):
        assert error(api.get(path)) == (400, "Request_UnsupportedQuery")


def test_minimal(api: Api) -> None:
    """A change tells every selected property, unless the answer shall be minimal."""
    link = finish(api, "/users/delta?$select=mail,accountEnabled")[1]
    api.tenant.change("Anna Smith", accountEnabled=False)
    whole, short = finish(api, link)[0], finish(api, link, Prefer="return=minimal")[0]
    assert set(whole[0]) == {"id", "mail", "accountEnabled"}
    assert set(short[0]) == {"id", "accountEnabled"}


# ---- what comes and goes ---------------------------------------------------------------------------------


def test_users(api: Api) -> None:
    """Users are told when they come, change, go for a while, come back, and go for good."""
    link = finish(api, "/users/delta?$select=mail")[1]
    erik = api.tenant.add_user("Erik Berg")
    entries, link = finish(api, link)
    assert entries == [{"id": erik.id, "mail": "erik.berg@corp.example"}]
    api.tenant.delete(erik)
    entries, link = finish(api, link)
    assert entries == [{"id": erik.id, "@removed": {"reason": "changed"}}]
    api.tenant.restore(erik)
    entries, link = finish(api, link)
    assert entries == [{"id": erik.id, "mail": "erik.berg@corp.example"}]
    api.tenant.purge(erik)
    assert finish(api, link)[0] == [{"id": erik.id, "@removed": {"reason": "deleted"}}]


def test_membership_is_nothing_to_users(api: Api) -> None:
    """Who comes into a group is no change of the user."""
    link = finish(api, "/users/delta?$select=mail")[1]
    api.tenant.add_members("Nobody", "Anna Smith")
    assert finish(api, link)[0] == []


def test_user_attributes_are_nothing_to_groups(api: Api) -> None:
    """A disabled, or a deleted, user is no change of the group; a purged one leaves it."""
    link = finish(api, MEMBERS)[1]
    anna = api.tenant.change("Anna Smith", accountEnabled=False)
    api.tenant.delete(anna)
    entries, link = finish(api, link)
    assert entries == []
    api.tenant.purge(anna)
    assert [members(one) for one in finish(api, link)[0]] == [{anna.id: False}]


def test_purged_users_are_not_told(api: Api) -> None:
    """It was seen that a purged user never left a group's delta."""
    api.sandbox.set_modes(delta_purges="silent")
    link = finish(api, MEMBERS)[1]
    api.tenant.purge("Anna Smith")
    assert finish(api, link)[0] == []


def test_deleted_groups(api: Api) -> None:
    """A security group is gone for good at once, a Microsoft 365 group can come back."""
    unified = api.tenant.add_group("Newsroom", ["Anna Smith"], groupTypes=("Unified",))
    security = api.tenant.find("Auditors")
    link = finish(api, MEMBERS)[1]
    api.tenant.delete(unified)
    api.tenant.delete(security)
    entries, link = finish(api, link)
    assert {one["id"]: one["@removed"]["reason"] for one in entries} == {
        unified.id: "changed",
        security.id: "deleted",
    }
    api.tenant.restore(unified)
    assert [list(members(one).values()) for one in finish(api, link)[0]] == [[True]]


def test_new_group(api: Api) -> None:
    """A group that came meanwhile is told whole."""
    link = finish(api, MEMBERS)[1]
    api.tenant.add_group("Newsroom", ["Anna Smith", "Ben Jones"])
    entries = finish(api, link)[0]
    assert [(one["displayName"], len(members(one))) for one in entries] == [("Newsroom", 2)]


# ---- oddities --------------------------------------------------------------------------------------------


def test_one_group_over_several_pages(api: Api) -> None:
    """A group's members can be spread over entries and pages."""
    api.tenant.add_members("Auditors", "Carla Diaz")
    api.sandbox.set_modes(delta_page=1, delta_slice=2)
    entries = [one for one in finish(api, MEMBERS)[0] if one["displayName"] == "Auditors"]
    assert [len(members(one)) for one in entries] == [2, 1]


def test_replay(api: Api) -> None:
    """Changes can be told again that were told before."""
    link = finish(api, MEMBERS)[1]
    api.tenant.add_members("Auditors", "Carla Diaz")
    link = finish(api, link)[1]
    api.sandbox.set_modes(delta_replays=1)
    assert [list(members(one).values()) for one in finish(api, link)[0]] == [[True]]


def test_removed_in_the_first_round(api: Api) -> None:
    """The first round can tell of members who left before it."""
    api.sandbox.set_modes(delta_removed_at_first=True)
    api.tenant.remove_members("Auditors", "Anna Smith")
    told = [members(one) for one in finish(api, MEMBERS)[0] if one["displayName"] == "Auditors"]
    anna, ben = named(api, "Anna Smith", "Ben Jones")
    assert told == [{anna: False, ben: True}]


def test_lag(api: Api, clock: Clock) -> None:
    """A change can come late: an empty round precedes it."""
    api.sandbox.set_modes(delta_lag=60)
    clock.advance(60)
    link = finish(api, MEMBERS)[1]
    api.tenant.add_members("Auditors", "Carla Diaz")
    clock.advance(59)
    entries, link = finish(api, link)
    assert entries == []
    clock.advance(1)
    assert len(finish(api, link)[0]) == 1


def test_lost_state(api: Api, clock: Clock) -> None:
    """A token that is too old, another's, or none at all, is not found."""
    link = finish(api, MEMBERS)[1]
    users = finish(api, "/users/delta")[1]
    assert error(api.get(users.replace("/users/", "/groups/"))) == (400, "syncStateNotFound")
    assert error(api.get(f"{MEMBERS}&$deltatoken=nonsense")) == (400, "syncStateNotFound")
    clock.advance(7 * 86_400 - 1)
    api.sign_in()
    assert api.get(link).status_code == 200
    clock.advance(1)
    assert error(api.get(link)) == (400, "syncStateNotFound")


def test_resync(api: Api) -> None:
    """A token can be gone with 410 and the address to begin anew at, or be not found at all."""
    link = finish(api, MEMBERS)[1]
    api.sandbox.faults.add(Fault(Resync(), path="/delta$"), Fault(SYNC_STATE_NOT_FOUND, path="/delta$"))
    answer = api.get(link)
    assert error(answer) == (410, "resyncRequired")
    assert answer.headers["Location"] == f"{api.sandbox.url}/v1.0/groups/delta?$deltatoken="
    assert error(api.get(link)) == (400, "syncStateNotFound")
    assert len(finish(api, answer.headers["Location"])[0]) == 2


def test_permission(api: Api) -> None:
    """Each delta needs the permission of what it tells."""
    api.sandbox.applications.consent(DEFAULT_CLIENT_ID, USERS, granted=False)
    api.sign_in()
    assert api.get(MEMBERS).status_code == 200
    assert error(api.get("/users/delta")) == (403, "Authorization_RequestDenied")
    api.sandbox.applications.consent(DEFAULT_CLIENT_ID, GROUPS, granted=False)
    api.sign_in()
    assert error(api.get(MEMBERS)) == (403, "Authorization_RequestDenied")
