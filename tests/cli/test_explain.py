"""`explain`: who it is, by which ways they are in, since when, and what stands in the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company
from tests.cli.scene import Scene, scene

MANAGERS, AUDITORS = "Compliance Managers", "Auditors"


@pytest.fixture(scope="module")
def s(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Example Corp after its first run."""
    with scene(tmp_path_factory.mktemp("explained")) as made:
        assert made.run("sync").code == Exit.OK
        yield made


def said(s: Scene, name: str, *more: str) -> dict[str, Any]:
    """What is said of somebody, by the beginning of the address."""
    told: dict[str, Any] = s.told("explain", company.address(name), *more)
    return told


def kinds(one: dict[str, Any]) -> list[str]:
    """The kinds of what stands in the way."""
    return [obstacle["kind"] for obstacle in one["obstacles"]]


def test_a_member_is_there_through_a_group_in_a_group(s: Scene) -> None:
    """With every group on the way, the mapping's line, and the run that put them in."""
    told = said(s, "Deniz Yilmaz")
    (one,) = told["groups"]
    assert (one["group"], one["member"], one["belongs"], one["obstacles"]) == (MANAGERS, True, True, [])
    assert [way["groups"] for way in one["ways"]] == [
        [company.group_dn("GRC Managers"), company.group_dn("GRC Europe")]
    ]
    assert one["where"].startswith("bridge.yaml:")
    assert (one["since"]["event"], one["since"]["cause"]) == ("member.added", "first sync")
    (person,) = told["people"]
    assert (person["label"], person["how"]) == (
        company.person_dn("Deniz Yilmaz"),
        "by the address deniz.yilmaz@example.test",
    )
    shown = " ".join(s.run("explain", company.address("Deniz Yilmaz")).out.split())
    assert f"through corp: {company.group_dn('GRC Managers')} > {company.group_dn('GRC Europe')}" in shown


def test_who_has_no_account_is_told_so(s: Scene) -> None:
    """With what to do."""
    told = said(s, "Mona Fischer", "--group", MANAGERS)
    (one,) = told["groups"]
    assert (one["member"], kinds(one)) == (False, ["no account"])
    assert "invite them" in one["obstacles"][0]["remedy"]
    assert [person["account"] for person in told["people"]] == [None]


def test_who_is_excluded_is_told_by_what(s: Scene) -> None:
    """Both ways are shown: the one in, and the one that keeps out."""
    (one,) = said(s, "Kira Petrova")["groups"]
    assert (one["group"], one["member"], kinds(one)) == (AUDITORS, False, ["excluded"])
    assert [(way["groups"], way["excludes"]) for way in one["ways"]] == [
        ([company.group_dn("External Auditors")], False),
        ([company.group_dn("On Leave")], True),
    ]


def test_who_was_taken_out_is_told_when(s: Scene) -> None:
    """Somebody who left: no directory group names them, and the run that took them out is named."""
    told = said(s, "Liam Walsh", "--group", MANAGERS)
    (one,) = told["groups"]
    assert (told["people"], one["member"], kinds(one)) == ([], False, ["in no group"])
    assert one["since"]["event"] == "member.removed"
    assert said(s, "Liam Walsh")["groups"] == []


@pytest.mark.parametrize("live", [True, False], ids=["live", "kept"])
def test_who_is_disabled_is_told_with_their_account(tmp_path: Path, *, live: bool) -> None:
    """In one sentence: the account is theirs, it is in the group no more, and the directory is the reason."""
    who = company.person_dn("Deniz Yilmaz")
    more = ["--live"] if live else []
    with scene(tmp_path) as s:
        s.run("sync")
        s.ldap.directory.modify(who, "pwdAccountLockedTime", ["000001010000Z"])
        s.run("sync")
        for name in (company.address("Deniz Yilmaz"), who, "Deniz Yilmaz"):
            told = s.told("explain", name, *more, "--group", MANAGERS)
            (person,), (account,), (one,) = told["people"], told["accounts"], told["groups"]
            assert (person["enabled"], person["account"], account["email"]) == (
                False,
                account["id"],
                company.address("Deniz Yilmaz"),
            )
            assert (one["member"], one["belongs"], kinds(one)) == (False, False, ["disabled"])
            assert one["since"]["event"] == "member.removed"
        shown = " ".join(s.run("explain", who, *more).out.split())
    assert f"({who}) is {account['email']}, by the address {account['email']}, and disabled in the" in shown
    assert "nobody's" not in shown
    assert "has no account" not in shown


