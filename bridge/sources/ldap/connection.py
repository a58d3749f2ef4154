"""A connection to one server: opened, secured and bound, in this order."""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import ldap3
from ldap3.core.exceptions import LDAPException

from bridge.errors import Denied
from bridge.sources.ldap import kerberos
from bridge.sources.ldap.failures import translated, untrusted
from bridge.sources.ldap.settings import Bind, BindMethod, LdapSettings, Tls

STUMBLES: Final = (OSError, LookupError, TypeError, ValueError)
"""What ldap3 lets out besides its own exceptions: of the socket, and of its decoder when an answer is not LDAP."""

_RECEIVE_BYTES: Final = 262144
"""ldap3 joins what it receives piece by piece; its own 4 KiB make a large entry quadratic."""


@dataclass(frozen=True, slots=True)
class Session:
    """A bound connection."""

    server: str
    """As the configuration names it."""
    system: str
    """For errors: the directory and the server."""
    security: str
    """How the connection is secured, in words."""
    connection: ldap3.Connection


@contextlib.contextmanager
def opened(settings: LdapSettings, server: str, bind: Bind | None = None) -> Iterator[Session]:
    """Connect to one server, secure the connection, sign in, and leave in the end.

    `bind` says how, where that differs from the rest of the directory.

    Raises Unavailable when it cannot be reached, Denied when it is not trusted or does not let us in.
    """
    who = bind or settings.bind
    with reached(settings, server, who) as session:
        connection = session.connection
        with _our_errors(session.system, "the bind", connection.server.tls):
            if who.method is BindMethod.KERBEROS:
                kerberos.sign_in(connection, who, session.system)
            else:
                connection.bind(read_server_info=False)
        if not connection.bound:
            raise Denied(session.system, "the bind did not succeed; check the bind settings")
        yield session


@contextlib.contextmanager
def reached(settings: LdapSettings, server: str, who: Bind) -> Iterator[Session]:
    """Connect to one server and secure the connection, ahead of any sign-in. Raises what `opened` does."""
    system = system_name(settings, server)
    address = _address(server, system)
    secured = address.scheme == "ldaps" or (address.scheme == "ldap" and settings.tls.start)
    tls = _VerifiedTls(settings.tls, system) if secured else None
    with _our_errors(system, "connecting", tls):
        connection = _connection(settings, address, who, tls)
    try:
        with _our_errors(system, "connecting", tls):
            connection.open(read_server_info=False)
        if tls and not connection.server.ssl:
            with _our_errors(system, "StartTLS", tls):
                connection.start_tls(read_server_info=False)
        if tls and not isinstance(connection.socket, ssl.SSLSocket):
            raise Denied(system, "the connection could not be secured; use ldaps://")
        yield Session(server, system, _security(connection), connection)
    finally:
        with contextlib.suppress(LDAPException, *STUMBLES):
            connection.unbind()
        if connection.socket:  # ldap3 leaves it open where connecting failed
            connection.socket.close()


def system_name(settings: LdapSettings, server: str) -> str:
    """What errors call a server of a directory."""
    return f"{settings.name} ({server})"


@dataclass(frozen=True, slots=True)
class _Address:
    """The parts of a server's URL."""

    scheme: str
    host: str
    """Or the escaped path of a local socket."""
    port: int | None


def _address(server: str, system: str) -> _Address:
    try:
        parts = urlsplit(server)
        address = _Address(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:  # a port that is no number, brackets that do not close
        address = _Address("", "", None)
    if address.scheme == "ldapi":
        return _Address("ldapi", parts.netloc, None)
    if address.scheme not in {"ldap", "ldaps"} or not address.host:
        raise Denied(
            system, "this is no address of a server; write ldaps://host, ldap://host:port or ldapi://%2Fpath"
        )
    return address


class _VerifiedTls(ldap3.Tls):
    """TLS as Python itself checks it: chain and host name or IP address, on every version of Python.

    ldap3 compares names on its own, and from Python 3.12 on it knows no IP addresses in certificates.
    """

    def __init__(self, tls: Tls, system: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED if tls.verify else ssl.CERT_NONE)
        self.failure: OSError | None = None
        """Why the last handshake failed; ldap3 keeps only its text."""
        self._context = _context(tls, system)

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = True) -> None:  # noqa: FBT001, FBT002 - ldap3 calls it so
        """Put TLS around a connection's socket, for ldaps and StartTLS alike."""
        try:
            connection.socket = self._context.wrap_socket(
                connection.socket, do_handshake_on_connect=do_handshake, server_hostname=connection.server.host
            )
        except OSError as error:  # ssl.SSLError is one; others are silence, and a connection cut
            self.failure = error
            raise


def _context(tls: Tls, system: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise Denied(system, f"ca_file {tls.ca_file} cannot be used ({error}); name a PEM file") from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.client_certificate:
        try:
            context.load_cert_chain(tls.client_certificate, tls.client_key, password="")
        except (OSError, ValueError) as error:
            what = f"tls.client_certificate {tls.client_certificate} or its key cannot be used ({error})"
            raise Denied(system, f"{what}; name PEM files, the key without a passphrase") from error
    return context


def _connection(settings: LdapSettings, address: _Address, bind: Bind, tls: ldap3.Tls | None) -> ldap3.Connection:
    connection = ldap3.Connection(
        _server(address, settings.connect_timeout, tls),
        **_credentials(bind),
        receive_timeout=settings.receive_timeout,
        raise_exceptions=True,
        auto_referrals=False,
        auto_range=False,
        return_empty_attributes=False,
        read_only=True,
    )
    connection.strategy.socket_size = _RECEIVE_BYTES
    return connection


def _server(address: _Address, connect_timeout: int, tls: ldap3.Tls | None) -> ldap3.Server:
    """A server of ldap3's; of URLs it takes only some, so the parts are handed over."""
    common: dict[str, Any] = {
        "get_info": ldap3.NONE,
        "connect_timeout": connect_timeout,
        "allowed_referral_hosts": [],
        "tls": tls,
    }
    if address.scheme == "ldapi":
        return ldap3.Server(f"ldapi://{address.host}", **common)
    return ldap3.Server(address.host, port=address.port, use_ssl=address.scheme == "ldaps", **common)


def _credentials(bind: Bind) -> dict[str, Any]:
    match bind.method:
        case BindMethod.SIMPLE:
            return {"authentication": ldap3.SIMPLE, "user": bind.user, "password": bind.password}
        case BindMethod.EXTERNAL:  # credentials of None would leave the bind half done
            return {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.EXTERNAL, "sasl_credentials": ""}
        case BindMethod.ANONYMOUS:
            return {"authentication": ldap3.ANONYMOUS}
        case BindMethod.KERBEROS:
            return {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.KERBEROS}


def _security(connection: ldap3.Connection) -> str:
    if isinstance(connection.socket, ssl.SSLSocket):
        verified = "verified" if connection.server.tls.validate == ssl.CERT_REQUIRED else "NOT verified"
        return f"{connection.socket.version()}, certificate {verified}"
    return "local socket" if connection.server.ipc else "plain text, which can be read on its way"


@contextlib.contextmanager
def _our_errors(system: str, doing: str, tls: _VerifiedTls | None) -> Iterator[None]:
    try:
        yield
    except (LDAPException, *STUMBLES) as error:
        if tls and tls.failure:
            raise untrusted(system, tls.failure) from error
        raise translated(system, error, doing) from error
