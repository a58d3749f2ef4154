"""Active Directory, which here is a real Samba: what its preset finds, and what it does not take for the whole."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bridge.core.model import DirectoryGroup, DirectoryRead, DoubtKind, Selection, Selector, SelectorKind
from bridge.sources.ldap.connection import Session, opened
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.search import PagedSearch, PageReader, Query
from bridge.sources.ldap.settings import Bind, BindMethod, Domain, LdapSettings, Nesting, Tls
from bridge.sources.ldap.sid import sid_text
from bridge.sources.ldap.source import LdapSource, pages_for
from bridge.sources.ldap.wire import WirePages
from tests.servers import active_directory as ad
from tests.servers.samba import SambaDc
from tests.sources.contract import CORP, WORLD, SourceContract, World, by_name, by_pattern
from tests.sources.ldap.decoders import both_outcomes
from tests.sources.ldap.narrow import NarrowRanges

pytestmark = pytest.mark.samba

AD = PRESETS["active-directory"]
CROWD = [f"c{number:03}" for number in range(40)]
FIRST_PART = "member;range=0-6"

PROXY_ADDRESSES = ("smtp:a@old.test", "SMTP:ann@new.test", "sip:x@y.test")
ODD = ad.group_dn("Zoë\\, A\\+B")

LDIF = (
    ad.tree()
    + ad.group("staff", ad.person_dn("ann"), ad.person_dn("gus"), ad.group_dn("inner"), ad.FOREIGN)
    + ad.group("inner", ad.group_dn("staff"), *map(ad.thing_dn, ("carl", "WS1", "printer")))
    + ad.group("home")
    + ad.group("crowd", *map(ad.person_dn, CROWD))
    + ad.group("over", ad.group_dn("crowd"), ad.group_dn("home"))
    + ad.group("universal", ad.person_dn("ann"), groupType="-2147483640")
    + ad.group("forest", ad.person_dn("ann"), ad.group_dn("crowd"), groupType="-2147483640")
    + ad.group("everyone", "CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=lab,DC=test")
    + ad.entry(ODD, objectClass="group", sAMAccountName="Zoë", member=ad.person_dn("Doe\\, Jöhn"))
    + ad.person(
        "ann", mail="Ann@Example.test", proxyAddresses=("smtp:a@old.test", "SMTP:ann@new.test", "sip:x@y.test")
    )
    + ad.person("bob", primary_group=ad.group_dn("home"), password="Passw0rd.bob")
    + ad.person("gus", enabled=False)
    + ad.person("Doe\\, Jöhn", sAMAccountName="doe", userPrincipalName="doe@lab.test", mail="doe@example.test")
    + "".join(map(ad.person, CROWD))
    + ad.contact("carl")
    + ad.computer("WS1")
    + ad.printer("printer")
)


@pytest.fixture(scope="module")
def dc() -> Iterator[SambaDc]:
    """A domain controller that nobody changes."""
    with SambaDc(LDIF) as dc:
        yield dc


def settings(dc: SambaDc, **changes: object) -> LdapSettings:
    """The whole domain, by an ordinary account."""
    domain = Domain(dc.base, (str(changes.pop("server", dc.ldaps_url)),))
    chosen = LdapSettings(
        CORP,
        (domain,),
        AD,
        Bind(BindMethod.SIMPLE, dc.service_user, dc.service_password),
        Tls(ca_file=dc.ca_file),
        page_size=10,
    )
    return replace(chosen, **changes)  # type: ignore[arg-type]  # each test names fields of LdapSettings


def read_one(source: LdapSource, kind: SelectorKind, text: str) -> tuple[DirectoryRead, Selection]:
    """What one selector finds."""
    selector = Selector(CORP, kind, text)
    read = source.read((selector,))
    return read, read.selections[selector]


def group(source: LdapSource, name: str) -> tuple[list[str], DirectoryGroup]:
    """The first addresses of everybody in a group, and the group; the read itself is without doubt."""
    read, selection = read_one(source, SelectorKind.NAME, name)
    assert (read.doubts, selection.doubts) == ((), ())
    (found,) = selection.groups
    firsts = [read.people[person_id].addresses[:1] for person_id in found.members]
    return sorted(address for first in firsts for address in first), found


# ---- the contract ------------------------------------------------------------------------------------------


def ldif_of(world: World) -> str:
    """A world as Active Directory would have it: whoever leads to nobody lies outside the people's base."""
    groups = {some.key for some in world.groups}
    people = {someone.key for someone in world.people}

    def place(key: str) -> str:
        if key in groups:
            return ad.group_dn(key)
        return ad.person_dn(key) if key in people else ad.thing_dn(key)

    everybody = [ad.person(one.key, mail=one.address, enabled=one.enabled) for one in world.people]
    owners = {some.key: {"managedBy": place(some.owner)} for some in world.groups if some.owner}
    made = [
        ad.group(some.key, *map(place, some.members), displayName=some.name, **owners.get(some.key, {}))
        for some in world.groups
    ]
    stray = ad.person("ghost").replace(ad.person_dn("ghost"), ad.thing_dn("ghost"))
    return ad.tree() + "".join([*map(ad.printer, world.things), *everybody, *made, stray])


