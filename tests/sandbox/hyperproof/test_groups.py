"""The eight operations on groups, in the default modes."""

import re

import pytest

from tests.sandbox.hyperproof.api import Api


def test_list_has_the_active_groups(api: Api) -> None:
    """Get Groups without a status lists active groups only, as a bare array."""
    assert [group["name"] for group in api.get("/groups").json()] == [
        "Compliance Managers",
        "Auditors",
        "Newcomers",
    ]


@pytest.mark.parametrize(
    ("status", "count"), [("active", 3), ("archived", 1), ("active,archived", 4), ("archived,active", 4)]
)
def test_list_by_status(api: Api, status: str, count: int) -> None:
    """`status` is a comma list."""
    assert len(api.get("/groups", status=status).json()) == count


def test_list_by_a_status_that_there_is_not(api: Api) -> None:
    """Another status is refused."""
    assert api.get("/groups", status="deleted").status_code == 400


def test_group_object(api: Api) -> None:
    """A group has exactly the documented fields, and no members unless expanded."""
    group = api.get("/groups").json()[0]
    assert set(group) == {"id", "orgId", "name", "groupLeadId", "createdOn", "updatedOn"}
    assert group["groupLeadId"] == api.user_id("Anna")
    assert group["orgId"] == api.organization.id


def test_dates_have_seven_digits(api: Api) -> None:
    """Date-times are written with seven fractional digits and a numeric offset."""
    date = api.get("/groups").json()[0]["createdOn"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", date)


def test_list_expanded(api: Api) -> None:
    """`expand=userIds` tells the members of each group, an empty array where there are none."""
    groups = {group["name"]: group["userIds"] for group in api.get("/groups", expand="userIds").json()}
    assert set(groups["Auditors"]) == {api.user_id("Carla"), api.user_id("David")}
    assert groups["Newcomers"] == []


def test_one_group(api: Api) -> None:
    """Get Group tells of one group without its members."""
    group = api.get(f"/groups/{api.group_id('Auditors')}").json()
    assert group["name"] == "Auditors"
    assert "userIds" not in group


def test_group_that_is_not_there(api: Api) -> None:
    """An unknown group is a 404 in the application's words."""
    answer = api.get("/groups/no-such-group")
    assert (answer.status_code, answer.json()) == (404, {"error": "Group not found."})


def test_members_of_one_group(api: Api) -> None:
    """Get Group Members tells `groupId` and `userIds`, and an `id` that is not the group's."""
    group_id = api.group_id("Auditors")
    members = api.get(f"/groups/{group_id}/users").json()
    assert members["groupId"] == group_id
    assert members["id"] != group_id
    assert members["userIds"] == [api.user_id("Carla"), api.user_id("David")]


def test_members_of_all_groups(api: Api) -> None:
    """`/groups/users` is taken for the literal, not for a group's id, and lists active groups."""
    answer = {one["groupId"]: one["userIds"] for one in api.get("/groups/users").json()}
    assert answer == {
        api.group_id("Compliance Managers"): [api.user_id(name) for name in ("Anna", "Ben", "Carla")],
        api.group_id("Auditors"): [api.user_id(name) for name in ("Carla", "David")],
        api.group_id("Newcomers"): [],
    }


def test_members_of_archived_groups(api: Api) -> None:
    """`/groups/users` takes a status as well."""
    archived = api.get("/groups/users", status="archived").json()
    assert [one["groupId"] for one in archived] == [api.group_id("Auditors 2019")]


def test_create(api: Api) -> None:
    """Add Group makes a group with lead and members, and answers 200 with the group."""
    body = {"name": "Risk", "groupLeadId": api.user_id("Ben"), "userIds": [api.user_id("Anna")]}
    answer = api.call("POST", "/groups", body)
    assert answer.status_code == 200
    assert answer.json()["id"] == api.group_id("Risk")
    assert answer.json()["groupLeadId"] == api.user_id("Ben")
    assert api.names("Risk") == {"Anna"}


def test_create_by_name_alone(api: Api) -> None:
    """Only the name is required."""
    assert api.call("POST", "/groups", {"name": "Risk"}).status_code == 200
    assert api.names("Risk") == set()


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "  "}, {"name": 7}, [], "Risk"])
def test_create_without_a_name(api: Api, body: object) -> None:
    """Without a name there is no group."""
    assert api.call("POST", "/groups", body).status_code == 400
    assert len(api.organization.groups) == 4


