"""A sandbox of its own for a test, and a client that talks to it over a real socket."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx

from bridge.sandbox.hyperproof import (
    BRIDGE,
    STANDARD_CLIENTS,
    ApiClient,
    HyperproofSandbox,
    Organization,
    User,
)
from bridge.sandbox.hyperproof.modes import DEFAULT_MODES, change_modes

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class Api:
    """One API client's view of a sandbox."""

    def __init__(self, sandbox: HyperproofSandbox, http: httpx.Client, client: ApiClient = BRIDGE) -> None:
        self.sandbox = sandbox
        self.organization = sandbox.organization
        self.http = http
        self.client = client
        self.token = ""

    def ask_token(self, **changes: str) -> httpx.Response:
        """Ask for a token with this client's credentials."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client.id,
            "client_secret": self.client.secret,
        }
        return self.http.post(self.sandbox.token_url, data=form | changes)

    def sign_in(self) -> "Api":
        """Get a token and use it from now on."""
        self.token = self.ask_token().json()["access_token"]
        return self

    def call(self, method: str, path: str, body: object = None, **parameters: str) -> httpx.Response:
        """Send a request to a path under /v1."""
        return self.http.request(
            method,
            self.sandbox.api_url + path,
            params=parameters,
            headers={"Authorization": f"Bearer {self.token}"},
            json=body,
        )

    def get(self, path: str, **parameters: str) -> httpx.Response:
        """Read."""
        return self.call("GET", path, **parameters)

    def control(self, method: str, name: str, body: object = None) -> httpx.Response:
        """Move the scenery."""
        return self.http.request(method, f"{self.sandbox.url}/_sandbox/{name}", json=body)

    def group_id(self, name: str) -> str:
        """A group's id."""
        return self.organization.find_group(name).id

    def user(self, given_name: str) -> User:
        """The user of the small organization with this given name."""
        return next(user for user in self.organization.users if user.given_name == given_name)

    def user_id(self, given_name: str) -> str:
        """That user's `userId`."""
        return self.user(given_name).user_id

    def add(self, group: str, *user_ids: str) -> httpx.Response:
        """Add members."""
        return self.call("POST", f"/groups/{self.group_id(group)}/users", {"userIds": user_ids})

    def remove(self, group: str, *user_ids: str) -> httpx.Response:
        """Remove members."""
        return self.call("PUT", f"/groups/{self.group_id(group)}/users/delete", {"userIds": user_ids})

    def members(self, group: str) -> list[str]:
        """Members as the API tells."""
        ids: list[str] = self.get(f"/groups/{self.group_id(group)}/users").json()["userIds"]
        return ids

    def names(self, group: str) -> set[str]:
        """The given names of who truly is in a group."""
        return {user.given_name or "" for user in self.organization.members(group)}


@contextmanager
def rehearse(
    organization: Organization | None = None,
    *,
    client: ApiClient = BRIDGE,
    clients: tuple[ApiClient, ...] = STANDARD_CLIENTS,
    **modes: object,
) -> Iterator[Api]:
    """Serve a small organization, or another, and sign in."""
    settled = change_modes(DEFAULT_MODES, modes)
    with (
        HyperproofSandbox(organization, modes=settled, clients=clients) as sandbox,
        httpx.Client(verify=_NO_TLS, trust_env=False) as http,
    ):
        yield Api(sandbox, http, client).sign_in()