@pytest.mark.parametrize(
    "name", ["anna smith", "ANNA.SMITH@example.test", company.person_dn("Anna Smith"), "an id", "an account"]
)
def test_somebody_may_be_named_in_any_way(s: Scene, name: str) -> None:
    """By name, address, DN, or an id of either side."""
    told = said(s, "Anna Smith")
    chosen = {"an id": told["people"][0]["id"], "an account": told["accounts"][0]["id"]}.get(name, name)
    assert s.told("explain", chosen) == told
    assert [one["group"] for one in told["groups"]] == [MANAGERS, "Team risk"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("nobody@example.test",), "Nobody goes by 'nobody@example.test'"),
        (("anna.smith@example.test", "--group", "Nobody's"), 'There is no managed group "Nobody\'s"'),
    ],
)
def test_what_is_not_there_is_said(s: Scene, words: tuple[str, ...], why: str) -> None:
    """And is no empty answer."""
    ended = s.run("explain", *words)
    assert (ended.code, why in ended.err) == (Exit.USAGE, True)


def test_what_a_guard_holds_is_told(tmp_path: Path) -> None:
    """With the digest to look at; and what the next run does about others."""
    with scene(tmp_path) as s:
        s.run("sync")
        s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
        (one,) = said(s, "Deniz Yilmaz", "--live")["groups"]
        assert (one["member"], one["belongs"], kinds(one)) == (True, False, ["held"])
        assert "approve or reject" in one["obstacles"][0]["remedy"]


def test_nothing_is_written_and_nothing_needed_before(tmp_path: Path) -> None:
    """Before the first run, too: no database is made, and the next run's deed is told."""
    with scene(tmp_path) as s:
        (anna,) = (one for one in said(s, "Deniz Yilmaz", "--live")["groups"] if one["group"] == MANAGERS)
        assert (anna["member"], anna["belongs"], anna["since"]) == (False, True, None)
        assert anna["pending"] == [{"action": "add members", "cause": "first sync"}]
        assert {method for method, _ in s.calls()} == {"GET"}
        assert not s.database.exists()


def test_two_people_of_one_name_are_not_one(tmp_path: Path) -> None:
    """Which is meant is for a person to say; by the DN it is."""
    with scene(tmp_path) as s:
        twin = "uid=twin,ou=People," + company.BASE
        s.ldap.directory.add(
            twin, {"objectClass": ["inetOrgPerson"], "uid": ["t"], "cn": ["Anna Smith"], "sn": ["S"]}
        )
        ended = s.run("explain", "Anna Smith", "--live")
        assert (ended.code, twin in ended.err) == (Exit.USAGE, True)
        assert s.told("explain", twin, "--live")["people"][0]["label"] == twin


def test_a_directory_out_of_reach_is_told(tmp_path: Path) -> None:
    """What is said rests on less, and the exit code says so."""
    with scene(tmp_path) as s:
        s.ldap.stop()
        ended = s.run("explain", company.address("Liam Walsh"), "--live")
        assert ended.code == Exit.UNREADABLE
        assert "directory corp could not be read" in ended.out
        assert "doubt" in ended.out


def test_without_a_server_the_last_run_tells(tmp_path: Path) -> None:
    """Both are gone: the same as they told while they were there, chains of groups and all; and when that was."""
    with scene(tmp_path) as s:
        assert s.run("sync").code == Exit.OK
        names = ("Deniz Yilmaz", "Kira Petrova", "Mona Fischer", "Liam Walsh")
        live = {name: said(s, name, "--live") for name in names}
    kept = {name: said(s, name) for name in names}
    for name in names:
        for part in ("people", "accounts", "groups"):
            assert kept[name][part] == live[name][part]
        assert (kept[name]["live"], kept[name]["reconfigured"], kept[name]["unread"]) == (False, False, {})
        assert kept[name]["run"] == kept["Deniz Yilmaz"]["groups"][0]["since"]["run"]
    assert f"by the run {kept['Mona Fischer']['run']}" in s.run("explain", company.address("Mona Fischer")).out


def test_before_the_first_run_the_remedy_is_told(tmp_path: Path) -> None:
    """And no database is made."""
    with scene(tmp_path) as s:
        ended = s.run("explain", company.address("Anna Smith"))
        assert (ended.code, "--live" in ended.err, s.database.exists()) == (Exit.USAGE, True, False)
