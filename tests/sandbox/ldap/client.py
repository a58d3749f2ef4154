"""LDAP clients that are not ours, for tests of the server that is: ldap3, and bare bytes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import ldap3

from bridge.sandbox.ldap.ber import ENUMERATED, Reader, integer, octets, sequence

BASE = "dc=example,dc=test"
READER = f"cn=reader,{BASE}"
PASSWORD = "reader-secret"
WHO_AM_I = sequence(octets("1.3.6.1.4.1.4203.1.11.3", 0x80), tag=0x77)
START_TLS = sequence(octets("1.3.6.1.4.1.1466.20037", 0x80), tag=0x77)

_PAGED_RESULTS = "1.2.840.113556.1.4.319"


@contextmanager
def connected(
    url: str, user: str | None = None, password: str | None = None, *, tls: ldap3.Tls | None = None
) -> Iterator[ldap3.Connection]:
    """A bound connection of ldap3's that raises and follows up nothing by itself, and is closed in the end."""
    server = ldap3.Server(url, tls=tls, get_info=ldap3.NONE, connect_timeout=10)
    connection = ldap3.Connection(
        server,
        user,
        password,
        receive_timeout=10,
        auto_range=False,
        auto_referrals=False,
        check_names=False,
        return_empty_attributes=False,
    )
    connection.bind()
    try:
        yield connection
    finally:
        connection.unbind()


def names(connection: ldap3.Connection) -> list[str]:
    """The names of the entries that the last search sent, in order."""
    return [item["dn"] for item in connection.response or () if item["type"] == "searchResEntry"]


def cookie(connection: ldap3.Connection) -> bytes:
    """Where the last page said to go on; empty when it was the last, or said nothing."""
    control = connection.result.get("controls", {}).get(_PAGED_RESULTS)
    return bytes(control["value"]["cookie"]) if control else b""


def search(
    connection: ldap3.Connection, base: str = BASE, wanted: str = "(objectClass=*)", **options: object
) -> int:
    """Search for names alone, if not said otherwise, and tell the result code."""
    connection.search(base, wanted, **{"attributes": "1.1", **options})  # type: ignore[arg-type]  # by name
    return int(connection.result["result"])


def attributes(connection: ldap3.Connection) -> dict[str, list[bytes]]:
    """The attributes of the first entry that the last search sent, with their values as sent."""
    first = next(item for item in connection.response or () if item["type"] == "searchResEntry")
    return {name: list(values or ()) for name, values in first["raw_attributes"].items()}


def all_pages(connection: ldap3.Connection, size: int, base: str = BASE) -> Iterator[tuple[int, list[str]]]:
    """The result and the names on each page, until there is no cookie."""
    going_on: bytes | None = None
    while going_on != b"":
        code = search(connection, base, paged_size=size, paged_cookie=going_on)
        yield code, names(connection)
        going_on = cookie(connection)


def message(operation: bytes, number: int = 1) -> bytes:
    """A request as it goes over the wire."""
    return sequence(integer(number), operation)


def outcome(data: bytes) -> tuple[int, int]:
    """The tag and the result code of an answer as it came over the wire."""
    reader = Reader(data).enter()
    reader.integer()
    tag = reader.tag
    return tag, reader.enter(tag).integer(ENUMERATED)


@contextmanager
def wire(url: str) -> Iterator[socket.socket]:
    """A bare connection."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        yield connection
