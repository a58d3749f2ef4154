"""init at a terminal: it asks, tries what it is told, asks again, and keeps what was right."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.config.document import read_document
from bridge.sandbox.graph import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, EntraSandbox
from tests.cli.arrival import AUDITORS, PASSWORD, SECRETS, Arrival, arrival, ldif
from tests.cli.terminal import END, INTERRUPT, Terminal
from tests.e2e import cloud
from tests.servers.programs import free_port
from tests.servers.slapd import SERVICE_DN, Slapd
from tests.sources.ldap.directory import BASE, group, group_dn, person_dn

pytestmark = [pytest.mark.e2e, pytest.mark.slapd]


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    """One server for all: nothing is written to it."""
    with Slapd(ldif()) as running:
        yield running


def say_directory(terminal: Terminal, server: Slapd) -> None:
    """Answer all that is asked about the directory."""
    terminal.answer("Kind of directory", "openldap")
    terminal.answer("LDAP server", server.url)
    terminal.answer("Who signs in", SERVICE_DN)
    terminal.answer("password, to try it (not shown, not kept): ", PASSWORD)
    terminal.answer(f"Base DN, where the directory begins [{BASE}]", "")


def rehearsed(s: Arrival) -> Terminal:
    """Start it where Hyperproof is a rehearsal's, which nobody is asked about."""
    return s.terminal("--api-url", s.hyperproof.api_url, "--token-url", s.hyperproof.token_url)


def test_a_newcomer_gets_to_the_first_sync(tmp_path: Path, server: Slapd) -> None:
    """Every question answered by hand; then check, plan and sync, with what it said to do first."""
    with arrival(tmp_path, server) as s:
        del s.environ["HYPERPROOF_CLIENT_ID"], s.environ["HYPERPROOF_CLIENT_SECRET"]
        with rehearsed(s) as terminal:
            say_directory(terminal, server)
            terminal.answer("another directory to read", "")
            terminal.answer("Hyperproof's region (us, eu, gov) [us]", "")
            terminal.answer("Id of the API client", SECRETS["HYPERPROOF_CLIENT_ID"])
            terminal.answer(
                "secret of the API client, to try it (not shown, not kept): ", SECRETS["HYPERPROOF_CLIENT_SECRET"]
            )
            terminal.answer("Which of them", "1,2")
            terminal.answer("Another group of Hyperproof", "")
            assert terminal.wait() == Exit.OK, terminal.seen
        for step in (
            "export LDAP_PASSWORD=",
            "export HYPERPROOF_CLIENT_SECRET=",
            "HYPERPROOF_BRIDGE_CONFIG=bridge",
        ):
            assert step in terminal.seen
        s.environ |= {"LDAP_PASSWORD": PASSWORD, **SECRETS}
        assert s.run("check").code == Exit.OK
        s.edit("apply: false", "apply: true")
        assert s.run("sync", "--detailed-exitcode").code == Exit.CHANGED
        assert s.members("Auditors") == {"anna", "ben"}
        assert s.members("Risk Owners") == {"ben", "carla", "deniz"}
    for secret in (PASSWORD, SECRETS["HYPERPROOF_CLIENT_SECRET"]):
        assert secret not in terminal.seen
        assert secret not in s.config.read_text()


def test_a_wrong_password_is_asked_for_again_and_the_rest_is_kept(tmp_path: Path, server: Slapd) -> None:
    """Enter keeps who signs in; a password from the environment that was wrong is typed."""
    with arrival(tmp_path, server, LDAP_PASSWORD="old-password") as s, rehearsed(s) as terminal:
        terminal.answer("Kind of directory", "openldap")
        terminal.answer("LDAP server", server.url)
        terminal.answer("Who signs in", SERVICE_DN)
        terminal.await_("taken from ${env:LDAP_PASSWORD}")
        terminal.answer(f"Who signs in (a DN, or user@domain); reading is all it does [{SERVICE_DN}]", "")
        terminal.answer("password, to try it (not shown, not kept): ", PASSWORD)
        terminal.answer(f"[{BASE}]", "")
        terminal.answer("another directory to read", "")
        terminal.answer("region", "us")
        terminal.answer("Which of them", "all")
        terminal.answer("Another group", "")
        assert terminal.wait() == Exit.OK, terminal.seen
    assert "export LDAP_PASSWORD=..." in terminal.seen
    assert "old-password" not in terminal.seen


