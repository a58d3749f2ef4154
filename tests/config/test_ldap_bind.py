"""How the bridge signs in to an LDAP server: each method with what it needs, and no password in the clear."""

from pathlib import Path

import pytest

from bridge.sources.ldap.settings import Bind, BindMethod
from tests.config.corp import FOREST, settings
from tests.config.files import CORP, loaded, sound, told


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
