from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from bridge.config.directories import LdapDirectory, ldap_settings
from bridge.config.ldap_schema import SchemaSection
from bridge.config.policy import policy
from bridge.core.model import DirectoryName
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.schema import MemberAttribute, MemberSyntax, Schema
from bridge.sources.ldap.settings import Bind, BindMethod, Discovery, Domain, LdapSettings, Nesting, Tls
from tests.config.files import CORP, ldap, loaded, sound, told


def settings(folder: Path, corp: str) -> LdapSettings:
    """The settings of the directory corp."""
    return ldap_settings("corp", ldap(loaded(folder, sound(corp=corp))))


def test_a_preset_and_a_password_are_enough(tmp_path: Path) -> None:
    """Everything else is as the source's own settings have it."""
    assert settings(tmp_path, CORP) == LdapSettings(
        name=DirectoryName("corp"),
        domains=(Domain("dc=corp,dc=example", ("ldaps://ldap.corp.example",)),),
        schema=PRESETS["openldap"],
        bind=Bind(BindMethod.SIMPLE, "cn=bridge,dc=corp,dc=example", "pa55word"),
    )


def test_every_setting_reaches_the_source(tmp_path: Path) -> None:
    """Files are found from the configuration's folder; durations are whole seconds."""
    for name in ("ca.pem", "client.pem", "client.key"):
        (tmp_path / name).write_text("")
    (tmp_path / "client.key").chmod(0o600)
    corp = """
        type: ldap
        preset: rfc2307
        servers: [ldap://a.example, "ldap://b.example:1389/"]
        start_tls: true
        ca_file: ca.pem
        verify_certificates: false
        client_certificate: client.pem
        client_key: client.key
        bind: {method: external}
        base_dn: dc=x
        people_base: ou=p,dc=x
        groups_base: ou=g,dc=x
        domains:
          - base_dn: dc=y
            servers: [ldap://c.example]
            bind: {user: svc@y, password: "${env:PASSWORD}"}
        nesting: chain
        page_size: 200
        connect_timeout: 2s
        receive_timeout: 2m
    """
    assert settings(tmp_path, corp) == LdapSettings(
        name=DirectoryName("corp"),
        domains=(
            Domain("dc=x", ("ldap://a.example", "ldap://b.example:1389"), "ou=p,dc=x", "ou=g,dc=x"),
            Domain("dc=y", ("ldap://c.example",), bind=Bind(BindMethod.SIMPLE, "svc@y", "pa55word")),
        ),
        schema=PRESETS["rfc2307"],
        bind=Bind(BindMethod.EXTERNAL),
        tls=Tls(
            start=True,
            verify=False,
            ca_file=tmp_path / "ca.pem",
            client_certificate=tmp_path / "client.pem",
            client_key=tmp_path / "client.key",
        ),
        nesting=Nesting.CHAIN,
        page_size=200,
        connect_timeout=2,
        receive_timeout=120,
    )


def test_every_value_of_a_preset_can_be_overridden(tmp_path: Path) -> None:
    """One key for each field of the source's schema; `none` is no filter, and no attribute."""
    schema = """
        people_filter: (a=1)
        person_id: pid
        addresses: [m1, m2]
        person_name: [n]
        login: l
        disabled_filter: none
        group_filter: (|(b=1)(c=2))
        group_id: gid
        group_name: gn
        members: [m, {name: u, syntax: login}]
        dn_attribute: d
        ignore_members: [cn=nobody]
        memberships: memberOf
        member_urls: none
        security_id: sid
        primary_group: pg
        owner: o
        group_type: gt
        ignore_referrals: [cn=configuration]
    """
    corp = CORP + "    schema:\n" + schema
    assert settings(tmp_path, corp).schema == Schema(
        people_filter="(a=1)",
        person_id="pid",
        addresses=("m1", "m2"),
        person_name=("n",),
        login="l",
        disabled_filter="",
        group_filter="(|(b=1)(c=2))",
        group_id="gid",
        group_name="gn",
        members=(MemberAttribute("m"), MemberAttribute("u", MemberSyntax.LOGIN)),
        dn_attribute="d",
        ignore_members=("cn=nobody",),
        memberships="memberOf",
        member_urls="",
        security_id="sid",
        primary_group="pg",
        owner="o",
        group_type="gt",
        ignore_referrals=("cn=configuration",),
    )
    assert set(SchemaSection.model_fields) == {field.name for field in fields(Schema)}


