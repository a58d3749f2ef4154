from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest

from bridge.core.model import DirectoryRead, DoubtKind, Selection, Selector, SelectorKind
from bridge.errors import IncompleteRead, RemoteError, Unavailable
from bridge.sandbox.ldap import (
    Directory,
    Drop,
    Effect,
    EndEarly,
    EndNever,
    LdapSandbox,
    OmitPaging,
    Refer,
    Refuse,
    ServerLimits,
    Silence,
    Truncate,
)
from bridge.sources.ldap.connection import Session
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.search import EMPTY_PAGES, Ldap3Pages, Page, Query
from bridge.sources.ldap.settings import Bind, BindMethod
from bridge.sources.ldap.source import LdapSource
from tests.servers.slapd import SERVICE_DN, Slapd
from tests.sources.contract import CORP, by_name, by_pattern
from tests.sources.ldap.directory import ADMIN, SCHEMA, TREE, crowd, entry, group, person, person_dn, settings

T = TypeVar("T")
CROWD = [person_dn(f"u{number}") for number in range(10)]
THING = "cn=thing,ou=elsewhere,dc=example,dc=test"
TOWN = (
    TREE
    + crowd(10)
    + person("dan", employeeType="disabled")
    + group("all", *CROWD, person_dn("dan"))
    + "".join(group(f"g{number}", CROWD[number]) for number in range(9))
    + entry(THING, objectClass="device", cn="thing")
    + group("odd", THING)
)
"""Pages of three: four of people, four of groups."""

PEOPLE, DISABLED, GROUPS = r"^\(objectClass=inetOrgPerson\)$", "employeeType", r"^\(\|\(objectClass=groupOfNames"


@pytest.fixture
def town() -> Iterator[LdapSandbox]:
    """The embedded server, to go wrong on demand."""
    with LdapSandbox(Directory.from_ldif(TOWN), credentials={ADMIN.user: ADMIN.password}) as server:
        yield server


def read_team(server: LdapSandbox, name: str = "all") -> tuple[DirectoryRead, Selection]:
    """Read one group by name."""
    read = LdapSource(settings(server.url, receive_timeout=1)).read((by_name(name),))
    return read, read.selections[by_name(name)]


LIMITS = [Refuse(4, after=1), *(Refuse(code) for code in (1, 3, 11, 50, 51, 52, 53, 80))]
LOSSES = [Drop(), Drop(after=1), Truncate(after=1)]


@pytest.mark.parametrize(
    ("subject", "matching", "effect"),
    [
        *(("people", PEOPLE, effect) for effect in LIMITS),
        *(("groups", GROUPS, effect) for effect in (*LIMITS, *LOSSES, Silence(after=1))),
    ],
    ids=str,
)
def test_a_search_that_breaks_off_is_a_doubt_about_everything(
    town: LdapSandbox, subject: str, matching: str, effect: Effect
) -> None:
    """From the second page on: what was read is handed on, and the doubt says how far it came."""
    town.faults.add(effect, matching=matching, page=2)
    read, selection = read_team(town)
    (doubt,) = read.doubts
    so_far = 4 if effect == Refuse(4, after=1) else 3
    assert doubt.kind is DoubtKind.TRUNCATED
    assert doubt.text.startswith(f"the search for {subject} under 'ou={subject},")
    assert f"broke off on page 2, after {so_far} entries: " in doubt.text
    assert len(selection.groups[0].members) == (so_far if subject == "people" else 10)
    assert [search.result for search in read.searches].count("0 success") == 2


@pytest.mark.parametrize("effect", LOSSES, ids=str)
def test_a_connection_lost_among_the_people_is_no_read(town: LdapSandbox, effect: Effect) -> None:
    """Nobody can be asked any more who is disabled; where that is not asked, no group can be read."""
    town.faults.add(effect, matching=PEOPLE, page=2)
    with pytest.raises(IncompleteRead, match="nobody can be told from the disabled people"):
        read_team(town)
    with pytest.raises(Unavailable):
        LdapSource(settings(town.url, schema=replace(SCHEMA, disabled_filter=""), receive_timeout=1)).read(())


