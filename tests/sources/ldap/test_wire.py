"""Our decoder beside ldap3's, over real servers."""

from collections.abc import Iterator

import pytest

from bridge.errors import Denied
from bridge.sandbox.ldap import (
    ACTIVE_DIRECTORY,
    Directory,
    Drop,
    Effect,
    EndEarly,
    LdapSandbox,
    OmitPaging,
    Refer,
    Refuse,
    ServerLimits,
    Silence,
    Truncate,
)
from bridge.sources.ldap.connection import opened
from bridge.sources.ldap.search import Ldap3Pages, Query, as_it_is
from bridge.sources.ldap.settings import Tls
from bridge.sources.ldap.source import LdapSource
from bridge.sources.ldap.wire import WirePages
from tests.servers.slapd import Slapd
from tests.sources.contract import WORLD, SourceContract, by_pattern
from tests.sources.ldap.decoders import both_outcomes, outcome
from tests.sources.ldap.directory import (
    ADMIN,
    BASE,
    SCHEMA,
    TREE,
    crowd,
    entry,
    group,
    group_dn,
    ldif_of,
    person,
    person_dn,
    settings,
)
from tests.sources.ldap.handwritten import EVERYTHING
from tests.sources.ldap.test_contract import NAMED_BY_O

CROWD = [person_dn(f"u{number}") for number in range(20)]
TOWN = (
    TREE
    + crowd(20)
    + person("zoë", cn=("Zoë", "Z" * 200), mail=("z@example.test", "Zoe@example.test"))
    + group("all", *CROWD)
    + "".join(group(f"g{number}", CROWD[number], group_dn("all")) for number in range(9))
    + entry(f"cn=thing,ou=elsewhere,{BASE}", objectClass="device", cn="thing")
)
QUERIES = [
    EVERYTHING,
    Query("people", f"ou=people,{BASE}", "(objectClass=inetOrgPerson)", ("entryUUID", "mail", "cn")),
    Query("groups", f"ou=groups,{BASE}", "(&(objectClass=groupOfNames)(!(cn=g3)))", ("member", "cn")),
    Query("names", BASE, "(|(cn=Zo\\c3\\ab)(uid=u1*)(mail=*2@*))"),
    Query("nobody", BASE, "(cn=nobody)", ("cn",)),
    Query("nowhere", f"ou=nowhere,{BASE}", "(cn=*)", ("cn",)),
    Query("no base", "what is this", "(cn=*)", ("cn",)),
    Query("no filter", BASE, "(cn=", ("cn",)),
]


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """A town in OpenLDAP."""
    with Slapd(TOWN) as server:
        yield server


# ---- the same as ldap3's, over real servers -----------------------------------------------------------------


@pytest.mark.slapd
@pytest.mark.parametrize("page_size", [1, 7, 1000])
@pytest.mark.parametrize("security", ["plain", "StartTLS", "ldaps", "ldapi"])
def test_openldap_says_the_same_through_both(slapd: Slapd, security: str, page_size: int) -> None:
    """Every entry and attribute, operational ones too, and every result, over each kind of connection."""
    server = {"ldaps": slapd.ldaps_url, "ldapi": slapd.ldapi_url}.get(security, slapd.url)
    chosen = settings(server, tls=Tls(start=security == "StartTLS", ca_file=slapd.ca_file))
    found = []
    for query in QUERIES:
        ours, theirs = both_outcomes(chosen, query, page_size)
        assert ours == theirs
        found.append(len(ours[0]))
    assert found == [36, 21, 9, 13, 0, 0, 0, 0]


@pytest.mark.parametrize("page_size", [1, 7, 1000])
@pytest.mark.parametrize(
    "limits",
    [
        ServerLimits(),
        ServerLimits(value_range=4),
        ServerLimits(page_cap=2),
        ServerLimits(size_limit=5),
        ServerLimits(page_limit=3),
        ACTIVE_DIRECTORY,
    ],
    ids=["none", "ranges", "page cap", "size limit", "page limit", "Active Directory"],
)
def test_the_embedded_server_says_the_same_through_both(limits: ServerLimits, page_size: int) -> None:
    """Ranges of values, pages smaller than asked for, and limits that end a search or refuse it."""
    town = Directory.from_ldif(TOWN)
    with LdapSandbox(town, credentials={ADMIN.user: ADMIN.password}, limits=limits) as server:
        for query in QUERIES:
            ours, theirs = both_outcomes(settings(server.url), query, page_size)
            assert ours == theirs
        if limits.value_range == 4:
            found = both_outcomes(settings(server.url), QUERIES[2], page_size)[0][0]
            assert "member;range=0-3" in dict(found)[group_dn("all").encode()]


