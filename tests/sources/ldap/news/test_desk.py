"""Marks and news where the server has none, breaks off, or is another: never a doubt, never a lost read."""

from dataclasses import replace
from typing import Any

import ldap3
import pytest

from bridge.core.snapshot import Footing, Snapshot
from bridge.errors import Denied
from bridge.sandbox.ldap import Directory, Drop, LdapSandbox, Refuse, Silence, responses
from bridge.sandbox.ldap.responses import SEARCH_DONE, Result
from bridge.sources.ldap.connection import Session
from bridge.sources.ldap.news.marks import DomainMark, mark_text, marks_in
from bridge.sources.ldap.news.ways import way_of
from bridge.sources.ldap.settings import Bind, BindMethod, LdapSettings, Nesting, Tls
from bridge.sources.ldap.source import LdapSource
from tests.sources.contract import WORLD, by_name, by_pattern
from tests.sources.ldap.directory import ADMIN, BASE, ldif_of, settings
from tests.sources.ldap.handwritten import at
from tests.sources.ldap.test_contract import NAMED_BY_O
from tests.transport.virtual import START

SELECTORS = (by_name("Plain"), by_pattern("Ring.*"))


@pytest.fixture
def sandbox() -> LdapSandbox:
    """The world in the embedded server, which has no way to tell changes."""
    return LdapSandbox(Directory.from_ldif(ldif_of(WORLD)), credentials={ADMIN.user: ADMIN.password})


def source(server: LdapSandbox, **changes: Any) -> LdapSource:  # noqa: ANN401 - as LdapSettings has them
    """A source for it."""
    return LdapSource(settings(server.url, schema=NAMED_BY_O, **changes))


def test_a_read_without_a_mark_is_that_read(sandbox: LdapSandbox) -> None:
    """Nothing but the note and one more search is different."""
    with sandbox:
        plain, marked = source(sandbox).read(SELECTORS), source(sandbox).read_marked(SELECTORS)
    assert marked.mark == ""
    (note,) = marked.read.notes
    assert note.startswith(f"{sandbox.url} is read in full in every run: the server has no way to tell changes")
    assert replace(marked.read, notes=(), searches=marked.read.searches[1:]) == plain


@pytest.mark.parametrize("effect", [Drop(), Refuse(52), Silence()], ids=["hangs up", "goes down", "falls silent"])
def test_a_server_that_breaks_off_when_asked_for_a_mark_is_read_without(
    sandbox: LdapSandbox, effect: Drop | Refuse | Silence
) -> None:
    """Over a new connection where it takes one, as if it had never been asked."""
    sandbox.faults.add(effect, base="^$")
    with sandbox:
        marked = source(sandbox, receive_timeout=1).read_marked(SELECTORS)
        assert marked.mark == ""
        assert marked.read.selections == source(sandbox).read(SELECTORS).selections
    assert "is read in full in every run" in marked.read.notes[0]


def test_a_global_catalog_gives_no_mark() -> None:
    """It shows the forest, and is no part of its replication."""
    session = Session("ldaps://dc1.corp.example:3269", "corp", "", ldap3.Connection(ldap3.Server("x")))
    assert way_of(session).why_not == "a global catalog tells no changes"


def test_under_a_layer_of_sasl_there_is_no_mark() -> None:
    """What lies on the socket is not what was said."""
    connection = ldap3.Connection(ldap3.Server("x"))
    connection.sasl_mechanism = ldap3.DIGEST_MD5
    assert "sign-in" in way_of(Session("ldap://x", "corp", "", connection)).why_not


@pytest.mark.parametrize(
    ("said", "way"),
    [
        ({}, ""),
        ({"supportedControl": "1.3.6.1.4.1.4203.1.9.1.1"}, "syncrepl"),
        ({"supportedControl": "1.3.6.1.4.1.4203.1.9.1.1", "vendorName": "389 Project"}, "syncrepl-389"),
        ({"supportedControl": "1.2.840.113556.1.4.841"}, "dirsync"),
    ],
)
def test_a_server_says_which_way_it_has(said: dict[str, str], way: str) -> None:
    """In its root entry."""
    listed = [(name, [value.encode()]) for name, value in said.items()]

    def root(number: int) -> bytes:
        return responses.entry(number, "", listed) + responses.done(number, SEARCH_DONE, Result(0))

    with at(root) as session:
        assert way_of(session).name == way


