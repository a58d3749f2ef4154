"""The command against a real OpenLDAP: read whole, it is obeyed; read in part, it removes nobody."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from tests.cli.scene import deeds
from tests.e2e.office import LEFT, PASSWORD, STAFF, Link, Office, cut_after, ldif, office, plain
from tests.e2e.truth import assert_evidence_is_whole, assert_failed, records_of
from tests.servers.slapd import SERVICE_DN, Slapd

pytestmark = [pytest.mark.e2e, pytest.mark.slapd]

GROUPS = {"corp": "Everybody", "unix": "Posix"}
"""From each directory to the managed group that it feeds."""

POSIX = frozenset(sorted(STAFF)[:30])


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """A server that gives the bridge all that it asks for."""
    with Slapd(ldif(), limits=f'limits dn.exact="{SERVICE_DN}" size=unlimited') as server:
        yield server


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Office]:
    """The company, before its first run."""
    with office(tmp_path) as made:
        yield made


def _assert_in_sync(o: Office) -> None:
    assert o.members("Everybody") == STAFF
    assert o.members("Posix") == POSIX
    assert_evidence_is_whole(o)


def _assert_nobody_removed(o: Office) -> None:
    assert [deed for deed in deeds(o) if deed[0] == "member.removed"] == []
    assert {LEFT} <= o.members("Everybody")
    assert_evidence_is_whole(o)


SECURED: dict[str, Callable[[Slapd], Link]] = {
    "plain on loopback": plain,
    "ldaps": lambda server: Link(server.ldaps_url, f"ca_file: '{server.ca_file}', "),
    "StartTLS": lambda server: Link(
        server.url.replace("127.0.0.1", "localhost"), f"start_tls: true, ca_file: '{server.ca_file}', "
    ),
}


@pytest.mark.parametrize("way", SECURED)
def test_a_directory_is_obeyed(way: str, slapd: Slapd, company: Office) -> None:
    """Over several pages, through nested groups with a cycle, by DN and by memberUid, with TLS verified."""
    company.reach(SECURED[way](slapd))
    assert company.run("check").code == Exit.OK
    ended = company.run("sync", "--detailed-exitcode")
    assert ended.code == Exit.CHANGED, ended.text
    _assert_in_sync(company)
    company.hyperproof.clear_log()
    assert company.run("sync", "--detailed-exitcode").code == Exit.OK
    assert len(company.calls()) == 3
    (read, *_) = records_of(company, "source.read")
    assert max(search["pages"] for search in read["searches"]) > 5  # type: ignore[attr-defined]  # a JSON list


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (lambda s: Link(s.ldaps_url), "not trusted"),
        (lambda s: Link(s.url.replace("127.0.0.1", "localhost"), "start_tls: true, "), "not trusted"),
        (lambda s: Link(s.ldaps_url.replace("ldaps", "ldap"), "allow_plaintext: true, "), "corp"),
        (lambda s: Link(s.url, "groups_base: 'ou=nowhere,dc=example,dc=test', "), "correct the base DN"),
        (lambda _: Link("ldap://127.0.0.1:9"), "Connection refused"),
    ],
    ids=["ldaps without the CA", "StartTLS without the CA", "TLS port in the clear", "wrong base", "nobody there"],
)
def test_a_directory_that_cannot_be_read_is_told(
    link: Callable[[Slapd], Link], said: str, slapd: Slapd, company: Office
) -> None:
    """By `check` and by `sync`, with 6 and the remedy; nobody is removed, and the failure is on record."""
    company.reach(link(slapd))
    assert_failed(company.run("check"), Exit.UNREADABLE, said)
    assert_failed(company.run("sync"), Exit.UNREADABLE, "corp")
    _assert_nobody_removed(company)
    assert records_of(company, "source.failed")


def test_a_wrong_password_is_told_once(slapd: Slapd, company: Office) -> None:
    """With the remedy, and without the password."""
    company.reach(plain(slapd))
    company.environ["LDAP_PASSWORD"] = "wrong-and-secret"
    for command in ("check", "sync"):
        ended = company.run(command)
        assert_failed(ended, Exit.UNREADABLE, "check the bind user and its password")
        assert "wrong-and-secret" not in ended.text
    _assert_nobody_removed(company)
    company.environ["LDAP_PASSWORD"] = PASSWORD
    assert company.run("sync").code == Exit.OK
    _assert_in_sync(company)


def test_a_size_limit_below_the_groups_size_removes_nobody(slapd: Slapd, company: Office) -> None:
    """Not before the first run, not after it; the record of completeness names the limit, and so does `check`."""
    with Slapd(ldif(), limits="sizelimit 25") as limited:
        company.reach(plain(limited))
        assert_failed(company.run("check"), Exit.UNREADABLE, "sizeLimitExceeded", "raise the size limit")
        assert company.run("sync").code == Exit.UNREADABLE
        _assert_nobody_removed(company)
        company.reach(plain(slapd))
        assert company.run("sync").code == Exit.OK
        _assert_in_sync(company)
        company.reach(plain(limited))
        before = company.members("Everybody"), company.members("Posix")
        assert company.run("sync").code == Exit.UNREADABLE
        assert (company.members("Everybody"), company.members("Posix")) == before
    (read,) = [r for r in records_of(company, "source.read")[-2:] if r["directory"] == "corp"]
    assert "4 sizeLimitExceeded" in str(read["searches"])
    assert "truncated" in str(read["doubts"])
    assert all(group["doubts"] for group in records_of(company, "group.read") if group["run"] == read["run"])
    assert_evidence_is_whole(company)


@pytest.mark.parametrize("size", [500, 4_000, 12_000, 20_000])
def test_a_server_that_dies_in_a_paged_search_removes_nobody(size: int, company: Office) -> None:
    """Wherever its answer breaks off; once it is back, all is done."""
    with Slapd(ldif(), limits=f'limits dn.exact="{SERVICE_DN}" size=unlimited', tls=False) as mortal:
        with cut_after(mortal, size, mortal.kill) as address:
            company.reach(Link(address))
            ended = company.run("sync")
        assert_failed(ended, Exit.UNREADABLE, "unreadable")
        unread = {GROUPS[str(record["directory"])] for record in records_of(company, "source.failed")}
        assert unread
        assert {group for event, group, _ in deeds(company) if event == "member.removed"}.isdisjoint(unread)
        assert_evidence_is_whole(company)
        assert company.run("sync").code == Exit.UNREADABLE
        mortal.start()
        company.reach(plain(mortal))
        assert company.run("sync").code == Exit.OK
    _assert_in_sync(company)


def test_a_server_that_is_away_between_runs_changes_nothing(company: Office) -> None:
    """Each run says so, writes nothing, and the next does what is due."""
    with Slapd(ldif(), limits=f'limits dn.exact="{SERVICE_DN}" size=unlimited', tls=False) as server:
        company.reach(plain(server))
        assert company.run("sync").code == Exit.OK
        company.hyperproof.ui.add_members("Everybody", [f"{LEFT}@corp.example"])
        server.stop()
        seen = deeds(company)
        assert company.run("sync").code == Exit.UNREADABLE
        assert deeds(company) == seen
        server.start()
        assert company.run("sync").code == Exit.OK
    _assert_in_sync(company)
