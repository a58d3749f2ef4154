"""The units as systemd's own tools read them; none of it needs a running systemd."""

import re
import subprocess
from pathlib import Path

import pytest

from bridge.config.schedule import ScheduleSection
from tests.servers.programs import require

UNITS = sorted(Path("deploy/systemd").glob("hyperproof-bridge*.service"))
ALL = (*UNITS, *Path("deploy/systemd").glob("*.timer"))
HIGHEST_EXPOSURE = 1.5


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd-analyze."""
    program = require("systemd-analyze", "systemd")
    return subprocess.run((program, *arguments), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_little_of_the_machine_is_exposed(unit: Path) -> None:
    """At most 1.5 of 10, by systemd's own count."""
    told = analyze("security", "--offline=true", f"--threshold={HIGHEST_EXPOSURE * 10:.0f}", str(unit))
    assert told.returncode == 0, told.stdout[-500:]


def test_systemd_knows_every_setting(tmp_path: Path) -> None:
    """A misspelt one is an error. What is to be started need not be installed here."""
    for unit in ALL:
        (tmp_path / unit.name).write_text(re.sub(r"/opt/\S+", "/bin/true", unit.read_text()))
    told = analyze("verify", "--recursive-errors=no", "--man=no", *(str(tmp_path / unit.name) for unit in ALL))
    assert (told.returncode, told.stderr) == (0, "")


def test_a_misspelt_setting_would_be_found(tmp_path: Path) -> None:
    """The test above can fail."""
    wrong = tmp_path / "wrong.service"
    wrong.write_text("[Service]\nExecStart=/bin/true\nProtectSytem=strict\n")
    assert analyze("verify", "--recursive-errors=no", "--man=no", str(wrong)).returncode != 0


def test_both_units_are_as_hardened() -> None:
    """What the service may not do, the run by the timer may not do either."""
    hardening = [unit.read_text().partition("UMask=")[2].partition("\n\n[Install]")[0].strip() for unit in UNITS]
    assert len(hardening) == 2
    assert hardening[0] == hardening[1]


def test_it_may_take_longer_to_stop_than_the_configuration_lets_it() -> None:
    """Otherwise systemd would kill what is about to end by itself."""
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)s$", UNITS[-1].read_text(), re.MULTILINE)
    assert int(seconds) > ScheduleSection().stop_within.total_seconds()
