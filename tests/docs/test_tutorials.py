"""The tutorials are true: every command in them is run, from an empty folder to a removal that was approved."""

from pathlib import Path

import pytest

from tests.docs.tutorial import run_tutorial
from tests.servers import programs, slapd
from tests.servers.samba import PACKAGES, SambaDc

pytestmark = pytest.mark.e2e

TUTORIALS = Path("docs/tutorials")


@pytest.mark.slapd
def test_openldap(tmp_path: Path) -> None:
    """With a real slapd of one's own."""
    slapd.require("slapd")
    slapd.require("ldapmodify")
    page = (TUTORIALS / "openldap.md").read_text()
    run_tutorial(page, tmp_path, {"8180": str(programs.free_port()), "3890": str(programs.free_port())}, {})


@pytest.mark.samba
def test_active_directory(tmp_path: Path) -> None:
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
        run_tutorial(page, tmp_path, known_here, {"SMB_CONF_PATH": str(dc.config)})
