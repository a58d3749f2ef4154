"""Tokens for Graph, by msal: one at a time, kept while they live, and every failure one of ours."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeAlias, TypeVar

import msal  # type: ignore[import-untyped]  # it carries no types

from bridge.errors import Denied, IncompleteRead, RemoteError
from bridge.sources.entra.settings import (
    Certificate,
    ClientSecret,
    EntraSettings,
    FederatedToken,
    IdentityKind,
    ManagedIdentity,
)
from bridge.sources.entra.signin.certificate import load
from bridge.sources.entra.signin.failures import STUMBLES, SYSTEM, refused, stumbled
from bridge.sources.entra.signin.http import MsalHttp
from bridge.transport.client import Client
from bridge.transport.tokens import fits_a_header

T = TypeVar("T")

_Ask: TypeAlias = Callable[[], Mapping[str, Any]]
"""Asks msal: its answer is a token, or an error, in a dictionary."""

_KINDS: Final = {
    IdentityKind.SYSTEM: "SystemAssigned",
    IdentityKind.CLIENT_ID: "ClientId",
    IdentityKind.OBJECT_ID: "ObjectId",
    IdentityKind.RESOURCE_ID: "ResourceId",
}
"""As msal calls them."""


class EntraTokens:
    """The bearer of an application's or a managed identity's tokens. Safe to share between threads.

    One application of msal's holds the one cache. It is made when it is first needed, as msal asks the network to
    make it, and made anew after a refusal, so that a secret or certificate that was replaced meanwhile counts.
    """

    def __init__(self, settings: EntraSettings, client: Client) -> None:
        self._settings = settings
        self._client = client
        self._who = who_signs_in(settings)
        self._http = MsalHttp(client, self._who)
        self._lock = Lock()
        self._ask: _Ask | None = None
        self._token = ""

    def start_run(self) -> None:
        """Begin a new run: what may be waited in it starts anew."""
        self._client.start_run()

    def close(self) -> None:
        """Drop all connections."""
        self._client.close()

    def token(self) -> str:
        """Give a token, fetching one when there is none or it is near its end.

        Raises Denied when Entra does not let us in, Unavailable or IncompleteRead when no token was to be had.
        """
        with self._lock:  # msal by itself would fetch one for each thread
            self._token = self._acquired()
            return self._token

    def renew(self, refused: str) -> None:
        """Fetch another token in place of this one, unless that has happened meanwhile. Raises as `token`."""
        with self._lock:
            if self._token == refused:
                self._ask = None
                self._token = self._acquired()

    def _acquired(self) -> str:
        if self._ask is not None:
            try:
                return self._fetched(self._ask)
            except Denied:
                self._ask = None
        ask = self._made()
        token = self._fetched(ask)
        self._ask = ask
        return token

    def _fetched(self, ask: _Ask) -> str:
        answer = self._translated(ask)
        token = answer.get("access_token")
        if token is None:
            raise refused(self._who, answer, self._http.sent)
        if not isinstance(token, str) or not fits_a_header(token):
            raise IncompleteRead(SYSTEM, f"{self._who} was given a token that cannot be sent")
        return token

    def _made(self) -> _Ask:
        """An application of msal's, and what to ask of it."""
        credential = self._settings.credential
        scope = self._settings.cloud.scope
        if isinstance(credential, ManagedIdentity):
            identity = {"ManagedIdentityIdType": _KINDS[credential.kind], "Id": credential.id or None}
            client = msal.ManagedIdentityClient(identity, http_client=self._http)
            return partial(client.acquire_token_for_client, resource=scope.removesuffix("/.default"))
        application = self._translated(partial(self._application, _proof(credential)))
        # While an ageing token still lives, a failure to refresh it is no failure.
        return partial(application.acquire_token_for_client, [scope], http_exceptions=(RemoteError,))

    def _application(self, proof: object) -> msal.ConfidentialClientApplication:
        return msal.ConfidentialClientApplication(
            self._settings.client_id,
            client_credential=proof,
            authority=f"{self._settings.login_address}/{self._settings.tenant_id}",
            instance_discovery=False,  # otherwise it asks Microsoft's public cloud about any other host
            azure_region=False,  # otherwise the environment could send it elsewhere
            http_client=self._http,
        )

    def _translated(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except RemoteError:
            raise
        except STUMBLES as error:
            stumble = stumbled(self._who, error, self._http.sent)
        raise stumble  # here, so that what msal raised does not hang on it as its context


def who_signs_in(settings: EntraSettings) -> str:
    """Name who signs in, for messages."""
    if isinstance(settings.credential, ManagedIdentity):
        return f"the managed identity{f' {settings.credential.id}' if settings.credential.id else ''}"
    return f"the application {settings.client_id} of tenant {settings.tenant_id}"


def _proof(credential: ClientSecret | Certificate | FederatedToken) -> object:
    """What an application proves itself with, as msal takes it."""
    match credential:
        case ClientSecret(read):
            return read()
        case Certificate():
            key = load(credential)
            return {"private_key": key.private_key, "public_certificate": key.certificate}
        case FederatedToken(file):
            return {"client_assertion": partial(_read_token, file)}


def _read_token(file: Path) -> str:
    """The token as it is now: its issuer replaces it. Raises Denied."""
    try:
        token = file.read_text().strip()
        fault = "" if token else "is empty"
    except (OSError, UnicodeDecodeError) as error:
        fault = f"cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not text'}"
    if fault:  # here, so that no error that holds the token hangs on this as its context
        raise Denied(SYSTEM, f"the federated token {file} {fault}; {_UNLABELLED}")
    return token


_UNLABELLED: Final = "check that the service account and the pod are labelled for workload identity"
