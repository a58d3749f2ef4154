"""The proof of faithfulness: our server and OpenLDAP's, with the same entries, answer alike."""

import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import ldap3
import pytest

from bridge.sandbox.ldap import Directory, LdapSandbox, ServerLimits
from bridge.sandbox.ldap.names import parse_dn
from tests.sandbox.ldap.client import BASE, connected, cookie
from tests.sandbox.ldap.questions import BASES, FILTERS, LDIF, SCOPES, SELECTIONS
from tests.servers.slapd import Slapd, require

pytestmark = pytest.mark.slapd


@pytest.fixture(scope="module")
def real() -> Iterator[ldap3.Connection]:
    """A client of OpenLDAP."""
    with Slapd(LDIF, tls=False) as slapd, connected(slapd.url) as connection:
        yield connection


@pytest.fixture(scope="module")
def ours() -> Iterator[ldap3.Connection]:
    """A client of our server."""
    with LdapSandbox(Directory.from_ldif(LDIF)) as sandbox, connected(sandbox.url) as connection:
        yield connection


@dataclass(frozen=True)
class Reply:
    """What a search is answered with, in a form that two servers may share."""

    code: int
    matched: object
    entries: list[tuple[object, dict[str, list[object]]]]


def ask(connection: ldap3.Connection, **search: object) -> Reply:
    """The answer to one search: below the base, for names alone, if not said otherwise."""
    connection.search(**{"search_base": BASE, "attributes": "1.1", **search})  # type: ignore[arg-type]  # by name
    entries: list[tuple[object, dict[str, list[object]]]] = [
        (parse_dn(item["dn"]), {name: _values(name, raw) for name, raw in item["raw_attributes"].items()})
        for item in connection.response or ()
        if item["type"] == "searchResEntry"
    ]
    return Reply(connection.result["result"], parse_dn(connection.result["dn"]), entries)


def _values(name: str, raw: list[bytes]) -> list[object]:
    """Values as sent; entryDN by meaning, for OpenLDAP writes it in its own way; of a made UUID that it is one."""
    match name:
        case "entryDN":
            return [parse_dn(value.decode()) for value in raw]
        case "entryUUID":
            return [uuid.UUID(value.decode()).variant for value in raw]
        case _:
            return list(raw)


@pytest.mark.parametrize("wanted", FILTERS)
def test_a_filter_finds_the_same(real: ldap3.Connection, ours: ldap3.Connection, wanted: str) -> None:
    """Both servers find the same entries for this filter, in the same order, and say the same of the outcome."""
    assert ask(ours, search_filter=wanted) == ask(real, search_filter=wanted)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("base", BASES)
def test_a_scope_reaches_as_far(real: ldap3.Connection, ours: ldap3.Connection, base: str, scope: str) -> None:
    """Both servers reach the same entries from this base, and fail alike where there is none."""
    question = {"search_base": base, "search_filter": "(objectClass=*)", "search_scope": scope}
    mine, theirs = ask(ours, **question), ask(real, **question)
    if scope == ldap3.LEVEL:  # OpenLDAP sends siblings in the order of its index
        mine.entries.sort(key=repr)
        theirs.entries.sort(key=repr)
    assert mine == theirs


@pytest.mark.parametrize("wanted", ["(uid=anna)", "(uid=zoe)", "(objectClass=groupOfNames)"])
@pytest.mark.parametrize("attributes", SELECTIONS)
def test_a_selection_brings_the_same(
    real: ldap3.Connection, ours: ldap3.Connection, attributes: tuple[str, ...], wanted: str
) -> None:
    """Both servers send the same attributes and values, in the same order, for this list."""
    question = {"search_filter": wanted, "attributes": list(attributes) or None}
    assert ask(ours, **question) == ask(real, **question)


