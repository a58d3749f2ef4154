"""Groups, members, owners, users: who is told, and what of them (reference 1)."""

from urllib.parse import quote

import pytest

from bridge.sandbox.graph import Tenant, UnknownReference
from tests.sandbox.graph.api import Api, error


def names(api: Api, ids: list[str]) -> set[str]:
    """The names behind ids."""
    return {api.tenant.objects[one].name for one in ids}


# ---- members ---------------------------------------------------------------------------------------------


def test_direct_members(api: Api) -> None:
    """Direct members of every kind, each with its type."""
    items = api.items(f"{api.of('Internal Audit')}?$select=displayName")
    assert {(one["@odata.type"], one["displayName"]) for one in items} == {
        ("#microsoft.graph.user", "Carla Diaz"),
        ("#microsoft.graph.user", "David Lee"),
        ("#microsoft.graph.device", None),
        ("#microsoft.graph.servicePrincipal", None),
        ("#microsoft.graph.orgContact", None),
    }


def test_transitive_members(api: Api) -> None:
    """All below, each once, the nested groups among them."""
    assert names(api, api.ids(api.of("Auditors"))) == {"Ben Jones", "Bo Berg", "Internal Audit"}
    below = names(api, api.ids(api.of("Auditors", "transitiveMembers")))
    assert below == {
        "Ben Jones",
        "Bo Berg",
        "Internal Audit",
        "Carla Diaz",
        "David Lee",
        "LAPTOP-1",
        "Backup",
        "contact",
    }


def test_circle(api: Api) -> None:
    """Groups in a circle end somewhere, and none is in itself."""
    api.tenant.add_members("Internal Audit", "Auditors")
    below = names(api, api.ids(api.of("Auditors", "transitiveMembers")))
    assert "Auditors" not in below
    assert "Carla Diaz" in below


def test_two_ways_into_a_group(api: Api) -> None:
    """Who is in a group by two ways is listed once."""
    api.tenant.add_members("Auditors", "Carla Diaz")
    assert names(api, api.ids(api.of("Auditors", "transitiveMembers"))) >= {"Carla Diaz"}
    ids = api.ids(api.of("Auditors", "transitiveMembers"))
    assert len(ids) == len(set(ids)) == 8


def test_disabled_members(api: Api) -> None:
    """Who is disabled stays a member."""
    items = api.items(f"{api.of('Internal Audit')}?$select=accountEnabled,userType")
    users = [one for one in items if one["@odata.type"] == "#microsoft.graph.user"]
    assert sorted(one["accountEnabled"] for one in users) == [False, True]


def test_guests(api: Api) -> None:
    """A guest has a UPN that is no address."""
    path = f"/users/{api.tenant.find('Bo Berg').id}?$select=userType,mail,userPrincipalName"
    told = api.get(path).json()
    assert (told["userType"], told["mail"]) == ("Guest", "bo@partner.example")
    assert told["userPrincipalName"] == "bo_partner.example#EXT#@corp.onmicrosoft.example"


def test_deleted_members(api: Api) -> None:
    """Who is deleted is no member, until restored."""
    ben = api.tenant.find("Ben Jones")
    api.tenant.delete(ben)
    assert names(api, api.ids(api.of("Newsroom"))) == {"Anna Smith"}
    assert error(api.get(f"/users/{ben.id}")) == (404, "Request_ResourceNotFound")
    api.tenant.restore(ben)
    assert names(api, api.ids(api.of("Newsroom"))) == {"Anna Smith", "Ben Jones"}


def test_owners_and_managers(api: Api) -> None:
    """Owners are users; a manager is one user, or a 404."""
    anna, ben = api.tenant.find("Anna Smith"), api.tenant.find("Ben Jones")
    api.tenant.set_manager(ben, anna)
    assert api.ids(api.of("Internal Audit", "owners")) == [anna.id]
    assert api.ids(api.of("Auditors", "owners")) == []
    manager = api.get(f"/users/{ben.id}/manager?$select=mail").json()
    assert (manager["@odata.type"], manager["mail"]) == ("#microsoft.graph.user", "anna.smith@corp.example")
    assert error(api.get(f"/users/{anna.id}/manager")) == (404, "Request_ResourceNotFound")


def test_unknown_group(api: Api) -> None:
    """A group that is not there is a 404 that names it."""
    answer = api.get("/groups/11111111-1111-1111-1111-111111111111/members")
    assert error(answer) == (404, "Request_ResourceNotFound")
    assert "11111111-1111-1111-1111-111111111111" in answer.json()["error"]["message"]
    assert error(api.get(f"/groups/{api.tenant.find('Anna Smith').id}"))[0] == 404