def snapshot(mark: str) -> Snapshot:
    """A snapshot with this mark, of a read that does not matter here."""
    with LdapSandbox(Directory.from_ldif(ldif_of(WORLD)), credentials={ADMIN.user: ADMIN.password}) as server:
        return Snapshot(source(server).read(SELECTORS), Footing(), mark, "", START)


def test_news_of_a_server_that_is_away_are_a_reason(sandbox: LdapSandbox) -> None:
    """And it is tried last by the full read that follows."""
    away = "ldap://127.0.0.1:1"
    mark = mark_text({BASE: DomainMark(away, "syncrepl", {})})
    with sandbox:
        asked = LdapSource(settings(away, sandbox.url, schema=NAMED_BY_O))
        news = asked.read_news(snapshot(mark), SELECTORS)
        assert "connecting failed" in news.due
        assert news.mark == mark
        assert asked.read(SELECTORS).server == sandbox.url


def test_a_server_that_is_none_of_the_directory_any_more_is_not_asked(sandbox: LdapSandbox) -> None:
    """It may have been taken out of DNS for a reason."""
    with sandbox:
        mark = mark_text({BASE: DomainMark("ldap://127.0.0.1:1", "syncrepl", {})})
        news = source(sandbox).read_news(snapshot(mark), SELECTORS)
    assert news.due == "ldap://127.0.0.1:1 is no server of this directory any more"
    assert not sandbox.operations


def test_a_password_that_is_refused_is_not_tried_twice(sandbox: LdapSandbox) -> None:
    """Each try counts towards locking the account."""
    with sandbox:
        mark = mark_text({BASE: DomainMark(sandbox.url, "syncrepl", {})})
        wrong = source(sandbox, bind=Bind(BindMethod.SIMPLE, ADMIN.user, "wrong"))
        with pytest.raises(Denied):
            wrong.read_news(snapshot(mark), SELECTORS)
    assert [operation.op for operation in sandbox.operations].count("bind") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"page_size": 4},
        {"bind": Bind(BindMethod.SIMPLE, "cn=other", ADMIN.password)},
        {"tls": Tls(verify=False)},
        {"nesting": Nesting.CHAIN},
        {"people_base": f"ou=elsewhere,{BASE}"},
        {"schema": replace(NAMED_BY_O, addresses=("mail", "cn"))},
    ],
    ids=str,
)
def test_other_settings_are_another_directory(changed: dict[str, Any]) -> None:
    """Whatever is different; what was read before is not recalled."""
    assert digest(settings("ldap://x")) != digest(settings("ldap://x", **changed))


def test_a_password_is_no_setting() -> None:
    """Neither in the digest, nor a reason to read anew when it is changed."""
    secret = replace(ADMIN, password="another")
    assert digest(settings("ldap://x")) == digest(settings("ldap://x", bind=secret))


def digest(chosen: LdapSettings) -> str:
    """What names these settings."""
    return LdapSource(chosen).settings_digest


def test_marks_are_what_was_written() -> None:
    """Of several domains, in any order."""
    marks = {
        "dc=b": DomainMark("ldap://b", "syncrepl", {"cookie": "x"}),
        "dc=a": DomainMark("ldap://a", "dirsync", {"cookie": "y", "full": True}),
    }
    assert marks_in(mark_text(marks)) == marks
    assert mark_text(dict(reversed(marks.items()))) == mark_text(marks)


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "1", '{"a": 1}', '{"a": {"server": 1, "way": "x", "token": {}}}', '{"a": {"server": "x"}}'],
)
def test_other_texts_are_no_marks(text: str) -> None:
    """And said to be none."""
    with pytest.raises(ValueError, match=r"mark|JSON|value|char"):
        marks_in(text)
