import ast
import inspect
import ssl
from collections.abc import Iterator
from pathlib import Path

import ldap3
import pytest
from ldap3.core import exceptions
from ldap3.core.results import RESULT_CODES

from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sources.ldap.failures import (
    REACTIONS,
    CredentialsRefused,
    refused,
    result_words,
    translated,
    untrusted,
)

ROOTS = {exceptions.LDAPException, exceptions.LDAPExceptionError, exceptions.LDAPOperationResult}
"""Too general to say how to react."""


def subclasses(kind: type[exceptions.LDAPException]) -> Iterator[type[exceptions.LDAPException]]:
    """Every class below this one."""
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


@pytest.mark.parametrize("kind", sorted({*subclasses(exceptions.LDAPException)} - ROOTS, key=str))
def test_every_exception_of_ldap3_has_our_reaction(kind: type[exceptions.LDAPException]) -> None:
    """Each class, or the nearest above it, is in the table; none falls through to a general answer."""
    assert any(base in REACTIONS for base in kind.__mro__)


def test_no_exception_of_ldap3_hides_elsewhere() -> None:
    """All its exception classes are in the one module that the test above walks; one more is a ValueError."""
    homes = {
        path.name
        for path in Path(inspect.getfile(ldap3)).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id.endswith(("Error", "Exception")) for base in node.bases)
    }
    assert homes == {"exceptions.py", "tls_backport.py"}


@pytest.mark.parametrize("code", sorted(set(RESULT_CODES) - {0, 5, 6}))
def test_every_result_has_our_error(code: int) -> None:
    """A result other than success, before the first entry, is an error that names it; a referral is a doubt."""
    error = refused("corp", code, "the search", result_words(code, RESULT_CODES[code]))
    assert isinstance(error, RemoteError) == (code != 10)
    assert error is None or str(code) in error.what


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (3, IncompleteRead),
        (4, IncompleteRead),
        (11, IncompleteRead),
        (32, Denied),
        (49, CredentialsRefused),
        (50, Denied),
        (51, Unavailable),
        (52, Unavailable),
        (4242, IncompleteRead),
    ],
)
def test_the_reaction_fits_the_result(code: int, kind: type[RemoteError]) -> None:
    """Limits leave something missing, a busy server may do better later, the rest is for a person."""
    assert type(refused("corp", code, "the search", str(code))) is kind


def test_success_and_referral_are_no_errors() -> None:
    """They are handled as the end of a search and as a doubt."""
    assert refused("corp", 0, "the search", "0 success") is None
    assert refused("corp", 10, "the search", "10 referral") is None


def test_a_merged_class_of_ldap3_is_known_by_its_parents() -> None:
    """ldap3 makes a class on the spot for each kind of socket trouble."""
    make = exceptions.communication_exception_factory
    kind = make(exceptions.LDAPSocketReceiveError, TimeoutError("timed out"))  # type: ignore[no-untyped-call]  # not in types-ldap3
    error = translated("corp", kind("error receiving data: timed out"), "reading people")
    assert type(error) is Unavailable
    assert str(error) == "corp: reading people failed (error receiving data: timed out)"


@pytest.mark.parametrize(
    ("error", "kind"),
    [(OSError("gone"), Unavailable), (KeyError(99), IncompleteRead), (ValueError("odd"), IncompleteRead)],
)
def test_what_ldap3_lets_out_is_translated_too(error: Exception, kind: type[RemoteError]) -> None:
    """Trouble of the socket is unavailability; trouble of the decoder is an answer that makes no sense."""
    assert type(translated("corp", error, "reading people")) is kind


def test_a_server_that_hangs_up_in_the_handshake_may_do_better_later() -> None:
    """Only a certificate or a protocol that does not fit is a refusal."""
    assert type(untrusted("corp", ssl.SSLEOFError("EOF"))) is Unavailable
    assert type(untrusted("corp", ssl.SSLError("WRONG_VERSION_NUMBER"))) is Denied


def test_a_long_message_is_cut() -> None:
    """A server's own words are bounded, on one line."""
    words = result_words(1, "operationsError", "x\n" * 1000)
    assert len(words) < 300
    assert "\n" not in words
