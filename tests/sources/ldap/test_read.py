from dataclasses import replace

import pytest

from bridge.core.model import DirectoryGroup, DirectoryRead, Doubt, DoubtKind, Selection, Selector, SelectorKind
from bridge.errors import Denied
from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.schema import MemberAttribute, Schema
from bridge.sources.ldap.settings import Bind, BindMethod
from bridge.sources.ldap.source import LdapSource
from tests.servers.slapd import Slapd
from tests.sources.contract import CORP
from tests.sources.ldap.conftest import Serve
from tests.sources.ldap.directory import (
    ADMIN,
    BASE,
    SCHEMA,
    TREE,
    entry,
    group,
    group_dn,
    person,
    person_dn,
    posix_group,
    settings,
)

POSIX = replace(PRESETS["rfc2307"], people_filter="(objectClass=inetOrgPerson)", disabled_filter="")


def chosen(url: str, kind: SelectorKind, text: str, schema: Schema = SCHEMA) -> tuple[DirectoryRead, Selection]:
    """What one selector finds."""
    selector = Selector(CORP, kind, text)
    read = LdapSource(settings(url, schema=schema)).read((selector,))
    return read, read.selections[selector]


def team(url: str, schema: Schema = SCHEMA) -> tuple[list[str], DirectoryGroup]:
    """The DNs of everybody in the group `team`, and the group."""
    read, selection = chosen(url, SelectorKind.NAME, "team", schema)
    (found,) = selection.groups
    return sorted(read.people[person_id].label for person_id in found.members), found


def texts(doubts: tuple[Doubt, ...]) -> str:
    """All doubts, one a line."""
    return "\n".join(map(str, doubts))


# ---- who is a member ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rdn", "cn", "spelled"),
    [
        ("cn=Ann", "Ann", "CN = ann "),
        (r"cn=Doe\, John", "Doe, John", r"cn=Doe\2C John"),
        (r"cn=Doe\2C John", "Doe, John", r"cn=doe\,  john"),
        (r"cn=Say \"\+\\\;\<", 'Say "+\\;<', r"cn=SAY \22\2B\5c\3B\3c"),
        (r"cn=\#1 \= (a*b)", "#1 = (a*b)", r"cn=\231 \3D \28A\2aB\29"),
        ("cn=Jürgen Größe", "Jürgen Größe", r"cn=J\C3\9Crgen Gr\C3\B6\C3\9Fe"),
        ("cn=Two+uid=two", "Two", "uid=two+cn=two"),
    ],
)
def test_a_member_is_known_however_its_dn_is_spelled(serve: Serve, rdn: str, cn: str, spelled: str) -> None:
    """Case, spaces, escapes and the order in an RDN do not matter."""
    someone = entry(f"{rdn},ou=people,{BASE}", objectClass="inetOrgPerson", sn="x", cn=cn, uid="two")
    members, found = team(serve(TREE + someone + group("team", f"{spelled},OU=People,{BASE}")))
    assert (len(members), found.doubts) == (1, ())


def test_a_uid_behind_a_name_is_left_out(serve: Serve) -> None:
    """Values of uniqueMember may carry one."""
    names = entry(
        group_dn("team"),
        objectClass="groupOfUniqueNames",
        cn="team",
        uniqueMember=(f"{person_dn('ann')}#'0101'B", person_dn("bob"), f"{person_dn('gone')}#'1'B"),
    )
    members, found = team(serve(TREE + person("ann") + person("bob") + names))
    assert members == [person_dn("ann"), person_dn("bob")]
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.UNRESOLVED]


def test_members_by_login(serve: Serve) -> None:
    """Logins are compared without case; one that nobody has, or several have, is a doubt and no guess."""
    people = (
        person("ann") + person("Bob") + person("x1", uid=("x1", "Shared")) + person("x2", uid=("x2", "sHARED"))
    )
    members, found = team(serve(TREE + people + posix_group("team", "ann", "BOB", "ghost", "shared")), POSIX)
    assert members == [person_dn("Bob"), person_dn("ann")]
    assert "ghost is nobody's login, a member of cn=team" in texts(found.doubts)
    assert "shared belongs to 2 people, a member of cn=team" in texts(found.doubts)
    assert {doubt.kind for doubt in found.doubts} == {DoubtKind.UNRESOLVED}
    assert len(found.doubts) == 2


