"""Which service makes the runs of an organization, and how another process asks it for one.

With a database on this host there is one service, and another one is refused. With one on a server there may be
several replicas, of which one leads.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from bridge.config import Configuration
from bridge.daemon.leadership import Alone, Leadership, Leads
from bridge.errors import BridgeError
from bridge.store.lock import Holder, OrganizationLock, holder_of, lock_path, service_path
from bridge.store.place import Server
from bridge.store.server_lock import ServerLock, What


@contextmanager
def present(configuration: Configuration, wished: Callable[[], None]) -> Iterator[Leads]:
    """Be the service of an organization, or one of its replicas. Raises Busy while another is it on this host.

    `wished` is called, in any thread, when another process asks for a run by the database.
    """
    place = configuration.store.place
    if isinstance(place, Server):
        with Leadership(_service_lock(place, configuration), wished) as leadership:
            yield leadership
    else:
        with presence(configuration):
            yield Alone()


def presence(configuration: Configuration) -> OrganizationLock:
    """A lock that a service holds as long as it lives. Entering raises Busy while another one does."""
    path = service_path(configuration.store.path, configuration.organization)
    return OrganizationLock(path, what=What.SERVICE)


def service_of(configuration: Configuration) -> Holder | None:
    """Which process is the service of this organization, or leads its replicas. Raises StoreError."""
    return _holder(configuration, What.SERVICE)


def writer_of(configuration: Configuration) -> Holder | None:
    """Which process makes a run at this moment. Raises StoreError."""
    return _holder(configuration, What.RUN)


def _holder(configuration: Configuration, what: What) -> Holder | None:
    place, organization = configuration.store.place, configuration.organization
    if isinstance(place, Server):
        with closing(ServerLock(place, organization, what)) as lock:
            return lock.holder()
    return holder_of(service_path(place, organization) if what is What.SERVICE else lock_path(place, organization))


def request_run(configuration: Configuration) -> Holder:
    """Ask the service of this organization for a run. Raises BridgeError if there is none."""
    place = configuration.store.place
    if isinstance(place, Server):
        return _wish(_service_lock(place, configuration))
    holder = _some(service_of(configuration))
    _signal(holder)
    return holder


def _service_lock(server: Server, configuration: Configuration) -> ServerLock:
    return ServerLock(server, configuration.organization, What.SERVICE)


def _wish(lock: ServerLock) -> Holder:
    """Ask the leader, wherever it is."""
    try:
        holder = _some(lock.holder())
        lock.wish()
    finally:
        lock.close()
    return holder


def _some(holder: Holder | None) -> Holder:
    if holder is None:
        raise BridgeError(
            "No service is running for this organization; start one with `run`, or make a run by `sync`."
        )
    return holder


def _signal(holder: Holder) -> None:
    """Send SIGUSR1, to a process that holds the lock now: a number in a file may be anybody's by now."""
    if holder.host != socket.gethostname():
        raise BridgeError(f"The service runs elsewhere: {holder}; trigger it there.")
    try:
        os.kill(holder.pid, signal.SIGUSR1)
    except OSError as error:
        raise BridgeError(
            f"The service cannot be reached ({error.strerror}): {holder}; be the same user, in the same container."
        ) from error
