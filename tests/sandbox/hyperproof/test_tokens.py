"""The token endpoint, the life of a token, and what each client may do."""

import pytest

from bridge.sandbox.hyperproof import BRIDGE, LIMITED_ROLE, NO_USERS, READ_ONLY, Organization
from tests.sandbox.hyperproof.api import Api, Clock, rehearse


def test_form(api: Api) -> None:
    """A form with the three fields draws a token for an hour."""
    answer = api.ask_token()
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3600


def test_json_body(api: Api) -> None:
    """The same fields are taken as JSON."""
    fields = {"grant_type": "client_credentials", "client_id": BRIDGE.id, "client_secret": BRIDGE.secret}
    answer = api.http.post(api.sandbox.token_url, json=fields)
    assert "access_token" in answer.json()


def test_scope_is_taken(api: Api) -> None:
    """A `scope` field does no harm."""
    assert api.ask_token(scope="user.read group.read").status_code == 200


@pytest.mark.parametrize("change", [{"client_secret": "wrong"}, {"client_id": "nobody"}])
def test_wrong_credentials(api: Api, change: dict[str, str]) -> None:
    """Wrong credentials draw 401 and `invalid_client`."""
    answer = api.ask_token(**change)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_other_grant(api: Api) -> None:
    """Only client credentials are known."""
    answer = api.ask_token(grant_type="password")
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_token_body_that_cannot_be_read(api: Api, body: bytes) -> None:
    """A body that cannot be read asks for no grant."""
    answer = api.http.post(api.sandbox.token_url, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_token_by_get(api: Api) -> None:
    """Tokens are had by POST."""
    assert api.http.get(api.sandbox.token_url).status_code == 405


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer wrong", "Basic wrong"])
def test_without_a_token(api: Api, authorization: str | None) -> None:
    """Without a good token every call is a 401 in the gateway's shape."""
    headers = {"Authorization": authorization} if authorization else {}
    answer = api.http.get(f"{api.sandbox.api_url}/groups", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["statusCode"] == 401


def test_expired_token() -> None:
    """A token is good to the end of its life and not beyond it; a new one is good again."""
    clock = Clock()
    with rehearse(Organization.small(clock=clock), expires_in=5) as api:
        clock.advance(4.9)
        assert api.get("/groups").status_code == 200
        clock.advance(0.1)
        assert api.get("/groups").status_code == 401
        assert api.sign_in().get("/groups").status_code == 200


def test_revoked_tokens(api: Api) -> None:
    """Revoked tokens are worthless at once."""
    api.sandbox.revoke_tokens()
    assert api.get("/groups").status_code == 401


def test_new_token_leaves_the_old_one(api: Api) -> None:
    """A client may hold several tokens."""
    api.ask_token()
    assert api.get("/groups").status_code == 200


def test_read_only_scope() -> None:
    """Without the scope to write, reads go and writes are a 403 that is no throttle."""
    with rehearse(client=READ_ONLY) as api:
        assert api.get("/groups").status_code == 200
        answer = api.add("Auditors", api.user_id("Erik"))
        assert answer.status_code == 403
        assert answer.json() == {"error": "The API client lacks the scope group.update."}
        assert api.names("Auditors") == {"Carla", "David"}


def test_no_user_scope() -> None:
    """Without the user scope Get Users is a 403, and groups and `/me` go."""
    with rehearse(client=NO_USERS) as api:
        assert api.get("/users").status_code == 403
        assert api.get("/users/me").status_code == 200
        assert api.get("/groups").status_code == 200


def test_limited_role() -> None:
    """With every scope but a lesser role, writes are a 403."""
    with rehearse(client=LIMITED_ROLE) as api:
        assert api.get("/groups").status_code == 200
        assert api.call("POST", "/groups", {"name": "Risk"}).status_code == 403


def test_secret_is_not_in_a_representation() -> None:
    """A client's secret is not shown."""
    assert BRIDGE.secret not in repr(BRIDGE)


def test_ids_of_clients_have_32_characters() -> None:
    """Client ids look like real ones."""
    assert {len(client.id) for client in (BRIDGE, READ_ONLY, NO_USERS, LIMITED_ROLE)} == {32}