def test_every_answer_that_fails_is_asked_again(tmp_path: Path, server: Slapd) -> None:
    """A kind that there is not, a server out of reach, a base that is not there, a region, numbers."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s, rehearsed(s) as terminal:
        terminal.answer("Kind of directory", "novell")
        terminal.await_("'novell' is none of active-directory")
        terminal.answer("Kind of directory", "openldap")
        away = f"ldap://127.0.0.1:{free_port()}"
        terminal.answer("LDAP server", away)
        terminal.answer(f"[{away}]", server.url)
        terminal.answer("Certificate authority", "")
        terminal.answer("Who signs in", SERVICE_DN)
        terminal.answer("Base DN", "dc=elsewhere")
        terminal.await_("noSuchObject")
        terminal.answer("Base DN", BASE)
        terminal.answer("another directory to read", "")
        terminal.answer("region", "mars")
        terminal.answer("region", "us")
        terminal.answer("Which of them", "")
        terminal.await_("nothing is chosen unasked")
        terminal.answer("Which of them", "99")
        terminal.await_("none of the numbers")
        terminal.answer("Which of them", "1")
        terminal.answer("Another group", "")
        assert terminal.wait() == Exit.OK, terminal.seen
    assert _groups(s) == {"Auditors": {"corp": AUDITORS}}


def test_ambiguous_pairs_are_chosen_by_number_only(tmp_path: Path, server: Slapd) -> None:
    """`all` takes those that are clear; both of an ambiguous one may feed the group."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        with s.terminal(*s.ldap_options(), *s.hyperproof_options()) as terminal:
            terminal.answer("another directory to read", "")
            terminal.answer("Which of them", "all")
            terminal.answer("Another group", "")
            assert terminal.wait() == Exit.OK, terminal.seen
        assert set(_groups(s)) == {"Auditors", "Risk Owners"}
        with s.terminal(*s.ldap_options(), *s.hyperproof_options(), "--force") as terminal:
            terminal.answer("another directory to read", "")
            terminal.answer("Which of them", "3-4")
            terminal.answer("Another group", "")
            assert terminal.wait() == Exit.OK, terminal.seen
    parts = [{"corp": group_dn("grp-vendors")}, {"corp": group_dn("hp_vendor")}]
    assert _groups(s) == {"Vendors": {"any": parts}}


