"""Lists, archived groups, names and leads under each mode (API reference 11.7 to 11.11)."""

import pytest

from tests.sandbox.hyperproof.api import Api, rehearse

# ---- 11.7 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/users", "/groups", "/groups/users"])
def test_list_cap(path: str) -> None:
    """`list_cap=`: lists end there without a word."""
    with rehearse(list_cap=2) as api:
        answer = api.get(path)
        assert (answer.status_code, len(answer.json())) == (200, 2)


@pytest.mark.parametrize("path", ["/users", "/groups", "/groups/users"])
def test_pages(path: str) -> None:
    """`page_size=`: lists come in envelopes, and following `nextToken` gives the whole list."""
    with rehearse() as api:
        whole = api.get(path).json()
        api.sandbox.set_modes(page_size=2)
        entries = []
        token: str | None = ""
        while token is not None:
            page = api.get(path, nextToken=token).json()
            assert set(page) == {"data", "nextToken"}
            entries += page["data"]
            token = page["nextToken"]
        assert entries == whole


def test_full_last_page() -> None:
    """`page_size=`: a last page that is full leads no further."""
    with rehearse(page_size=3) as api:
        assert api.get("/groups").json()["nextToken"] is None


def test_page_that_leads_to_itself() -> None:
    """`next_page=repeats`: the token leads back to the same page."""
    with rehearse(page_size=1, next_page="repeats") as api:
        first = api.get("/groups").json()
        assert api.get("/groups", nextToken=first["nextToken"]).json() == first


def test_token_that_is_none_of_ours() -> None:
    """`page_size=`: an unknown token is refused."""
    with rehearse(page_size=1) as api:
        assert api.get("/groups", nextToken="x").status_code == 400


# ---- 11.8 ----------------------------------------------------------------------------------------------


def test_members_always_told() -> None:
    """`group_members=always`: every group object has its members."""
    with rehearse(group_members="always") as api:
        group = api.get(f"/groups/{api.group_id('Auditors')}").json()
        assert group["userIds"] == [api.user_id("Carla"), api.user_id("David")]
        assert all("userIds" in group for group in api.get("/groups").json())


def test_empty_members_omitted() -> None:
    """`empty_members=omitted`: a group without members has no `userIds`, wherever it is told of."""
    with rehearse(empty_members="omitted") as api:
        group_id = api.group_id("Newcomers")
        assert "userIds" not in api.get(f"/groups/{group_id}/users").json()
        everywhere = api.get("/groups", expand="userIds").json() + api.get("/groups/users").json()
        assert [group_id, group_id] == [
            one.get("groupId", one["id"]) for one in everywhere if "userIds" not in one
        ]


# ---- 11.9 ----------------------------------------------------------------------------------------------


def test_archived_group(api: Api) -> None:
    """By default an archived group is readable by id and refuses every write."""
    group_id = api.group_id("Auditors 2019")
    assert api.get(f"/groups/{group_id}").status_code == 200
    assert api.members("Auditors 2019") == [api.user_id("David")]
    assert api.add("Auditors 2019", api.user_id("Erik")).status_code == 400
    assert api.remove("Auditors 2019", api.user_id("David")).status_code == 400
    assert api.call("PATCH", f"/groups/{group_id}", {"name": "Old"}).status_code == 400
    assert api.names("Auditors 2019") == {"David"}


def test_archived_writable() -> None:
    """`archived=writable`: an archived group takes writes."""
    with rehearse(archived="writable") as api:
        assert api.add("Auditors 2019", api.user_id("Erik")).status_code == 200


def test_archived_not_there() -> None:
    """`archived=404`: an archived group is not there by id, for reads and writes."""
    with rehearse(archived="404") as api:
        group_id = api.group_id("Auditors 2019")
        assert api.get(f"/groups/{group_id}").status_code == 404
        assert api.get(f"/groups/{group_id}/users").status_code == 404
        assert api.add("Auditors 2019", api.user_id("Erik")).status_code == 404


def test_archived_name(api: Api) -> None:
    """By default an archived group holds its name."""
    assert api.call("POST", "/groups", {"name": "Auditors 2019"}).status_code == 409


def test_archived_names_free() -> None:
    """`archived_names=free`: an archived group's name can be had."""
    with rehearse(archived_names="free") as api:
        assert api.call("POST", "/groups", {"name": "Auditors 2019"}).status_code == 200


# ---- 11.10 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Auditors", "AUDITORS", " auditors "])
def test_name_is_taken(api: Api, name: str) -> None:
    """By default a name that differs in case or outer spaces alone is a conflict, for new and old groups."""
    assert api.call("POST", "/groups", {"name": name}).status_code == 409
    assert api.call("PATCH", f"/groups/{api.group_id('Newcomers')}", {"name": name}).status_code == 409


def test_own_name_is_free(api: Api) -> None:
    """A group may change the case of its own name."""
    assert api.call("PATCH", f"/groups/{api.group_id('Auditors')}", {"name": "AUDITORS"}).status_code == 200


@pytest.mark.parametrize(("mode", "status"), [("400", 400), ("allowed", 200)])
def test_name_conflict(mode: str, status: int) -> None:
    """`name_conflict=`: a taken name is a 400, or no matter."""
    with rehearse(name_conflict=mode) as api:
        assert api.call("POST", "/groups", {"name": "Auditors"}).status_code == status


# ---- 11.11 ---------------------------------------------------------------------------------------------


def test_lead_leaves(api: Api) -> None:
    """By default the lead can be taken out of the members and stays the lead."""
    assert api.remove("Compliance Managers", api.user_id("Anna")).status_code == 200
    assert api.organization.find_group("Compliance Managers").lead == api.user_id("Anna")


def test_lead_removal_refused() -> None:
    """`lead_removal=400`: a remove that names the lead is refused whole."""
    with rehearse(lead_removal="400") as api:
        assert api.remove("Compliance Managers", api.user_id("Anna"), api.user_id("Ben")).status_code == 400
        assert api.names("Compliance Managers") == {"Anna", "Ben", "Carla"}


def test_lead_removal_clears() -> None:
    """`lead_removal=clears`: taking the lead out leaves the group without one; another member does not."""
    with rehearse(lead_removal="clears") as api:
        api.remove("Compliance Managers", api.user_id("Ben"))
        assert api.organization.find_group("Compliance Managers").lead == api.user_id("Anna")
        api.remove("Compliance Managers", api.user_id("Anna"))
        assert api.organization.find_group("Compliance Managers").lead is None


def test_contact_lead_allowed() -> None:
    """`contact_lead=allowed`: a contact may lead."""
    with rehearse(contact_lead="allowed") as api:
        body = {"groupLeadId": api.user_id("Julia")}
        assert api.call("PATCH", f"/groups/{api.group_id('Auditors')}", body).status_code == 200


def test_lead_joins() -> None:
    """`lead_joins=true`: a new lead becomes a member, of old groups and new ones."""
    with rehearse(lead_joins=True) as api:
        lead = api.user_id("Ben")
        api.call("PATCH", f"/groups/{api.group_id('Auditors')}", {"groupLeadId": lead})
        api.call("POST", "/groups", {"name": "Risk", "groupLeadId": lead})
        assert "Ben" in api.names("Auditors")
        assert api.names("Risk") == {"Ben"}
