"""A sandbox of its own for a test, and a client that talks to it over a real socket and TLS."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from bridge.sandbox.certificates import Authority
from bridge.sandbox.graph import (
    BRIDGE,
    DEFAULT_CLIENT_ID,
    Application,
    Effect,
    EntraSandbox,
    Fault,
    Modes,
    Reference,
    Tenant,
)
from bridge.sandbox.modes import changed

SCOPE = "https://graph.microsoft.com/.default"
EVENTUAL = {"ConsistencyLevel": "eventual"}
Json = dict[str, Any]


@cache
def certificates() -> Authority:
    """One authority for all tests."""
    return Authority()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class Api:
    """One application's view of a sandbox."""

    def __init__(self, sandbox: EntraSandbox, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.tenant = sandbox.tenant
        self.http = http
        self.token = ""

    # ---- signing in --------------------------------------------------------------------------------------

    def ask_token(self, tenant: str = "", **changes: str) -> httpx.Response:
        """Ask for a token with the usual application's secret, but for these fields; an empty one is left out."""
        form = {
            "grant_type": "client_credentials",
            "client_id": DEFAULT_CLIENT_ID,
            "client_secret": BRIDGE.secrets[0].text,
            "scope": SCOPE,
        }
        fields = {name: value for name, value in (form | changes).items() if value}
        return self.http.post(f"{self.sandbox.url}/{tenant or self.tenant.id}/oauth2/v2.0/token", data=fields)

    def sign_in(self) -> "Api":
        """Get a token and use it from now on."""
        self.token = self.ask_token().json()["access_token"]
        return self

    # ---- asking ------------------------------------------------------------------------------------------

    def call(
        self, method: str, path: str, body: object = None, *, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a request to a path under /v1.0, query included, or to a whole address."""
        address = path if path.startswith("https:") else f"{self.sandbox.url}/v1.0{path}"
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.http.request(method, address, headers=own | (headers or {}), json=body)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Read; an underscore in a header's name stands for a hyphen."""
        return self.call("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def eventual(self, path: str) -> httpx.Response:
        """Read with the header of advanced queries."""
        return self.call("GET", path, headers=EVENTUAL)

    def pages(self, path: str, *, headers: dict[str, str] | None = None) -> list[Json]:
        """Every page of a list, with the same headers each time."""
        pages = []
        while path:
            pages.append(self.call("GET", path, headers=headers).json())
            path = pages[-1].get("@odata.nextLink", "")
        return pages

    def items(self, path: str, *, headers: dict[str, str] | None = None) -> list[Json]:
        """Every item of a list."""
        return [item for page in self.pages(path, headers=headers) for item in page["value"]]

    def ids(self, path: str) -> list[str]:
        """The id of every item of a list."""
        return [item["id"] for item in self.items(path)]

    def batch(self, *requests: Json | str) -> httpx.Response:
        """Post a batch; an address alone is read, and gets its place as id, from 1."""
        entries = [
            {"id": str(place), "method": "GET", "url": one} if isinstance(one, str) else one
            for place, one in enumerate(requests, 1)
        ]
        return self.call("POST", "/$batch", {"requests": entries})

    def of(self, group: Reference, relation: str = "members") -> str:
        """The path of a group's members."""
        return f"/groups/{self.tenant.find(group).id}/{relation}"


def befall(api: Api, effect: Effect, **when: object) -> None:
    """Put a fault in force."""
    api.sandbox.faults.add(Fault(effect, **when))  # type: ignore[arg-type]  # the fields as each test names them


def error(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of an error."""
    return answer.status_code, answer.json()["error"]["code"]


@contextmanager
def rehearse(
    tenant: Tenant | None = None, *, applications: Sequence[Application] = (BRIDGE,), **modes: object
) -> Iterator[Api]:
    """Serve a tenant, and sign in."""
    settled = changed(Modes(), modes)
    authority = certificates()
    with (
        EntraSandbox(tenant, modes=settled, applications=applications, certificates=authority) as sandbox,
        httpx.Client(verify=authority.client_context(), trust_env=False) as http,
    ):
        yield Api(sandbox, http).sign_in()