def test_disabled_people_are_counted_and_left_out(serve: Serve) -> None:
    """Whether they are members by DN, or only through a nested group."""
    people = person("ann") + person("dan", employeeType="disabled") + person("eve", employeeType="disabled")
    groups = group("team", person_dn("ann"), person_dn("dan"), group_dn("sub")) + group("sub", person_dn("eve"))
    members, found = team(serve(TREE + people + groups))
    assert (members, found.disabled, found.doubts) == ([person_dn("ann")], 2, ())


def test_placeholders_mean_nobody(serve: Serve) -> None:
    """A group that may not be empty keeps one: no doubt, however it is spelled, and even if it is a person."""
    schema = replace(SCHEMA, ignore_members=("CN = nobody", person_dn("dummy").upper()))
    ldif = (
        TREE + person("dummy") + person("ann") + group("team", "cn=nobody", person_dn("dummy"), person_dn("ann"))
    )
    members, found = team(serve(ldif), schema)
    assert (members, found.doubts, found.others) == ([person_dn("ann")], (), 0)


def test_what_is_neither_person_nor_group_is_counted(serve: Serve) -> None:
    """A device, a branch: found by a look-up, no doubt."""
    members, found = team(serve(TREE + person("ann") + group("team", person_dn("ann"), f"ou=people,{BASE}")))
    assert (members, found.others, found.doubts) == ([person_dn("ann")], 1, ())


def test_groups_that_share_an_id_are_no_one_s_source(serve: Serve) -> None:
    """By the id alone one would be taken for the other, and its people put into the other's managed group."""
    schema = replace(SCHEMA, group_id="description")
    one, other = (
        entry(
            group_dn(f"t-{who}"), objectClass="groupOfNames", cn=f"t-{who}", description="7", member=person_dn(who)
        )
        for who in ("ann", "bob")
    )
    url = serve(TREE + person("ann") + person("bob") + one + other)
    _, selection = chosen(url, SelectorKind.PATTERN, "t-.+", schema)
    assert selection.groups == ()
    assert [doubt.kind for doubt in selection.doubts] == [DoubtKind.UNRESOLVED] * 2


@pytest.mark.slapd
def test_a_member_whose_object_class_is_hidden_is_a_doubt() -> None:
    """No filter finds such an entry among the people, and that does not make a device of it."""
    ldif = TREE + person("ann") + person("bob") + group("team", person_dn("ann"), person_dn("bob"))
    hidden = f'access to dn.exact="{person_dn("bob")}" attrs=objectClass by * none\naccess to * by * read\n'
    with Slapd(ldif, tls=False, extra_config=hidden) as server:
        anybody = replace(settings(server.url, schema=SCHEMA), bind=Bind(BindMethod.ANONYMOUS))
        source = LdapSource(anybody)
        selector = Selector(CORP, SelectorKind.NAME, "team")
        (found,) = source.read((selector,)).selections[selector].groups
    assert (len(found.members), found.others) == (1, 0)
    assert "shows no objectClass" in texts(found.doubts)


def test_a_person_outside_every_base_is_a_doubt(serve: Serve) -> None:
    """There is somebody, whom the settings leave out: the doubt says so."""
    members, found = team(
        serve(TREE + person("out", branch="elsewhere") + group("team", person_dn("out", "elsewhere")))
    )
    assert members == []
    assert "is a person outside every base" in texts(found.doubts)


def test_a_group_outside_the_base_is_followed(serve: Serve) -> None:
    """Groups in groups count wherever they are, at any depth, with their own strangers."""
    ldif = (
        TREE
        + "".join(map(person, ("ann", "bob", "cid")))
        + group("team", group_dn("far", "elsewhere"))
        + group("far", person_dn("ann"), group_dn("farther", "elsewhere"), branch="elsewhere")
        + group("farther", person_dn("bob"), person_dn("gone"), group_dn("near"), branch="elsewhere")
        + group("near", person_dn("cid"), group_dn("far", "elsewhere"))
    )
    members, found = team(serve(ldif))
    assert members == [person_dn("ann"), person_dn("bob"), person_dn("cid")]
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.UNRESOLVED]
    assert person_dn("gone") in found.doubts[0].text


@pytest.mark.parametrize("rdn", [r"cn=\29(uid=\2a", r"cn=\2A", r"cn=a\5Cb", "cn=a*b", r"cn=( \3D)(", r"cn=a\00b"])
def test_no_member_value_can_change_a_filter(serve: Serve, rdn: str) -> None:
    """Parentheses, stars, backslashes and NULs in a DN are looked up as they are, and found to be nobody."""
    members, found = team(serve(TREE + person("ann") + group("team", f"{rdn},ou=people,{BASE}", person_dn("ann"))))
    assert members == [person_dn("ann")]
    assert ["was not found in the directory" in doubt.text for doubt in found.doubts] == [True]


