"""The servers of one domain, tried one after the other."""

from contextlib import AbstractContextManager

from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sources.ldap.connection import Session, opened, system_name
from bridge.sources.ldap.failures import CredentialsRefused
from bridge.sources.ldap.settings import Domain, LdapSettings


class Trail:
    """Which servers of a domain failed in this read, and which one comes next."""

    def __init__(self, settings: LdapSettings, domain: Domain) -> None:
        self._settings = settings
        self._domain = domain
        self._left = list(domain.servers)
        self._failures: list[tuple[str, RemoteError]] = []

    def session(self) -> AbstractContextManager[Session]:
        """A new connection to the first server that has not failed."""
        if not self._left:
            raise Denied(self._settings.name, "the configuration names no server")
        return opened(self._settings, self._left[0], self._domain.bind)

    def take(self, error: RemoteError) -> bool:
        """Leave the server in use, if this is its error. Raises what all servers said when it was the last."""
        if not self._left or error.system != system_name(self._settings, self._left[0]):
            return False
        self._failures.append((self._left.pop(0), error))
        if isinstance(error, CredentialsRefused) or not self._left:
            raise self._all_failed()
        return True

    def _all_failed(self) -> RemoteError:
        """The one error that tells of every server, of the kind that gives the next run its chance."""
        if len(self._failures) == 1:
            return self._failures[0][1]
        kinds = [type(error) for _, error in self._failures]
        what = "; ".join(f"{server}: {error.what}" for server, error in self._failures)
        if CredentialsRefused in kinds or not {Unavailable, IncompleteRead} & set(kinds):
            return Denied(self._settings.name, what)
        return (Unavailable if Unavailable in kinds else IncompleteRead)(self._settings.name, what)
