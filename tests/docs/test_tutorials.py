"""The tutorials are true: every command in them is run, from an empty folder to a removal that was approved."""

from pathlib import Path

import pytest

from tests.docs.tutorial import run_tutorial
from tests.servers import programs, slapd

pytestmark = pytest.mark.e2e

TUTORIALS = Path("docs/tutorials")


@pytest.mark.slapd
def test_openldap(tmp_path: Path) -> None:
    """With a real slapd of one's own."""
    slapd.require("slapd")
    slapd.require("ldapmodify")
    page = (TUTORIALS / "openldap.md").read_text()
    run_tutorial(page, tmp_path, {"8180": str(programs.free_port()), "3890": str(programs.free_port())}, {})
