"""What OpenLDAP tells of changes: whatever concerns the groups is read in full, and as little else as possible."""

import base64
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ldap3.core.exceptions import LDAPOperationResult

from bridge.core.model import Selector, SelectorKind
from bridge.core.snapshot import Snapshot, is_whole, why_not_recalled
from bridge.errors import Denied, Unavailable
from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.news.telling import MOST_CHANGES
from bridge.sources.ldap.schema import MemberAttribute, MemberSyntax
from bridge.sources.ldap.search import Page, PageReader, Query
from bridge.sources.ldap.settings import Domain
from bridge.sources.ldap.source import LdapSource, pages_for
from tests.servers.slapd import BASE, SERVICE_DN, Slapd
from tests.sources.contract import CORP, by_name, by_pattern
from tests.sources.ldap.directory import (
    ADMIN,
    SCHEMA,
    TREE,
    entry,
    group_dn,
    person,
    person_dn,
    posix_group,
    settings,
)
from tests.sources.ldap.news.hand import Hand, hand_in
from tests.sources.ldap.news.happenings import IRRELEVANT, RELEVANT, TOWN, wander
from tests.sources.ldap.news.recalled import Pair

pytestmark = pytest.mark.slapd

T = TypeVar("T")


class Town:
    """A directory in OpenLDAP, and who changes it."""

    def __init__(self, server: Slapd, hand: Hand) -> None:
        self.server = server
        self.hand = hand
        self.pair = Pair(settings(server.url, people_base=BASE))


@pytest.fixture
def town() -> Iterator[Town]:
    """A town that was read once."""
    with Slapd(TOWN, tls=False) as server, hand_in(server.url, ADMIN.user, ADMIN.password) as hand:
        made = Town(server, hand)
        assert not made.pair.recalls()
        yield made


@pytest.mark.parametrize("what", RELEVANT)
def test_what_may_concern_the_groups_is_read_in_full(town: Town, what: str) -> None:
    """And said truly. OpenLDAP's overlay refint changes groups of the deleted and renamed without a word."""
    RELEVANT[what](town.hand)
    assert not town.pair.recalls()


@pytest.mark.parametrize("what", IRRELEVANT)
def test_what_does_not_concern_the_groups_is_recalled(town: Town, what: str) -> None:
    """Once and again: the mark moves past it. What concerns the groups afterwards is found all the same."""
    IRRELEVANT[what](town.hand)
    assert town.pair.recalls()
    assert town.pair.recalls()
    town.hand.put_in(group_dn("staff"), person_dn("gus"))
    assert not town.pair.recalls()


def test_an_unchanged_directory_costs_one_search_without_entries(town: Town) -> None:
    """Nothing else is asked."""
    (search,) = town.pair.read().searches
    assert (search.pages, search.entries, search.result) == (1, 0, "0 success")


def test_a_mark_costs_one_refresh_and_a_look_at_the_server(town: Town) -> None:
    """In front of the searches of the read, and on record like these."""
    town.hand.put_in(group_dn("staff"), person_dn("cid"))
    news, root, refresh, *read = town.pair.read().searches
    assert news.result == "0 success: read in full, 1 of those involved changed"
    assert (root.entries, refresh.entries) == (1, 13)
    assert len(read) == 6


class TestTheServer:
    def test_started_again_it_goes_on(self, town: Town) -> None:
        """Nothing happened."""
        town.server.stop()
        town.server.start()
        assert town.pair.recalls()

    def test_started_again_it_has_forgotten_what_was_deleted(self, town: Town) -> None:
        """Whatever happened before, it tells what is there, and not what is gone: a full read is due."""
        town.hand.delete(person_dn("dora"))
        town.server.stop()
        town.server.start()
        assert not town.pair.recalls()
        assert town.pair.recalls()

    def test_which_does_not_answer_is_one_thing(self, town: Town) -> None:
        """A full read fails in its own way, and when it is back all goes on."""
        town.server.stop()
        with pytest.raises(Unavailable):
            town.pair.read()
        town.server.start()
        assert town.pair.recalls()

    def test_whose_password_was_changed_is_asked_once(self, town: Town) -> None:
        """A full read would be refused alike, and might lock the account."""
        broken = replace(town.pair.settings, bind=replace(ADMIN, password="another"))
        town.pair.settings = broken
        with pytest.raises(Denied, match="check the bind user"):
            town.pair.read()

    def test_at_another_address_is_another_one(self, town: Town) -> None:
        """It may count otherwise."""
        domain = replace(
            town.pair.settings.domains[0], servers=(town.server.url.replace("127.0.0.1", "localhost"),)
        )
        town.pair.settings = replace(town.pair.settings, domains=(domain,))
        assert not town.pair.recalls()
        assert town.pair.recalls()


