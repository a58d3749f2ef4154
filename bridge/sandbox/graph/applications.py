"""App registrations: how an application proves itself, and what it was given consent for."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import jwt

GROUPS: Final = "GroupMember.Read.All"
USERS: Final = "User.Read.All"
HIDDEN: Final = "Member.Read.Hidden"
EVERY_ROLE: Final = frozenset({GROUPS, USERS, HIDDEN})

DEFAULT_CLIENT_ID: Final = "5e0c1a52-7d3b-4c1e-9a55-b21d6e000001"
DEFAULT_CLIENT_SECRET: Final = "sandbox-secret-of-the-bridge"  # noqa: S105 - made up, opens nothing but a sandbox


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret."""

    text: str = field(repr=False)
    expires: datetime | None = None
    """None: never."""


@dataclass(frozen=True, slots=True)
class Application:
    """An app registration, with its consents in the tenant."""

    id: str
    """The client id."""
    name: str
    secrets: tuple[Secret, ...] = ()
    roles: frozenset[str] = EVERY_ROLE
    """Application permissions that an administrator consented to."""


BRIDGE: Final = Application(DEFAULT_CLIENT_ID, "Bridge", (Secret(DEFAULT_CLIENT_SECRET),))
"""May read everything."""


class Applications:
    """The applications by client id."""

    def __init__(self, applications: Iterable[Application]) -> None:
        self._known = {one.id.casefold(): one for one in applications}

    def known(self, client_id: str) -> Application | None:
        """The application with this client id."""
        return self._known.get(client_id.casefold())

    def put(self, application: Application) -> None:
        """Register an application, or change one."""
        self._known[application.id.casefold()] = application

    def consent(self, client_id: str, *roles: str, granted: bool = True) -> None:
        """Give consent, or take it back. It is in tokens from the next one on (Graph reference 6)."""
        known = self._known[client_id.casefold()]
        after = known.roles | set(roles) if granted else known.roles - set(roles)
        self.put(replace(known, roles=after))


@dataclass(frozen=True, slots=True)
class Token:
    """What an access token stands for."""

    client_id: str
    roles: frozenset[str]
    """As they were when it was issued."""
    expires: datetime


class Tokens:
    """Every access token given out: JWTs whose claims a client may look at, and that mean something here only."""

    def __init__(self, clock: Callable[[], datetime], tenant_id: str) -> None:
        self._clock = clock
        self._tenant_id = tenant_id
        self._key = secrets.token_bytes(32)
        self._tokens: dict[str, Token] = {}

    def issue(self, application: Application, audience: str, life: int) -> str:
        """Give an application a token for so many seconds. Those it has stay good."""
        now = self._clock()
        expires = now + timedelta(seconds=life)
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int(expires.timestamp()),
            "appid": application.id,
            "app_displayname": application.name,
            "idtyp": "app",
            "tid": self._tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        if application.roles:
            claims["roles"] = sorted(application.roles)
        text = jwt.encode(claims, self._key)
        self._tokens[text] = Token(application.id, application.roles, expires)
        return text

    def get(self, text: str) -> Token | None:
        """The token that this text is, spent or not."""
        return self._tokens.get(text)

    def revoke_all(self) -> None:
        """Make every token given out so far worthless."""
        self._tokens.clear()
