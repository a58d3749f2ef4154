"""init without questions: by options alone, against real servers, up to the first real sync."""

import functools
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.config.document import read_document
from tests.cli.arrival import AUDITORS, PASSWORD, arrival, ldif, organization, turned_on
from tests.cli.befores import ask_nameserver, give_up_root
from tests.servers.nameserver import Nameserver, srv
from tests.servers.programs import free_port
from tests.servers.slapd import SERVICE_DN, Slapd
from tests.sources.ldap.directory import group, person_dn

pytestmark = [pytest.mark.e2e, pytest.mark.slapd]

NASTY = ("Say \"hi\": 'you' # {now}, [a] & *b!", "100% = a\\b | c > d", "- yes", "null", "Ünïcødé 😀", "a=b=c")
"""Names that mean something to YAML, or to an option."""


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    """One server for all: nothing is written to it."""
    with Slapd(ldif()) as running:
        yield running


def test_a_first_sync_is_five_commands_away(tmp_path: Path, server: Slapd) -> None:
    """init, check, plan, `apply: true`, sync: with nothing in the file but what was said and found."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), "--same-names")
        assert ended.code == Exit.OK, ended.text
        checked = s.run("check")
        assert checked.code == Exit.OK, checked.text
        assert "apply is false" in checked.out
        planned = s.run("plan", "--detailed-exitcode")
        assert planned.code == Exit.PENDING, planned.text
        assert s.run("sync").code == Exit.OK
        assert s.members("Auditors") == {"anna"}
        turned_on(s)
        assert s.run("sync", "--detailed-exitcode").code == Exit.CHANGED
        assert s.members("Auditors") == {"anna", "ben"}


def test_the_file_is_private_short_and_without_secrets(tmp_path: Path, server: Slapd) -> None:
    """Secrets are referred to; whatever is a guess stands in comments; what to do next is said."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), "--same-names")
        text = s.config.read_text()
        assert stat.S_IMODE(s.config.stat().st_mode) == 0o600
        assert s.left() == ["bridge.yaml"]
    data = read_document(s.config).data
    assert data["groups"] == [{"name": "Auditors", "members": {"corp": AUDITORS}}]
    assert data["apply"] is False
    assert "#   - name: Risk Owners" in text
    assert "sg-hp-risk-owner" in text
    for secret in (PASSWORD, s.environ["HYPERPROOF_CLIENT_SECRET"]):
        assert secret not in text + ended.text
    for reference in ("${env:LDAP_PASSWORD}", "${env:HYPERPROOF_CLIENT_ID}", "${env:HYPERPROOF_CLIENT_SECRET}"):
        assert reference in text
    assert "hyperproof-bridge check" in ended.out
    assert len(text.splitlines()) < 60


def test_suggestions_work_when_they_are_taken_up(tmp_path: Path, server: Slapd) -> None:
    """All that is to be done is to take the marks away; an ambiguous one stands once for each."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        s.run("init", *s.ldap_options(), *s.hyperproof_options(), "--same-names")
        text = s.config.read_text()
        assert text.count("#   - name: Vendors") == 2
        begin = text.index("#   - name: Risk Owners")
        lines = text[begin:].splitlines()[:2]
        s.edit("\n".join(lines), "\n".join(line.removeprefix("# ") for line in lines))
        checked = s.run("check")
        assert checked.code == Exit.OK, checked.text
        assert "managed group Risk Owners" in checked.out


def test_secrets_may_stand_in_files(tmp_path: Path, server: Slapd) -> None:
    """The references are as said, and are used while the answers are tried."""
    with arrival(tmp_path, server) as s:
        (tmp_path / "password").write_text(PASSWORD)
        (tmp_path / "secret").write_text(s.environ.pop("HYPERPROOF_CLIENT_SECRET"))
        for path in (tmp_path / "password", tmp_path / "secret"):
            path.chmod(0o600)
        files = ["--password-file", "password", "--client-secret-file", "secret"]
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), *files, "--map", f"Auditors={AUDITORS}")
        assert ended.code == Exit.OK, ended.text
        assert f"${{file:{tmp_path}/password}}" in s.config.read_text()
        assert s.run("check").code == Exit.OK


def test_a_certificate_of_the_company_is_trusted_by_name(tmp_path: Path, server: Slapd) -> None:
    """Over ldaps with --ca-file; without it the failure is about the certificate, and nothing is written."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        ldaps = ["--kind", "openldap", "--server", server.ldaps_url, "--bind-user", SERVICE_DN, "--same-names"]
        refused = s.run("init", *ldaps, *s.hyperproof_options())
        assert refused.code == Exit.UNREADABLE
        assert "ca_file" in refused.err
        assert s.left() == []
        trusted = s.run("init", *ldaps, *s.hyperproof_options(), "--ca-file", str(server.ca_file))
        assert trusted.code == Exit.OK, trusted.text
        assert "certificate verified" in trusted.out
        assert s.run("check").code == Exit.OK


