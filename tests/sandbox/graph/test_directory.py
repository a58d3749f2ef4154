"""Groups, members, owners, users: lists, single ones, counts, and the rules of queries (reference 1)."""

from urllib.parse import quote

import pytest

from bridge.sandbox.graph import Tenant, UnknownReference
from tests.sandbox.graph.api import EVENTUAL, Api, error, rehearse


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


# ---- casts, counts, and the header that they take --------------------------------------------------------


def test_cast(api: Api) -> None:
    """A cast lists one kind, without types, and counts it on the first page."""
    path = f"{api.of('Auditors', 'transitiveMembers')}/microsoft.graph.user?$count=true&$top=2"
    pages = api.pages(path, headers=EVENTUAL)
    assert [len(page["value"]) for page in pages] == [2, 2]
    assert [page.get("@odata.count") for page in pages] == [4, None]
    assert pages[0]["@odata.context"].endswith("#users")
    assert all("@odata.type" not in one for page in pages for one in page["value"])


@pytest.mark.parametrize(
    "path", ["/microsoft.graph.user?$count=true", "/microsoft.graph.user", "?$filter=mail eq 'x'"]
)
def test_cast_without_the_header(api: Api, path: str) -> None:
    """Casts and filters on members are refused without the header."""
    assert error(api.get(f"{api.of('Auditors')}{path}")) == (400, "Request_UnsupportedQuery")


def test_header_on_every_page(api: Api) -> None:
    """The header does not go along with a link: the second page without it is refused."""
    path = f"{api.of('Auditors', 'transitiveMembers')}/microsoft.graph.user?$count=true&$top=2"
    link = api.eventual(path).json()["@odata.nextLink"]
    assert error(api.get(link)) == (400, "Request_UnsupportedQuery")
    assert len(api.eventual(link).json()["value"]) == 2


def test_header_without_the_count(api: Api) -> None:
    """The header alone is not enough."""
    answer = api.eventual(f"{api.of('Auditors')}/microsoft.graph.user")
    assert error(answer) == (400, "Request_UnsupportedQuery")


def test_count_without_the_header(api: Api) -> None:
    """`$count=true` is ignored without the header; `/$count` is refused."""
    assert "@odata.count" not in api.get(f"{api.of('Auditors')}?$count=true").json()
    assert error(api.get(f"{api.of('Auditors')}/$count")) == (400, "Request_BadRequest")


def test_count(api: Api) -> None:
    """A count is a plain figure, of all kinds or of one."""
    answer = api.eventual(f"{api.of('Auditors', 'transitiveMembers')}/$count")
    assert (answer.text, answer.headers["Content-Type"]) == ("8", "text/plain; charset=utf-8")
    assert api.eventual(f"{api.of('Auditors', 'transitiveMembers')}/microsoft.graph.user/$count").text == "4"
    assert api.eventual("/groups/$count").text == "5"


def test_impossible_cast(api: Api) -> None:
    """A Microsoft 365 group holds users only."""
    answer = api.eventual(f"{api.of('Newsroom')}/microsoft.graph.group?$count=true")
    assert error(answer) == (400, "Request_UnsupportedQuery")


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


# ---- pages -----------------------------------------------------------------------------------------------


def test_page_sizes() -> None:
    """A hundred by default, 999 at most; one more is refused, not cut."""
    tenant = Tenant()
    tenant.add_group("All", [tenant.add_user(f"User {number}") for number in range(1001)])
    with rehearse(tenant) as api:
        assert [len(page["value"]) for page in api.pages(api.of("All"))] == [*[100] * 10, 1]
        assert [len(page["value"]) for page in api.pages(f"{api.of('All')}?$top=999")] == [999, 2]
        answer = api.get(f"{api.of('All')}?$top=1000")
        assert error(answer) == (400, "Request_UnsupportedQuery")
        assert "Must be between 1 and 999" in answer.json()["error"]["message"]


def test_smaller_pages(api: Api) -> None:
    """Pages can hold fewer than were asked for."""
    api.sandbox.set_modes(page_cap=2)
    assert [len(page["value"]) for page in api.pages(f"{api.of('Internal Audit')}?$top=999")] == [2, 2, 1]


def test_link_keeps_the_question(api: Api) -> None:
    """A link has the whole question in it; whoever strips it begins anew, with the usual properties."""
    link = api.get(f"{api.of('Internal Audit')}?$select=id&$top=2").json()["@odata.nextLink"]
    assert link.startswith(f"{api.sandbox.url}/v1.0/groups/")
    assert set(api.get(link).json()["value"][0]) == {"@odata.type", "id"}
    assert len(api.get(link.partition("?")[0]).json()["value"]) == 5


