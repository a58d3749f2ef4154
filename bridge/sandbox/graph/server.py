"""The sandbox as a server: an Entra ID tenant with its Graph and its sign-in, over TLS on loopback."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from bridge.sandbox.certificates import Authority
from bridge.sandbox.connection import Listener
from bridge.sandbox.faults import Faults
from bridge.sandbox.graph.applications import BRIDGE, Application, Applications
from bridge.sandbox.graph.control import CONTROL_PATH, control
from bridge.sandbox.graph.faults import Fault
from bridge.sandbox.graph.managed_identity import (
    APP_SERVICE_PATH,
    ARC_PATH,
    SYSTEM_ASSIGNED,
    USER_ASSIGNED,
    ManagedIdentity,
)
from bridge.sandbox.graph.managed_identity import PATHS as MANAGED_IDENTITY_PATHS
from bridge.sandbox.graph.modes import DEFAULT_MODES, Modes
from bridge.sandbox.graph.rehearsal import Rehearsal
from bridge.sandbox.graph.request_log import Calls, LoggedRequest, counted
from bridge.sandbox.graph.scenery import Scenery
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.graph.tokens import Tokens
from bridge.sandbox.messages import Answer, Delivery, Request

LOOPBACK: Final = "127.0.0.1"
_NAME: Final = "localhost"
_POLL: Final = 0.02
"""Seconds until a closing is noticed."""


class EntraSandbox:
    """One tenant of Entra ID, reached through `url` for signing in and for Graph alike.

        with EntraSandbox(tenant) as sandbox:
            msal.ConfidentialClientApplication(..., authority=sandbox.authority, instance_discovery=False)
            httpx.Client(verify=sandbox.certificates.client_context()).get(f"{sandbox.url}/v1.0/groups", ...)

    Everything that is asked is in `requests`, and counted in `calls`. Port 0 takes a free one.
    """

    def __init__(  # noqa: PLR0913 - each has its default
        self,
        tenant: Tenant | None = None,
        *,
        modes: Modes = DEFAULT_MODES,
        applications: Iterable[Application] = (BRIDGE,),
        identities: Iterable[ManagedIdentity] = (SYSTEM_ASSIGNED, USER_ASSIGNED),
        arc_folder: Path | None = None,
        certificates: Authority | None = None,
        port: int = 0,
    ) -> None:
        self.tenant = Tenant() if tenant is None else tenant
        self.certificates = certificates or Authority()
        """Who signed the certificate of `url`."""
        context = self.certificates.server_context()
        self._listeners = (
            Listener((LOOPBACK, port), self._deliver, self._pause, context),
            Listener((LOOPBACK, 0), self._deliver_locally, self._pause),
        )
        tokens = Tokens(self.tenant.clock, self.tenant.id)
        self._scenery = Scenery(self.tenant, Applications(applications), tokens, modes, self.url)
        self._rehearsal = Rehearsal(self._scenery, identities, arc_folder)
        self._threads = [
            threading.Thread(target=one.serve_forever, args=(_POLL,), daemon=True) for one in self._listeners
        ]

    # ---- addresses -------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The root of all addresses, such as `https://localhost:8443`: the login host's, and the Graph host's."""
        return f"https://{_NAME}:{self._listeners[0].server_address[1]}"

    @property
    def local_url(self) -> str:
        """The root of the managed identities' endpoints, over plain HTTP as they are."""
        return f"http://{LOOPBACK}:{self._listeners[1].server_address[1]}"

    @property
    def imds_environment(self) -> dict[str, str]:
        """The variables that lead clients to a VM's endpoint here."""
        return {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.local_url}

    @property
    def app_service_environment(self) -> dict[str, str]:
        """The variables of a program in App Service."""
        endpoint = f"{self.local_url}{APP_SERVICE_PATH}"
        return {"IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": self._rehearsal.identities.header}

    @property
    def arc_environment(self) -> dict[str, str]:
        """The variables of a program on a machine with Arc; the sandbox needs its `arc_folder`."""
        return {"IDENTITY_ENDPOINT": f"{self.local_url}{ARC_PATH}", "IMDS_ENDPOINT": self.local_url}

    @property
    def elsewhere(self) -> str:
        """The same server by another name: another host to a client, where no token should go."""
        return self.url.replace(_NAME, LOOPBACK)

    @property
    def authority(self) -> str:
        """What msal calls the authority: the login host with the tenant."""
        return f"{self.url}/{self.tenant.id}"

    # ---- what happened ---------------------------------------------------------------------------------

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """Every request since the log was last cleared; those in a batch stand before it."""
        return self._rehearsal.log.entries

    @property
    def calls(self) -> Calls:
        """How many there were."""
        return counted(self.requests)

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self._rehearsal.log.clear()

    # ---- what shall happen -----------------------------------------------------------------------------

    @property
    def modes(self) -> Modes:
        """How it behaves now."""
        return self._scenery.modes

    def set_modes(self, **values: object) -> None:
        """Behave otherwise from the next request on; modes not named stay. Raises ModeError."""
        self._rehearsal.set_modes(values)

    @property
    def faults(self) -> Faults[Fault]:
        """What is to go wrong."""
        return self._rehearsal.faults

    @property
    def applications(self) -> Applications:
        """The app registrations; give and take consent here."""
        return self._scenery.applications

    def revoke_tokens(self) -> None:
        """Make every token given out so far worthless."""
        with self.tenant.lock:
            self._scenery.tokens.revoke_all()

    # ---- life ------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Serve in the background, once, until `close`."""
        for thread in self._threads:
            thread.start()

    def serve_forever(self) -> None:
        """Serve until another thread or a signal has `close` called, or until KeyboardInterrupt."""
        self.start()
        try:
            self._rehearsal.closing.wait()
        finally:
            self.close()

    def close(self) -> None:
        """End every connection and every delay, and free the port. Closing twice is closing once."""
        self._rehearsal.closing.set()
        for listener, thread in zip(self._listeners, self._threads, strict=True):
            if thread.is_alive():
                listener.shutdown()
            listener.server_close()

    def _deliver(self, request: Request) -> Delivery:
        if request.path.startswith(f"{CONTROL_PATH}/"):
            return Delivery(control(self._rehearsal, request))
        return self._rehearsal.deliver(request)

    def _deliver_locally(self, request: Request) -> Delivery:
        if request.path not in MANAGED_IDENTITY_PATHS:
            return Delivery(Answer(404))
        return self._rehearsal.deliver(request)

    def _pause(self, seconds: float) -> None:
        self._rehearsal.pause(seconds)
