"""Who a client is: the judgement of a bind (RFC 4511, 4.2; RFC 4513, 5.1). Pure."""

from collections.abc import Mapping
from typing import Final

from bridge.sandbox.ldap.limits import ServerLimits
from bridge.sandbox.ldap.names import DnError, parse_dn
from bridge.sandbox.ldap.requests import Bind
from bridge.sandbox.ldap.responses import SUCCESS, Code, Result

_VERSION: Final = 3


def verdict(request: Bind, credentials: Mapping[str, str], limits: ServerLimits, *, secure: bool) -> Result:
    """The result of a bind; `credentials` are passwords by DN or any other name, `secure` is whether TLS is on."""
    if request.version != _VERSION:
        return Result(Code.PROTOCOL_ERROR, "this is LDAP version 3")
    if request.password is None:
        return Result(Code.AUTH_METHOD_NOT_SUPPORTED, "only simple binds are served")
    if not request.name and not request.password:
        return SUCCESS
    if not request.password:  # RFC 4513, 5.1.2: who forgets the password must not pass for signed in
        return Result(Code.UNWILLING_TO_PERFORM, "a name without a password is no bind")
    if limits.require_tls and not secure:
        return Result(Code.STRONGER_AUTH_REQUIRED, "passwords are taken over TLS only")
    known = next((password for name, password in credentials.items() if _same_name(name, request.name)), None)
    return SUCCESS if known == request.password else Result(Code.INVALID_CREDENTIALS)


def authorization_id(identity: str) -> str:
    """A name that signed in as RFC 4513, 5.2.1.8 writes it; empty is anonymous."""
    if not identity:
        return ""
    return f"u:{identity}" if _dn(identity) is None else f"dn:{identity}"


def _same_name(one: str, other: str) -> bool:
    dn = _dn(one)
    return one.casefold() == other.casefold() if dn is None else dn == _dn(other)


def _dn(name: str) -> object | None:
    try:
        return parse_dn(name)
    except DnError:
        return None