def test_escaped_question(api: Api) -> None:
    """A question may be escaped in any way that addresses allow."""
    address = f"{api.sandbox.url}/v1.0/groups"
    question = {"$filter": "displayName eq 'Internal Audit'", "$select": "id,displayName"}
    answer = api.http.get(address, params=question, headers={"Authorization": f"Bearer {api.token}"})
    assert "%24select=" in str(answer.request.url)
    assert [set(one) for one in answer.json()["value"]] == [{"id", "displayName"}]


def test_token_of_another_list(api: Api) -> None:
    """A page token is good for its own list alone."""
    link = api.get(f"{api.of('Internal Audit')}?$top=2").json()["@odata.nextLink"]
    other = link.replace(api.of("Internal Audit"), api.of("Auditors"))
    assert error(api.get(other)) == (400, "Directory_ExpiredPageToken")
    assert error(api.get(f"{api.of('Auditors')}?$skiptoken=x")) == (400, "Directory_ExpiredPageToken")


def test_page_token_expires(api: Api) -> None:
    """A page token is short-lived."""
    api.sandbox.set_modes(page_token_life=0)
    link = api.get(f"{api.of('Internal Audit')}?$top=2").json()["@odata.nextLink"]
    assert error(api.get(link)) == (400, "Directory_ExpiredPageToken")


# ---- finding ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("displayName eq 'Auditors'", {"Auditors"}),
        ("displayName eq 'AUDITORS'", {"Auditors"}),
        ("mailNickname eq 'InternalAudit'", {"Internal Audit"}),
        ("startswith(displayName,'n')", {"Newsroom", "Nobody"}),
        ("displayName in ('Auditors', 'Nobody')", {"Auditors", "Nobody"}),
        ("displayName eq 'Auditors' or displayName eq 'Nobody'", {"Auditors", "Nobody"}),
        ("securityEnabled eq true and mailEnabled eq true", {"Newsroom"}),
        ("startswith(displayName,'N') and (mailEnabled eq true or displayName eq 'x')", {"Newsroom"}),
        ("groupTypes/any(c:c eq 'Unified')", {"Newsroom", "Secret"}),
        ("displayName eq 'nothing'", set()),
    ],
)
def test_filter(api: Api, text: str, found: set[str]) -> None:
    """Groups are found by what they are called and of what kind they are, without regard to case."""
    assert {one["displayName"] for one in api.items(f"/groups?$filter={text}")} == found


def test_quotes_in_a_filter(api: Api) -> None:
    """A quote in a name is doubled."""
    api.tenant.add_group("O'Brien's")
    assert len(api.ids("/groups?$filter=displayName eq 'O''Brien''s'")) == 1


@pytest.mark.parametrize(
    "text", ["displayName ne 'x'", "not startswith(displayName,'x')", "endswith(displayName,'room')"]
)
def test_advanced_filter(api: Api, text: str) -> None:
    """Some filters are advanced queries: header and count."""
    assert error(api.get(f"/groups?$filter={text}")) == (400, "Request_UnsupportedQuery")
    answer = api.eventual(f"/groups?$filter={text}&$count=true")
    assert answer.json()["@odata.count"] == len(answer.json()["value"]) > 0


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(f"displayName eq '{number}'" for number in range(16)),
        f"displayName in ({','.join(repr(str(number)) for number in range(16))})",
    ],
)
def test_too_many_clauses(api: Api, text: str) -> None:
    """Fifteen clauses are the most."""
    answer = api.get(f"/groups?$filter={text}")
    assert error(answer) == (400, "Request_UnsupportedQuery")
    assert "16. Max allowed: 15." in answer.json()["error"]["message"]


@pytest.mark.parametrize("text", ["displayName", "displayName eq", "displayName eq x", "(displayName eq 'x'", "?"])
def test_bad_filter(api: Api, text: str) -> None:
    """A filter that makes no sense is a bad request."""
    assert error(api.get(f"/groups?$filter={text}")) == (400, "Request_BadRequest")


def test_unsupported_options(api: Api) -> None:
    """Options that are not here are refused, not ignored; so is an address that does not exist."""
    assert error(api.get("/groups?$orderby=displayName")) == (400, "Request_UnsupportedQuery")
    assert error(api.get("/grupos")) == (400, "Request_BadRequest")


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
