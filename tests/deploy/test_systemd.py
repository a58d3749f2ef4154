"""The units under a real systemd, installed by the commands of docs/installing.md."""

import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.sandbox.hyperproof import Fault
from tests.deploy.vm import SYNC, UNIT, USER, Installed, install, installed, until
from tests.e2e.truth import assert_evidence_is_whole, records_of
from tests.servers.machine import Machine, machine

pytestmark = pytest.mark.systemd

REMOVAL = Fault(method="PUT", path="/users/delete$")


@pytest.fixture(scope="module")
def vm() -> Iterator[Machine]:
    """A machine with the bridge on it."""
    with machine() as made:
        install(made)
        yield made


@pytest.fixture
def company(vm: Machine, tmp_path: Path) -> Iterator[Installed]:
    """Example Corp, its secrets handed over by systemd."""
    with installed(vm, tmp_path, credentials=f"/run/credentials/{UNIT}/secret_") as made:
        yield made


def said(s: Installed, words: str) -> None:
    """Wait until the service's journal has words."""
    until(lambda: words in s.journal(), s.journal)


def done(s: Installed) -> None:
    """Wait for the end of a run, which left nothing to do."""
    said(s, "run.finished")
    assert s.members("Team risk") == {"anna.smith", "grace.lee"}
    assert "liam.walsh" not in s.members("Compliance Managers")


def removing(s: Installed) -> bool:
    """Whether the removal has reached Hyperproof."""
    return any(REMOVAL.matches(request.method, request.path) for request in s.hyperproof.requests)


def test_it_starts_and_tells_how_it_is(company: Installed) -> None:
    """READY when it serves; STATUS names the last and the next run; commands by hand work beside it."""
    company.start()
    assert company.vm.show(UNIT, "ActiveState") == "active"
    done(company)
    until(lambda: company.vm.show(UNIT, "StatusText").startswith("last complete run 20"),
          lambda: company.vm.show(UNIT, "StatusText"))  # fmt: skip
    assert "all is well" in company.by_hand("health")
    assert "asked process" in company.by_hand("trigger")
    company.by_hand("audit", "verify")
    company.stop()
    assert_evidence_is_whole(company)


def test_what_it_keeps_is_its_own(company: Installed) -> None:
    """Database and audit file belong to its user alone; secrets are not to be had by anybody else."""
    company.start()
    said(company, "run.finished")
    owner = int(company.vm.run("id", "-u", USER))
    for path in (company.kept, company.audit):
        assert path.stat().st_uid == owner
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = f"/run/credentials/{UNIT}/secret_ldap_password"
    nobody = ("setpriv", f"--reuid={pwd.getpwnam('nobody').pw_uid}", "--clear-groups", "cat")
    assert "Permission denied" in company.vm.attempt(*nobody, secret).stdout
    assert (
        "Permission denied" in company.vm.attempt(*nobody, "/etc/hyperproof-bridge/secrets/ldap_password").stdout
    )
    assert "read-only" not in company.journal()


def test_a_broken_configuration_is_refused_and_the_old_one_stays(company: Installed) -> None:
    """`systemctl reload` sends HUP: the same process goes on, by the configuration in force."""
    company.start()
    said(company, "run.finished")
    before = company.pid
    company.edit("apply: true", "apply: perhaps")
    company.vm.run("systemctl", "reload", UNIT)
    said(company, "configuration.refused")
    assert company.metric("configuration_good") == 0
    company.hyperproof.ui.add_members("Compliance Managers", ["liam.walsh@example.test"])
    company.vm.run("systemctl", "kill", "--kill-whom=main", "--signal=USR1", UNIT)
    until(lambda: "liam.walsh" not in company.members("Compliance Managers"), company.journal)
    assert (company.pid, company.restarts) == (before, 0)
    company.stop()
    assert_evidence_is_whole(company)


def test_a_kill_in_the_middle_of_an_apply_is_settled(company: Installed) -> None:
    """It is started again, the next run finds out what came of the write in hand, and all is recorded."""
    company.hyperproof.faults.add(Fault(method="PUT", path="/users/delete$", answer_delay=30))
    company.start()
    until(lambda: removing(company), company.journal)
    company.kill()
    until(lambda: company.restarts == 1, company.journal)
    done(company)
    company.stop()
    assert records_of(company, "intent.settled")[-1]["action"] == "remove members"
    assert_evidence_is_whole(company)


def test_a_hung_run_is_restarted_by_the_watchdog(company: Installed) -> None:
    """A run without a sign of life is ended by systemd, and the next process makes another."""
    company.edit("every: 1h", "every: 1h, hung_after: 1s")
    company.hyperproof.faults.add(Fault(method="PUT", path="/users/delete$", answer_delay=60))
    company.start(WatchdogSec="1s")
    until(lambda: company.restarts >= 1, company.journal)
    assert "Watchdog timeout" in company.journal()
    done(company)
    company.stop()
    assert_evidence_is_whole(company)


def test_it_stops_within_five_seconds_when_idle(company: Installed) -> None:
    """After them it would be killed, and that be called a timeout."""
    company.start(TimeoutStopSec="5s")
    said(company, "run.finished")
    company.stop()
    assert (company.vm.show(UNIT, "Result"), company.vm.show(UNIT, "ExecMainStatus")) == ("success", "0")


def test_a_timer_makes_runs(vm: Machine, tmp_path: Path) -> None:
    """The alternative: secrets are files of the user, a run is made, and commands by hand work between runs."""
    with installed(vm, tmp_path, credentials="/etc/hyperproof-bridge/secrets/") as company:
        vm.run("chown", "-R", f"{USER}:", "/etc/hyperproof-bridge/secrets")
        drop_in = vm.path("/run/systemd/system/hyperproof-bridge-sync.timer.d")
        drop_in.mkdir(parents=True)
        (drop_in / "test.conf").write_text("[Timer]\nOnCalendar=\nRandomizedDelaySec=0\nOnActiveSec=0\n")
        vm.run("systemctl", "daemon-reload")
        vm.run("systemctl", "start", "hyperproof-bridge-sync.timer")
        until(lambda: vm.show(SYNC, "ExecMainExitTimestamp") != "", lambda: company.journal(SYNC))
        assert (vm.show(SYNC, "Result"), vm.show(SYNC, "ExecMainStatus")) == ("success", "0"), company.journal(
            SYNC
        )
        assert company.members("Team risk") == {"anna.smith", "grace.lee"}
        company.by_hand("audit", "verify")
        assert_evidence_is_whole(company)
