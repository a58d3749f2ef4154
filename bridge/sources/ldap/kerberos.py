"""Sign-in by Kerberos: the mechanism GSSAPI of SASL (RFC 4752), through ldap3 and the optional package gssapi.

What ldap3 2.9.1 does (its protocol/sasl/kerberos.py), and we count on:

    it asks for a ticket for ldap/HOST, with HOST as the server's address has it
    within TLS it ties the exchange to the connection (tls-server-end-point, RFC 5929), by the package cryptography
    it agrees to no security layer, and fails where the server insists on one: messages go as after any other bind
"""

import hashlib
import importlib
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

import ldap3
from ldap3.core.exceptions import LDAPCommunicationError, LDAPException

from bridge.errors import Denied, RemoteError, Unavailable, excerpt
from bridge.sources.ldap.failures import CredentialsRefused
from bridge.sources.ldap.settings import Bind

NEEDED: Final = "Kerberos needs packages that are not installed"
INSTALL: Final = "pip install hyperproof-bridge[kerberos]"

_TABLE: Final = 2_529_638_912
"""Where MIT Kerberos' errors begin, as GSSAPI hands them over; up to 127 they are those of RFC 4120, 7.5.9."""

_MINOR_WORDS: Final = re.compile(r"Minor \(\d+\): (.+)", re.DOTALL)
"""Those of Kerberos, behind the general ones of GSSAPI."""

_NO_TICKET: Final = frozenset({141, 195})
"""Nothing in the cache, or no cache."""

_OURS: Final[Mapping[int, str]] = {
    6: "Kerberos does not know the account: correct `principal`, or make the keytab anew",
    14: "the keytab's keys are of a kind that is not taken any more: make it anew, with AES keys",
    18: "the account is disabled, locked or expired: see to it in the directory",
    23: "the account's password has expired: change it, and make the keytab anew",
    24: "the keytab's key is not the account's any more: make it anew",
    32: "the ticket has expired: fetch a new one, or state `keytab`, with which the bridge does so by itself",
    134: "correct `principal`: write one such as bridge@CORP.EXAMPLE",
}
"""What is wrong with who we are: the same at every server."""

_THEIRS: Final[Mapping[int, str]] = {
    7: "Kerberos knows no server of this name: write its whole name in `servers`, and `rdns = false` in krb5.conf",
    37: "the clocks here and there differ too much: let both follow the same time servers",
    136: "correct krb5.conf",
    154: "name the realm's servers in krb5.conf, or let DNS name them (dns_lookup_kdc)",
}
"""What else a person has to mend."""

_PASSING: Final[Mapping[int, str]] = {
    29: "the next run tries again",
    156: "see that port 88 of the domain controllers can be reached from here",
}
"""What may be over by the next run."""


def missing_packages() -> str:
    """Why nobody can sign in by Kerberos here; empty when nothing is missing."""
    try:
        importlib.import_module("gssapi")
        importlib.import_module("cryptography")
    except ImportError as error:
        return f"{NEEDED} ({error})"
    return ""


def sign_in(connection: ldap3.Connection, bind: Bind, system: str) -> None:
    """Bind a connection that asks for GSSAPI. Raises Unavailable, Denied; ldap3's own errors pass through."""
    if missing := missing_packages():
        raise Denied(system, f"{missing}; {INSTALL}")
    gssapi = importlib.import_module("gssapi")
    try:
        # its host, no other identity than our own, our tickets
        connection.sasl_credentials = (None, None, _credentials(gssapi, bind))
        connection.bind(read_server_info=False)
    except (gssapi.exceptions.GSSError, LDAPException) as error:
        first = _first_trouble(error, gssapi)
        if isinstance(first, gssapi.exceptions.GSSError):
            raise refused_by_kerberos(system, first.min_code, str(first), bind) from error
        if first:
            what = f"the sign-in by Kerberos failed ({excerpt(str(first))})"
            raise Denied(system, f"{what}; use ldaps:// or StartTLS, or sign in with a password") from error
        raise
    except AttributeError as error:  # of a certificate whose signature has no hash by itself, such as Ed25519
        what = "the sign-in by Kerberos cannot be tied to a server's certificate of this kind (RFC 5929, 4.1)"
        raise Denied(system, f"{what}; give the server one that is signed with RSA or ECDSA") from error


def _first_trouble(error: BaseException | None, gssapi: ModuleType) -> Any:  # noqa: ANN401 - gssapi may not be there
    """What went wrong in Kerberos, which ldap3 loses when the server refuses its request to break off."""
    while (
        error and not isinstance(error, gssapi.exceptions.GSSError) and type(error) is not LDAPCommunicationError
    ):
        error = error.__context__
    return error


def _credentials(gssapi: ModuleType, bind: Bind) -> Any:  # noqa: ANN401 - gssapi may not be installed
    """Who we are: by a keytab, with which tickets are fetched and kept in memory, or by a ticket that there is."""
    name = gssapi.Name(bind.principal, gssapi.NameType.kerberos_principal) if bind.principal else None
    store = None
    if bind.keytab:
        own = hashlib.sha256(f"{bind.keytab} {bind.principal}".encode()).hexdigest()
        store = {"client_keytab": f"FILE:{bind.keytab}", "ccache": f"MEMORY:{own}"}
    return gssapi.Credentials(name=name, usage="initiate", store=store)


def refused_by_kerberos(system: str, code: int, words: str, bind: Bind) -> RemoteError:
    """Our error for one of GSSAPI's, by its minor code and its words."""
    number = code - _TABLE
    found = _MINOR_WORDS.search(words)
    what = f"the sign-in by Kerberos failed ({excerpt(found[1] if found else words)})"
    if number in _PASSING:
        return Unavailable(system, f"{what}; {_PASSING[number]}")
    if number in _THEIRS:
        return Denied(system, f"{what}; {_THEIRS[number]}")
    if number in _NO_TICKET:
        return CredentialsRefused(system, f"{what}; {_no_ticket(bind)}")
    if number in _OURS:
        return CredentialsRefused(system, f"{what}; {_OURS[number]}")
    return Denied(system, what)


def _no_ticket(bind: Bind) -> str:
    who = f" for {bind.principal}" if bind.principal else ""
    if bind.keytab:
        return f"{bind.keytab} holds no key{who}: make it anew, and see that `klist -k` lists the account"
    return f"fetch a ticket{who} (kinit) and say in KRB5CCNAME where it is, or state `keytab`"
