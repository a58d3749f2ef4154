"""What Active Directory, here a real Samba, tells of changes: to whom may replicate, and to anybody else."""

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import ldap3
import pytest

from bridge.core.model import Selector, SelectorKind
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.settings import Bind, BindMethod, Domain, LdapSettings, Tls
from bridge.sources.ldap.source import LdapSource
from tests.servers import active_directory as ad
from tests.servers.samba import SambaDc
from tests.sources.contract import CORP, by_name, by_pattern
from tests.sources.ldap.news.hand import Hand, hand_in
from tests.sources.ldap.news.recalled import Pair

pytestmark = pytest.mark.samba


@dataclass(frozen=True, slots=True)
class Street:
    """People and groups of one test, so that many tests may share a domain."""

    name: str

    @property
    def base(self) -> str:
        """Where it is."""
        return f"ou={self.name},{ad.BASE}"

    @property
    def yard(self) -> str:
        """A branch of it."""
        return f"ou=yard,{self.base}"

    def person(self, login: str) -> str:
        """Where a person is."""
        return f"cn={self.name}{login},{self.base}"

    group = person
    """Where a group is."""

    def named(self, login: str) -> str:
        """What somebody is called here."""
        return self.name + login

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """What is asked for."""
        return by_name(self.named("staff")), by_pattern(f"{self.name}hp-.+")

    @property
    def ldif(self) -> str:
        """All of it."""
        members = {
            "nested": ("bob", "gus"), "staff": ("ann", "nested"), "hp-red": ("bob",), "idle": ("dora", "cid"),
            "home": (),
        }  # fmt: skip
        people = [ad.person(self.named(login), enabled=login != "gus") for login in PEOPLE]
        groups = [ad.group(self.named(name), *map(self.person, members[name])) for name in members]
        ldif = (
            ad.unit(self.name)
            + ad.entry(self.yard, objectClass="organizationalUnit")
            + "".join([*people, *groups])
        )
        return ldif.replace(f"ou=people,{ad.BASE}", self.base).replace(f"ou=groups,{ad.BASE}", self.base)


PEOPLE = ("ann", "bob", "cid", "dora", "gus")

Happening = Callable[[Hand, Street], None]

RELEVANT: dict[str, Happening] = {
    "a member came": lambda hand, at: hand.put_in(at.group("staff"), at.person("cid")),
    "a member went": lambda hand, at: hand.take_out(at.group("staff"), at.person("ann")),
    "a member came to a group in it": lambda hand, at: hand.put_in(at.group("nested"), at.person("cid")),
    "a member went from a group in it": lambda hand, at: hand.take_out(at.group("nested"), at.person("bob")),
    "a group came into it": lambda hand, at: hand.put_in(at.group("staff"), at.group("idle")),
    "a member was renamed": lambda hand, at: hand.rename(at.person("ann"), f"cn={at.named('anna')}"),
    "a member was moved": lambda hand, at: hand.rename(at.person("ann"), f"cn={at.named('ann')}", at.yard),
    "a group in it was renamed": lambda hand, at: hand.rename(at.group("nested"), f"cn={at.named('inner')}"),
    "a member was disabled": lambda hand, at: hand.change(at.person("ann"), userAccountControl="514"),
    "a disabled member was enabled": lambda hand, at: hand.change(at.person("gus"), userAccountControl="512"),
    "a member has another address": lambda hand, at: hand.change(at.person("ann"), mail="ann@new.test"),
    "a member has another name": lambda hand, at: hand.change(at.person("ann"), displayName="Anna"),
    "a group came that a pattern means": lambda hand, at: hand.add(
        at.group("hp-blue"), "group", sAMAccountName=at.named("hp-blue"), member=at.person("cid")
    ),
    "a group is called so that a pattern means it": lambda hand, at: hand.change(
        at.group("idle"), sAMAccountName=at.named("hp-idle")
    ),
    "a group is no longer called so": lambda hand, at: hand.change(
        at.group("hp-red"), sAMAccountName=at.named("red")
    ),
    "somebody has another primary group": lambda hand, at: _settle_in(hand, at.person("cid"), at.group("home")),
    "a branch is called otherwise": lambda hand, at: hand.rename(at.yard, "ou=garden"),
    "somebody came": lambda hand, at: hand.add(at.person("new"), "user", sAMAccountName=at.named("new")),
}
DELETIONS: dict[str, Happening] = {
    "a member was deleted": lambda hand, at: hand.delete(at.person("bob")),
    "a group in it was deleted": lambda hand, at: hand.delete(at.group("nested")),
    "a group is deleted": lambda hand, at: hand.delete(at.group("hp-red")),
}
IRRELEVANT: dict[str, Happening] = {
    "a member has another telephone": lambda hand, at: hand.change(at.person("ann"), telephoneNumber="1"),
    "a member's password does not expire": lambda hand, at: hand.change(
        at.person("ann"), userAccountControl="66048"
    ),
    "somebody else has another address": lambda hand, at: hand.change(at.person("cid"), mail="cid@new.test"),
    "somebody else was renamed": lambda hand, at: hand.rename(at.person("cid"), f"cn={at.named('sid')}"),
    "somebody else was deleted": lambda hand, at: hand.delete(at.person("cid")),
    "somebody else was disabled": lambda hand, at: hand.change(at.person("dora"), userAccountControl="514"),
    "a group that nobody asks for has other members": lambda hand, at: hand.take_out(
        at.group("idle"), at.person("cid")
    ),
    "it was renamed": lambda hand, at: hand.change(at.group("idle"), sAMAccountName=at.named("lazy")),
    "it was deleted": lambda hand, at: hand.delete(at.group("idle")),
}


