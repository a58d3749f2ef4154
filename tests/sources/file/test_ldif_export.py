import base64
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.model import DirectoryGroup, DirectoryRead, Doubt, DoubtKind, Selector, SelectorKind
from bridge.errors import Denied, IncompleteRead
from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.file.kinds import KINDS, Mark
from bridge.sources.file.source import FileSource
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.source import LdapSource
from tests.servers.samba import SambaDc
from tests.servers.slapd import Slapd, require
from tests.sources.contract import CORP, WORLD, by_name, by_pattern
from tests.sources.file.exports import LEAVERS, NAMED_BY_O, ldif_source, with_ids, world_ldif, written
from tests.sources.ldap import test_active_directory as samba
from tests.sources.ldap.directory import (
    ADMIN,
    TREE,
    entry,
    group,
    ldif_of,
    person,
    person_dn,
    posix_group,
    settings,
)

Read = Callable[..., DirectoryRead]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the group `team` of an OpenLDAP whose export this is."""

    def read(ldif: str, preset: str = "openldap", selector: Selector | None = None) -> DirectoryRead:
        path = written(tmp_path / "corp.ldif", ldif)
        source = ldif_source(path, schema=PRESETS[preset], kinds=KINDS[preset])
        return source.read((selector or by_name("team"),))

    return read


def team(read: DirectoryRead) -> DirectoryGroup:
    """The one group that was found."""
    ((found,),) = (selection.groups for selection in read.selections.values())
    return found


def members(read: DirectoryRead) -> list[str]:
    """The first addresses of everybody in the team."""
    return sorted(read.people[person_id].addresses[0] for person_id in team(read).members)


# ---- as a server tells them ----------------------------------------------------------------------------


def same(file: FileSource, server: LdapSource, *selectors: Selector) -> None:
    """An export and the server that it is of show the same people, groups and doubts."""
    exported, asked = file.read(selectors), server.read(selectors)
    assert exported.people
    assert (exported.people, exported.selections) == (asked.people, asked.selections)


(MARK,) = re.findall(r"^end_mark: '(.*)'$", Path("docs/configuration.md").read_text(), re.MULTILINE)
"""What the documentation tells to state for ldapsearch."""

EVERYTHING = (by_pattern(".*"), *(by_name(some.name) for some in WORLD.groups))


def test_an_export_shows_what_its_server_shows(tmp_path: Path) -> None:
    """Every person, group and doubt of the embedded server's entries, ids included."""
    ldif = world_ldif(WORLD).removeprefix("version: 1\n\n")
    file = ldif_source(written(tmp_path / "corp.ldif", ldif), schema=NAMED_BY_O, kinds=LEAVERS)
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        schema = replace(NAMED_BY_O, disabled_filter="(employeeType=disabled)")
        same(file, LdapSource(settings(server.url, schema=schema)), *EVERYTHING)


def searched(url: str, user: str, password: str, base: str, *, allowed: bool = False) -> bytes:
    """What ldapsearch exports, page by page, operational attributes too. `allowed`: it may fail."""
    command = [require("ldapsearch"), "-L", "-x", "-H", url, "-D", user, "-w", password, "-b", base]
    everything = ["-E", "pr=10/noprompt", "(objectClass=*)", "*", "+"]
    environ = {**os.environ, "LDAPTLS_REQCERT": "never"}  # its certificate is for a name, and it is at an address
    return subprocess.run([*command, *everything], env=environ, check=not allowed, capture_output=True).stdout


@pytest.mark.slapd
def test_an_export_of_openldap_shows_what_openldap_shows(tmp_path: Path) -> None:
    """By its own ldapsearch, which ends an export with the number of entries."""
    with Slapd(ldif_of(WORLD)) as slapd:
        exported = searched(slapd.url, slapd.admin_dn, slapd.admin_password, "dc=example,dc=test")
        path = written(tmp_path / "corp.ldif", exported)
        file = ldif_source(path, MARK, NAMED_BY_O, LEAVERS)
        schema = replace(NAMED_BY_O, disabled_filter="(employeeType=disabled)")
        same(file, LdapSource(settings(slapd.url, schema=schema)), *EVERYTHING)


