import sys
from pathlib import Path

import pytest

from bridge.errors import Denied, RemoteError, Unavailable
from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap.failures import CredentialsRefused
from bridge.sources.ldap.kerberos import missing_packages, refused_by_kerberos
from bridge.sources.ldap.settings import Bind, BindMethod
from bridge.sources.ldap.source import LdapSource
from tests.sources.ldap.directory import TREE, settings

TABLE = 2**32 - 1_765_328_384
"""ERROR_TABLE_BASE_krb5 of krb5.h, without its sign."""

TICKET = Bind(BindMethod.KERBEROS)


def words(text: str) -> str:
    """An error of GSSAPI's, as the package gssapi words it."""
    return f"Major (851968): Unspecified GSS failure.  Minor code may provide more information, Minor (1): {text}"


@pytest.mark.parametrize(
    ("number", "kind", "remedy"),
    [
        (6, CredentialsRefused, "correct `principal`"),
        (7, Denied, "write its whole name in `servers`"),
        (14, CredentialsRefused, "with AES keys"),
        (18, CredentialsRefused, "disabled, locked or expired"),
        (23, CredentialsRefused, "password has expired"),
        (24, CredentialsRefused, "make it anew"),
        (29, Unavailable, "the next run tries again"),
        (32, CredentialsRefused, "the ticket has expired"),
        (37, Denied, "the same time servers"),
        (134, CredentialsRefused, "bridge@CORP.EXAMPLE"),
        (136, Denied, "correct krb5.conf"),
        (141, CredentialsRefused, "fetch a ticket"),
        (154, Denied, "name the realm's servers in krb5.conf"),
        (156, Unavailable, "port 88"),
        (195, CredentialsRefused, "fetch a ticket"),
    ],
)
def test_an_error_of_kerberos_is_explained(number: int, kind: type[RemoteError], remedy: str) -> None:
    """In its own words, with the remedy; what is wrong with us is not tried at other servers."""
    error = refused_by_kerberos("corp", TABLE + number, words("So it is (it says): so"), TICKET)
    assert type(error) is kind
    assert error.what.startswith("the sign-in by Kerberos failed (So it is (it says): so); ")
    assert remedy in error.what


def test_an_error_that_is_not_known_is_for_a_person() -> None:
    """In whatever words there are."""
    error = refused_by_kerberos("corp", 4711, words("Odd"), TICKET)
    assert (type(error), error.what) == (Denied, "the sign-in by Kerberos failed (Odd)")
    assert "(Major (1): gone)" in refused_by_kerberos("corp", 0, "Major (1): gone", TICKET).what


def test_a_keytab_that_holds_nothing_is_named(tmp_path: Path) -> None:
    """Without a ticket, what is to be done depends on what there is instead."""
    bind = Bind(BindMethod.KERBEROS, keytab=tmp_path / "k", principal="bridge@CORP.EXAMPLE")
    error = refused_by_kerberos("corp", TABLE + 195, words("No credentials cache found"), bind)
    assert f"{tmp_path / 'k'} holds no key for bridge@CORP.EXAMPLE" in error.what


@pytest.mark.parametrize("package", ["gssapi", "cryptography"])
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """With how to install it, before anything is said to the server."""
    monkeypatch.setitem(sys.modules, package, None)
    with LdapSandbox(Directory.from_ldif(TREE)) as server:
        with pytest.raises(Denied) as caught:
            LdapSource(settings(server.url, bind=TICKET)).read(())
        assert {operation.op for operation in server.operations} <= {"unbind"}
    assert "Kerberos needs packages that are not installed" in str(caught.value)
    assert "pip install hyperproof-bridge[kerberos]" in str(caught.value)
    assert missing_packages()