@pytest.fixture(scope="module")
def world() -> Iterator[SambaDc]:
    """The contract's world."""
    with SambaDc(ldif_of(WORLD)) as dc:
        yield dc


def in_world(dc: SambaDc, nesting: Nesting) -> LdapSource:
    """People and groups in their branches, names in displayName: two groups cannot share a sAMAccountName."""
    where = Domain(dc.base, (dc.ldaps_url,), f"ou=people,{dc.base}", f"ou=groups,{dc.base}")
    schema = replace(AD, group_name="displayName")
    return LdapSource(settings(dc, domains=(where,), schema=schema, nesting=nesting))


class TestByWalk(SourceContract):
    """Groups in groups are found from all groups."""

    @pytest.fixture
    def source(self, world: SambaDc) -> LdapSource:
        return in_world(world, Nesting.WALK)

    @pytest.fixture
    def absent_source(self, world: SambaDc) -> LdapSource:
        return LdapSource(settings(world, server="ldap://127.0.0.1:1"))


class TestByChain(TestByWalk):
    """Groups in groups are asked for."""

    @pytest.fixture
    def source(self, world: SambaDc) -> LdapSource:
        return in_world(world, Nesting.CHAIN)


# ---- who is a member ---------------------------------------------------------------------------------------


def test_people_contacts_machines_and_strangers_are_told_apart(dc: SambaDc) -> None:
    """A cycle of groups; a disabled person and three things are counted; a foreign principal is a doubt."""
    members, found = group(LdapSource(settings(dc)), "staff")
    assert (members, found.disabled, found.others) == (["ann@example.test"], 1, 3)
    (doubt,) = found.doubts
    assert doubt.kind is DoubtKind.UNRESOLVED
    assert "CN=S-1-5-21-3623811015-3361044348-30300820-1013" in doubt.text
    assert "is somebody of another domain; list that domain under `domains`" in doubt.text


def test_a_primary_group_has_the_people_whose_it_is(dc: SambaDc) -> None:
    """Domain Users names nobody and has nearly everybody; a group of one's own has whom it is primary for."""
    source = LdapSource(settings(dc))
    everybody, found = group(source, "Domain Users")
    assert set(everybody) >= {"ann@example.test", "doe@example.test"}
    assert (found.disabled > 0, found.doubts) == (True, ())
    assert raw(dc, ad.group_dn("home"), "member") == []
    assert group(source, "home")[0] == ["bob@example.test"]
    assert "bob@example.test" in group(source, "over")[0]


def test_names_of_every_kind_are_read(dc: SambaDc) -> None:
    """Commas, plus signs and letters beyond ASCII."""
    source = LdapSource(settings(dc))
    members, found = group(source, "zoë")
    assert (members, found.doubts) == (["doe@example.test"], ())
    assert read_one(source, SelectorKind.DN, ODD.replace("+", "2B"))[1].groups == (found,)


def test_whoever_fits_cannot_be_listed(dc: SambaDc) -> None:
    """A well-known principal is a doubt, with its name."""
    _, found = group(LdapSource(settings(dc)), "everyone")
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.UNRESOLVED]
    assert "stands for Authenticated Users" in found.doubts[0].text


