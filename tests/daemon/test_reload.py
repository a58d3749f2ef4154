"""The service takes up another configuration, rotated secrets too; and systemd hears how it is."""

import signal
import socket
from datetime import timedelta

import pytest
import time_machine

from bridge.core.mapping import MAIN
from bridge.daemon.timetable import Reason
from bridge.sandbox.company import READER, READER_PASSWORD
from bridge.sandbox.hyperproof import Fault
from tests.cli.scene import Scene, until
from tests.daemon.serving import REMOVAL, Serving, asked, serving, stopped
from tests.daemon.world import START, Process

pytestmark = pytest.mark.e2e

NEXT = 'next_run_timestamp_seconds{bridge_job="main"}'

# ---- another configuration -----------------------------------------------------------------------------


def test_a_changed_file_is_taken_up(service: Serving) -> None:
    """By itself, from the next run on; the schedule, too."""
    before = service.metric(NEXT)
    service.scene.edit("every: 1h", "every: 2h")
    service.scene.edit("  - name: Auditors", "  - name: Nobody\n    members: {corp: On Leave}\n  - name: Auditors")
    service.until_told("configuration.reloaded")
    service.running.send(signal.SIGUSR1)
    assert service.until_run(2)["counts"]["groups"] == 4
    assert service.metric(NEXT) > before + 3000


def test_a_change_during_a_run_counts_after_it(company: Scene) -> None:
    """Nothing is exchanged under a run; the schedule is the new one as soon as it is over."""
    company.hyperproof.faults.add(Fault(method="PUT", path="/users/delete$", answer_delay=3))
    with serving(company) as service:
        until(lambda: asked(company, REMOVAL))
        company.edit("every: 1h", "every: 5h")
        service.running.send(signal.SIGHUP)
        service.until_told("configuration.reloaded")
        events = [line["event"] for line in service.log]
        assert events.index("run.finished") < events.index("configuration.reloaded")
        last, due = (
            service.metric(f'{name}_run_timestamp_seconds{{bridge_job="main"}}')
            for name in ("last_complete", "next")
        )
        assert due - last > 4 * 3600
        stopped(service)


def test_a_broken_file_is_refused_and_the_old_one_stays(service: Serving) -> None:
    """With every problem in the log; runs go on by the configuration in force, until the file is mended."""
    sound = service.scene.config.read_text()
    service.scene.config.write_text(sound.replace("apply: true", "applyy: true"))
    assert "applyy" in service.until_told("configuration.refused")["reason"]
    assert service.metric("configuration_good") == 0
    service.running.send(signal.SIGHUP)
    service.until_told("configuration.refused", 2)
    service.running.send(signal.SIGUSR1)
    assert service.until_run(2)["outcome"] == "nothing to do"
    assert service.ask("/readyz")[0] == 200
    service.scene.config.write_text(sound)
    service.until_told("configuration.reloaded")
    assert service.metric("configuration_good") == 1
    stopped(service)


def test_what_no_parser_foresees_ends_no_service(service: Serving) -> None:
    """An escape of a character that there is not, where the library gives up in its own way."""
    sound = service.scene.config.read_text()
    service.scene.config.write_text(sound + 'organization: "\\U00110000"\n')
    assert "escapes" in service.until_told("configuration.refused")["reason"]
    service.scene.config.write_text(sound)
    service.until_told("configuration.reloaded")
    stopped(service)


def test_a_refused_configuration_changes_nothing(service: Serving) -> None:
    """Not even how much is logged."""
    service.scene.edit("path: bridge.db", "path: other.db")
    service.scene.edit("apply: true", "apply: true\nlog: {level: debug}")
    service.until_told("configuration.refused")
    service.running.send(signal.SIGUSR1)
    service.until_run(2)
    assert service.told("call.finished") == []


def test_many_requests_do_not_hide_a_changed_file(service: Serving) -> None:
    """However often somebody asks for a run."""
    service.scene.edit("every: 1h", "every: 2h")

    def taken_up() -> bool:
        service.running.send(signal.SIGUSR1)
        return bool(service.told("configuration.reloaded"))

    until(taken_up)