def test_the_presets_are_those_of_the_source() -> None:
    """A preset that the source knows can be written, and no other."""
    assert set(get_args(LdapDirectory.model_fields["preset"].annotation)) == set(PRESETS)


@pytest.mark.parametrize(
    ("server", "more"),
    [
        ("ldap://127.0.0.1:1389", ""),
        ("'ldap://[::1]:1389'", ""),
        ("ldap://localhost", ""),
        ("ldapi:///run/slapd/ldapi", ""),
        ("ldapi://%2Frun%2Fslapd%2Fldapi", ""),
        ("ldap://ldap.corp.example", "    start_tls: true"),
        ("ldap://ldap.corp.example", "    allow_plaintext: true"),
    ],
)
def test_a_password_stays_private(tmp_path: Path, server: str, more: str) -> None:
    """On this machine, behind StartTLS, or by consent."""
    assert settings(tmp_path, CORP.replace("ldaps://ldap.corp.example", server) + more).domains[0].servers == (
        server.strip("'"),
    )


def test_a_password_in_clear_text_is_a_problem(tmp_path: Path) -> None:
    """If any of the servers would get it so."""
    corp = CORP.replace("[ldaps://ldap.corp.example]", "[ldap://127.0.0.1, ldap://127.example]")
    ((key, sentence),) = told(tmp_path, sound(corp=corp))
    assert (key, sentence[:40]) == ("directories.corp.bind", "The password would travel in clear text.")


BIND = 'bind: {user: "cn=bridge,dc=corp,dc=example", password: "${env:PASSWORD}"}'


@pytest.mark.parametrize(
    ("bind", "found"),
    [
        (
            "{}",
            {
                "directories.corp.bind.user": "A simple bind needs `user` and `password`. Add `user`.",
                "directories.corp.bind.password": "A simple bind needs `user` and `password`. Add `password`.",
            },
        ),
        (
            "{method: anonymous, user: x}",
            {
                "directories.corp.bind.user": "The bind method `anonymous` does not use this. "
                "Leave it out, or write `method: simple`."
            },
        ),
        (
            "{method: external}",
            {
                "directories.corp.bind": "The bind method `external` needs something that proves who the bridge "
                "is. Add `client_certificate` and `client_key`, or write an ldapi:// server."
            },
        ),
    ],
)
def test_a_bind_has_what_its_method_needs(tmp_path: Path, bind: str, found: dict[str, str]) -> None:
    """And nothing that it does not use."""
    assert dict(told(tmp_path, sound(corp=CORP.replace(BIND, f"bind: {bind}")))) == found


def test_signing_in_without_a_password_is_possible(tmp_path: Path) -> None:
    """As nobody, or as the local user over ldapi."""
    assert settings(tmp_path, CORP.replace(BIND, "bind: {method: anonymous}")).bind == Bind(BindMethod.ANONYMOUS)
    local = CORP.replace(BIND, "bind: {method: external}").replace(
        "ldaps://ldap.corp.example", "ldapi:///run/ldapi"
    )
    assert settings(tmp_path, local).bind == Bind(BindMethod.EXTERNAL)


def test_what_weakens_trust_is_a_warning(tmp_path: Path) -> None:
    """Certificates that are not verified, a private key that everybody may read."""
    (tmp_path / "client.pem").write_text("")
    (tmp_path / "client.key").write_text("")
    (tmp_path / "client.key").chmod(0o644)
    corp = CORP + "    verify_certificates: false\n    client_certificate: client.pem\n    client_key: client.key"
    assert loaded(tmp_path, sound(corp=corp)).warnings == (
        "verify_certificates is off: anybody in between may read the directory's password.",
        (
            f"Everybody on this machine may read {tmp_path}/client.key: "
            f"take that away with `chmod o-r {tmp_path}/client.key`."
        ),
    )


FOREST = """
    type: ldap
    preset: active-directory
    discover: corp.example
    bind: {user: bridge@corp.example, password: "${env:PASSWORD}"}
    base_dn: dc=corp,dc=example
"""


def found_by(folder: Path, corp: str) -> list[Discovery | None]:
    """How the servers of each domain are found."""
    return [domain.discover for domain in settings(folder, corp).domains]