def test_a_group_is_found_by_each_of_its_names(dc: SambaDc) -> None:
    """DN, sAMAccountName, objectGUID in braces or not, objectSid; the id is the GUID as Windows writes it."""
    source = LdapSource(settings(dc))
    _, found = group(source, "home")
    guid = found.id.removeprefix(f"{CORP}:")
    names = [(SelectorKind.DN, ad.group_dn("HOME")), (SelectorKind.ID, guid)]
    names.append((SelectorKind.ID, f"{{{guid.upper()}}}"))
    sid = sid_text(raw(dc, ad.group_dn("home"), "objectSid")[0])
    for kind, text in [*names, (SelectorKind.ID, sid.upper())]:
        assert read_one(source, kind, text)[1].groups == (found,)
    assert raw(dc, f"<GUID={guid}>", "cn") == [b"home"]


def test_addresses_of_every_kind(dc: SambaDc) -> None:
    """ProxyAddresses hold other things, too; the primary address comes first."""
    schema = replace(AD, addresses=("proxyAddresses", "mail"))
    read, selection = read_one(LdapSource(settings(dc, schema=schema)), SelectorKind.NAME, "staff")
    (person,) = [read.people[person_id] for person_id in selection.groups[0].members]
    assert person.addresses == ("ann@new.test", "a@old.test", "ann@example.test")


def test_the_parts_of_a_domain_that_hold_nobody_are_no_doubt(dc: SambaDc) -> None:
    """A search at the root of a domain ends with references; to whatever else they lead, it is a doubt."""
    assert LdapSource(settings(dc)).read(()).doubts == ()
    doubts = LdapSource(settings(dc, schema=replace(AD, ignore_referrals=()))).read(()).doubts
    assert {doubt.kind for doubt in doubts} == {DoubtKind.REFERRAL}
    assert "list that domain under `domains`" in doubts[0].text


def test_hidden_primary_groups_are_a_doubt_about_everything(dc: SambaDc) -> None:
    """Whoever does not show it may be in any group."""
    read = LdapSource(settings(dc, schema=replace(AD, primary_group="description"))).read(())
    (doubt,) = read.doubts
    assert doubt.kind is DoubtKind.UNRESOLVED
    assert "do not show objectSid and description" in doubt.text


def test_a_probe_counts(dc: SambaDc) -> None:
    """As it does everywhere."""
    for nesting in Nesting:
        probe = LdapSource(settings(dc, nesting=nesting)).probe()
        (warning,) = probe.warnings
        assert (
            "people have no address in mail, userPrincipalName" in warning
        )  # Administrator, krbtgt and their like
        assert any("groups found" in finding for finding in probe.findings)


# ---- ranges ------------------------------------------------------------------------------------------------


def narrow(session: Session) -> PageReader:
    """Samba sends ranges only when asked: here it is asked, as if it gave seven values at the most."""
    return NarrowRanges(pages_for(session), 7)


def test_a_large_group_is_read_in_its_ranges(dc: SambaDc) -> None:
    """Directly and as a nested group, by walk and by chain, as completely as in one piece."""
    whole = LdapSource(settings(dc))
    for nesting in Nesting:
        source = LdapSource(settings(dc, nesting=nesting), narrow)
        for name in ("crowd", "over"):
            assert group(source, name) == group(whole, name)
        read, _ = read_one(source, SelectorKind.NAME, "over")
        assert any(search.what.endswith("member;range=") and search.entries == 40 for search in read.searches)


# ---- nesting by chain --------------------------------------------------------------------------------------


def test_a_chain_finds_what_a_walk_finds(dc: SambaDc) -> None:
    """Every group of the domain is the same through both, and only what is needed is read with its members."""
    everything = (by_pattern("[a-z].*"), by_name("Domain Users"))
    walked, chained = (LdapSource(settings(dc, nesting=nesting)).read(everything) for nesting in Nesting)
    assert walked.selections == chained.selections
    assert walked.people == chained.people
    chained = LdapSource(settings(dc, nesting=Nesting.CHAIN)).read((by_name("over"),))
    asked = {search.what: search.entries for search in chained.searches if "1941" in search.what}
    assert list(asked.values()) == [2]


