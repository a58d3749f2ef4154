"""A client for tests of the servers themselves."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPExceptionError


@contextmanager
def signed_in(
    url: str,
    user: str = "",
    password: str = "",
    *,
    ca_file: Path | None = None,
    names: Sequence[str] = (),
    **options: object,
) -> Iterator[ldap3.Connection]:
    """A connection that is bound from the start and closed in the end, however it went; without a user, anonymous.

    With a `ca_file` it checks the certificate, which may be for any of `names` instead of the address. Attributes
    come as the server sent them: none put in, no ranges joined.
    """
    tls = (
        ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(ca_file), valid_names=list(names) or None)
        if ca_file
        else None
    )
    as_sent: dict[str, Any] = {"auto_range": False, "return_empty_attributes": False, "raise_exceptions": True}
    server = ldap3.Server(url, get_info=ldap3.NONE, tls=tls)
    connection = ldap3.Connection(server, user or None, password or None, **(as_sent | options))
    try:
        connection.bind()
        yield connection
    finally:
        with suppress(LDAPExceptionError):  # the server, or a fault, may have ended it
            connection.unbind()


def found(connection: ldap3.Connection) -> list[dict[str, list[bytes]]]:
    """The attributes of the entries that came last."""
    return [item["raw_attributes"] for item in connection.response or () if item["type"] == "searchResEntry"]
