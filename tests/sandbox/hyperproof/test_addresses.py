"""Which addresses and methods there are."""

import pytest

from tests.sandbox.hyperproof.api import Api


@pytest.mark.parametrize("path", ["/nothing", "/groups/x/y", "/groups/users/delete", "/users/x", ""])
def test_unknown_address(api: Api, path: str) -> None:
    """An unknown address is a 404 in the gateway's shape."""
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"statusCode": 404, "message": "Resource not found"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/groups", "GET, POST"),
        ("DELETE", "/groups/x", "GET, PATCH"),
        ("PUT", "/groups/x", "GET, PATCH"),
        ("PATCH", "/groups/users", "GET"),
        ("PUT", "/groups/x/users", "GET, POST"),
        ("DELETE", "/groups/x/users", "GET, POST"),
        ("POST", "/groups/x/users/delete", "PUT"),
        ("POST", "/users", "GET"),
        ("DELETE", "/users/me", "GET"),
        ("HEAD", "/groups", "GET, POST"),
    ],
)
def test_undocumented_method(api: Api, method: str, path: str, allowed: str) -> None:
    """An undocumented method is a 405 that says what is allowed."""
    answer = api.call(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_body_of_405(api: Api) -> None:
    """The 405 has the gateway's shape."""
    assert api.call("DELETE", "/groups").json() == {"statusCode": 405, "message": "Method not allowed"}


@pytest.mark.parametrize("path", ["/users", "/users/me", "/groups", "/groups/users"])
def test_trailing_slash(api: Api, path: str) -> None:
    """An address with a trailing slash is the same one."""
    assert api.get(f"{path}/").json() == api.get(path).json()


def test_id_in_percent_form(api: Api) -> None:
    """A group's id may be percent-encoded."""
    group_id = api.group_id("Auditors").replace("-", "%2D")
    assert api.get(f"/groups/{group_id}").json()["name"] == "Auditors"
