"""Entra ID's side of signing in: what msal asks for before it has a token, and the token endpoint (7)."""

import hmac
import uuid
from typing import Final
from urllib.parse import parse_qs

from bridge.sandbox.graph.applications import Application, Secret
from bridge.sandbox.graph.assertions import ASSERTION_TYPE, verify
from bridge.sandbox.graph.errors import SignInError
from bridge.sandbox.graph.model import timestamp
from bridge.sandbox.graph.scenery import Scenery
from bridge.sandbox.graph.tenant import DOMAIN, INITIAL_DOMAIN
from bridge.sandbox.messages import Answer, Request, json_answer

INSTANCE_DISCOVERY: Final = "/common/discovery/instance"
_DISCOVERY: Final = "/v2.0/.well-known/openid-configuration"
_TOKEN: Final = "/oauth2/v2.0/token"  # noqa: S105 - an address


class SignIn:
    """The addresses outside Graph."""

    def __init__(self, scenery: Scenery) -> None:
        self._scenery = scenery

    def answer(self, request: Request) -> Answer:
        """Answer a request to any address that is not Graph's."""
        tenant, _, rest = request.path.removeprefix("/").partition("/")
        try:
            if request.path == INSTANCE_DISCOVERY:
                return json_answer(self._instance())
            if f"/{rest}" == _DISCOVERY:
                return json_answer(self._configuration(tenant))
            if f"/{rest}" == _TOKEN and request.method == "POST":
                return self._token(tenant, _fields(request))
        except SignInError as error:
            return self.refusal(error)
        return Answer(404)

    def _instance(self) -> dict[str, object]:
        return {
            "tenant_discovery_endpoint": f"{self._scenery.base}/{self._scenery.tenant.id}{_DISCOVERY}",
            "api-version": "1.1",
            "metadata": [],
        }

    def _configuration(self, tenant: str) -> dict[str, object]:
        self._check_tenant(tenant)
        authority = f"{self._scenery.base}/{self._scenery.tenant.id}"
        return {
            "issuer": f"{authority}/v2.0",
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "token_endpoint": f"{authority}{_TOKEN}",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        }

    def _token(self, tenant: str, fields: dict[str, str]) -> Answer:
        self._check_tenant(tenant)
        if fields.get("grant_type") != "client_credentials":
            raise SignInError(70003, "unsupported_grant_type", "The grant type is not supported.")
        audience = self._resource(fields.get("scope", ""))
        application = self._application(fields.get("client_id", ""))
        self._prove(application, fields)
        token = self._scenery.tokens.issue(application, audience, self._scenery.modes.token_life)
        life = self._scenery.modes.token_life
        return json_answer(
            {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token},
            headers=(("Cache-Control", "no-store, no-cache"),),
        )

    def _check_tenant(self, tenant: str) -> None:
        if tenant.casefold() not in {self._scenery.tenant.id, DOMAIN, INITIAL_DOMAIN}:
            raise SignInError(90002, "invalid_request", f"Tenant '{tenant}' not found.")

    def _resource(self, scope: str) -> str:
        resource = scope.removesuffix("/.default")
        if resource == scope:
            raise SignInError(1002012, "invalid_scope", "The scope of client credentials must end in /.default.")
        if not self._scenery.is_graph(resource):
            raise SignInError(
                500011, "invalid_resource", f"The resource principal named {resource} was not found."
            )
        return resource

    def _application(self, client_id: str) -> Application:
        try:
            uuid.UUID(client_id)
        except ValueError:
            raise SignInError(
                700038, "unauthorized_client", f"'{client_id}' is not a valid application identifier."
            ) from None
        known = self._scenery.applications.known(client_id)
        if known is None:
            directory = self._scenery.tenant.name
            message = f"Application with identifier '{client_id}' was not found in the directory '{directory}'."
            raise SignInError(700016, "unauthorized_client", message)
        return known

    def _prove(self, application: Application, fields: dict[str, str]) -> None:
        if not application.enabled:
            raise SignInError(7000112, "unauthorized_client", f"Application '{application.id}' is disabled.")
        if "client_assertion" in fields:
            self._prove_by_assertion(application, fields)
        elif fields.get("client_secret"):
            self._prove_by_secret(application, fields["client_secret"])
        else:
            message = "The request must have a 'client_assertion' or a 'client_secret'."
            raise SignInError(7000218, "invalid_client", message, 401)

    def _prove_by_secret(self, application: Application, text: str) -> None:
        secret = _matching(application.secrets, text)
        if secret is None:
            message = f"Invalid client secret provided for app '{application.id}'."
            raise SignInError(7000215, "invalid_client", message, 401)
        if secret.expires is not None and secret.expires <= self._scenery.tenant.clock():
            message = f"The provided client secret keys for app '{application.id}' are expired."
            raise SignInError(7000222, "invalid_client", message, 401)

    def _prove_by_assertion(self, application: Application, fields: dict[str, str]) -> None:
        if fields.get("client_assertion_type") != ASSERTION_TYPE:
            raise SignInError(900144, "invalid_request", "The 'client_assertion_type' is missing or unknown.")
        authority = f"{self._scenery.base}/{self._scenery.tenant.id}"
        audiences = {f"{authority}{_TOKEN}", f"{authority}/v2.0", authority}
        verify(application, fields["client_assertion"], audiences, self._scenery.tenant.clock())

    def refusal(self, error: SignInError) -> Answer:
        """The answer that an error becomes."""
        trace, correlation = uuid.uuid4(), uuid.uuid4()
        moment = timestamp(self._scenery.tenant.clock()).replace("T", " ")
        return json_answer(
            {
                "error": error.error,
                "error_description": f"AADSTS{error.code}: {error.message} Trace ID: {trace} "
                f"Correlation ID: {correlation} Timestamp: {moment}",
                "error_codes": [error.code],
                "timestamp": moment,
                "trace_id": str(trace),
                "correlation_id": str(correlation),
                "error_uri": f"{self._scenery.base}/error?code={error.code}",
            },
            error.status,
            error.headers,
        )


def _fields(request: Request) -> dict[str, str]:
    fields = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def _matching(known: tuple[Secret, ...], text: str) -> Secret | None:
    return next((one for one in known if hmac.compare_digest(one.text.encode(), text.encode())), None)