@pytest.mark.parametrize("effect", [Drop(), Refuse(51), Refuse(52), Truncate()], ids=str)
@pytest.mark.parametrize("matching", [PEOPLE, GROUPS], ids=["people", "groups"])
def test_a_search_that_never_begins_is_an_error(town: LdapSandbox, effect: Effect, matching: str) -> None:
    """There is nothing to hand on: the next run tries again."""
    town.faults.add(effect, matching=matching, page=1)
    with pytest.raises(Unavailable):
        read_team(town)


@pytest.mark.parametrize("page", [0, 1])
@pytest.mark.parametrize(
    "effect",
    [
        Refuse(4, after=0),
        Refuse(51),
        Refuse(10, referral=("ldap://b/",)),
        Drop(),
        Truncate(),
        Refer(("ldap://b/",)),
    ],
    ids=str,
)
def test_without_all_the_disabled_people_there_is_no_read(town: LdapSandbox, effect: Effect, page: int) -> None:
    """A disabled person who looks enabled would be put in."""
    town.faults.add(effect, matching=DISABLED, page=page)
    with pytest.raises(IncompleteRead, match="nobody can be told from the disabled people"):
        read_team(town)


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize("after", [0, 1])
def test_a_referral_that_ends_the_search_for_the_disabled_is_no_read(
    town: LdapSandbox, page: int, after: int
) -> None:
    """Though the search for people points there, too: that one came to its end, and this one did not."""
    town.faults.add(Refer(("ldap://b/",)), matching=PEOPLE)
    town.faults.add(Refuse(10, after=after, referral=("ldap://b/",)), matching=DISABLED, page=page)
    schema = replace(SCHEMA, disabled_filter="(|(employeeType=disabled)(uid=u1)(uid=u2)(uid=u3)(uid=u4))")
    with pytest.raises(IncompleteRead, match="nobody can be told from the disabled people"):
        LdapSource(settings(town.url, schema=schema)).read((by_name("all"),))


def test_a_reference_is_a_doubt_and_is_never_followed(town: LdapSandbox) -> None:
    """Neither with our password nor without; all searches point there, and the read is still handed on."""
    with LdapSandbox(Directory.from_ldif(TREE), credentials={ADMIN.user: ADMIN.password}) as elsewhere:
        town.faults.add(Refer((f"{elsewhere.url}/ou=people,dc=example,dc=test",)))
        read, selection = read_team(town)
        assert elsewhere.operations == ()
    assert {doubt.kind for doubt in read.doubts} == {DoubtKind.REFERRAL}
    assert all(elsewhere.url in doubt.text for doubt in read.doubts)
    assert len(selection.groups[0].members) == 10


def test_a_referral_instead_of_an_answer_is_a_doubt(town: LdapSandbox) -> None:
    """The groups are another server's; nothing is concluded from their absence."""
    town.faults.add(Refuse(10, referral=("ldap://other.example.test/",)), matching=GROUPS)
    read, selection = read_team(town)
    assert [doubt.kind for doubt in read.doubts] == [DoubtKind.REFERRAL]
    assert "ldap://other.example.test/" in read.doubts[0].text
    assert (selection.groups, [doubt.kind for doubt in selection.doubts]) == ((), [DoubtKind.MISSING])


def test_people_who_are_silently_left_out_are_doubts(town: LdapSandbox) -> None:
    """A server that ends early and calls it success is found out: the members that are missing are there."""
    town.faults.add(EndEarly(), matching=PEOPLE, page=2, occurrence=1)
    read, selection = read_team(town)
    assert read.doubts == ()
    assert len(selection.groups[0].members) == 6
    assert len(selection.groups[0].doubts) == 5
    assert all("whom the search for people left out" in doubt.text for doubt in selection.groups[0].doubts)


