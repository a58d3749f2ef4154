"""The sandbox as a server: a Hyperproof to rehearse against, on loopback."""

import threading
from typing import Final, Self

from bridge.sandbox.connection import Listener
from bridge.sandbox.faults import Faults
from bridge.sandbox.hyperproof.clients import STANDARD_CLIENTS, ApiClient
from bridge.sandbox.hyperproof.control import CONTROL_PATH, control
from bridge.sandbox.hyperproof.faults import Fault
from bridge.sandbox.hyperproof.gateway import API_PATH
from bridge.sandbox.hyperproof.history import Event
from bridge.sandbox.hyperproof.modes import DEFAULT_MODES, Modes, change_modes
from bridge.sandbox.hyperproof.oauth import TOKEN_PATH
from bridge.sandbox.hyperproof.organization import Organization
from bridge.sandbox.hyperproof.rehearsal import Rehearsal
from bridge.sandbox.hyperproof.request_log import LoggedRequest
from bridge.sandbox.hyperproof.ui import UserInterface
from bridge.sandbox.messages import Delivery, Request

LOOPBACK: Final = "127.0.0.1"
_POLL: Final = 0.02
"""Seconds until a closing is noticed."""


class HyperproofSandbox:
    """A Hyperproof with one organization.

        with HyperproofSandbox(Organization.small(), modes=Modes(id_space="id")) as sandbox:
            httpx.get(f"{sandbox.url}/v1/groups", ...)

    Everything that happens is in `requests` and `history`; what shall go wrong is put into `faults`; what people
    do meanwhile goes through `ui`. Port 0 takes a free one. Each client is a service account among the users.
    """

    def __init__(
        self,
        organization: Organization | None = None,
        *,
        modes: Modes = DEFAULT_MODES,
        clients: tuple[ApiClient, ...] = STANDARD_CLIENTS,
        host: str = LOOPBACK,
        port: int = 0,
    ) -> None:
        self.organization = Organization.small() if organization is None else organization
        self.clients = clients
        self._rehearsal = Rehearsal(self.organization, clients, modes)
        self._listener = Listener((host, port), self._deliver, self._rehearsal.pause)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(_POLL,), daemon=True)

    # ---- addresses -------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The root of all addresses, such as `http://127.0.0.1:8080`."""
        host, port = self._listener.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def api_url(self) -> str:
        """The API's base."""
        return self.url + API_PATH

    @property
    def token_url(self) -> str:
        """Where tokens are had."""
        return self.url + TOKEN_PATH

    # ---- what happened ---------------------------------------------------------------------------------

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """Every request to the API and the token endpoint since the log was last cleared."""
        return self._rehearsal.log.entries

    @property
    def history(self) -> tuple[Event, ...]:
        """Everything that truly happened to groups, members and users since the scene was set."""
        with self.organization.lock:
            return tuple(self.organization.history)

    def clear_log(self) -> None:
        """Forget the requests so far. The history stays."""
        self._rehearsal.log.clear()

    # ---- what shall happen -----------------------------------------------------------------------------

    @property
    def modes(self) -> Modes:
        """How it behaves now."""
        return self._rehearsal.gateway.modes

    def set_modes(self, **values: object) -> None:
        """Behave otherwise from the next request on; modes not named stay. Raises ModeError."""
        self._rehearsal.gateway.modes = change_modes(self.modes, values)

    @property
    def faults(self) -> Faults[Fault]:
        """What is to go wrong."""
        return self._rehearsal.faults

    @property
    def ui(self) -> UserInterface:
        """A person at the web application."""
        return self._rehearsal.ui

    def revoke_tokens(self) -> None:
        """Make every token given out so far worthless."""
        with self.organization.lock:
            self._rehearsal.gateway.tokens.revoke_all()

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
        """Serve until another thread or a signal has `close` called, or until KeyboardInterrupt."""
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
        if request.path.startswith(CONTROL_PATH):
            return Delivery(control(self._rehearsal, request))
        return self._rehearsal.deliver(request)