@pytest.mark.parametrize(
    ("missing", "option"),
    [("--kind", "--kind"), ("--server", "--server"), ("--bind-user", "--bind-user"), ("--same-names", "--map")],
)
def test_without_a_terminal_what_is_missing_is_named(
    tmp_path: Path, server: Slapd, missing: str, option: str
) -> None:
    """By its option; nothing is asked and nothing written."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        options = [*s.ldap_options(), *s.hyperproof_options(), "--same-names"]
        place = options.index(missing)
        del options[place : place + (1 if missing == "--same-names" else 2)]
        ended = s.run("init", *options)
        assert (ended.code, s.left()) == (Exit.USAGE, [])
        assert option in ended.err


def test_without_a_terminal_a_missing_password_is_named(tmp_path: Path, server: Slapd) -> None:
    """With the variable to set, and the options for another place."""
    with arrival(tmp_path, server) as s:
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), "--same-names")
        assert (ended.code, s.left()) == (Exit.USAGE, [])
        for word in ("LDAP_PASSWORD", "--password-env", "--password-file"):
            assert word in ended.err


def test_a_wrong_password_ends_it_without_a_terminal(tmp_path: Path, server: Slapd) -> None:
    """With the remedy, and without the password."""
    with arrival(tmp_path, server, LDAP_PASSWORD="not-the-password") as s:
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), "--same-names")
        assert (ended.code, s.left()) == (Exit.UNREADABLE, [])
        assert "password" in ended.err
        assert "not-the-password" not in ended.text


def test_a_server_out_of_reach_is_named(tmp_path: Path) -> None:
    """By the address that was tried."""
    with arrival(tmp_path, None, LDAP_PASSWORD=PASSWORD) as s:
        address = f"ldap://127.0.0.1:{free_port()}"
        options = ["--kind", "openldap", "--server", address, "--bind-user", "cn=x", "--same-names"]
        ended = s.run("init", *options, *s.hyperproof_options())
        assert (ended.code, s.left()) == (Exit.UNREADABLE, [])
        assert address in ended.err


def test_an_address_that_is_none_says_what_to_write(tmp_path: Path) -> None:
    """Before any connection is made."""
    with arrival(tmp_path, None) as s:
        ended = s.run("init", "--kind", "openldap", "--server", "https://ldap.corp.example")
        assert ended.code == Exit.USAGE
        assert "Write one such as ldaps://ldap.corp.example" in ended.err


def test_no_file_is_written_over(tmp_path: Path) -> None:
    """Not even a broken one, or a link that leads nowhere; it is said before anything is asked."""
    with arrival(tmp_path, None) as s:
        s.config.write_text("precious")
        (tmp_path / "link.yaml").symlink_to("nowhere")
        for name in ("bridge.yaml", "link.yaml"):
            ended = s.run("init", "--output", name)
            assert ended.code == Exit.USAGE
            assert "--force" in ended.err
        assert s.config.read_text() == "precious"


def test_force_writes_over_a_file(tmp_path: Path, server: Slapd) -> None:
    """Once everything was tried; a failure leaves the old one as it was."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        s.config.write_text("precious")
        options = [*s.ldap_options(), *s.hyperproof_options(), "--force"]
        assert s.run("init", *options).code == Exit.USAGE
        assert s.config.read_text() == "precious"
        assert s.run("init", *options, "--same-names").code == Exit.OK
        assert s.run("check").code == Exit.OK
        assert stat.S_IMODE(s.config.stat().st_mode) == 0o600


@pytest.mark.parametrize("output", ["closed/bridge.yaml", "missing/bridge.yaml", "file/bridge.yaml", "closed"])
def test_a_place_that_cannot_be_written_is_told_first(tmp_path: Path, output: str) -> None:
    """Before a single question: here even the kind of the directory is not known."""
    (tmp_path / "closed").mkdir(mode=0o555)
    (tmp_path / "file").touch()
    tmp_path.chmod(0o755)
    with arrival(tmp_path, None) as s:
        ended = s.run("init", "--output", output, before=give_up_root)
        assert ended.code == Exit.USAGE
        assert f"{output} " in ended.err
        assert "--output" in ended.err


def test_hostile_names_come_through(tmp_path: Path) -> None:
    """Groups with every sign that means something: chosen by option, checked, planned."""
    groups = [group(f"hostile{number}", person_dn("anna")) for number in range(len(NASTY))]
    with (
        Slapd(ldif(*groups)) as running,
        arrival(tmp_path, running, organization(*NASTY), LDAP_PASSWORD=PASSWORD) as s,
    ):
        chosen = [part for number, name in enumerate(NASTY) for part in ("--map", f"{name}=hostile{number}")]
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), *chosen)
        assert ended.code == Exit.OK, ended.text
        checked = s.run("check")
        assert checked.code == Exit.OK, checked.text
        planned = s.told("plan")
    assert {one["name"] for one in planned["groups"]} == set(NASTY)


