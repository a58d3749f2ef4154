"""What an application sees without a consent (reference 6)."""

import pytest

from bridge.sandbox.graph import DEFAULT_CLIENT_ID, GROUPS, HIDDEN, USERS
from tests.sandbox.graph.api import EVENTUAL, Api, Json, error

SELECT = "$select=displayName,mail,userPrincipalName,accountEnabled,otherMails"


def only(api: Api, *roles: str) -> None:
    """Leave the application these consents and no others, and sign in anew."""
    known = api.sandbox.applications.known(DEFAULT_CLIENT_ID)
    assert known is not None
    api.sandbox.applications.consent(DEFAULT_CLIENT_ID, *known.roles, granted=False)
    api.sandbox.applications.consent(DEFAULT_CLIENT_ID, *roles)
    api.sign_in()


def people(api: Api, group: str = "Newsroom") -> list[Json]:
    """The members of a group, as they are told."""
    return api.items(f"{api.of(group)}?{SELECT}")


def test_without_user_read(api: Api) -> None:
    """Members come with 200, a type and an id; all else is null, and lists are empty."""
    only(api, GROUPS)
    for one in people(api):
        kind, object_id = one.pop("@odata.type"), one.pop("id")
        assert (kind, object_id in api.tenant.objects) == ("#microsoft.graph.user", True)
        assert one == {
            "displayName": None,
            "mail": None,
            "userPrincipalName": None,
            "accountEnabled": None,
            "otherMails": [],
        }


def test_missing_instead_of_null(api: Api) -> None:
    """What may not be read can be left out instead."""
    api.sandbox.set_modes(unreadable="missing")
    only(api, GROUPS)
    assert {frozenset(one) for one in people(api)} == {frozenset({"@odata.type", "id"})}


def test_basic_profiles(api: Api) -> None:
    """With `User.ReadBasic.All` names and addresses are told, and the account's state is not."""
    only(api, GROUPS, "User.ReadBasic.All")
    told = {one["mail"]: (one["accountEnabled"], one["otherMails"]) for one in people(api)}
    assert told == {"anna.smith@corp.example": (None, []), "ben.jones@corp.example": (None, [])}
    assert error(api.get("/users")) == (403, "Authorization_RequestDenied")


def test_in_a_batch(api: Api) -> None:
    """It is the same in a batch."""
    only(api, GROUPS)
    item = api.batch(f"{api.of('Newsroom')}?{SELECT}").json()["responses"][0]
    assert (item["status"], item["body"]["value"][0]["mail"]) == (200, None)


@pytest.mark.parametrize("path", ["/groups", "/groups/{}", "/groups/{}/members", "/groups/{}/transitiveMembers"])
def test_without_groups(api: Api, path: str) -> None:
    """Without a consent for groups everything of them is refused."""
    only(api, USERS)
    answer = api.get(path.format(api.tenant.find("Newsroom").id))
    assert error(answer) == (403, "Authorization_RequestDenied")
    assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."


def test_direct_members_alone(api: Api) -> None:
    """`GroupMember.ReadBasic.All` shows direct members only."""
    only(api, "GroupMember.ReadBasic.All", USERS)
    assert len(api.ids(api.of("Auditors"))) == 3
    assert error(api.get(api.of("Auditors", "transitiveMembers"))) == (403, "Authorization_RequestDenied")


def test_directory_read(api: Api) -> None:
    """`Directory.Read.All` is enough for everything but hidden members, and tells of devices, too."""
    only(api, "Directory.Read.All")
    told = api.items(f"{api.of('Internal Audit')}?$select=displayName")
    assert {"LAPTOP-1", "Backup", "Carla Diaz"} <= {one["displayName"] for one in told}
    assert api.get("/organization").json()["value"][0]["id"] == api.tenant.id


def test_organization(api: Api) -> None:
    """The tenant itself needs a permission that the bridge has no other use for."""
    assert error(api.get("/organization")) == (403, "Authorization_RequestDenied")


def test_hidden_members_refused(api: Api) -> None:
    """Hidden members need a permission of their own; the group itself is told, and says that it hides them."""
    assert len(api.ids(api.of("Secret"))) == 2
    only(api, GROUPS, USERS)
    group = api.get(f"/groups/{api.tenant.find('Secret').id}?$select=visibility").json()
    assert group["visibility"] == "HiddenMembership"
    for relation in ("members", "transitiveMembers"):
        assert error(api.get(api.of("Secret", relation))) == (403, "Authorization_RequestDenied")
    assert api.get(api.of("Secret", "owners")).status_code == 200


def test_hidden_members_seem_to_be_nobody(api: Api) -> None:
    """Or the group seems to be empty, with 200; its count, too."""
    api.sandbox.set_modes(hidden_members="empty")
    only(api, GROUPS, USERS)
    assert api.ids(api.of("Secret")) == []
    assert api.call("GET", f"{api.of('Secret')}/$count", headers=EVENTUAL).text == "0"
    only(api, GROUPS, USERS, HIDDEN)
    assert len(api.ids(api.of("Secret"))) == 2


def test_consent_needs_a_new_token(api: Api) -> None:
    """A consent taken back, or given, is nothing to tokens that are out."""
    api.sandbox.applications.consent(DEFAULT_CLIENT_ID, USERS, granted=False)
    assert people(api)[0]["mail"] is not None
    api.sign_in()
    assert people(api)[0]["mail"] is None
