"""The figures of speaking HTTP."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds after which one exchange is given up."""

    connect: float = 10
    """Until the connection stands, TLS included."""
    read: float = 60
    """Of silence. A gateway under load answers late, and a long list takes its time to begin."""
    write: float = 30
    """Of not getting rid of a piece of the request."""
    pool: float = 10
    """Of waiting for one of our own connections."""
    whole: float = 600
    """For a whole answer: a server that trickles would otherwise keep a run for ever."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much patience there is."""

    tries: int = 6
    """Of one request. A repeat after a renewed token is not counted."""
    longest_wait: float = 900
    """Seconds. When the server asks for more, the run is put off instead."""
    waiting_budget: float = 900
    """Seconds of waiting in one run, all requests together; then the run is put off."""
    answer_bytes: int = 256 * 1024 * 1024
    """Of one answer, unpacked. A hundred thousand users are some 30 MiB."""


def longest_call(timeouts: Timeouts, limits: Limits) -> float:
    """Seconds from the wish to write until it is done, or never will be: all that we would wait for it.

    The waits that a server asks for, and a connection that fails to stand at every try (TCP, proxy and TLS have
    a timeout each); then the request is sent, and answered. Who stops waiting has given up by then, too.
    """
    connecting = limits.tries * (timeouts.pool + 3 * timeouts.connect)
    return limits.waiting_budget + connecting + timeouts.write + timeouts.read


@dataclass(frozen=True, slots=True)
class Route:
    """How the network is crossed."""

    ca_file: Path | None = None
    """Certificate authorities to trust, PEM, and no others. None: the machine's own."""
    proxy: str = ""
    """http:// or https:// address. Empty: what HTTPS_PROXY and NO_PROXY say."""

    def __repr__(self) -> str:
        return f"Route(ca_file={self.ca_file!r}, proxy={'...' if self.proxy else ''!r})"  # it may hold a password


def is_loopback(url: str) -> bool:
    """Whether an address stays on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def address_problem(url: str) -> str:
    """Say why a token must not be sent to this address; empty when it may."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in {"https", "http"} or not host:
        return "is not an address; write it as https://host/path"
    if parts.username or parts.password:
        return "carries a user name or a password; leave them out"
    if parts.query or parts.fragment:
        return "carries a query or a fragment; leave them out"
    if parts.scheme == "http" and not is_loopback(url):
        return "is plain http, which would show the token to the network; use https"
    return ""
