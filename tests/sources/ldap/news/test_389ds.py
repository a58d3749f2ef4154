"""What 389 Directory Server tells of changes, by itself and with the entries of FreeIPA."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest
from ldap3.core.exceptions import LDAPOperationResult

from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.schema import Schema
from bridge.sources.ldap.source import LdapSource
from tests.servers.ds389 import FREEIPA_SCHEMA, Ds389
from tests.sources.contract import by_name
from tests.sources.ldap.directory import BASE, SCHEMA, TREE, group, group_dn, person, person_dn, settings
from tests.sources.ldap.news.hand import Hand, hand_in
from tests.sources.ldap.news.happenings import IRRELEVANT, RELEVANT, TOWN, wander
from tests.sources.ldap.news.recalled import Pair
from tests.sources.ldap.test_389ds import as_freeipa

pytestmark = pytest.mark.ds389

DS = replace(PRESETS["389ds"], disabled_filter=SCHEMA.disabled_filter)
_NUMBERS = count()


@pytest.fixture(scope="module")
def ds() -> Iterator[Ds389]:
    """A server that tells changes and keeps groups free of who is deleted."""
    with Ds389(refint=True, sync=True, schema=FREEIPA_SCHEMA) as server:
        yield server


class Town:
    """A town in a branch of its own."""

    def __init__(self, server: Ds389, hand: Hand, ldif: str = TOWN, schema: Schema = DS) -> None:
        name = f"town{next(_NUMBERS)}"
        self.base = f"ou={name},{BASE}"
        root = f"dn: {self.base}\nobjectClass: organizationalUnit\nou: {name}\n\n"
        server.load(root + self.place(ldif.removeprefix(TREE.partition("\n\n")[0] + "\n\n")))
        self.hand = hand.at(self.place)
        self.settings = settings(
            server.url, schema=schema, base_dn=self.base, people_base=self.base, groups_base=self.base
        )
        self.pair = Pair(self.settings)

    def place(self, text: str) -> str:
        """Whatever lies in the tree, as it lies here."""
        return text.replace(BASE, self.base)


@pytest.fixture
def hand(ds: Ds389) -> Iterator[Hand]:
    """The administrator's."""
    with hand_in(ds.url, ds.admin_dn, ds.admin_password) as made:
        yield made


@pytest.fixture
def town(ds: Ds389, hand: Hand) -> Town:
    """A town that was read once."""
    made = Town(ds, hand)
    assert not made.pair.recalls()
    assert made.pair.recalls()
    return made


@pytest.mark.parametrize("what", RELEVANT)
def test_what_may_concern_the_groups_is_read_in_full(town: Town, what: str) -> None:
    """And said truly."""
    RELEVANT[what](town.hand)
    assert not town.pair.recalls()


@pytest.mark.parametrize("what", IRRELEVANT)
def test_what_does_not_concern_the_groups_is_recalled(town: Town, what: str) -> None:
    """Once and again; what concerns them afterwards is found all the same. Deleted printers are told of, too."""
    IRRELEVANT[what](town.hand)
    assert town.pair.recalls()
    assert town.pair.recalls()
    town.hand.delete(person_dn("ann"))
    assert not town.pair.recalls()


def test_whatever_happens_a_read_says_what_a_full_read_says(town: Town) -> None:
    """Over many changes in any order, with a run in the midst of each."""
    dice = random.Random(389)  # noqa: S311 - a walk, no secret
    recalled = 0
    for number in range(60):
        with suppress(LDAPOperationResult):  # what is not there cannot be deleted, and the like
            wander(town.hand, dice, number)
        recalled += town.pair.read().recalled is not None
        town.pair.recalls()
    assert 0 < recalled < 60


def test_an_unchanged_directory_costs_one_search_without_entries(town: Town) -> None:
    """Nothing else is asked."""
    (search,) = town.pair.read().searches
    assert (search.pages, search.entries, search.result) == (1, 0, "0 success")


def test_started_again_it_goes_on(town: Town, ds: Ds389) -> None:
    """What was deleted before is not forgotten."""
    town.hand.delete(person_dn("dora"))
    ds.stop()
    ds.start()
    assert town.pair.recalls()


def cookie(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """A change of the cookie in a mark."""

    def changed(mark: str) -> str:
        marks = json.loads(mark)
        for told in marks.values():
            told["token"]["cookie"] = base64.b64encode(change(base64.b64decode(told["token"]["cookie"]))).decode()
        return json.dumps(marks)

    return changed


SPOILT: dict[str, Callable[[str], str]] = {
    "garbage": cookie(lambda _: b"garbage"),
    "empty": cookie(lambda _: b""),
    "of another server": cookie(lambda whole: whole.replace(b"localhost", b"remotehost")),
    "of another account": cookie(lambda whole: whole.replace(b"cn=admin", b"cn=other")),
    "too old": cookie(lambda whole: whole.rpartition(b"#")[0] + b"#0"),
    "from the future": cookie(lambda whole: whole.rpartition(b"#")[0] + b"#99999999"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_mark_that_is_spoilt_leads_to_a_full_read(town: Town, how: str) -> None:
    """The next is a good one."""
    town.pair.spoil(SPOILT[how])
    assert not town.pair.recalls()
    assert town.pair.recalls()


def test_in_freeipa_a_deletion_is_somebodys(ds: Ds389, hand: Hand) -> None:
    """People are known by ipaUniqueID, the deleted by nsUniqueId alone: whoever it was, all is read."""
    schema = replace(PRESETS["freeipa"], disabled_filter=SCHEMA.disabled_filter)
    town = Town(ds, hand, as_freeipa(TOWN), schema)
    assert [town.pair.recalls() for _ in range(2)] == [False, True]
    town.hand.change(person_dn("cid"), mail="cid@new.test")
    assert town.pair.recalls()
    town.hand.put_in(group_dn("staff"), person_dn("cid"))
    assert [town.pair.recalls() for _ in range(2)] == [False, True]
    town.hand.delete(person_dn("dora"))
    assert "by which id we know it" in town.pair.read().searches[0].result


def test_a_server_without_the_plugin_is_read_in_full(ds: Ds389) -> None:
    """And the note says what to set up."""
    ldif = TREE + person("ann") + group("staff", person_dn("ann"))
    with Ds389(ldif) as plain:
        marked = LdapSource(settings(plain.url, schema=DS)).read_marked((by_name("staff"),))
    assert marked.mark == ""
    assert "Content Synchronization" in marked.read.notes[0]
