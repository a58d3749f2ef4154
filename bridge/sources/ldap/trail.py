"""The servers of each domain, tried one after the other until all domains were read to the end."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

import structlog

from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sources.ldap.connection import Session, opened, system_name
from bridge.sources.ldap.failures import CredentialsRefused
from bridge.sources.ldap.servers import ServerOrder
from bridge.sources.ldap.settings import Domain, LdapSettings

T = TypeVar("T")

_LOG = structlog.get_logger(__name__)


class Trail:
    """Which servers of a domain failed in this read, and which one comes next."""

    def __init__(self, settings: LdapSettings, domain: Domain, order: ServerOrder, servers: Sequence[str]) -> None:
        self.domain = domain
        self._settings = settings
        self._order = order
        self._left = list(order.of(servers))
        self._failures: list[tuple[str, RemoteError]] = []

    def session(self) -> AbstractContextManager[Session]:
        """A new connection to the first server that has not failed."""
        if not self._left:
            raise Denied(self._settings.name, "the configuration names no server")
        return opened(self._settings, self._left[0], self.domain.bind)

    def is_of(self, error: RemoteError) -> bool:
        """Whether this error is the server's that is in use."""
        return bool(self._left) and error.system == system_name(self._settings, self._left[0])

    def leave(self, error: RemoteError) -> None:
        """Go on to the next server.

        A password that is refused is no better there, and asking all servers may lock the account: no more then.
        """
        server = self._left.pop(0)
        self._failures.append((server, error))
        if isinstance(error, CredentialsRefused):
            self._left.clear()
            return
        self._order.failed(server)
        _LOG.warning("server.failed", directory=self._settings.name, server=server, reason=error.what)

    @property
    def is_at_its_end(self) -> bool:
        """Whether no server is left."""
        return not self._left

    def answered(self) -> None:
        """Trust the server in use: it did all that was asked."""
        self._order.answered(self._left[0])

    def all_failed(self) -> RemoteError:
        """The one error that tells of every server, of the kind that gives the next run its chance."""
        if len(self._failures) == 1:
            return self._failures[0][1]
        kinds = [type(error) for _, error in self._failures]
        what = "; ".join(f"{server}: {error.what}" for server, error in self._failures)
        if CredentialsRefused in kinds or not {Unavailable, IncompleteRead} & set(kinds):
            return Denied(self._settings.name, what)
        return (Unavailable if Unavailable in kinds else IncompleteRead)(self._settings.name, what)


def at_servers(trails: Sequence[Trail], act: Callable[[Sequence[Session]], tuple[T, Sequence[RemoteError]]]) -> T:
    """Do it over new connections, to one server of each domain; where one fails, begin again at the next.

    `act` gives an answer, and the failures that make it less than whole. Where some domain has no further server,
    what came first is better than nothing: its doubts tell what is missing. Raises RemoteError where nothing came.
    """
    broken_off: list[T] = []
    while True:
        failures: Sequence[RemoteError]
        try:
            with ExitStack() as stack:
                answer, failures = act([stack.enter_context(trail.session()) for trail in trails])
        except RemoteError as error:
            failures = [error]
            if not any(trail.is_of(error) for trail in trails):
                raise
        else:
            if not failures:
                for trail in trails:
                    trail.answered()
                return answer
            broken_off.append(answer)
        left = [(trail, failure) for trail in trails for failure in failures if trail.is_of(failure)]
        for trail, failure in left:
            trail.leave(failure)
        ended = [trail for trail, _ in left if trail.is_at_its_end]
        if ended and broken_off:
            return broken_off[0]
        if ended:
            raise ended[0].all_failed()
