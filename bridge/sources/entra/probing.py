"""Finding out what the application may see: each permission by its effect, for the operator who sets it up."""

import base64
import json
from datetime import timedelta
from typing import Final

from bridge.errors import Denied
from bridge.sources.entra.failures import GROUPS_REMEDY, REFUSALS, USERS_REMEDY, refusal
from bridge.sources.entra.graph import SYSTEM, Graph, RequestIds, query
from bridge.sources.entra.listing import Item, items_of
from bridge.sources.entra.settings import Certificate, EntraSettings
from bridge.sources.entra.signin.certificate import load
from bridge.sources.probe import Probe
from bridge.transport.client import Bearer
from bridge.transport.gate import Clock

_SOON: Final = timedelta(days=30)
_PORTAL: Final = "App registrations > Certificates & secrets"


class Probing:
    """A look at one tenant. Use it once."""

    def __init__(self, settings: EntraSettings, graph: Graph, bearer: Bearer, clock: Clock) -> None:
        self._settings = settings
        self._graph = graph
        self._bearer = bearer
        self._clock = clock
        self._ids = RequestIds()
        self._findings: list[str] = []
        self._warnings: list[str] = []
        self._failures: list[str] = []

    def probe(self, who: str) -> Probe:
        """Sign in, and ask for a group and for a user. Raises what `EntraSource.read` does."""
        token = self._bearer.token()
        self._findings.append(f"signed in as {who}")
        self._look_at_roles(token)
        self._look_at_certificate()
        self._try("groups", "id,displayName", GROUPS_REMEDY)
        users = self._try("users", "id,userPrincipalName,accountEnabled", USERS_REMEDY)
        if any(user.get("accountEnabled") is None for user in users):
            self._failures.append(f"Graph does not tell which users are disabled; {USERS_REMEDY}")
        server = self._settings.graph_address
        return Probe(server, tuple(self._findings), tuple(self._warnings), tuple(self._failures))

    def _try(self, plural: str, properties: str, remedy: str) -> list[Item]:
        """Ask for one of them: what consent is worth shows in what comes."""
        call = self._graph.call(
            query(f"/{plural}", select=properties, top="1"), f"/{plural}", self._ids, remedy=remedy
        )
        try:
            answer = self._graph.send(call)
        except Denied as error:
            self._failures.append(error.what)
            return []
        if answer.status in REFUSALS:
            raise refusal(SYSTEM, call, answer)
        found = list(items_of(answer, f"the list of {plural}"))
        if found:
            self._findings.append(f"{plural} can be read")
        else:
            self._warnings.append(f"Graph shows no {plural}: check tenant_id, and that there are any")
        return found

    def _look_at_roles(self, token: str) -> None:
        """What the token says of itself: only to be told, as tokens for Graph are Graph's to read."""
        roles = roles_in(token)
        if not roles:
            return
        self._findings.append(f"permissions in the token: {', '.join(roles)}")
        writing = [role for role in roles if "Write" in role]
        if writing:
            what = f"the application may also write ({', '.join(writing)}), which the bridge never does"
            self._warnings.append(f"{what}; take that away under App registrations > API permissions")

    def _look_at_certificate(self) -> None:
        if isinstance(self._settings.credential, Certificate):
            expires = load(self._settings.credential).expires
            told = f"the certificate is good until {expires:%Y-%m-%d}"
            self._findings.append(told)
            if expires - self._clock.now() < _SOON:
                self._warnings.append(f"{told}; make another, upload it under {_PORTAL}, and replace the file")


def roles_in(token: str) -> tuple[str, ...]:
    """The application permissions that a token carries, sorted. Empty when it does not show any."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return tuple(sorted(str(role) for role in claims["roles"]))
    except (LookupError, ValueError, TypeError):
        return ()