def test_what_nobody_knows(api: Api) -> None:
    """Where the real answers are not known, they can be chosen (reference 12)."""
    api.tenant.add_members("Internal Audit", "Auditors")
    api.tenant.delete("Carla Diaz")
    api.sandbox.set_modes(circles="listed", deleted_members="listed", principals="left_out")
    direct = {one["@odata.type"].rpartition(".")[2] for one in api.items(api.of("Internal Audit"))}
    assert direct == {"user", "device", "orgContact", "group"}
    below = api.items(f"{api.of('Auditors', 'transitiveMembers')}?$select=displayName")
    assert {"Auditors", "Carla Diaz"} <= {one.get("displayName") for one in below}
    assert len(below) == 9


# ---- what is told ----------------------------------------------------------------------------------------


def test_usual_properties(api: Api) -> None:
    """Without `$select` a user is told with eleven properties; the account's state is not among them."""
    told = api.get(f"/users/{api.tenant.find('Anna Smith').id}").json()
    assert set(told) - {"@odata.context"} == {
        *("id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone"),
        *("officeLocation", "preferredLanguage", "surname", "userPrincipalName"),
    }


def test_selected_properties(api: Api) -> None:
    """`$select` tells what it names, the id always, and lists as lists; others lack what is a user's alone."""
    items = api.items(f"{api.of('Internal Audit')}?$select=mail,otherMails,accountEnabled")
    shapes = {
        one["@odata.type"].removeprefix("#microsoft.graph."): set(one) - {"id", "@odata.type"} for one in items
    }
    assert shapes == {
        "user": {"mail", "otherMails", "accountEnabled"},
        "device": {"accountEnabled"},
        "servicePrincipal": {"accountEnabled"},
        "orgContact": {"mail"},
    }
    assert all(one["otherMails"] == [] for one in items if "otherMails" in one)


def test_user_by_upn(api: Api) -> None:
    """A user can be asked for by UPN; a guest's `#` must be escaped."""
    upn = quote("bo_partner.example#EXT#@corp.onmicrosoft.example")
    assert api.get(f"/users/{upn}").json()["mail"] == "bo@partner.example"
    assert api.get("/users/anna.smith@corp.example").json()["displayName"] == "Anna Smith"


def test_groups(api: Api) -> None:
    """A group tells of what kind it is."""
    told = api.get(f"/groups/{api.tenant.find('Newsroom').id}?$select=groupTypes,mailEnabled,visibility").json()
    assert (told["groupTypes"], told["mailEnabled"], told["visibility"]) == (["Unified"], True, None)


# ---- every answer ----------------------------------------------------------------------------------------


def test_ids_of_requests(api: Api) -> None:
    """Every answer has an id of its own and gives the client's back; an error has both in its body, too."""
    answer = api.get("/groups/none", client_request_id="my-id")
    inner = answer.json()["error"]["innerError"]
    assert answer.headers["client-request-id"] == inner["client-request-id"] == "my-id"
    assert answer.headers["request-id"] == inner["request-id"]
    assert {"date", "x-ms-ags-diagnostic"} <= set(answer.headers)


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("/transitiveMembers", 5),
        ("/transitiveMembers?$select=id", 4),
        ("/transitiveMembers?$select=id&$top=5", 3),
        ("/members", 3),
        ("/members?$select=id", 2),
        ("", 1),
        ("?$select=id&$top=5", 1),
    ],
)
def test_resource_units(api: Api, path: str, units: int) -> None:
    """Every answer says what it cost."""
    answer = api.get(f"/groups/{api.tenant.find('Auditors').id}{path}")
    assert answer.headers["x-ms-resource-unit"] == str(units)


# ---- the tenant itself -----------------------------------------------------------------------------------


def test_unknown_references() -> None:
    """What leads nowhere is said when the scene is set."""
    tenant = Tenant()
    with pytest.raises(UnknownReference, match="'Nobody'"):
        tenant.add_group("Auditors", ["Nobody"])
    with pytest.raises(UnknownReference, match="a user has no property shoeSize"):
        tenant.add_user("Anna Smith", shoeSize="38")


def test_same_calls_same_ids() -> None:
    """The same calls make the same ids."""
    assert Tenant(seed=3).add_user("Anna Smith").id == Tenant(seed=3).add_user("Anna Smith").id
    assert Tenant(seed=3).id != Tenant(seed=4).id
