"""The two operations on users."""

from bridge.sandbox.hyperproof import HyperproofSandbox
from bridge.sandbox.hyperproof.model import ROLES
from tests.sandbox.hyperproof.api import Api


def test_two_ids(api: Api) -> None:
    """Every user has two ids, and no id means two things."""
    users = api.get("/users", includeDeactivated="true").json()
    ids = [user["id"] for user in users] + [user["userId"] for user in users]
    assert len(set(ids)) == 2 * len(users)


def test_deactivated_people_only_on_request(api: Api) -> None:
    """Deactivated people are listed with `includeDeactivated=true` alone."""
    emails = {user.get("email") for user in api.get("/users").json()}
    everybody = {user.get("email") for user in api.get("/users", includeDeactivated="true").json()}
    assert everybody - emails == {"heidi.vogel@corp.example"}


def test_capital_false(api: Api) -> None:
    """`includeDeactivated=False` is taken too, as one public client writes it."""
    assert api.get("/users", includeDeactivated="False").json() == api.get("/users").json()


def test_no_truth_value(api: Api) -> None:
    """Another value is refused."""
    assert api.get("/users", includeDeactivated="yes").status_code == 400


def test_user_object(api: Api) -> None:
    """An entry has the fields that real extracts show, and those that need `expand` only then."""
    user = api.get("/users").json()[0]
    assert user == {
        "id": api.user("Anna").id,
        "userId": api.user("Anna").user_id,
        "status": "active",
        "type": "activeUser",
        "email": "anna.smith@corp.example",
        "givenName": "Anna",
        "surname": "Smith",
        "language": "en",
        "locale": "US",
        "timeZone": "America/Los_Angeles",
        "externalUserLinks": [],
    }


def test_expanded_user(api: Api) -> None:
    """`expand` tells identity providers and the role."""
    user = api.get("/users", expand="identityProviders,organizationRoleId").json()[0]
    assert user["identityProviders"] == []
    assert user["organizationRoleId"] == ROLES["administrator"]


def test_service_account_has_no_address(api: Api) -> None:
    """Service accounts are listed among the users, without an address."""
    accounts = [user for user in api.get("/users").json() if user["type"] == "serviceAccount"]
    assert [account["givenName"] for account in accounts] == ["Bridge", "Read", "No", "Limited"]
    assert all("email" not in account for account in accounts)


def test_same_service_accounts_in_a_second_sandbox(api: Api) -> None:
    """Serving an organization again makes no further service accounts."""
    before = api.organization.users
    HyperproofSandbox(api.organization).close()
    assert api.organization.users == before


def test_me(api: Api) -> None:
    """`/users/me` tells of the caller; `id` is the `userId` of the list."""
    me = api.get("/users/me").json()
    assert me["id"] == api.user_id("Bridge")
    assert me["state"] == "verified"
    assert "identityProviders" not in me


def test_me_expanded(api: Api) -> None:
    """`/users/me` expands identity providers and organizations."""
    me = api.get("/users/me", expand="identityProviders,organizations").json()
    assert me["identityProviders"] == []
    assert me["organizations"] == [{"id": api.organization.id}]