def test_a_configuration_that_meets_a_broken_store_is_tried_again(company: Scene) -> None:
    """It may be `apply: false`, said as a brake: the service knows that it is not in force, and loads it again."""
    with time_machine.travel(START, tick=False) as travel:
        process = Process(company.config, travel)
        audit, aside = company.folder / "audit.jsonl", company.folder / "aside.jsonl"
        process.step()
        audit.rename(aside)
        audit.mkdir()
        company.edit("apply: true", "apply: false")
        process.works.renew(process.load())
        assert "audit.jsonl" in process.works.refusal
        assert process.works.refused_at == process.clock.monotonic()
        audit.rmdir()
        aside.rename(audit)
        process.works.renew(process.load())
        assert (process.works.refusal, process.works.job().apply) == ("", False)
        process.end()


def test_a_hangup_loads_it_again(service: Serving) -> None:
    """Also when nothing changed, for a certificate authority may be another behind the same name."""
    service.running.send(signal.SIGHUP)
    service.until_told("configuration.reloaded")
    service.running.send(signal.SIGUSR1)
    assert service.until_run(2)["outcome"] == "nothing to do"


def test_another_database_takes_a_restart(service: Serving) -> None:
    """A service holds its organization in one store as long as it lives."""
    service.scene.edit("path: bridge.db", "path: other.db")
    assert "store.path" in service.until_told("configuration.refused")["reason"]
    assert not (service.scene.folder / "other.db").exists()


def test_a_rotated_secret_is_picked_up(company: Scene) -> None:
    """The directory's password changes there and in its file; the next run signs in with the new one."""
    secret = company.folder / "password"
    secret.write_text(READER_PASSWORD)
    secret.chmod(0o600)
    company.edit("${env:DEMO_PASSWORD}", "${file:password}")
    with serving(company) as service:
        service.until_run()
        credentials = company.ldap._service.credentials
        assert isinstance(credentials, dict)
        credentials[READER] = "rotated-password"
        secret.write_text("rotated-password")
        service.until_told("configuration.reloaded")
        service.running.send(signal.SIGUSR1)
        assert service.until_run(2)["outcome"] == "nothing to do"
        stopped(service)
        assert "rotated-password" not in service.running.err


# ---- systemd -------------------------------------------------------------------------------------------


def test_systemd_hears_of_it(company: Scene) -> None:
    """Ready once it serves, the last and the next run, a sign of life, and that it stops."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(company.folder / "notify"))
        systemd.settimeout(20)
        company.environ |= {"NOTIFY_SOCKET": str(company.folder / "notify"), "WATCHDOG_USEC": "1500000"}
        with serving(company) as service:
            heard = [systemd.recv(1000).decode()]
            while "next 20" not in "".join(heard) or heard.count("WATCHDOG=1") < 3:
                heard.append(systemd.recv(1000).decode())
            assert heard[0] == "READY=1"
            assert any(word.startswith("STATUS=last complete run 20") for word in heard)
            stopped(service)
            while heard[-1] != "STOPPING=1":
                heard.append(systemd.recv(1000).decode())


def test_a_run_that_hangs_gets_no_word_put_in_for_it(company: Scene) -> None:
    """It is not live any more, and systemd hears nothing, so that both restart it."""
    company.edit("every: 1h", "every: 1h, hung_after: 1s")
    company.hyperproof.faults.add(Fault(method="GET", path="/groups$", delay=30))
    with serving(company) as service:
        assert "no sign of life" in service.until_told("service.stalled")["reason"]
        status, body = service.ask("/livez")
        assert status == 503
        assert "no sign of life" in body


# ---- beside runs ---------------------------------------------------------------------------------------


def test_a_run_that_is_due_while_a_configuration_is_taken_up_comes_after_it(company: Scene) -> None:
    """It is not taken for one too many, and not left out until the schedule's next time."""
    with time_machine.travel(START, tick=False) as travel:
        process = Process(company.config, travel)
        process.step()
        with process.works._turn:
            process.works.run(Reason.SCHEDULE, MAIN)
        due = process.works.timetable.next_run()
        assert due is not None
        assert due - process.clock.now() == timedelta(seconds=1)
        before = len(process.works.wired.store.list_runs(9))
        process.step()
        assert len(process.works.wired.store.list_runs(9)) == before + 1
        process.end()