def test_a_name_that_no_configuration_can_say_is_left_out(tmp_path: Path, server: Slapd) -> None:
    """Its ${ would be taken for a reference. It is said how many there are."""
    with arrival(tmp_path, server, organization("${env:HOME}", "b\nc"), LDAP_PASSWORD=PASSWORD) as s:
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), "--same-names")
        assert ended.code == Exit.OK, ended.text
        assert "2 groups of Hyperproof cannot be mapped" in ended.out
        refused = s.run(
            "init", *s.ldap_options(), *s.hyperproof_options(), "--force", "--map", "${env:HOME}=auditors"
        )
        assert refused.code == Exit.USAGE
        assert "rename" in refused.err


def test_a_group_that_hyperproof_lacks_is_created_when_that_is_said(tmp_path: Path, server: Slapd) -> None:
    """Else the likeliest is named."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        options = [*s.ldap_options(), *s.hyperproof_options()]
        refused = s.run("init", *options, "--map", "Risk Owner=sg-hp-risk-owner")
        assert refused.code == Exit.USAGE
        assert "'Risk Owners' meant" in refused.err
        made = s.run("init", *options, "--map", "Night Watch=sg-hp-risk-owner", "--create")
        assert made.code == Exit.OK, made.text
        turned_on(s)
        assert s.run("sync", "--detailed-exitcode").code == Exit.CHANGED
        assert s.members("Night Watch") == {"ben", "carla", "deniz"}


def test_an_unknown_directory_group_is_refused(tmp_path: Path, server: Slapd) -> None:
    """And says how groups are named."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), "--map", "Auditors=nobody")
        assert (ended.code, s.left()) == (Exit.USAGE, [])
        assert "no directory group answers to 'nobody'" in ended.err


def test_wrong_credentials_of_hyperproof_are_told(tmp_path: Path, server: Slapd) -> None:
    """Once the directory is right."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD, HYPERPROOF_CLIENT_SECRET="wrong") as s:
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options(), "--same-names")
        assert (ended.code, s.left()) == (Exit.UNREADABLE, [])
        assert "client" in ended.err


def test_a_hyperproof_out_of_reach_is_told(tmp_path: Path, server: Slapd) -> None:
    """Without long waits: somebody sits there."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        address = f"http://127.0.0.1:{free_port()}"
        options = ["--region", "us", "--api-url", f"{address}/v1", "--token-url", f"{address}/oauth/token"]
        ended = s.run("init", *s.ldap_options(), *options, "--same-names")
        assert (ended.code, s.left()) == (Exit.UNREADABLE, [])
        assert "Hyperproof" in ended.err


def test_without_a_choice_likely_pairs_are_told(tmp_path: Path, server: Slapd) -> None:
    """As options to copy."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        ended = s.run("init", *s.ldap_options(), *s.hyperproof_options())
        assert ended.code == Exit.USAGE
        assert f"--map Auditors={AUDITORS}" in ended.err


def test_a_region_whose_tokens_are_unknown_asks_for_them(tmp_path: Path, server: Slapd) -> None:
    """By the option that says it."""
    with arrival(tmp_path, server, LDAP_PASSWORD=PASSWORD) as s:
        ended = s.run("init", *s.ldap_options(), "--region", "eu", "--same-names")
        assert ended.code == Exit.USAGE
        assert "--token-url" in ended.err


def test_a_name_without_a_scheme_is_a_domain_whose_servers_dns_lists(tmp_path: Path, server: Slapd) -> None:
    """The configuration says so, too: servers come and go."""
    port = server.ldaps_url.rpartition(":")[2]
    with (
        Nameserver({"_ldap._tcp.localhost": srv(f"0 100 {port} localhost.")}) as nameserver,
        arrival(tmp_path, None, LDAP_PASSWORD=PASSWORD) as s,
    ):
        before = functools.partial(ask_nameserver, nameserver.port)
        options = ["--kind", "openldap", "--server", "localhost", "--bind-user", SERVICE_DN, "--same-names"]
        ended = s.run("init", *options, "--ca-file", str(server.ca_file), *s.hyperproof_options(), before=before)
        assert ended.code == Exit.OK, ended.text
        assert "discover: localhost" in s.config.read_text()
        assert s.run("check", before=before).code == Exit.OK


def test_a_directory_that_cannot_be_called_so_is_told_first(tmp_path: Path) -> None:
    """Before any server is asked for."""
    with arrival(tmp_path, None) as s:
        ended = s.run("init", "--kind", "openldap", "--directory", "any")
        assert ended.code == Exit.USAGE
        assert "none of the words any, all, except" in ended.err