def _settle_in(hand: Hand, person: str, group: str) -> None:
    """Make a group somebody's primary one: a member by its own word."""
    hand.put_in(group, person)
    hand.change(person, primaryGroupID=str(hand.number_of(group)))


HAPPENINGS = {**RELEVANT, **DELETIONS, **IRRELEVANT}
STREETS = {
    (what, who): Street(f"s{number}{who[0]}")
    for number, what in enumerate([*HAPPENINGS, "restart", "spoilt", "branch", "set back"])
    for who in ("admin", "service")
}


@pytest.fixture(scope="module")
def dc() -> Iterator[SambaDc]:
    """A domain with a street for each test."""
    with SambaDc(ad.tree() + "".join(street.ldif for street in STREETS.values())) as dc:
        yield dc


@pytest.fixture
def hand(dc: SambaDc) -> Iterator[Hand]:
    """The administrator's."""
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(dc.ca_file))
    with hand_in(dc.ldaps_url, dc.admin_dn, dc.admin_password, tls=tls) as made:
        yield made


def settings(dc: SambaDc, who: str, **domain: str) -> LdapSettings:
    """The domain, by an account that may replicate it, or by an ordinary one."""
    user, password = (dc.admin_dn, dc.admin_password) if who == "admin" else (dc.service_user, dc.service_password)
    return LdapSettings(
        CORP,
        (Domain(**{"base_dn": dc.base, "servers": (dc.ldaps_url,), **domain}),),  # type: ignore[arg-type]  # fields
        PRESETS["active-directory"],
        Bind(BindMethod.SIMPLE, user, password),
        Tls(ca_file=dc.ca_file),
    )


def read_once(dc: SambaDc, who: str, street: Street) -> Pair:
    """A pair of sources that read the street once, in full. The whole domain is watched."""
    pair = Pair(settings(dc, who, people_base=street.base, groups_base=street.base), street.selectors)
    assert not pair.recalls()
    assert pair.recalls()
    return pair


@pytest.mark.parametrize("who", ["admin", "service"])
@pytest.mark.parametrize("what", RELEVANT)
def test_what_may_concern_the_groups_is_read_in_full(dc: SambaDc, hand: Hand, what: str, who: str) -> None:
    """And said truly, whoever asks."""
    street = STREETS[what, who]
    pair = read_once(dc, who, street)
    RELEVANT[what](hand, street)
    assert not pair.recalls()
    assert pair.recalls()


@pytest.mark.parametrize("what", DELETIONS)
def test_deletions_are_told_to_those_who_may_replicate(dc: SambaDc, hand: Hand, what: str) -> None:
    """A group that lost a member by it is not told of; the member is."""
    street = STREETS[what, "admin"]
    pair = read_once(dc, "admin", street)
    DELETIONS[what](hand, street)
    assert not pair.recalls()


@pytest.mark.parametrize("what", DELETIONS)
def test_deletions_are_seen_late_by_an_ordinary_account(dc: SambaDc, hand: Hand, what: str) -> None:
    """What was read before is recalled until a full read is due, and that finds it."""
    street = STREETS[what, "service"]
    pair = read_once(dc, "service", street)
    before = pair.read()
    DELETIONS[what](hand, street)
    late = pair.read()
    assert late.recalled
    assert late.selections == before.selections
    pair.clock.pass_(3600)
    assert not pair.recalls()


@pytest.mark.parametrize("who", ["admin", "service"])
@pytest.mark.parametrize("what", IRRELEVANT)
def test_what_does_not_concern_the_groups_is_recalled(dc: SambaDc, hand: Hand, what: str, who: str) -> None:
    """Once and again; what concerns them afterwards is found all the same."""
    street = STREETS[what, who]
    pair = read_once(dc, who, street)
    IRRELEVANT[what](hand, street)
    assert pair.recalls()
    assert pair.recalls()
    hand.put_in(street.group("staff"), street.person("gus"))
    assert not pair.recalls()


def test_an_unchanged_domain_costs_one_search_without_entries(dc: SambaDc) -> None:
    """And a mark costs two, and a look at the server; three to an account that may not replicate."""
    street = STREETS["restart", "admin"]
    pair = read_once(dc, "admin", street)
    (search,) = pair.read().searches
    assert (search.pages, search.entries, search.result) == (1, 0, "0 success")
    for who, results in (("admin", ["0 success"]), ("service", ["50", "0 success"])):
        marked = LdapSource(settings(dc, who)).read_marked(street.selectors)
        found = [one.result for one in marked.read.searches if one.what.startswith("changes")]
        assert [result.startswith(start) for result, start in zip(found, results, strict=True)] == [True] * len(
            results
        )


