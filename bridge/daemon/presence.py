"""One service for each organization on this host, and how another process asks it for a run."""

import os
import signal
import socket

from bridge.config import Configuration
from bridge.errors import BridgeError
from bridge.store.lock import Holder, OrganizationLock, holder_of, service_path


def presence(configuration: Configuration) -> OrganizationLock:
    """A lock that a service holds as long as it lives. Entering raises Busy while another one does."""
    path = service_path(configuration.store.path, configuration.organization)
    return OrganizationLock(path, what="Another service keeps this organization")


def request_run(configuration: Configuration) -> Holder:
    """Ask the service of this organization for a run, by SIGUSR1. Raises BridgeError if there is none.

    Only the process that holds the lock now is sent a signal: a number in a file may be anybody's by now.
    """
    holder = holder_of(service_path(configuration.store.path, configuration.organization))
    if holder is None:
        raise BridgeError(
            "No service is running for this organization; start one with `run`, or make a run by `sync`."
        )
    if holder.host != socket.gethostname():
        raise BridgeError(f"The service runs elsewhere: {holder}; trigger it there.")
    try:
        os.kill(holder.pid, signal.SIGUSR1)
    except OSError as error:
        raise BridgeError(
            f"The service cannot be reached ({error.strerror}): {holder}; be the same user, in the same container."
        ) from error
    return holder
