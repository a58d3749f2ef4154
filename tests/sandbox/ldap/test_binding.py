import ldap3
import pytest

from bridge.sandbox.ldap import ACTIVE_DIRECTORY, Code, LdapSandbox, ServerLimits
from bridge.sandbox.ldap.binding import verdict
from bridge.sandbox.ldap.requests import Bind
from bridge.sandbox.ldap.sample import Company, sample_directory
from tests.sandbox.ldap.client import BASE, PASSWORD, READER, connected, names, search


@pytest.mark.parametrize(
    ("name", "password", "expected"),
    [
        (READER, PASSWORD, Code.SUCCESS),
        (READER.upper().replace(",", ", "), PASSWORD, Code.SUCCESS),
        (READER, PASSWORD.upper(), Code.INVALID_CREDENTIALS),
        ("cn=other", PASSWORD, Code.INVALID_CREDENTIALS),
        ("svc@corp.example", "upn", Code.SUCCESS),
        ("SVC@corp.example", "upn", Code.SUCCESS),
        ("svc@corp.example", PASSWORD, Code.INVALID_CREDENTIALS),
        ("", "", Code.SUCCESS),
        ("", "x", Code.INVALID_CREDENTIALS),
        (READER, "", Code.UNWILLING_TO_PERFORM),
        (READER, None, Code.AUTH_METHOD_NOT_SUPPORTED),
    ],
)
def test_binds(name: str, password: str | None, expected: Code) -> None:
    """Only a known name with its password is let in; a name without one is never taken for a bind."""
    credentials = {READER: PASSWORD, "svc@corp.example": "upn"}
    assert verdict(Bind(3, name, password), credentials, ServerLimits(), secure=False).code == expected


def test_passwords_in_the_clear() -> None:
    """A server that wants TLS refuses passwords without it, and version 2 is refused anyway."""
    strict = ServerLimits(require_tls=True)
    bind = Bind(3, READER, PASSWORD)
    assert verdict(bind, {READER: PASSWORD}, strict, secure=False).code == Code.STRONGER_AUTH_REQUIRED
    assert verdict(bind, {READER: PASSWORD}, strict, secure=True).code == Code.SUCCESS
    assert verdict(Bind(2, "", ""), {}, strict, secure=True).code == Code.PROTOCOL_ERROR


def test_a_failed_bind_leaves_nobody_signed_in(server: LdapSandbox) -> None:
    """After a wrong password the connection is anonymous, whoever it was before."""
    with connected(server.url, READER, PASSWORD) as connection:
        assert connection.extend.standard.who_am_i() == f"dn:{READER}"
        assert not connection.rebind(READER, "wrong")
        assert connection.result["result"] == Code.INVALID_CREDENTIALS
        assert not connection.extend.standard.who_am_i()


def test_no_secret_is_kept(server: LdapSandbox) -> None:
    """Neither the log nor any repr has a password, right or wrong, nor one that a filter asserts."""
    with connected(server.url, READER, PASSWORD) as connection:
        connection.search(BASE, "(userPassword=wrong-guess)")
        connection.rebind(READER, "wrong-guess")
    assert [operation.op for operation in server.operations][:3] == ["bind", "search", "bind"]
    for text in (repr(server.operations), repr(Bind(3, READER, PASSWORD)), repr(server._service)):
        assert PASSWORD not in text
        assert "wrong-guess" not in text


def test_searching_unsigned() -> None:
    """Where signing in is asked for, only the root answers without it."""
    directory = sample_directory(Company(people=1, groups=0))
    with LdapSandbox(directory, limits=ACTIVE_DIRECTORY) as server, connected(server.url) as client:
        assert search(client, "", search_scope=ldap3.BASE) == Code.SUCCESS
        assert search(client) == Code.OPERATIONS_ERROR
        assert names(client) == []