def test_servers_may_be_found_by_dns(tmp_path: Path) -> None:
    """Domain controllers, over ldaps; in each domain by itself, the site's first."""
    assert found_by(tmp_path, FOREST) == [Discovery("corp.example", active_directory=True)]
    emea = "    domains: [{discover: emea.corp.example, site: London, base_dn: 'dc=emea,dc=corp,dc=example'}]"
    assert found_by(tmp_path, FOREST + "    site: Paris\n" + emea) == [
        Discovery("corp.example", active_directory=True, site="Paris"),
        Discovery("emea.corp.example", active_directory=True, site="London"),
    ]
    assert settings(tmp_path, FOREST).domains[0].servers == ()


@pytest.mark.parametrize("preset", ["openldap", "rfc2307", "389ds", "freeipa"])
def test_other_servers_are_found_under_the_plain_name(tmp_path: Path, preset: str) -> None:
    """And need StartTLS, or ldaps."""
    corp = FOREST.replace("active-directory", preset) + "    start_tls: true"
    assert found_by(tmp_path, corp) == [Discovery("corp.example", scheme="ldap")]


def test_servers_outside_the_domain_need_an_authority_of_ones_own(tmp_path: Path) -> None:
    """That is in force: without verification it says nothing."""
    (tmp_path / "ca.pem").write_text("")
    own = FOREST + "    ca_file: ca.pem\n"
    assert found_by(tmp_path, own) == [Discovery("corp.example", active_directory=True, elsewhere=True)]
    assert found_by(tmp_path, own + "    verify_certificates: false") == [
        Discovery("corp.example", active_directory=True)
    ]


@pytest.mark.parametrize(
    ("corp", "key", "sentence"),
    [
        (
            FOREST + "    servers: [ldaps://dc1.corp.example]",
            "servers",
            "The servers are listed, and to be found by DNS. Leave out `servers` or `discover`.",
        ),
        (
            FOREST.replace("discover: corp.example", ""),
            "servers",
            "Nothing says where the servers are. List their addresses, or add `discover`.",
        ),
        (
            CORP + "    site: Paris",
            "site",
            "A site is for servers that DNS finds. Add `discover`, or leave it out.",
        ),
        (
            FOREST.replace("active-directory", "openldap") + "    site: Paris",
            "preset",
            "Only Active Directory has sites. Leave out `site`, or write active-directory.",
        ),
        (
            FOREST.replace("active-directory", "openldap")
            + "    domains: [{discover: x.example, site: Paris, base_dn: dc=x}]",
            "domains",
            "Only Active Directory has sites. Leave out `site`.",
        ),
        (
            FOREST + "    domains: [{base_dn: dc=x}]",
            "domains[0].servers",
            "Nothing says where the servers are. List their addresses, or add `discover`.",
        ),
        (
            FOREST + "    site: Paris.France",
            "site",
            (
                "'Paris.France' is not the name of a site. "
                "Write its name as Active Directory Sites and Services shows it."
            ),
        ),
    ],
)
def test_servers_are_listed_or_found(tmp_path: Path, corp: str, key: str, sentence: str) -> None:
    """One of the two, and a site only where there are sites."""
    assert told(tmp_path, sound(corp=corp)) == [(f"directories.corp.{key}", sentence)]


@pytest.mark.parametrize(
    "domain", ["dc=corp", "corp.example.", "ldap://corp.example", "a..b", "-", "x" * 64, "a." * 80]
)
def test_what_is_no_dns_domain_is_told(tmp_path: Path, domain: str) -> None:
    """Before anything is asked of DNS; nothing else is said of the servers."""
    ((key, sentence),) = told(tmp_path, sound(corp=FOREST.replace("corp.example\n", f'"{domain}"\n', 1)))
    assert key == "directories.corp.discover"
    assert sentence.endswith(" is not a DNS domain. Write one such as corp.example.")


def test_the_domain_is_a_matter_of_the_hash_and_the_site_is_none(tmp_path: Path) -> None:
    """How servers are reached may change without the configuration becoming another one."""

    def hashed(corp: str) -> str:
        return policy(loaded(tmp_path, sound(corp=corp))).config_hash

    assert hashed(FOREST) == hashed(FOREST + "    site: Paris")
    assert hashed(FOREST) != hashed(FOREST.replace("discover: corp.example", "discover: other.example"))


KERBEROS = FOREST.replace('{user: bridge@corp.example, password: "${env:PASSWORD}"}', "{method: kerberos}")


