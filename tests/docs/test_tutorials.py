"""The tutorials are true: every command in them is run, from an empty folder to a removal that was approved."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.hurry import hurried
from tests.docs.tutorial import run_tutorial
from tests.servers import programs, slapd
from tests.servers.samba import PACKAGES, SambaDc

pytestmark = pytest.mark.e2e

TUTORIALS = Path("docs/tutorials")


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the shell finds the command, which starts at once."""
    with hurried(tmp_path_factory.mktemp("bin")) as found:
        yield found


@pytest.mark.slapd
def test_openldap(tmp_path: Path, path: str) -> None:
    """With a real slapd of one's own."""
    slapd.require("slapd")
    slapd.require("ldapmodify")
    page = (TUTORIALS / "openldap.md").read_text()
    run_tutorial(
        page, tmp_path, {"8180": str(programs.free_port()), "3890": str(programs.free_port())}, {"PATH": path}
    )


@pytest.mark.samba
def test_active_directory(tmp_path: Path, path: str) -> None:
    """With a real Samba as the domain controller, and the account that its own tool makes."""
    programs.require("samba-tool", PACKAGES)
    page = (TUTORIALS / "active-directory.md").read_text()
    with SambaDc() as dc:
        known_here = {
            "8180": str(programs.free_port()),
            "dc1.corp.example": dc.address,
            "/var/lib/samba/private/tls/ca.pem": str(dc.ca_file),
            "DC=corp,DC=example": "DC=lab,DC=test",
            "@corp.example": "@lab.test",
        }
        run_tutorial(page, tmp_path, known_here, {"SMB_CONF_PATH": str(dc.config), "PATH": path})


def test_entra(tmp_path: Path, path: str) -> None:
    """With the sandbox of Microsoft Graph."""
    page = (TUTORIALS / "entra.md").read_text()
    run_tutorial(page, tmp_path, {port: str(programs.free_port()) for port in ("8180", "8181")}, {"PATH": path})


def test_the_first_hour(tmp_path: Path) -> None:
    """From `init --sandbox` to a first applied sync, and a removal that is held."""
    page = Path("docs/first-hour.md").read_text()
    port = programs.free_ports(3)
    run_tutorial(page, tmp_path, {"init --sandbox": f"init --sandbox --port {port}", "8180": str(port)}, {})


def test_a_page_that_is_not_true_is_found_out(tmp_path: Path) -> None:
    """Another answer, another order, another exit code: each is told."""
    pages = (
        "echo one\n```\n\n```text\ntwo",
        "echo one; echo two\n```\n\n```text\ntwo\none",
        "false",
        "true  # ends with 1",
    )
    for page in pages:
        with pytest.raises(AssertionError):
            run_tutorial(f"```sh\n{page}\n```\n", tmp_path, {}, {})
    run_tutorial("```sh\n(exit 4)  # ends with 4\necho a  b\n```\n\n```text\na ...\n```\n", tmp_path, {}, {})


def test_every_tutorial_is_run() -> None:
    """And each begins in an empty folder and leads to an approval."""
    pages = {path.stem: path.read_text() for path in TUTORIALS.iterdir()}
    assert pages.keys() == {"openldap", "active-directory", "entra"}
    for page in pages.values():
        for word in ("check", "plan", "sync", "explain", "held approve", "audit verify"):
            assert f"\nhyperproof-bridge {word}" in page