def test_many_strangers_are_counted_not_listed(serve: Serve) -> None:
    """The first ten are named, the rest are counted; look-ups go in batches."""
    gone = [person_dn(f"gone{number:03}") for number in range(250)]
    _, found = team(serve(TREE + group("team", *gone)))
    assert len(found.doubts) == 11
    assert "240 more members of cn=team" in texts(found.doubts)


# ---- ids ---------------------------------------------------------------------------------------------------


def test_a_person_without_an_id_is_a_doubt(serve: Serve) -> None:
    """Not somebody else, not nobody."""
    schema = replace(SCHEMA, person_id="employeeNumber")
    ldif = (
        TREE
        + person("ann", employeeNumber="7")
        + person("bob")
        + group("team", person_dn("ann"), person_dn("bob"))
    )
    members, found = team(serve(ldif), schema)
    assert members == [person_dn("ann")]
    assert "shows no single employeenumber" in texts(found.doubts)


def test_people_with_one_id_are_told_apart_by_nobody(serve: Serve) -> None:
    """Neither of the two is taken for the other: both are doubts."""
    schema = replace(SCHEMA, person_id="employeeNumber")
    people = (
        person("ann", employeeNumber="7") + person("bob", employeeNumber="7") + person("cid", employeeNumber="8")
    )
    ldif = TREE + people + group("team", *map(person_dn, ("ann", "bob", "cid")))
    members, found = team(serve(ldif), schema)
    assert members == [person_dn("cid")]
    assert texts(found.doubts).count("has the same employeenumber as another entry") == 2


def test_a_group_without_an_id_is_a_doubt_when_named_and_none_when_nested(serve: Serve) -> None:
    """It cannot be handed on without an id, but those in it belong to the groups that contain it."""
    schema = replace(SCHEMA, group_id="businessCategory")
    sub = group("sub", person_dn("ann"))
    whole = entry(
        group_dn("team"), objectClass="groupOfNames", cn="team", businessCategory="t1", member=group_dn("sub")
    )
    url = serve(TREE + person("ann") + whole + sub)
    members, found = team(url, schema)
    assert (members, found.id, found.doubts) == ([person_dn("ann")], "corp:t1", ())
    _, selection = chosen(url, SelectorKind.NAME, "sub", schema)
    assert (selection.groups, [doubt.kind for doubt in selection.doubts]) == ((), [DoubtKind.UNRESOLVED])


def test_addresses_come_in_order_of_preference(serve: Serve) -> None:
    """Attribute by attribute, folded, each once, blanks dropped; a person may have none."""
    schema = replace(SCHEMA, addresses=("mail", "labeledURI", "description"))
    ann = person("ann", mail=("Z@x.test", "A@x.test"), labeledURI="A@X.test", description=("first@x.test", " "))
    url = serve(TREE + ann + entry(person_dn("bob"), objectClass="inetOrgPerson", uid="bob", cn="B", sn="b")
                + group("team", person_dn("ann"), person_dn("bob")))  # fmt: skip
    read, _ = chosen(url, SelectorKind.NAME, "team", schema)
    assert {one.label: one.addresses for one in read.people.values()} == {
        person_dn("ann"): ("a@x.test", "z@x.test", "first@x.test"),
        person_dn("bob"): (),
    }
    assert {one.name for one in read.people.values()} == {"Ann", "B"}


# ---- selectors ---------------------------------------------------------------------------------------------

NAMED = TREE + person("ann") + "".join(
    entry(f"cn={rdn},ou=groups,{BASE}", objectClass="groupOfNames", cn=cn, member=person_dn("ann"))
    for rdn, cn in [(r"GRC\, Managers", "GRC, Managers"), ("Risk (all) *", "Risk (all) *"), ("risk", "risk")]
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "names"),
    [
        (SelectorKind.DN, rf"CN=grc\2c  managers, OU=Groups,{BASE}", ["GRC, Managers"]),
        (SelectorKind.DN, f"cn=grc,ou=groups,{BASE}", []),
        (SelectorKind.NAME, "grc,  MANAGERS", ["GRC, Managers"]),
        (SelectorKind.NAME, "Risk (all) *", ["Risk (all) *"]),
        (SelectorKind.NAME, "Risk*", []),
        (SelectorKind.PATTERN, "Risk .*", ["Risk (all) *"]),
        (SelectorKind.PATTERN, ".*[Rr]isk.*", ["Risk (all) *", "risk"]),
        (SelectorKind.FILTER, "(cn=risk*)", ["Risk (all) *", "risk"]),
        (SelectorKind.FILTER, r"(cn=*\28all\29 \2a)", ["Risk (all) *"]),
        (SelectorKind.FILTER, "(|(cn=risk)(cn=grc*))", ["GRC, Managers", "risk"]),
        (SelectorKind.FILTER, "(noSuchAttribute=1)", []),
    ],
)
def test_a_selector_finds_what_it_says(serve: Serve, kind: SelectorKind, text: str, names: list[str]) -> None:
    """DNs as DNs, names without case, patterns as written and whole, filters by the server, among groups."""
    _, selection = chosen(serve(NAMED), kind, text)
    assert sorted(one.name for one in selection.groups) == names
    missing = [] if names or not Selector(CORP, kind, text).names_one else [DoubtKind.MISSING]
    assert [doubt.kind for doubt in selection.doubts] == missing