@pytest.mark.slapd
def test_an_export_that_the_server_cut_is_not_read(tmp_path: Path) -> None:
    """Ldapsearch counts what it got all the same; that the last page did not come is told by the mark."""
    limit = 'limits dn.exact="uid=svc,ou=people,dc=example,dc=test" size.soft=9 size.hard=9 size.prtotal=9'
    reader = person("svc").rstrip("\n") + "\nuserPassword: secret\n\n"
    with Slapd(ldif_of(WORLD) + reader, limits=limit) as slapd:
        exported = searched(slapd.url, person_dn("svc"), "secret", "dc=example,dc=test", allowed=True)
    assert b"# numEntries: 9\n" in exported
    path = written(tmp_path / "corp.ldif", exported)
    with pytest.raises(IncompleteRead, match="does not end with its end mark"):
        ldif_source(path, MARK).read(())


@pytest.mark.samba
def test_an_export_of_active_directory_shows_what_it_shows(tmp_path: Path) -> None:
    """Binary ids, security identifiers, primary groups, computers, disabled people, foreign members."""
    with SambaDc(samba.LDIF) as dc:
        exported = searched(dc.ldaps_url, dc.service_user, dc.service_password, dc.base)
        path = written(tmp_path / "corp.ldif", exported)
        ad = ldif_source(path, MARK, PRESETS["active-directory"], KINDS["active-directory"])
        same(ad, LdapSource(samba.settings(dc)), by_pattern(".*"))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_told_without_filters(preset: str) -> None:
    """What a preset's filters ask a server for, its kinds tell in a file."""
    assert set(KINDS) == set(PRESETS)
    schema, kinds = PRESETS[preset], KINDS[preset]
    assert all(f"={name})" in schema.people_filter for name in kinds.people)
    assert preset == "active-directory" or all(f"={name})" in schema.group_filter for name in kinds.groups)
    assert all(mark.attribute in schema.disabled_filter for mark in kinds.disabled)
    assert all(value in schema.disabled_filter for mark in kinds.disabled for value in mark.values)


# ---- people and groups ---------------------------------------------------------------------------------


def test_people_by_login_are_found(read: Read) -> None:
    """As posixGroup names them."""
    account = person("ann").replace("inetOrgPerson", "posixAccount")
    assert members(read(with_ids(account + posix_group("team", "ann")), "rfc2307")) == ["ann@example.test"]


@pytest.mark.parametrize(
    ("preset", "mark"),
    [
        ("openldap", {"pwdAccountLockedTime": "000001010000Z"}),
        ("389ds", {"nsAccountLock": "TRUE"}),
        ("389ds", {"nsRoleDN": "cn=nsmanageddisabledrole,dc=example,dc=test"}),
    ],
)
def test_disabled_people_are_told_by_their_mark(read: Read, preset: str, mark: dict[str, str]) -> None:
    """Whatever the case of its letters."""
    ldif = with_ids(person("ann", **mark) + person("bob") + group("team", person_dn("ann"), person_dn("bob")))
    found = read(ldif.replace("entryUUID", PRESETS[preset].person_id), preset)
    assert (members(found), team(found).disabled) == (["bob@example.test"], 1)


def ad_person(cn: str, control: str = "512", classes: tuple[str, ...] = ("person", "user"), **more: str) -> str:
    """Somebody as Active Directory exports them."""
    guid = base64.b64encode(cn.encode().ljust(16, b"-")).decode()
    control_line = {"userAccountControl": control} if control else {}
    made = entry(f"CN={cn},DC=x", objectClass=("top", *classes), mail=f"{cn}@x.test", **control_line, **more)
    return made.rstrip("\n") + f"\nobjectGUID:: {guid}\nobjectSid:: {sid_of(cn)}\nprimaryGroupID: 513\n\n"


def ad_group(cn: str, *lines: str) -> str:
    """A group as Active Directory exports it."""
    guid = base64.b64encode(cn.encode().ljust(16, b"-")).decode()
    made = entry(f"CN={cn},DC=x", objectClass=("top", "group"), sAMAccountName=cn).rstrip("\n")
    return "\n".join([made, f"objectGUID:: {guid}", f"objectSid:: {sid_of(cn)}", *lines]) + "\n\n"