def test_rename(api: Api) -> None:
    """Update Group gives another name and leaves lead and members."""
    answer = api.call("PATCH", f"/groups/{api.group_id('Compliance Managers')}", {"name": "Compliance"})
    assert answer.json()["name"] == "Compliance"
    assert answer.json()["groupLeadId"] == api.user_id("Anna")
    assert api.names("Compliance") == {"Anna", "Ben", "Carla"}


def test_set_lead(api: Api) -> None:
    """The lead need not be a member, and does not become one."""
    answer = api.call("PATCH", f"/groups/{api.group_id('Auditors')}", {"groupLeadId": api.user_id("Ben")})
    assert answer.json()["groupLeadId"] == api.user_id("Ben")
    assert api.names("Auditors") == {"Carla", "David"}


def test_clear_lead(api: Api) -> None:
    """`clearGroupLead` leaves the group without a lead."""
    answer = api.call("PATCH", f"/groups/{api.group_id('Compliance Managers')}", {"clearGroupLead": True})
    assert answer.json()["groupLeadId"] is None


def test_set_and_clear_lead_at_once(api: Api) -> None:
    """`clearGroupLead` and `groupLeadId` exclude each other."""
    body = {"clearGroupLead": True, "groupLeadId": api.user_id("Ben")}
    assert api.call("PATCH", f"/groups/{api.group_id('Auditors')}", body).status_code == 400


@pytest.mark.parametrize("given_name", ["Julia", "Heidi", "Bridge"])
def test_who_cannot_lead(api: Api, given_name: str) -> None:
    """Contacts, deactivated people and service accounts cannot be leads."""
    body = {"groupLeadId": api.user_id(given_name)}
    assert api.call("PATCH", f"/groups/{api.group_id('Auditors')}", body).status_code == 400


def test_add_one(api: Api) -> None:
    """Add answers 200 with the whole membership."""
    answer = api.add("Auditors", api.user_id("Erik"))
    assert answer.status_code == 200
    assert set(answer.json()["userIds"]) == {api.user_id(name) for name in ("Carla", "David", "Erik")}
    assert api.names("Auditors") == {"Carla", "David", "Erik"}


def test_add_many(api: Api) -> None:
    """Add takes any number of ids."""
    api.add("Newcomers", *(api.user_id(name) for name in ("Erik", "Fatima", "Grace")))
    assert api.names("Newcomers") == {"Erik", "Fatima", "Grace"}


def test_remove(api: Api) -> None:
    """Remove takes out who is named and answers 200 with who is left."""
    answer = api.remove("Auditors", api.user_id("David"))
    assert answer.status_code == 200
    assert answer.json()["userIds"] == [api.user_id("Carla")]
    assert api.names("Auditors") == {"Carla"}


def test_two_ids_in_one_string(api: Api) -> None:
    """Two ids with a space between them, as the published example has it, are one unknown id."""
    both = f"{api.user_id('Erik')} {api.user_id('Fatima')}"
    assert api.add("Auditors", both).status_code == 400
    assert api.names("Auditors") == {"Carla", "David"}


@pytest.mark.parametrize("body", [{}, {"userIds": "x"}, {"userIds": [1]}, {"userIds": None}, []])
def test_add_without_a_list_of_ids(api: Api, body: object) -> None:
    """`userIds` is an array of strings or the call is refused."""
    assert api.call("POST", f"/groups/{api.group_id('Auditors')}/users", body).status_code == 400


def test_body_that_is_not_json(api: Api) -> None:
    """A body that cannot be read is refused."""
    answer = api.http.post(
        f"{api.sandbox.api_url}/groups", content=b"{", headers={"Authorization": f"Bearer {api.token}"}
    )
    assert answer.status_code == 400
