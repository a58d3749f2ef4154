"""`plan --against` with a real OpenLDAP: what an edit does, and never more for sure than was read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from tests.cli.reviews import effects, keep_as_main, keys, outcome, review
from tests.e2e.office import STAFF, Office, ldif, office, plain
from tests.e2e.truth import assert_evidence_is_whole, assert_failed
from tests.servers.slapd import SERVICE_DN, Slapd
from tests.sources.ldap.directory import group_dn

pytestmark = [pytest.mark.e2e, pytest.mark.slapd]

UNLIMITED = f'limits dn.exact="{SERVICE_DN}" size=unlimited'
PEOPLE = sorted(STAFF)
NOBODY_THERE = "ldap://127.0.0.1:9"


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """A server that gives the bridge all that it asks for."""
    with Slapd(ldif(), limits=UNLIMITED, tls=False) as server:
        yield server


@pytest.fixture
def company(tmp_path: Path, slapd: Slapd) -> Iterator[Office]:
    """The company in sync."""
    with office(tmp_path) as made:
        made.reach(plain(slapd))
        keep_as_main(made)
        yield made


def test_another_group_takes_from_everybody_who_is_not_in_it(company: Office) -> None:
    """Over pages and through groups in groups, with the line."""
    company.edit("{corp: staff}", "{corp: day}")
    code, told = review(company)
    assert code == Exit.LOSING
    assert outcome(told) == {("Everybody", uid): ("loses", True) for uid in PEOPLE[:40]}
    assert keys(told) == {"groups[0].members.corp"}


def test_the_same_group_by_its_dn_does_nothing(company: Office) -> None:
    """Another way to name it is an edit without an effect."""
    company.edit("{corp: staff}", f"{{corp: '{group_dn('staff')}'}}")
    code, told = review(company)
    assert (code, effects(told), len(told["edits"])) == (Exit.OK, {}, 1)


def test_a_group_of_another_kind_adds_nobody_twice(company: Office) -> None:
    """By login beside by DN: they are the same people, and nobody gains who was in."""
    company.edit("{unix: posix}", "[{unix: posix}, {corp: day}]")
    code, told = review(company)
    assert code == Exit.EDITED
    assert outcome(told) == {("Posix", uid): ("gains", True) for uid in PEOPLE[40:]}


def test_a_group_that_is_not_there_takes_nothing_for_certain(company: Office) -> None:
    """Nobody is told as losing for sure, and the doubt is told."""
    company.edit("{corp: staff}", "{corp: stuff}")
    code, told = review(company)
    assert code == Exit.LOSING
    assert set(outcome(told).values()) == {("loses", False)}
    assert any("in doubt" in note for group in told["groups"] for note in group["notes"])


def test_another_server_of_the_same_directory_does_nothing(company: Office) -> None:
    """It is read both ways; the ids of people and groups are the same."""
    with Slapd(ldif(), limits=UNLIMITED, tls=False) as twin:
        company.reach(plain(twin))
        code, told = review(company)
    assert (code, effects(told)) == (Exit.OK, {})
    assert {edit["key"] for edit in told["edits"]} == {
        "directories.corp.servers[0]",
        "directories.unix.servers[0]",
    }


def test_a_server_that_hides_people_takes_nothing_for_certain(company: Office) -> None:
    """The edited configuration leads to a server whose size limit cuts the answer: the review is not whole."""
    with Slapd(ldif(), limits="sizelimit 25", tls=False) as limited:
        company.reach(plain(limited))
        code, told = review(company)
    assert code == Exit.UNREADABLE
    assert all(not sure for _, sure in outcome(told).values())
    assert_evidence_is_whole(company)


def test_a_further_server_that_is_away_does_nothing(company: Office) -> None:
    """The one that answers is read."""
    company.edit("servers: ['", f"servers: ['{NOBODY_THERE}', '")
    code, told = review(company)
    assert (code, effects(told)) == (Exit.OK, {})


@pytest.mark.parametrize("edited", [True, False], ids=["after", "before"])
def test_a_directory_that_is_away_is_told(company: Office, *, edited: bool) -> None:
    """No review comes of it, whichever of both configurations leads there."""
    away = company.config if edited else company.folder / "main.yaml"
    away.write_text(re.sub(r"ldap://[^']+", NOBODY_THERE, away.read_text(), count=1))
    assert_failed(company.run("plan", "--against", "main.yaml"), Exit.UNREADABLE, "corp", "not whole")


def test_whoever_no_longer_counts_as_a_person_loses(company: Office) -> None:
    """By the settings of the directory, which is read both ways; members below groups in groups, too."""
    company.edit("preset: openldap, ", "preset: openldap, schema: {people_filter: '(uid=p0*)'}, ")
    code, told = review(company)
    assert code == Exit.LOSING
    assert outcome(told) == {("Everybody", uid): ("loses", True) for uid in PEOPLE[10:]}
