import pytest

from bridge.errors import BODY_LIMIT, Denied, excerpt
from bridge.sandbox.ldap import Directory, LdapSandbox, Refuse
from bridge.sources.ldap.diagnostics import remedy_in
from bridge.sources.ldap.failures import CredentialsRefused, refused, remedy_for, result_words
from bridge.sources.ldap.source import LdapSource
from tests.sources.ldap.directory import ADMIN, TREE, crowd, settings

STRONG = (
    "00002028: LdapErr: DSID-0C090202, comment: The server requires binds to turn on integrity checking if "
    "SSL\\TLS are not already active on the connection, data 0, v4563"
)
BIND_FIRST = (
    "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be "
    "completed on the connection., data 0, v4563"
)


def sign_in(data: str) -> str:
    """What Active Directory says of a sign-in that it refused."""
    return f"80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {data}, v3839\0"


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        ("525", "no such user"),
        ("52e", "the password is wrong"),
        ("52E", "the password is wrong"),
        ("530", "at this hour"),
        ("531", "at certain computers only"),
        ("532", "has expired: change it"),
        ("533", "is disabled"),
        ("701", "the account has expired"),
        ("773", "has to be changed"),
        ("775", "is locked"),
        ("80090346", "channel binding"),
    ],
)
def test_a_refused_sign_in_is_explained(data: str, meaning: str) -> None:
    """By the number behind `data`; it is still one that is the same on every server."""
    with LdapSandbox(Directory.from_ldif(TREE)) as server:
        server.faults.add(Refuse(49, message=sign_in(data)), op="bind")
        with pytest.raises(CredentialsRefused) as caught:
            LdapSource(settings(server.url)).read(())
    explanation = caught.value.what.rpartition("; ")[2]
    assert meaning in explanation
    assert f"data {data}" in caught.value.what
    assert "\0" not in caught.value.what


@pytest.mark.parametrize("message", [sign_in("57"), sign_in("0"), "no such thing", ""])
def test_what_is_not_known_keeps_the_general_remedy(message: str) -> None:
    """Of its result code."""
    assert remedy_in(message) == ""
    assert remedy_for(49, message).startswith("check the bind user and its password")


def test_a_sign_in_in_the_clear_is_explained() -> None:
    """With what to write."""
    with LdapSandbox(Directory.from_ldif(TREE)) as server:
        server.faults.add(Refuse(8, message=STRONG), op="bind")
        with pytest.raises(Denied, match="the server takes no sign-in in the clear: use ldaps:// or StartTLS"):
            LdapSource(settings(server.url)).read(())


def test_a_search_before_any_sign_in_is_explained() -> None:
    """Active Directory lets anybody bind anonymously, and then shows nothing."""
    with LdapSandbox(Directory.from_ldif(TREE), credentials={ADMIN.user: ADMIN.password}) as server:
        server.faults.add(Refuse(1, message=BIND_FIRST))
        with pytest.raises(Denied, match="choose another bind method than anonymous"):
            LdapSource(settings(server.url)).read(())


def test_a_search_that_breaks_off_is_explained_in_its_doubt() -> None:
    """On a later page, too."""
    with LdapSandbox(Directory.from_ldif(TREE + crowd(4)), credentials={ADMIN.user: ADMIN.password}) as server:
        server.faults.add(Refuse(1, message=BIND_FIRST), matching=r"^\(objectClass=inetOrgPerson\)$", page=2)
        read = LdapSource(settings(server.url)).read(())
    assert read.doubts[0].text.endswith("; choose another bind method than anonymous, who is shown nothing")


def test_samba_s_own_words_are_explained() -> None:
    """It wants Kerberos signed or sealed, even within TLS, unless it is told otherwise."""
    error = refused("corp", 8, "the bind", result_words(8, "x", "SASL:[GSSAPI]: Sign or Seal are required."))
    assert error is not None
    assert "allow_sasl_over_tls" in error.what


@pytest.mark.parametrize(("code", "policy"), [(3, "MaxQueryDuration"), (11, "MaxResultSetSize")])
def test_a_limit_of_active_directory_is_named(code: int, policy: str) -> None:
    """As its LDAP policy has it, since its messages say nothing of it."""
    assert policy in remedy_for(code, result_words(code, "limit"))


@pytest.mark.parametrize("message", [STRONG, BIND_FIRST, sign_in("52e")])
def test_a_message_that_is_cut_is_understood(message: str) -> None:
    """What it goes by stands at its beginning."""
    assert remedy_in(excerpt(message + "x" * BODY_LIMIT)) == remedy_in(message) != ""


@pytest.mark.parametrize("name", ["00002028: LdapErr", "AcceptSecurityContext error", "data 52e"])
def test_words_alone_are_no_message(name: str) -> None:
    """A base, or another server's words, may hold parts of one."""
    assert remedy_in(name) == ""