@pytest.mark.parametrize("page", [1, 2])
def test_a_page_without_a_word_about_more_is_a_doubt(town: LdapSandbox, page: int) -> None:
    """A full page, or a later one, that does not say whether it is the last."""
    town.faults.add(OmitPaging(), matching=PEOPLE, page=page)
    read, _ = read_team(town)
    assert "no word whether there is more" in read.doubts[0].text


@pytest.mark.parametrize(("matching", "subject"), [(PEOPLE, "people"), (GROUPS, "groups")])
def test_empty_pages_without_end_are_a_doubt(town: LdapSandbox, matching: str, subject: str) -> None:
    """Each with a new cookie, so that none leads back: after so many in a row nothing more is expected."""
    town.faults.add(EndNever(), matching=matching)
    read, selection = read_team(town)
    (doubt,) = read.doubts
    assert doubt.kind is DoubtKind.TRUNCATED
    assert doubt.text.startswith(f"the search for {subject} under")
    assert f"0 success, {EMPTY_PAGES} empty pages in a row" in doubt.text
    assert len(selection.groups[0].members) == 10


def test_empty_pages_without_end_among_the_disabled_are_no_read(town: LdapSandbox) -> None:
    """Somebody disabled may be missing there."""
    town.faults.add(EndNever(), matching=DISABLED)
    with pytest.raises(IncompleteRead, match="empty pages in a row"):
        read_team(town)


@pytest.mark.parametrize("effect", [Refuse(4), Refuse(51), Refuse(53), Drop(), Truncate()], ids=str)
@pytest.mark.parametrize("lookup", [1, 2])
def test_a_look_up_that_fails_is_no_absence(town: LdapSandbox, effect: Effect, lookup: int) -> None:
    """Whether the member is there, or what it is, stays unknown: a doubt with the reason."""
    town.faults.add(effect, matching="entryDN", occurrence=lookup)
    read, selection = read_team(town, "odd")
    (doubt,) = selection.groups[0].doubts
    assert doubt.kind is DoubtKind.UNRESOLVED
    assert "could not be looked up: " in doubt.text
    assert selection.groups[0].others == 0
    assert any(search.result != "0 success" for search in read.searches)


def test_nobody_is_looked_up_after_a_search_that_broke_off(town: LdapSandbox) -> None:
    """It would be in vain to ask for everybody whom it left out."""
    town.faults.add(Refuse(4, after=1), matching=PEOPLE, page=1)
    read, selection = read_team(town)
    assert "the search for people" in read.doubts[0].text
    assert len(selection.groups[0].members) == 1
    assert all("broke off" in doubt.text for doubt in selection.groups[0].doubts)
    assert not [operation for operation in town.operations if "entryDN" in operation.filter]


def test_a_filter_selector_that_breaks_off_is_a_doubt_about_itself(town: LdapSandbox) -> None:
    """Other selectors are none the worse."""
    by_filter = Selector(CORP, SelectorKind.FILTER, "(cn=g*)")
    town.faults.add(Refuse(52, after=0), matching=r"\(cn=g\*\)", page=2)
    read = LdapSource(settings(town.url)).read((by_filter, by_name("g1")))
    assert [doubt.kind for doubt in read.selections[by_filter].doubts] == [DoubtKind.TRUNCATED]
    assert len(read.selections[by_filter].groups) == 3
    assert (read.selections[by_name("g1")].doubts, read.doubts) == ((), ())


def test_a_page_cap_below_the_page_size_is_no_trouble(town: LdapSandbox) -> None:
    """The server gives smaller pages, and more of them."""
    town.limits = ServerLimits(page_cap=2)
    read, selection = read_team(town)
    assert (read.doubts, len(selection.groups[0].members)) == ((), 10)


def test_a_page_size_above_the_limit_is_an_error_with_the_remedy(town: LdapSandbox) -> None:
    """The server refuses the first page: adminLimitExceeded."""
    town.limits = ServerLimits(page_limit=2)
    with pytest.raises(IncompleteRead, match="choose a smaller page_size"):
        read_team(town)