# ---- several domains ---------------------------------------------------------------------------------------


def test_somebody_of_a_listed_domain_is_found_behind_a_foreign_principal() -> None:
    """Two real domains that know each other by security identifiers alone are one directory here."""
    emea = "dc=emea,dc=test"
    there = ad.tree(emea) + ad.person("zoe", base=emea) + ad.person("yan", base=emea)
    there += ad.group("abroad", ad.person_dn("yan", base=emea), base=emea)
    with SambaDc(ad.tree() + ad.person("ann")) as home, SambaDc(there, realm="EMEA.TEST") as away:
        zoe, abroad = (
            sid_text(raw(away, dn, "objectSid")[0]).upper()
            for dn in (ad.person_dn("zoe", base=emea), ad.group_dn("abroad", base=emea))
        )
        home.load(ad.group("team", ad.person_dn("ann"), f"<SID={zoe}>", f"<SID={abroad}>"))
        alone = settings(home)
        bind = Bind(BindMethod.SIMPLE, away.service_user, away.service_password)
        with_both = (*alone.domains, Domain(away.base, (away.ldaps_url,), bind=bind))
        authorities = home.ca_file.with_name("both.pem")
        authorities.write_text(home.ca_file.read_text() + away.ca_file.read_text())
        together = replace(alone, domains=with_both, tls=Tls(ca_file=authorities))
        members, found = group(LdapSource(together), "team")
        assert (members, found.doubts) == (["ann@example.test", "yan@example.test", "zoe@example.test"], ())
        members, found = group(LdapSource(alone), "team")
        assert members == ["ann@example.test"]
        assert [doubt.kind for doubt in found.doubts] == [DoubtKind.UNRESOLVED] * 2


# ---- the global catalog ------------------------------------------------------------------------------------


def test_a_global_catalog_holds_universal_groups_alone(dc: SambaDc) -> None:
    """Of any other group it shows no members: a doubt, never an empty group."""
    source = LdapSource(settings(dc, server=dc.gc_ldaps_url))
    _, selection = read_one(source, SelectorKind.NAME, "crowd")
    (found,) = selection.groups
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.TRUNCATED]
    assert "is no universal group" in found.doubts[0].text
    members, found = group(source, "universal")
    assert (members, found.doubts) == (["ann@example.test"], ())


@pytest.mark.parametrize("nesting", Nesting)
def test_what_is_looked_up_in_a_global_catalog_is_no_less_doubtful(dc: SambaDc, nesting: Nesting) -> None:
    """A universal group holds another group, as is usual in a forest, that lies outside `groups_base`."""
    where = Domain(dc.base, (dc.gc_ldaps_url,), groups_base=ad.group_dn("forest"))
    _, found = group(LdapSource(settings(dc, domains=(where,), nesting=nesting)), "forest")
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.TRUNCATED]
    assert "crowd" in found.doubts[0].text
    assert "is no universal group" in found.doubts[0].text


# ---- both decoders -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [1, 7, 1000])
def test_samba_says_the_same_through_both(dc: SambaDc, page_size: int) -> None:
    """Every entry and attribute that the account may see, references, ranges, and results."""
    queries = [
        Query("everything", dc.base, "(objectClass=*)", ("*",)),
        Query("people", f"ou=people,{dc.base}", AD.people_filter, AD.person_attributes),
        Query("groups", dc.base, AD.group_filter, (*AD.group_attributes, FIRST_PART)),
        Query("nowhere", f"ou=nowhere,{dc.base}", "(cn=*)", ("cn",)),
    ]
    for query in queries:
        ours, theirs = both_outcomes(settings(dc), query, page_size)
        assert ours == theirs


def raw(dc: SambaDc, base: str, attribute: str) -> list[bytes]:
    """An attribute's values as they stand in an entry."""
    with opened(settings(dc), dc.ldaps_url) as session:
        search = PagedSearch(WirePages(session), Query("it", base, "(objectClass=*)", (attribute,), "BASE"), 2)
        (entry,) = search.entries()
        assert isinstance(entry, Entry)
        return entry.attributes.get(attribute.lower(), [])