@pytest.mark.parametrize("attributes", SELECTIONS)
def test_types_only_brings_the_same(
    real: ldap3.Connection, ours: ldap3.Connection, attributes: tuple[str, ...]
) -> None:
    """The real ldapsearch prints the same of both servers when it asks for attribute types without values."""

    def printed(connection: ldap3.Connection) -> bytes:
        url = f"ldap://{connection.server.host}:{connection.server.port}"
        command = [require("ldapsearch"), "-x", "-LLL", "-A", "-H", url, "-b", BASE, "(uid=anna)", *attributes]
        return subprocess.run(command, capture_output=True, check=True).stdout

    assert printed(ours) == printed(real)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 12, 13, 100])
@pytest.mark.parametrize("limit", [0, 1, 4, 12, 13])
def test_pages_are_cut_alike(real: ldap3.Connection, ours: ldap3.Connection, size: int, limit: int) -> None:
    """Page by page both servers send the same entries, end alike, and end in the same place."""

    def pages(connection: ldap3.Connection) -> Iterator[Reply]:
        going_on: bytes | None = None
        while going_on != b"":
            yield ask(
                connection,
                search_filter="(objectClass=*)",
                paged_size=size,
                paged_cookie=going_on,
                size_limit=limit,
            )
            going_on = cookie(connection)

    assert list(pages(ours)) == list(pages(real))


@pytest.mark.parametrize(
    ("line", "limits", "sizes"),
    [
        ("sizelimit 5", ServerLimits(size_limit=5), (None, 2, 5, 6)),
        # Larger pages are cut by our page cap, as in Active Directory, and not by OpenLDAP.
        ("sizelimit size.soft=5 size.hard=5 size.prtotal=unlimited", ServerLimits(page_cap=5), (None, 2, 5)),
        (
            "sizelimit size.hard=unlimited size.soft=unlimited size.pr=5",
            ServerLimits(page_limit=5),
            (None, 2, 5, 6),
        ),
    ],
    ids=["total", "unpaged", "page"],
)
def test_limits_cut_alike(line: str, limits: ServerLimits, sizes: tuple[int | None, ...]) -> None:
    """Under the same limit both servers send as much, unpaged and on each page, and give the same result."""

    def replies(connection: ldap3.Connection, size: int | None) -> Iterator[tuple[int, int]]:
        going_on: bytes | None = None
        while going_on != b"":
            reply = ask(connection, search_filter="(objectClass=*)", paged_size=size, paged_cookie=going_on)
            yield reply.code, len(reply.entries)
            going_on = cookie(connection)

    own = LdapSandbox(Directory.from_ldif(LDIF), limits=limits)
    with (
        Slapd(LDIF, limits=line, tls=False) as slapd,
        own,
        connected(slapd.url) as real,
        connected(own.url) as ours,
    ):
        for size in sizes:
            assert list(replies(ours, size)) == list(replies(real, size))


@pytest.mark.parametrize(
    ("user", "password"),
    [
        (None, None),
        ("uid=anna,ou=people,dc=example,dc=test", "right"),
        ("UID=Anna, ou=people,dc=example,dc=test", "right"),
        ("uid=anna,ou=people,dc=example,dc=test", "wrong"),
        ("uid=nobody,ou=people,dc=example,dc=test", "right"),
    ],
)
def test_binds_are_judged_alike(user: str | None, password: str | None) -> None:
    """The same names and passwords are let in, and the same are refused with the same result."""
    dn = "uid=anna,ou=people,dc=example,dc=test"
    with_password = LDIF.replace("uid: anna\n", "uid: anna\nuserPassword: right\n")
    own = LdapSandbox(Directory.from_ldif(LDIF), credentials={dn: "right"})
    with Slapd(with_password, tls=False) as slapd, own:
        outcomes = []
        for url in (slapd.url, own.url):
            with connected(url, user, password) as connection:
                code = connection.result["result"]
                who = connection.extend.standard.who_am_i() or ""
                outcomes.append((code, parse_dn(who.removeprefix("dn:"))))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("critical", [False, True])
def test_an_unknown_control_is_treated_alike(
    real: ldap3.Connection, ours: ldap3.Connection, *, critical: bool
) -> None:
    """A control that nobody knows is ignored, or refuses the search if it is critical."""
    question = {"search_filter": "(uid=anna)", "controls": [("1.2.3.4", critical, None)]}
    assert ask(ours, **question) == ask(real, **question)
