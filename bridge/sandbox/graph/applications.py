"""App registrations: how an application proves itself, and what it was given consent for."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from cryptography.x509 import Certificate

from bridge.sandbox.graph.federation import Federation

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
    certificates: tuple[Certificate, ...] = ()
    federations: tuple[Federation, ...] = ()
    roles: frozenset[str] = EVERY_ROLE
    """Application permissions that an administrator consented to."""
    enabled: bool = True


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