@pytest.mark.parametrize(
    ("op", "effect"), [("bind", Refuse(51)), ("bind", Drop()), ("bind", Silence()), ("search", Drop())], ids=str
)
def test_the_next_server_is_read_where_the_first_gave_nothing(town: LdapSandbox, op: str, effect: Effect) -> None:
    """Busy, gone or silent before the first entry: all of the read comes from the second."""
    with LdapSandbox(Directory.from_ldif(TREE), credentials={ADMIN.user: ADMIN.password}) as first:
        first.faults.add(effect, op=op)
        source = LdapSource(settings(first.url, town.url, receive_timeout=1))
        read = source.read((by_name("all"),))
    assert read.server == town.url
    assert len(read.people) == 10


# ---- a real server -----------------------------------------------------------------------------------------

SERVICE = entry(SERVICE_DN, objectClass=("account", "simpleSecurityObject"), uid="svc", userPassword="secret")
BIND = Bind(BindMethod.SIMPLE, SERVICE_DN, "secret")


@pytest.mark.slapd
def test_a_size_limit_below_the_people_removes_nobody() -> None:
    """OpenLDAP cuts a paged search too, and ldap3 does not say so: we do, with the remedy."""
    ldif = TREE + SERVICE + crowd(40) + group("all", *(person_dn(f"u{number}") for number in range(40)))
    with Slapd(ldif, limits="sizelimit 25", tls=False) as slapd:
        read = LdapSource(settings(slapd.url, bind=BIND, page_size=10)).read((by_name("all"),))
    (doubt,) = read.doubts
    assert doubt.kind is DoubtKind.TRUNCATED
    assert "broke off on page 3, after 25 entries: 4 sizeLimitExceeded; raise the size limit" in doubt.text
    assert len(read.people) == 25
    assert read.searches[0].result.startswith("4 sizeLimitExceeded")
    assert any("could not be looked up" in one.text for one in read.selections[by_name("all")].groups[0].doubts)


@pytest.mark.slapd
def test_a_page_limit_is_an_error_with_the_remedy() -> None:
    """OpenLDAP answers adminLimitExceeded before the first entry."""
    limits = f'limits dn.exact="{SERVICE_DN}" size.pr=5 size.prtotal=unlimited'
    with Slapd(TREE + SERVICE + crowd(20), limits=limits, tls=False) as slapd:
        source = LdapSource(settings(slapd.url, bind=BIND, page_size=10))
        with pytest.raises(IncompleteRead, match="11 adminLimitExceeded"):
            source.read(())
        assert len(LdapSource(settings(slapd.url, bind=BIND, page_size=5)).read(()).searches) == 3


@pytest.mark.slapd
@pytest.mark.parametrize(("page", "subject"), [(2, "people"), (7, "groups")])
def test_a_server_killed_between_pages_removes_nobody(page: int, subject: str) -> None:
    """The pages that came are handed on; the doubt says what broke off, and where."""
    ldif = TREE + crowd(10) + "".join(group(f"g{number}", person_dn(f"u{number}")) for number in range(10))
    with Slapd(ldif, tls=False) as slapd:

        class Fatal(Ldap3Pages):
            """Kills the server before a page."""

            asked = 0

            def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
                self.asked += 1
                if self.asked == page:
                    slapd.kill()
                return super().fetch(query, size, cookie, make)

        def fatal(session: Session) -> Ldap3Pages:
            return Fatal(session)

        source = LdapSource(replace(settings(slapd.url), page_size=3), fatal)
        if subject == "people":
            with pytest.raises(RemoteError):  # nobody can be told from the disabled people
                source.read((by_pattern("g.*"),))
            return
        read = source.read((by_pattern("g.*"),))
    assert [doubt.kind for doubt in read.doubts] == [DoubtKind.TRUNCATED]
    assert "groups" in read.doubts[0].text
    assert "page 2, after 3 entries" in read.doubts[0].text
    assert len(read.selections[by_pattern("g.*")].groups) == 3