def test_groups_that_are_not_alike_are_found_by_their_text(tmp_path: Path, server: Slapd) -> None:
    """On both sides; a group that Hyperproof lacks can be created by the first sync."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        with s.terminal(*s.ldap_options(), *s.hyperproof_options()) as terminal:
            terminal.answer("another directory to read", "")
            terminal.answer("Which of them", "none")
            terminal.answer("Another group", "")
            terminal.await_("needs at least one group")
            terminal.answer("Another group", "board")
            terminal.answer("Its directory group", "nothing like it")
            terminal.await_("nothing has")
            terminal.answer("Its directory group", "vendor")
            terminal.answer("Number", "2")
            terminal.await_(f"Board: {group_dn('hp_vendor')}")
            terminal.answer("Another group", "Night Watch")
            terminal.answer("Let the first sync create", "y")
            terminal.answer("Its directory group", "risk")
            terminal.answer("Another group", "")
            assert terminal.wait() == Exit.OK, terminal.seen
        assert s.run("check").code == Exit.OK
    assert _groups(s) == {
        "Board": {"corp": group_dn("hp_vendor")},
        "Night Watch": {"corp": group_dn("sg-hp-risk-owner")},
    }
    assert "create: true" in s.config.read_text()


def test_lists_of_a_large_directory_are_bounded(tmp_path: Path) -> None:
    """And say that there is more, and how to come to it."""
    groups = [group(f"board-{number:03}", person_dn("anna")) for number in range(120)]
    with (
        Slapd(ldif(*groups)) as running,
        arrival(tmp_path, running, LDAP_PASSWORD=PASSWORD) as s,
        s.terminal(*s.ldap_options(), *s.hyperproof_options(), "--list", "5") as terminal,
    ):
        terminal.answer("another directory to read", "")
        terminal.await_("more; --list shows more")
        terminal.answer("Which of them", "none")
        terminal.answer("Another group", "Board")
        terminal.answer("Its directory group", "board")
        terminal.await_("and 115 more")
        terminal.answer("Number", "")
        terminal.answer("Its directory group", "board-077")
        terminal.answer("Another group", "")
        assert terminal.wait() == Exit.OK, terminal.seen
    assert _groups(s) == {"Board": {"corp": group_dn("board-077")}}
    assert s.config.read_text().count("#   - name") == 4  # all but those of Board


@pytest.mark.parametrize("key", [INTERRUPT, END])
def test_leaving_leaves_nothing_behind(tmp_path: Path, server: Slapd, key: str) -> None:
    """At any question, also the one whose answer is not shown; the code is that of an interruption."""
    with arrival(tmp_path, server) as s:
        for question in ("LDAP server", "password, to try it (not shown, not kept): "):
            with s.terminal("--kind", "openldap", "--bind-user", SERVICE_DN) as terminal:
                if question != "LDAP server":
                    terminal.answer("LDAP server", server.url)
                terminal.await_(question)
                assert terminal.leave(key) == 130, terminal.seen
            assert "nothing was written" in terminal.seen
            assert "Traceback" not in terminal.seen
            assert s.left() == []


def test_with_yes_nothing_is_asked_at_a_terminal(tmp_path: Path, server: Slapd) -> None:
    """What is missing is an error there, too."""
    with arrival(tmp_path, server) as s, s.terminal("--yes") as terminal:
        assert terminal.wait() == Exit.USAGE
        assert "--kind" in terminal.seen


def test_a_tenant_is_asked_for(tmp_path: Path) -> None:
    """With a certificate or a secret; a wrong one is asked for again."""
    with EntraSandbox(cloud.tenant()) as entra, arrival(tmp_path, None, cloud.organization()) as s:
        (tmp_path / "authority.pem").write_text(entra.certificates.pem)
        where = ["--login-url", entra.url, "--graph-url", entra.url, "--ca-file", "authority.pem"]
        with s.terminal("--kind", "entra", *where, *s.hyperproof_options()) as terminal:
            terminal.answer("Directory (tenant) ID", entra.tenant.id)
            terminal.answer("Application (client) ID", DEFAULT_CLIENT_ID)
            terminal.answer("Certificate", "")
            terminal.answer("client secret, to try it (not shown, not kept): ", "wrong")
            terminal.answer(f"[{entra.tenant.id}]", "")
            terminal.answer(f"[{DEFAULT_CLIENT_ID}]", "")
            terminal.answer("Certificate", "")
            terminal.answer("client secret, to try it (not shown, not kept): ", DEFAULT_CLIENT_SECRET)
            terminal.answer("another directory to read", "")
            terminal.answer("Another group of Hyperproof", "Everybody")
            terminal.answer("Its directory group", "Staff")
            terminal.answer("Another group of Hyperproof", "")
            assert terminal.wait() == Exit.OK, terminal.seen
        s.environ["ENTRA_CLIENT_SECRET"] = DEFAULT_CLIENT_SECRET
        assert s.run("check").code == Exit.OK


def test_several_directories_feed_one_configuration(tmp_path: Path, server: Slapd) -> None:
    """Each under a name of its own, with a secret of its own; groups are told with their directory."""
    with EntraSandbox(cloud.tenant()) as entra, arrival(tmp_path, None, LDAP_PASSWORD=PASSWORD) as s:
        (tmp_path / "authority.pem").write_text(entra.certificates.pem)
        s.environ["ENTRA_CLIENT_SECRET"] = DEFAULT_CLIENT_SECRET
        where = ["--login-url", entra.url, "--graph-url", entra.url, "--ca-file", "authority.pem"]
        who = ["--tenant-id", entra.tenant.id, "--entra-client-id", DEFAULT_CLIENT_ID, "--sign-in", "secret"]
        with s.terminal("--kind", "entra", *who, *where, *s.hyperproof_options()) as terminal:
            terminal.answer("another directory to read", "y")
            terminal.answer("Kind of directory", "openldap")
            terminal.answer("What to call it [corp]", "cloud")
            terminal.await_("another directory is called 'cloud' already")
            terminal.answer("What to call it", "corp")
            terminal.answer("LDAP server", server.url)
            terminal.answer("Who signs in", SERVICE_DN)
            terminal.answer("Base DN", "")
            terminal.answer("another directory to read", "y")
            terminal.answer("Kind of directory", "openldap")
            terminal.answer("What to call it [corp2]", "")
            terminal.answer("LDAP server", server.url)
            terminal.answer("Who signs in", SERVICE_DN)
            terminal.answer("password, to try it (not shown, not kept): ", PASSWORD)
            terminal.answer("Base DN", "")
            terminal.answer("another directory to read", "n")
            terminal.answer("Which of them", "none")
            terminal.answer("Another group of Hyperproof", "Board")
            terminal.answer("Its directory group", "cloud: staff")
            terminal.answer("Another group of Hyperproof", "Board")
            terminal.answer("Its directory group", f"corp2: {AUDITORS}")
            terminal.answer("Another group of Hyperproof", "")
            assert terminal.wait() == Exit.OK, terminal.seen
        assert "export CORP2_SECRET=" in terminal.seen
        s.environ["CORP2_SECRET"] = PASSWORD
        checked = s.run("check")
        assert checked.code == Exit.OK, checked.text
    staff = entra.tenant.find("Staff").id
    assert _groups(s) == {"Board": {"any": [{"cloud": staff}, {"corp2": AUDITORS}]}}
    said = s.config.read_text()
    assert ("${env:LDAP_PASSWORD}" in said, "${env:CORP2_SECRET}" in said) == (True, True)


def test_an_export_is_asked_for(tmp_path: Path) -> None:
    """By its columns, the usual names as defaults; a file that is not there is asked for again."""
    with arrival(tmp_path, None) as s:
        (tmp_path / "m.csv").write_text("team,member_id,reach\nauditors,1,anna@example.test\n")
        with s.terminal("--kind", "file", *s.hyperproof_options()) as terminal:
            terminal.answer("LDIF file, or the CSV file", "missing.csv")
            terminal.await_("cannot be read")
            terminal.answer("LDIF file, or the CSV file", "m.csv")
            terminal.answer("Column with the group", "team")
            terminal.answer("[member_id]", "")
            terminal.answer("CSV file with the people", "")
            terminal.answer("Column with the e-mail address", "reach")
            terminal.answer("another directory to read", "")
            terminal.answer("Which of them", "1")
            terminal.answer("Another group", "")
            assert terminal.wait() == Exit.OK, terminal.seen
        assert s.run("check").code == Exit.OK


def _groups(s: Arrival) -> dict[object, object]:
    """Which directory groups feed which managed groups, by the file."""
    entries = read_document(s.config).data["groups"]
    assert isinstance(entries, list)
    return {entry["name"]: entry["members"] for entry in entries if isinstance(entry, dict)}


def test_what_no_question_could_mend_ends_it(tmp_path: Path, server: Slapd) -> None:
    """Such as a sign-in without a password: it is not tried for ever."""
    with arrival(tmp_path, server) as s:
        options = ["--kind", "openldap", "--server", server.url, "--sign-in", "external", *s.hyperproof_options()]
        with s.terminal(*options) as terminal:
            assert terminal.wait() == Exit.USAGE, terminal.seen
        assert "client_certificate" in terminal.seen
        assert s.left() == []