def sid_of(cn: str) -> str:
    """A security identifier, as it stands in a file."""
    domain = bytes.fromhex("010500000000000515000000010000000200000003000000")
    return base64.b64encode(domain + cn.encode()[:4].ljust(4)).decode()


ANN = "member: CN=ann,DC=x"


def test_active_directory_disables_by_a_bit(read: Read) -> None:
    """And computers, which are of a class below user, are no people."""
    ldif = ad_person("ann") + ad_person("bob", "514") + ad_person("pc", "4096", ("person", "user", "computer"))
    found = read(ldif + ad_group("team", ANN, "member: CN=bob,DC=x", "member: CN=pc,DC=x"), "active-directory")
    assert (members(found), team(found).disabled, team(found).others) == (["ann@x.test"], 1, 1)


@pytest.mark.parametrize("control", ["", "much"])
def test_who_does_not_show_the_bit_is_an_error(read: Read, control: str) -> None:
    """An export without the attribute would bring back everybody who has left."""
    with pytest.raises(
        IncompleteRead, match=r"CN=ann,DC=x shows no number in userAccountControl, so that nobody can"
    ):
        read(ad_person("ann", control) + ad_group("team", ANN), "active-directory")


def test_a_part_of_a_group_is_a_doubt(read: Read) -> None:
    """Active Directory hands large groups out in parts, and a careless export holds the first alone."""
    found = read(ad_person("ann") + ad_group("team", "member;range=0-0: CN=ann,DC=x"), "active-directory")
    assert members(found) == ["ann@x.test"]
    (doubt,) = team(found).doubts
    assert doubt.kind is DoubtKind.TRUNCATED
    assert "a part of CN=team,DC=x only: member;range=0-0; export all of its members" in doubt.text


def test_who_does_not_show_their_primary_group_is_a_doubt(read: Read) -> None:
    """They may be in any; and an export without the attribute would empty whole groups."""
    shown = ad_person("ann") + ad_person("bob")
    assert read(shown + ad_group("team", ANN), "active-directory").doubts == ()
    (doubt,) = read(
        shown.replace("primaryGroupID: 513\n", "", 1) + ad_group("team", ANN), "active-directory"
    ).doubts
    assert doubt.kind is DoubtKind.UNRESOLVED
    assert "1 people do not show objectSid and primaryGroupID" in doubt.text


def test_a_part_that_lies_elsewhere_is_a_doubt(read: Read) -> None:
    """Ldapsearch notes it in a comment. Parts that hold nobody leave nothing out."""
    ldif = ad_person("ann") + ad_group("team", ANN)
    empty = "# refldap://lab.test/CN=Configuration,DC=lab,DC=test\n\n# refldap://x/DC=DomainDnsZones,DC=x\n"
    assert read(ldif + empty, "active-directory").doubts == ()
    (doubt,) = read(f"{ldif}# refldap://emea.x/DC=emea,DC=x\n", "active-directory").doubts
    assert doubt.kind is DoubtKind.REFERRAL
    assert "a part lies at ldap://emea.x/DC=emea,DC=x; export that, too" in doubt.text


def test_one_name_for_two_entries_is_an_error(read: Read) -> None:
    """However it is spelled: two exports in one file, or one export twice."""
    twice = with_ids(person("ann") + group("team", person_dn("ann")) + person("bob"))
    with pytest.raises(IncompleteRead, match=r"lines 1 and 15 begin the same entry UID=ANN, ou=people"):
        read(twice.replace("dn: uid=bob,ou", "dn: UID=ANN, ou"))


def test_one_id_for_two_people_is_a_doubt(read: Read) -> None:
    """About every group that names one of them: neither is known to be meant."""
    ldif = with_ids(person("ann") + person("bob") + group("team", person_dn("ann"), person_dn("bob")))
    ids = [line for line in ldif.splitlines() if line.startswith("entryUUID")]
    found = team(read(ldif.replace(ids[1], ids[0])))
    assert found.members == frozenset()
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.UNRESOLVED] * 2
    assert all("has the same entryuuid as another entry" in doubt.text for doubt in found.doubts)


