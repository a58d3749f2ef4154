"""API clients, what they may do, and the tokens that they hold."""

import hmac
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

EVERY_SCOPE: Final = frozenset({"user.read", "group.read", "group.update"})
"""The scopes that matter to groups. Their real names are not documented (API reference 2.3)."""

DEFAULT_CLIENT_ID: Final = "b71d6e5a0c4f48f2a9d3bridge000001"
DEFAULT_CLIENT_SECRET: Final = "sandbox-secret-of-the-bridge"  # noqa: S105 - made up, opens nothing but a sandbox


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A service account's API client: credentials, scopes, and the role of its principal (API reference 2.3)."""

    id: str
    """32 characters."""
    secret: str = field(repr=False)
    name: str
    scopes: frozenset[str] = EVERY_SCOPE
    role: str = "administrator"


BRIDGE: Final = ApiClient(DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, "Bridge")
"""May do everything."""

READ_ONLY: Final = ApiClient(
    "b71d6e5a0c4f48f2a9d3readonly0002",
    "sandbox-secret-read-only",
    "Read only",
    EVERY_SCOPE - {"group.update"},
)
NO_USERS: Final = ApiClient(
    "b71d6e5a0c4f48f2a9d3nousers00003",
    "sandbox-secret-no-users",
    "No user scope",
    EVERY_SCOPE - {"user.read"},
)
LIMITED_ROLE: Final = ApiClient(
    "b71d6e5a0c4f48f2a9d3limited00004",
    "sandbox-secret-limited-role",
    "Limited role",
    role="limited access user",
)
"""Has every scope, and a role that may not write groups."""

STANDARD_CLIENTS: Final = (BRIDGE, READ_ONLY, NO_USERS, LIMITED_ROLE)


class Clients:
    """The API clients by id."""

    def __init__(self, clients: tuple[ApiClient, ...]) -> None:
        self._clients = {client.id: client for client in clients}

    def __iter__(self) -> Iterator[ApiClient]:
        return iter(tuple(self._clients.values()))

    def known(self, client_id: str) -> ApiClient | None:
        """The client with this id."""
        return self._clients.get(client_id)

    def trusted(self, client_id: str, secret: str) -> ApiClient | None:
        """The client with these credentials."""
        client = self._clients.get(client_id)
        same = client is not None and hmac.compare_digest(client.secret.encode(), secret.encode())
        return client if same else None


@dataclass(frozen=True, slots=True)
class _Token:
    client_id: str
    expires: datetime
    revoked: bool = False


class Tokens:
    """Every token given out. They are strings without meaning."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._tokens: dict[str, _Token] = {}

    def issue(self, client: ApiClient, life: int) -> str:
        """Give a client a token for so many seconds. Those it has stay good."""
        text = secrets.token_urlsafe(32)
        self._tokens[text] = _Token(client.id, self._clock() + timedelta(seconds=life))
        return text

    def holder(self, text: str) -> str:
        """The id of the client that a token was given to, spent or not; empty for no token of ours."""
        token = self._tokens.get(text)
        return token.client_id if token else ""

    def valid(self, text: str) -> bool:
        """Whether a token is ours, not expired and not revoked."""
        token = self._tokens.get(text)
        return token is not None and not token.revoked and self._clock() < token.expires

    def revoke(self, text: str) -> None:
        """Make one token worthless."""
        if text in self._tokens:
            self._tokens[text] = replace(self._tokens[text], revoked=True)

    def revoke_all(self) -> None:
        """Make every token given out so far worthless."""
        for text in tuple(self._tokens):
            self.revoke(text)
