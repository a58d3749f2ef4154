"""The sandbox as a server: an Entra ID tenant with its Graph and its sign-in, over TLS on loopback."""

import threading
from collections.abc import Iterable
from typing import Final, Self

from bridge.sandbox.certificates import Authority
from bridge.sandbox.connection import Listener
from bridge.sandbox.faults import Faults
from bridge.sandbox.graph.applications import BRIDGE, Application, Applications
from bridge.sandbox.graph.faults import Fault
from bridge.sandbox.graph.modes import DEFAULT_MODES, Modes
from bridge.sandbox.graph.rehearsal import Rehearsal
from bridge.sandbox.graph.request_log import Calls, LoggedRequest, counted
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.messages import Delivery, Request

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

    def __init__(
        self,
        tenant: Tenant | None = None,
        *,
        modes: Modes = DEFAULT_MODES,
        applications: Iterable[Application] = (BRIDGE,),
        certificates: Authority | None = None,
        port: int = 0,
    ) -> None:
        self.tenant = Tenant() if tenant is None else tenant
        self.certificates = certificates or Authority()
        """Who signed the certificate of `url`."""
        self._listener = Listener((LOOPBACK, port), self._deliver, self._pause, self.certificates.server_context())
        self._rehearsal = Rehearsal(self.tenant, Applications(applications), modes, self.url)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(_POLL,), daemon=True)

    # ---- addresses -------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The root of all addresses, such as `https://localhost:8443`: the login host's, and the Graph host's."""
        return f"https://{_NAME}:{self._listener.server_address[1]}"

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
        return self._rehearsal.gateway.modes

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
        return self._rehearsal.applications

    def revoke_tokens(self) -> None:
        """Make every token given out so far worthless."""
        with self.tenant.lock:
            self._rehearsal.tokens.revoke_all()

    # ---- life ------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Serve in the background, once, until `close`."""
        self._thread.start()

    def serve_forever(self) -> None:
        """Serve until another thread or a signal's handler calls `close`, or until KeyboardInterrupt."""
        self.start()
        try:
            self._rehearsal.closing.wait()
        finally:
            self.close()

    def close(self) -> None:
        """End every connection and every delay, and free the port. Closing twice is closing once."""
        self._rehearsal.closing.set()
        if self._thread.is_alive():
            self._listener.shutdown()
        self._listener.server_close()

    def _deliver(self, request: Request) -> Delivery:
        return self._rehearsal.deliver(request)

    def _pause(self, seconds: float) -> None:
        self._rehearsal.pause(seconds)