def test_an_export_without_ids_is_a_doubt(read: Read) -> None:
    """EntryUUID is operational: it has to be asked for."""
    ldif = person("ann") + group("team", person_dn("ann"))
    (selection,) = read(ldif).selections.values()
    assert selection.groups == ()
    assert "shows no id of its own" in selection.doubts[0].text


def test_an_entry_without_classes_is_a_doubt(read: Read) -> None:
    """It may be a person: nobody can tell."""
    ldif = with_ids(person("ann") + person("bob") + group("team", person_dn("ann"), person_dn("bob")))
    found = read(ldif.replace("objectClass: inetOrgPerson\n", "", 1))
    assert members(found) == ["bob@example.test"]
    assert team(found).doubts == (
        Doubt(
            DoubtKind.UNRESOLVED,
            f"{person_dn('ann')} could not be looked up: shows no objectClass; export that, too, "
            "a member of cn=team,ou=groups,dc=example,dc=test",
        ),
    )


def test_a_dynamic_group_is_a_doubt(read: Read) -> None:
    """Slapcat writes its search and not whom that finds."""
    dynamic = entry("cn=team,dc=x", objectClass="groupOfURLs", cn="team", memberURL="ldap:///dc=x??sub?(ou=y)")
    (doubt,) = team(read(with_ids(person("ann") + dynamic))).doubts
    assert "the server lists nobody for memberURL" in doubt.text


def test_the_place_of_nobody_is_no_doubt(read: Read) -> None:
    """What OpenLDAP leaves in a group that may not be empty."""
    found = team(read(with_ids(person("ann") + group("team", "cn=nobody"))))
    assert (found.members, found.doubts, found.others) == (frozenset(), (), 0)


# ---- what is refused -----------------------------------------------------------------------------------


def test_a_change_in_the_file_is_an_error(read: Read) -> None:
    """The file and the line are named, and what to do."""
    ldif = with_ids(person("ann") + group("team", person_dn("ann"))) + "dn: cn=x\nchangetype: delete\n"
    with pytest.raises(
        IncompleteRead, match=r"corp\.ldif: line 16 is of a change; export entries; export it anew"
    ):
        read(ldif)


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (SelectorKind.FILTER, "(cn=x)", "there is no server to evaluate a filter; use a pattern"),
        (SelectorKind.PATTERN, "(", "no regular expression"),
    ],
)
def test_what_a_file_cannot_answer_is_refused(read: Read, kind: SelectorKind, text: str, why: str) -> None:
    """Before the file is opened."""
    with pytest.raises(Denied) as caught:
        read("", selector=Selector(CORP, kind, text))
    assert why in caught.value.what


def test_a_look_names_somebody_whose_dn_is_no_text(tmp_path: Path) -> None:
    """Who shows no id, and has a DN that is not UTF-8."""
    dn = base64.b64encode(b"uid=b\xff,dc=x").decode()
    nameless = f"dn:: {dn}\nobjectClass: inetOrgPerson\nmail: b@example.test\n\n"
    ldif = with_ids(TREE + person("ann") + group("team", person_dn("ann"))) + "\n" + nameless
    probe = ldif_source(written(tmp_path / "corp.ldif", ldif)).probe()
    assert "such as uid=b\N{REPLACEMENT CHARACTER},dc=x, who" in probe.warnings[0]


def test_a_look_counts(tmp_path: Path) -> None:
    """People, groups, and what an administrator should see to."""
    people = person("ann", mail=()) + person("bob") + person("cid", employeeType="disabled")
    ldif = with_ids(TREE + people + group("team", person_dn("ann"))).rpartition("entryUUID")[0]
    path = written(tmp_path / "corp.ldif", ldif)
    kinds = replace(KINDS["openldap"], disabled=(Mark("employeeType", ("dis*",)),))
    probe = ldif_source(path, kinds=kinds).probe()
    assert probe.server == str(path)
    assert probe.findings[0].startswith(f"read {path}: whole, written 2026-03-01T02:30:00Z, sha256 ")
    assert probe.findings[1:] == ("3 people found, 1 of them disabled", "1 groups found")
    assert probe.warnings == (
        "1 people have no address; they will have no account",
        "some groups have no id of their own; export it",
        f"nothing tells where {path} should end; let it end with a mark, and state end_mark",
    )
