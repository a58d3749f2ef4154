"""The local endpoints that give tokens to managed identities: of a VM (IMDS), of App Service, of Arc (7.5)."""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.sandbox.graph.applications import EVERY_ROLE, Application
from bridge.sandbox.graph.scenery import Scenery
from bridge.sandbox.messages import Answer, Request, json_answer

IMDS_PATH: Final = "/metadata/identity/oauth2/token"
APP_SERVICE_PATH: Final = "/msi/token"
ARC_PATH: Final = "/arc/identity/oauth2/token"
PATHS: Final = frozenset({IMDS_PATH, APP_SERVICE_PATH, ARC_PATH})


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """An identity that this machine has; its application has no secret."""

    application: Application
    object_id: str
    resource_id: str = ""
    """Of a user assigned one; empty: it is the system assigned one."""

    def named_by(self, parameters: Mapping[str, str]) -> bool:
        """Whether a request means this one: by client id, object id or resource id."""
        named = [parameters[name] for name in _SELECTORS if name in parameters]
        own = {self.application.id.casefold(), self.object_id.casefold(), self.resource_id.casefold()}
        return all(one.casefold() in own for one in named) and bool(named or not self.resource_id)


_SELECTORS: Final = ("client_id", "object_id", "msi_res_id", "mi_res_id")

SYSTEM_ASSIGNED: Final = ManagedIdentity(
    Application("5e0c1a52-7d3b-4c1e-9a55-b21d6e000011", "This machine", roles=EVERY_ROLE),
    object_id="5e0c1a52-7d3b-4c1e-9a55-b21d6e000012",
)
USER_ASSIGNED: Final = ManagedIdentity(
    Application("5e0c1a52-7d3b-4c1e-9a55-b21d6e000021", "Bridges", roles=EVERY_ROLE),
    object_id="5e0c1a52-7d3b-4c1e-9a55-b21d6e000022",
    resource_id="/subscriptions/5e0c1a52-7d3b-4c1e-9a55-b21d6e000000/resourcegroups/bridge/providers"
    "/Microsoft.ManagedIdentity/userAssignedIdentities/bridges",
)


class _Refused(Exception):  # noqa: N818 - a refusal is a regular answer here
    """No token is given."""

    def __init__(self, status: int, error: str, message: str, challenge: str = "") -> None:
        self.status = status
        self.error = error
        self.message = message
        self.headers = (("WWW-Authenticate", challenge),) if challenge else ()
        super().__init__(message)


class ManagedIdentities:
    """The endpoints. Arc's puts the file that a client has to read into a folder of one's choice."""

    def __init__(self, scenery: Scenery, identities: Iterable[ManagedIdentity], arc_folder: Path | None) -> None:
        self.header = secrets.token_hex(16)
        """What App Service's clients show in X-IDENTITY-HEADER."""
        self._scenery = scenery
        self._identities = tuple(identities)
        self._arc_folder = arc_folder
        self._arc_keys: set[str] = set()
        for one in self._identities:
            scenery.applications.put(one.application)

    def answer(self, request: Request) -> Answer:
        """Answer a request to one of the endpoints."""
        endpoints = {IMDS_PATH: self._imds, APP_SERVICE_PATH: self._app_service, ARC_PATH: self._arc}
        try:
            return endpoints[request.path](request)
        except _Refused as refused:
            return _refusal(request, refused)

    def _imds(self, request: Request) -> Answer:
        _metadata(request)
        return json_answer(self._token(request.parameters))

    def _arc(self, request: Request) -> Answer:
        _metadata(request)
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "basic" or shown not in self._arc_keys:
            raise _Refused(401, "unauthorized", "Read the key file.", f"Basic realm={self._new_arc_key()}")
        self._arc_keys.discard(shown)
        return json_answer(self._token(request.parameters))

    def _app_service(self, request: Request) -> Answer:
        if not hmac.compare_digest(request.headers.get("x-identity-header", ""), self.header):
            raise _Refused(401, "unauthorized", "X-IDENTITY-HEADER is missing or wrong.")
        token = self._token(request.parameters)
        return json_answer(
            {name: value for name, value in token.items() if name not in {"expires_in", "not_before"}}
        )

    def _token(self, parameters: Mapping[str, str]) -> dict[str, object]:
        """What a token is told with; every figure is a text here."""
        resource = parameters.get("resource", "")
        if not self._scenery.is_graph(resource):
            raise _Refused(400, "invalid_resource", f"AADSTS500011: The resource {resource} was not found.")
        identity = next((one for one in self._identities if one.named_by(parameters)), None)
        application = self._scenery.applications.known(identity.application.id) if identity else None
        if identity is None or application is None:
            raise _Refused(400, "invalid_request", "Identity not found")
        life = self._scenery.modes.token_life
        now = int(self._scenery.tenant.clock().timestamp())
        return {
            "access_token": self._scenery.tokens.issue(application, resource, life),
            "client_id": application.id,
            "object_id": identity.object_id,
            "msi_res_id": identity.resource_id,
            "expires_in": str(life),
            "expires_on": str(now + life),
            "not_before": str(now),
            "resource": resource,
            "token_type": "Bearer",
        }

    def _new_arc_key(self) -> Path:
        if self._arc_folder is None:
            raise _Refused(500, "server_error", "This sandbox has no folder for Arc's key files.")
        key = secrets.token_urlsafe(32)
        self._arc_keys.add(key)
        path = self._arc_folder / f"{secrets.token_hex(8)}.key"
        path.write_text(key, encoding="ascii")
        return path


def _metadata(request: Request) -> None:
    if request.headers.get("metadata", "").casefold() != "true":
        raise _Refused(400, "bad_request_102", "Required metadata header not specified")


def _refusal(request: Request, refused: _Refused) -> Answer:
    """App Service has a form of its own, and a vague status for a wrong resource."""
    if request.path == APP_SERVICE_PATH:
        status = 500 if refused.error == "invalid_resource" else refused.status
        return json_answer({"statusCode": status, "message": refused.message}, status)
    body = {"error": refused.error, "error_description": refused.message}
    return json_answer(body, refused.status, refused.headers)