@pytest.mark.parametrize("who", ["admin", "service"])
def test_a_branch_of_a_domain_is_watched(dc: SambaDc, hand: Hand, who: str) -> None:
    """The server tells of the whole domain: who leaves the branch is gone, what is beside it does not matter."""
    street = STREETS["branch", who]
    branch = street.yard
    hand.rename(street.person("ann"), f"cn={street.named('ann')}", branch)
    hand.rename(street.group("hp-red"), f"cn={street.named('hp-red')}", branch)
    hand.take_out(f"cn={street.named('hp-red')},{branch}", street.person("bob"))
    hand.put_in(f"cn={street.named('hp-red')},{branch}", f"cn={street.named('ann')},{branch}")
    pair = Pair(settings(dc, who, base_dn=branch), (by_pattern(f"{street.name}hp-.+"),))
    assert [pair.recalls() for _ in range(2)] == [False, True]
    hand.change(street.person("bob"), mail="bob@new.test")
    hand.add(street.person("new"), "user", sAMAccountName=street.named("new"))
    assert pair.recalls()
    hand.rename(f"cn={street.named('ann')},{branch}", f"cn={street.named('ann')}", street.base)
    assert pair.read().recalled is None


def cookie(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """A change of the cookie in a mark."""

    def changed(mark: str) -> str:
        marks = json.loads(mark)
        for told in marks.values():
            token = told["token"]
            token["cookie"] = base64.b64encode(change(base64.b64decode(token["cookie"]))).decode()
        return json.dumps(marks)

    return changed


SPOILT: dict[str, Callable[[str], str]] = {
    "garbage": cookie(lambda _: b"garbage"),
    "cut": cookie(lambda whole: whole[:20]),
    "empty": cookie(lambda _: b""),
    "of another server": cookie(lambda whole: whole.replace(whole[52:68], bytes(range(16)))),
}
"""Each is Samba's own; its id stands in a cookie twice."""


@pytest.mark.parametrize("how", SPOILT)
def test_a_mark_that_is_spoilt_leads_to_a_full_read(dc: SambaDc, how: str) -> None:
    """The next is a good one."""
    pair = read_once(dc, "service", STREETS["spoilt", "service"])
    pair.spoil(SPOILT[how])
    assert not pair.recalls()
    assert pair.recalls()


def test_a_server_that_was_set_back_tells_late(dc: SambaDc, hand: Hand) -> None:
    """From a copy of its disk, against all advice: it counts its changes anew, and has had so many already."""
    street = STREETS["set back", "service"]
    pair = read_once(dc, "service", street)
    ahead = (2**40).to_bytes(8, "little")
    pair.spoil(cookie(lambda whole: whole[:28] + ahead + whole[36:44] + ahead + whole[52:]))
    hand.put_in(street.group("staff"), street.person("cid"))
    assert pair.read().recalled
    pair.clock.pass_(3600)
    assert not pair.recalls()


def test_ids_of_another_kind_are_not_told(dc: SambaDc) -> None:
    """Of a deleted entry nothing is sure but its objectGUID."""
    street = STREETS["spoilt", "admin"]
    chosen = settings(dc, "admin")
    pair = Pair(replace(chosen, schema=replace(chosen.schema, person_id="sAMAccountName")), street.selectors)
    assert not pair.recalls()
    assert "not known by objectGUID" in pair.read().notes[0]


def test_a_filter_that_asks_for_groups(dc: SambaDc, hand: Hand) -> None:
    """Whoever leaves a group leaves the people, without a word about them."""
    street = STREETS["spoilt", "service"]
    chosen = settings(dc, "service")
    text = f"(&(objectClass=user)(!(memberOf={street.group('home')})))"
    pair = Pair(replace(chosen, schema=replace(chosen.schema, people_filter=text)), street.selectors)
    assert [pair.recalls() for _ in range(2)] == [False, True]
    hand.put_in(street.group("home"), street.person("ann"))
    assert pair.read().recalled is None


@pytest.mark.parametrize("who", ["admin", "service"])
def test_a_server_that_was_started_again_goes_on(hand: Hand, dc: SambaDc, who: str) -> None:
    """It forgets nothing."""
    street = STREETS["restart", who]
    pair = read_once(dc, who, street)
    dc.stop()
    dc.start()
    assert pair.recalls()


def test_a_selector_by_security_identifier(dc: SambaDc, hand: Hand) -> None:
    """What a group is known by does not change; what else changes is another's concern."""
    street = STREETS["restart", "service"]
    (group,) = LdapSource(settings(dc, "service")).read(street.selectors).selections[street.selectors[0]].groups
    by_id = Selector(CORP, SelectorKind.ID, group.id.removeprefix("corp:"))
    pair = Pair(settings(dc, "service"), (by_id,))
    assert [pair.recalls() for _ in range(2)] == [False, True]