def test_a_filter_cannot_find_what_is_no_group(serve: Serve) -> None:
    """Whatever it matches beside groups is left out."""
    read, selection = chosen(serve(NAMED), SelectorKind.FILTER, "(objectClass=*)")
    assert len(selection.groups) == 3
    assert all(search.result == "0 success" for search in read.searches)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(SelectorKind.FILTER, "(cn=x))(|(cn=*)"), (SelectorKind.FILTER, "cn=x"), (SelectorKind.PATTERN, "(")],
)
def test_a_malformed_selector_is_an_error(kind: SelectorKind, text: str) -> None:
    """It names the selector, and no server is asked."""
    with pytest.raises(Denied, match="malformed in the configuration") as caught:
        chosen("ldap://127.0.0.1:1", kind, text)
    assert text in str(caught.value)


def test_a_malformed_filter_in_the_settings_is_an_error() -> None:
    """It names the setting."""
    with pytest.raises(Denied, match="group_filter 'objectClass=x'"):
        LdapSource(settings("ldap://127.0.0.1:1", schema=replace(SCHEMA, group_filter="objectClass=x"))).probe()


def test_the_name_in_the_dn_comes_first(serve: Serve) -> None:
    """A group of several names goes by the one in its DN, and answers to all."""
    many = entry(
        group_dn("team"), objectClass="groupOfNames", cn=("Alias", "team", "Zulu"), member=person_dn("ann")
    )
    url = serve(TREE + person("ann") + many)
    assert [chosen(url, SelectorKind.NAME, name)[1].groups[0].name for name in ("alias", "TEAM", "zulu")] == [
        "team"
    ] * 3


# ---- how it asks -------------------------------------------------------------------------------------------


def test_searches_are_few_whatever_the_members() -> None:
    """Four searches, and look-ups by the hundred: never one for each member or group."""
    strangers = [person_dn(f"gone{number}") for number in range(250)]
    groups = "".join(
        group(f"g{number}", *strangers[number::10], group_dn(f"g{number - 1}")) for number in range(1, 10)
    )
    ldif = TREE + person("ann") + group("g0", person_dn("ann"), *strangers[::10]) + groups
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        selectors = (Selector(CORP, SelectorKind.PATTERN, "g.*"), Selector(CORP, SelectorKind.FILTER, "(cn=g1)"))
        read = LdapSource(settings(server.url, page_size=1000)).read(selectors)
        asked = [operation for operation in server.operations if operation.op == "search"]
    assert len(asked) == 4 + 3
    assert len(read.searches) == 4 + 1
    assert {operation.op for operation in server.operations} == {"bind", "search", "unbind"}


def test_groups_that_nobody_asked_for_cost_no_look_up() -> None:
    """Strangers in other groups are no business of this read."""
    ldif = TREE + person("ann") + group("team", person_dn("ann")) + group("other", person_dn("gone"))
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        members, _ = team(server.url)
        asked = [operation for operation in server.operations if "entryDN" in operation.filter]
    assert (members, asked) == ([person_dn("ann")], [])


def test_only_what_is_needed_is_asked_for() -> None:
    """Attributes of the settings, no more; logins only where groups name people by login."""
    schema = replace(SCHEMA, members=(MemberAttribute("member"),))
    with LdapSandbox(Directory.from_ldif(TREE), credentials={ADMIN.user: ADMIN.password}) as server:
        LdapSource(settings(server.url, schema=schema)).read(())
        asked = [operation.attributes for operation in server.operations if operation.op == "search"]
    of_groups = ("entryUUID", "cn", "memberURL", "member")
    assert asked == [("entryUUID", "mail", "displayName", "cn"), ("entryUUID",), of_groups]
