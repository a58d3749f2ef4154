"""What the file says of an LDAP directory, and the settings that its source takes."""

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from bridge.config.directories import LdapDirectory
from bridge.config.ldap_schema import SchemaSection
from bridge.core.model import DirectoryName
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.schema import MemberAttribute, MemberSyntax, Schema
from bridge.sources.ldap.settings import Bind, BindMethod, Domain, LdapSettings, Nesting, Tls
from tests.config.corp import settings
from tests.config.files import CORP, loaded, sound, told


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