EFFECTS = [
    *(Refuse(code, after) for code in (1, 3, 4, 11, 32, 50, 51, 52, 53, 80) for after in (0, 2)),
    Refuse(10, referral=("ldap://b/",)),
    Refuse(51, message="too many\nquestions"),
    Refer(("ldap://a/dc=x", "ldap://b/")),
    *(kind(after) for kind in (Drop, Truncate) for after in (0, 2)),
    Silence(after=1),
    EndEarly(after=1),
    OmitPaging(),
]


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("effect", EFFECTS, ids=str)
def test_what_goes_wrong_is_the_same_through_both(effect: Effect, page: int) -> None:
    """The same entries so far, the same doubts, the same errors, word for word."""
    town = Directory.from_ldif(TOWN)
    with LdapSandbox(town, credentials={ADMIN.user: ADMIN.password}) as server:
        server.faults.add(effect, page=page)
        ours, theirs = both_outcomes(settings(server.url, receive_timeout=1), QUERIES[1], 7)
    assert ours == theirs
    assert ours[2] or effect == EndEarly(after=1) or (effect == OmitPaging() and page == 1)


@pytest.mark.slapd
def test_a_read_is_the_same_through_both(slapd: Slapd) -> None:
    """To the last label."""
    chosen = settings(slapd.url, schema=SCHEMA)
    everything = (by_pattern(".*"),)
    assert LdapSource(chosen).read(everything) == LdapSource(chosen, Ldap3Pages).read(everything)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LdapSandbox]:
    """The contract's world in the embedded server."""
    with LdapSandbox(Directory.from_ldif(ldif_of(WORLD)), credentials={ADMIN.user: ADMIN.password}) as server:
        yield server


class TestReadByLdap3(SourceContract):
    """What every source does holds for the fallback too."""

    @pytest.fixture
    def source(self, sandbox: LdapSandbox) -> LdapSource:
        return LdapSource(settings(sandbox.url, schema=NAMED_BY_O), Ldap3Pages)

    @pytest.fixture
    def absent_source(self) -> LdapSource:
        return LdapSource(settings("ldap://127.0.0.1:1", schema=NAMED_BY_O), Ldap3Pages)


# ---- the connection ------------------------------------------------------------------------------------------


@pytest.mark.slapd
@pytest.mark.parametrize("start", [False, True], ids=["plain", "StartTLS"])
def test_the_connection_stays_good_for_ldap3(slapd: Slapd, *, start: bool) -> None:
    """Its own searches and other operations, in turn with ours."""
    chosen = settings(slapd.url, tls=Tls(start=start, ca_file=slapd.ca_file))
    with opened(chosen, slapd.url) as session:
        wire = WirePages(session)
        for _ in range(3):
            assert len(outcome(session, wire, EVERYTHING, 7)[0]) == 36
            assert session.connection.extend.standard.who_am_i() == f"dn:{ADMIN.user}"
            assert len(outcome(session, Ldap3Pages(session), EVERYTHING, 7)[0]) == 36


@pytest.mark.slapd
def test_a_search_given_up_half_way_leaves_nothing_behind(slapd: Slapd) -> None:
    """The next page is on its way already; another search gets its own answer all the same, and so does ldap3."""
    with opened(settings(slapd.url), slapd.url) as session:
        wire = WirePages(session)
        assert len(wire.fetch(EVERYTHING, 20, b"", as_it_is).made) == 20
        assert len(outcome(session, wire, QUERIES[1], 7)[0]) == 21
        assert session.connection.extend.standard.who_am_i() == f"dn:{ADMIN.user}"
        assert len(outcome(session, wire, QUERIES[1], 7)[0]) == 21


@pytest.mark.slapd
def test_a_filter_that_cannot_be_sent_costs_no_connection(slapd: Slapd) -> None:
    """Nothing went out, so nothing is half-way."""
    with opened(settings(slapd.url), slapd.url) as session:
        wire = WirePages(session)
        with pytest.raises(Denied):
            wire.fetch(QUERIES[-1], 7, b"", as_it_is)
        assert len(outcome(session, wire, EVERYTHING, 7)[0]) == 36