def cookies(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """A change of the cookie in a mark."""

    def changed(mark: str) -> str:
        marks = json.loads(mark)
        for told in marks.values():
            token = told["token"]
            token["cookie"] = base64.b64encode(change(base64.b64decode(token["cookie"]))).decode()
        return json.dumps(marks)

    return changed


SPOILT: dict[str, tuple[Callable[[str], str], str]] = {
    "garbage": (cookies(lambda _: b"rid=garbage"), "the server sent everything anew"),
    "other garbage": (cookies(lambda _: b"\x00\xff"), "the server sent everything anew"),
    "empty": (cookies(lambda _: b""), "the server sent everything anew"),
    "too old": (cookies(lambda cookie: cookie.replace(b"csn=20", b"csn=19")), "the server sent everything anew"),
    "from the future": (
        cookies(lambda cookie: cookie.replace(b"csn=20", b"csn=21")),
        "the server does not go on from there: 53 unwillingToPerform",
    ),
    "no base64": (lambda mark: mark.replace('"cookie":"', '"cookie":"*'), "the mark is none of ours"),
    "of another way": (lambda mark: mark.replace('"syncrepl"', '"hearsay"'), "the mark is none of ours"),
    "of another domain": (lambda mark: mark.replace("dc=test", "dc=other"), "the mark is none of ours"),
    "of another server": (
        lambda mark: re.sub(r":\d+\"", ':1"', mark),
        "ldap://127.0.0.1:1 is no server of this directory",
    ),
    "no JSON": (lambda _: "mark", "the mark is none of ours"),
    "other JSON": (lambda _: "[1]", "the mark is none of ours"),
    "half of it": (lambda _: '{"dc=example,dc=test":{"server":"ldap://x"}}', "the mark is none of ours"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_mark_that_is_spoilt_leads_to_a_full_read(town: Town, how: str) -> None:
    """Which says why; the next mark is a good one."""
    change, why = SPOILT[how]
    town.hand.put_in(group_dn("hp-red"), person_dn("cid"))
    town.pair.spoil(change)
    assert not town.pair.recalls()
    assert town.pair.recalls()
    town.pair.spoil(change)
    read = town.pair.read()
    assert read.recalled is None
    assert f"read in full, {why}" in " ".join(search.result for search in read.searches[:2])


class TestWhatTheServerLacks:
    """Such a directory is read in full in every run, and the report says why."""

    def note(self, pair: Pair) -> str:
        """Read twice in full; why that is so."""
        assert [pair.recalls() for _ in range(2)] == [False, False]
        (note,) = pair.read().notes
        return note

    def test_an_account_with_a_size_limit(self) -> None:
        """Pages are exempt from it, names in one go are not."""
        limit = f'limits dn.exact="{SERVICE_DN}" size.soft=5 size.hard=5 size.prtotal=unlimited'
        town = TOWN + person("svc", userPassword="secret")
        with Slapd(town, limits=limit, tls=False) as server:
            pair = Pair(settings(server.url, bind=replace(ADMIN, user=SERVICE_DN, password="secret")))
            assert "4 sizeLimitExceeded; raise the size limit for the service account" in self.note(pair)

    def test_a_base_that_is_hidden(self) -> None:
        """The base is what shows that a server sends everything anew."""
        access = f'access to dn.base="{BASE}" by * search\naccess to * by * read'
        town = TOWN + person("svc", userPassword="secret")
        with Slapd(town, extra_config=access, limits="sizelimit unlimited", tls=False) as server:
            pair = Pair(settings(server.url, bind=replace(ADMIN, user=SERVICE_DN, password="secret")))
            assert f"{BASE} itself is not shown; let the service account read that entry" in self.note(pair)

    def test_a_database_without_the_overlay(self, tmp_path: Path) -> None:
        """The server knows content synchronization, and not for this database."""
        with second_database(tmp_path, "") as url:
            pair = Pair(settings(url, **SECOND), selectors=(by_pattern("hp-.+"),))
            assert "12 unavailableCriticalExtension" in self.note(pair)

    def test_another_kind_of_server(self) -> None:
        """Which does not even know it."""
        with LdapSandbox(Directory.from_ldif(TOWN), credentials={ADMIN.user: ADMIN.password}) as sandbox:
            assert "set up its overlay syncprov (OpenLDAP)" in self.note(Pair(settings(sandbox.url)))

    def test_bases_that_lie_apart(self, town: Town) -> None:
        """What is searched has to lie under what is watched."""
        apart = settings(town.server.url, base_dn=f"ou=groups,{BASE}", groups_base=f"ou=groups,{BASE}")
        read = LdapSource(apart).read_marked((by_name("staff"),))
        assert read.mark == ""
        assert "does not lie under base_dn" in read.read.notes[0]

    def test_a_nested_group_without_an_id(self) -> None:
        """Nobody could tell that it changed."""
        access = f'access to dn.base="{group_dn("nested")}" attrs=entryUUID by * none\naccess to * by * read'
        town = TOWN + person("svc", userPassword="secret")
        with Slapd(town, extra_config=access, limits="sizelimit unlimited", tls=False) as server:
            pair = Pair(settings(server.url, bind=replace(ADMIN, user=SERVICE_DN, password="secret")))
            assert "a group that matters shows no id" in self.note(pair)


SECOND: dict[str, Any] = {"base_dn": "dc=second,dc=test", "people_base": "", "groups_base": ""}


@contextmanager
def second_database(folder: Path, overlay: str) -> Iterator[str]:
    """An OpenLDAP with another database, empty but for its base, and with these overlays; its address."""
    (folder / "second").mkdir()
    config = f"""
database mdb
suffix "dc=second,dc=test"
rootdn "{ADMIN.user}"
directory {folder}/second
maxsize 10485760
index objectClass,entryUUID,entryCSN eq
{overlay}
"""
    with Slapd(TREE, extra_config=config, tls=False) as server:
        with hand_in(server.url, ADMIN.user, ADMIN.password) as hand:
            hand.add("dc=second,dc=test", "dcObject", "organization", o="Second", dc="second")
        yield server.url


def test_without_a_session_log_only_quiet_is_recalled(tmp_path: Path) -> None:
    """The server then tells what is there, and not what is gone."""
    with second_database(tmp_path, "overlay syncprov") as url:
        pair = Pair(settings(url, **SECOND), selectors=(by_pattern("hp-.+"),))
        assert [pair.recalls() for _ in range(2)] == [False, True]
        with hand_in(url, ADMIN.user, ADMIN.password) as hand:
            hand.add("cn=printer,dc=second,dc=test", "device")
            assert [pair.recalls() for _ in range(2)] == [False, True]


def test_very_many_changes_are_a_full_read(town: Town) -> None:
    """They are not even received to their end."""
    for number in range(MOST_CHANGES + 1):
        town.hand.add(person_dn(f"n{number}"), "inetOrgPerson", cn="N", sn="N")
    read = town.pair.read()
    assert f"read in full, more than {MOST_CHANGES} entries changed" in read.searches[0].result


class TestWhoIsInAGroup:
    """Where that is not for the group to say, more changes matter."""

    def test_logins(self) -> None:
        """Whoever changes may have another login."""
        schema = replace(
            SCHEMA,
            group_filter="(objectClass=posixGroup)",
            members=(MemberAttribute("memberUid", MemberSyntax.LOGIN),),
        )
        ldif = TREE + person("ann") + person("bob") + posix_group("staff", "ann")
        with Slapd(ldif, tls=False) as server, hand_in(server.url, ADMIN.user, ADMIN.password) as hand:
            pair = Pair(settings(server.url, schema=schema), selectors=(by_name("staff"),))
            assert [pair.recalls() for _ in range(2)] == [False, True]
            hand.change(person_dn("bob"), uid=("ann", "bob"))
            read = pair.read()
            assert read.recalled is None
            assert read.selections[by_name("staff")].groups[0].doubts

    def test_groups_that_the_server_works_out(self) -> None:
        """By whatever attribute of whomever."""
        url = f"ldap:///ou=people,{BASE}??sub?(title=auditor)"
        ldif = (
            TREE + person("ann", title="auditor") + person("bob")
            + entry(group_dn("staff"), objectClass="groupOfURLs", memberURL=url)
        )  # fmt: skip
        with Slapd(ldif, tls=False) as server, hand_in(server.url, ADMIN.user, ADMIN.password) as hand:
            pair = Pair(settings(server.url), selectors=(by_name("staff"),))
            assert [pair.recalls() for _ in range(2)] == [False, True]
            hand.change(person_dn("bob"), title="auditor")
            assert not pair.recalls()

    def test_filters_that_ask_for_groups(self, town: Town) -> None:
        """A person leaves the people with a group that nobody asks for."""
        schema = replace(SCHEMA, people_filter=f"(&(objectClass=inetOrgPerson)(!(memberOf={group_dn('idle')})))")
        town.pair = Pair(settings(town.server.url, schema=schema), selectors=(by_name("hp-red"),))
        assert [town.pair.recalls() for _ in range(2)] == [False, True]
        town.hand.put_in(group_dn("idle"), person_dn("bob"))
        read = town.pair.read()
        assert read.recalled is None
        assert read.selections[by_name("hp-red")].groups[0].members == frozenset()

    def test_selectors_that_are_filters(self, town: Town) -> None:
        """The server says which of the groups that changed they mean now."""
        audit = Selector(CORP, SelectorKind.FILTER, "(businessCategory=audit)")
        town.pair = Pair(settings(town.server.url), selectors=(audit,))
        assert [town.pair.recalls() for _ in range(2)] == [False, True]
        town.hand.change(group_dn("idle"), businessCategory="sales")
        assert town.pair.recalls()
        town.hand.change(group_dn("idle"), businessCategory="audit")
        assert not town.pair.recalls()
        town.hand.change(group_dn("idle"), businessCategory="sales")
        assert not town.pair.recalls()


def test_every_domain_is_asked(town: Town, tmp_path: Path) -> None:
    """A change in any of them is one; a mark holds them all."""
    with second_database(tmp_path, "overlay syncprov\nsyncprov-sessionlog 100") as url:
        domains = (*town.pair.settings.domains, Domain(SECOND["base_dn"], (url,)))
        pair = Pair(replace(town.pair.settings, domains=domains))
        assert [pair.recalls() for _ in range(2)] == [False, True]
        assert len(pair.read().searches) == 2
        with hand_in(url, ADMIN.user, ADMIN.password) as hand:
            hand.add("cn=hp-green,dc=second,dc=test", "groupOfNames", member=person_dn("cid"))
        assert [pair.recalls() for _ in range(2)] == [False, True]
        town.hand.take_out(group_dn("staff"), person_dn("ann"))
        assert [pair.recalls() for _ in range(2)] == [False, True]


class Meanwhile:
    """Pages between which something happens: before the search for this subject."""

    def __init__(self, inner: PageReader, subject: str, happening: Callable[[], None]) -> None:
        self._inner = inner
        self._subject = subject
        self._happening = happening

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """As PageReader says."""
        if query.subject == self._subject and not cookie:
            self._happening()
        return self._inner.fetch(query, size, cookie, make)


@pytest.mark.parametrize("subject", ["people", "disabled people", "groups"])
@pytest.mark.parametrize("what", RELEVANT)
def test_what_happens_while_a_mark_is_taken_and_a_read_made_is_not_lost(
    town: Town, what: str, subject: str
) -> None:
    """The mark is older than whatever the read saw, so the next run looks again."""
    happening = iter([partial(RELEVANT[what], town.hand)])

    def happen() -> None:
        next(happening)()

    marked = LdapSource(
        town.pair.settings, lambda session: Meanwhile(pages_for(session), subject, happen)
    ).read_marked(town.pair.selectors)
    assert list(happening) == []
    if is_whole(marked.read):
        snapshot = Snapshot(marked.read, marked.footing, marked.mark, "", town.pair.clock.now())
        full = town.pair.settle()
        news = LdapSource(town.pair.settings).read_news(snapshot, town.pair.selectors)
        same = (marked.read.people, marked.read.selections) == (full.people, full.selections)
        assert same or why_not_recalled(snapshot, news)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_a_read_says_what_a_full_read_says(town: Town, seed: int) -> None:
    """Over a hundred changes in any order, with a run in the midst of each."""
    dice = random.Random(seed)  # noqa: S311 - a walk, no secret
    recalled = 0
    for number in range(100):
        with suppress(LDAPOperationResult):  # what is not there cannot be deleted, and the like
            wander(town.hand, dice, number)
        recalled += town.pair.read().recalled is not None
        town.pair.recalls()
    assert 0 < recalled < 100