def test_kerberos_signs_in_by_keytab_or_ticket(tmp_path: Path) -> None:
    """With a principal where there are several."""
    keytab = tmp_path / "bridge.keytab"
    keytab.write_bytes(b"x")
    keytab.chmod(0o600)
    by_keytab = KERBEROS.replace("{method: kerberos}", "{method: kerberos, keytab: bridge.keytab, principal: a@B}")
    assert settings(tmp_path, KERBEROS).bind == Bind(BindMethod.KERBEROS)
    assert settings(tmp_path, by_keytab).bind == Bind(BindMethod.KERBEROS, keytab=keytab, principal="a@B")
    keytab.chmod(0o644)
    (warning,) = loaded(tmp_path, sound(corp=by_keytab)).warnings
    assert warning.startswith(f"Everybody on this machine may read {keytab}")


LISTED = KERBEROS.replace("discover: corp.example", "servers: [ldaps://dc1.corp.example]")


@pytest.mark.parametrize(
    ("corp", "key", "sentence"),
    [
        (
            KERBEROS.replace("{method: kerberos}", "{method: kerberos, user: x}"),
            "bind.user",
            "The bind method `kerberos` does not use this. Leave it out, or write `method: simple`.",
        ),
        (
            FOREST.replace("{user:", "{principal: a@B, user:"),
            "bind.principal",
            "The bind method `simple` does not use this. Leave it out, or write `method: kerberos`.",
        ),
        (
            KERBEROS.replace("{method: kerberos}", "{method: kerberos, keytab: nowhere}"),
            "bind.keytab",
            (
                "The file cannot be read: No such file or directory. "
                "Check the path, and that the bridge's user may read it."
            ),
        ),
        (
            LISTED.replace("ldaps:", "ldap:"),
            "bind",
            (
                "Kerberos proves who both sides are, but without TLS anybody in between could change the answers. "
                "Write ldaps://, or `start_tls: true`, or `allow_plaintext: true` where nobody else is in between."
            ),
        ),
        (
            LISTED.replace("dc1.corp.example", "192.0.2.1"),
            "bind",
            "Kerberos knows servers by their names. Write ldaps:// and the server's whole name.",
        ),
        (
            LISTED.replace("ldaps://dc1.corp.example", "'ldaps://[2001:db8::1]'"),
            "bind",
            "Kerberos knows servers by their names. Write ldaps:// and the server's whole name.",
        ),
        (
            LISTED.replace("ldaps://dc1.corp.example", "ldapi:///run/ldapi"),
            "bind",
            "Kerberos knows servers by their names. Write ldaps:// and the server's whole name.",
        ),
    ],
)
def test_kerberos_has_what_it_needs(tmp_path: Path, corp: str, key: str, sentence: str) -> None:
    """And nothing that it does not use; TLS, and names."""
    assert told(tmp_path, sound(corp=corp)) == [(f"directories.corp.{key}", sentence)]


def test_kerberos_without_tls_is_possible_by_consent(tmp_path: Path) -> None:
    """Where nobody else is in between."""
    corp = LISTED.replace("ldaps:", "ldap:") + "    allow_plaintext: true"
    assert settings(tmp_path, corp).bind.method is BindMethod.KERBEROS


@pytest.mark.parametrize("name", ["2.5.4.31", "member;binary", "2.5.4.31;binary", "mail;lang-en"])
@pytest.mark.parametrize("key", ["login", "memberships", "group_id"])
def test_attributes_that_servers_answer_under_another_name_are_refused(
    tmp_path: Path, key: str, name: str
) -> None:
    """By number or with an option: what is asked for so comes back bare, and every group would seem empty."""
    ((where, what),) = told(tmp_path, sound(corp=f"{CORP}    schema: {{{key}: '{name}'}}"))
    assert where == f"directories.corp.schema.{key}"
    assert "servers answer under its bare name" in what


def test_members_by_number_are_refused_with_the_remedy(tmp_path: Path) -> None:
    """Each of the list, in either form."""
    members = "schema: {members: ['2.5.4.31', {name: 'memberUid;x', syntax: login}], addresses: ['mail;x']}"
    found = told(tmp_path, sound(corp=f"{CORP}    {members}"))
    assert len(found) == 3
    assert all("Write the name as the server shows it, such as mail." in what for _, what in found)
