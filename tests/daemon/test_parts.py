"""The small parts of the service: signs of life, files, systemd, presence, a clock that ends waits."""

import os
import signal
import socket
from pathlib import Path
from threading import Thread

import pytest

from bridge.daemon.clock import StoppableClock
from bridge.daemon.notify import notify, watchdog_seconds
from bridge.daemon.presence import presence, request_run
from bridge.daemon.signs import STILL, Signs
from bridge.daemon.watch import Watch
from bridge.errors import BridgeError, Busy, Stopped
from tests.config.files import loaded, sound
from tests.transport.virtual import VirtualClock

# ---- signs of life -------------------------------------------------------------------------------------


def signs() -> tuple[Signs, VirtualClock]:
    """Signs by a clock that is moved, with a run hung after ten minutes."""
    clock = VirtualClock()
    return Signs(clock.monotonic, 600), clock


def test_a_scheduler_that_does_not_move_is_missed() -> None:
    """After a minute without a beat, until the next."""
    found, clock = signs()
    clock.pass_(STILL)
    assert found.missing() == ()
    clock.pass_(1)
    assert "scheduler has not moved for 61 s" in found.missing()[0]
    found.beat()
    assert found.missing() == ()


def test_a_run_without_a_sign_is_missed() -> None:
    """Each sign begins its time anew; without a run there is none to miss."""
    found, clock = signs()
    found.begin()
    for _ in range(3):
        clock.pass_(599)
        found.beat()
        found.sign()
    assert found.missing() == ()
    clock.pass_(601)
    found.beat()
    assert "no sign of life for 601 s" in found.missing()[0]
    found.end()
    found.sign()
    assert found.missing() == ()


def test_a_wait_that_was_announced_is_no_hang() -> None:
    """Hyperproof may ask for a longer one than a run may be silent."""
    found, clock = signs()
    found.begin()
    found.sign(3600)
    clock.pass_(4000)
    found.beat()
    assert found.missing() == ()
    clock.pass_(201)
    found.beat()
    assert found.missing() != ()


# ---- files ---------------------------------------------------------------------------------------------


def changes(watch: Watch) -> list[bool]:
    """Three looks."""
    return [watch.changed() for _ in range(3)]


def test_a_changed_file_is_told_once_when_it_is_still(tmp_path: Path) -> None:
    """Not at the first look, for it may be half written; and not again afterwards."""
    path = tmp_path / "a"
    path.write_text("one")
    watch = Watch([path])
    assert changes(watch) == [False, False, False]
    path.write_text("three")
    assert changes(watch) == [False, True, False]


def test_a_file_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    """As long as it changes between two looks."""
    path = tmp_path / "a"
    path.write_text("")
    watch = Watch([path])
    seen = []
    for size in range(1, 5):
        path.write_text("x" * size)
        seen.append(watch.changed())
    assert seen == [False] * 4
    assert watch.changed()


def test_a_file_that_is_replaced_goes_or_comes_is_noticed(tmp_path: Path) -> None:
    """Through a link as well, as Kubernetes exchanges what it mounts."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret").write_text(name.ljust(6))
    link = tmp_path / "current"
    link.symlink_to("first")
    watch = Watch([link / "secret"])
    (tmp_path / "new").symlink_to("second")
    (tmp_path / "new").rename(link)
    assert changes(watch) == [False, True, False]
    link.unlink()
    assert changes(watch) == [False, True, False]
    link.symlink_to("first")
    assert changes(watch) == [False, True, False]


def test_a_change_that_is_taken_back_is_none(tmp_path: Path) -> None:
    """The look is the same as before."""
    path = tmp_path / "a"
    path.write_text("one")
    watch = Watch([path])
    before = path.stat()
    path.rename(tmp_path / "b")
    assert not watch.changed()
    (tmp_path / "b").rename(path)
    assert path.stat().st_ino == before.st_ino
    assert changes(watch) == [False, False, False]


# ---- systemd -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_systemd_is_told(abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """Over the socket that it names; an address that begins with @ is an abstract one."""
    name = f"@bridge-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name[1:] if abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        notify("READY=1", "STATUS=all is well")
        assert systemd.recv(100) == b"READY=1\nSTATUS=all is well"


def test_without_systemd_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether there is none, or it has gone away."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify("READY=1")


def test_the_watchdog_is_another_processes_business(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless its number is ours, or none."""
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    assert watchdog_seconds() is None
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    assert watchdog_seconds() == 30
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))
    assert watchdog_seconds() is None


# ---- presence ------------------------------------------------------------------------------------------


def test_there_is_one_service_for_an_organization(tmp_path: Path) -> None:
    """The second is told who the first is; another organization is another matter."""
    text = sound(more="store: {path: bridge.db}")
    ours, other = loaded(tmp_path, text), loaded(tmp_path, text + "organization: other\n")
    told = f"Another service keeps this organization: process {os.getpid()} "
    with presence(ours), presence(other), pytest.raises(Busy, match=told):
        presence(ours).__enter__()
    with presence(ours):
        pass


def test_nobody_is_signalled_where_no_service_runs(tmp_path: Path) -> None:
    """The number in the file of a service that has ended may be anybody's by now: here it is our own."""
    configuration = loaded(tmp_path, sound(more="store: {path: bridge.db}"))
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        with pytest.raises(BridgeError, match="No service is running"):
            request_run(configuration)
        with presence(configuration):
            assert request_run(configuration).pid == os.getpid()
        with pytest.raises(BridgeError, match="No service is running"):
            request_run(configuration)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [signal.SIGUSR1]


# ---- the clock -----------------------------------------------------------------------------------------


def test_a_stop_ends_every_wait() -> None:
    """One that has begun, and all that would begin; nothing is permitted any more."""
    clock = StoppableClock()
    clock.permit()
    clock.sleep(0.001)
    ended: list[str] = []

    def wait() -> None:
        try:
            clock.sleep(60)
        except Stopped as stopped:
            ended.append(str(stopped))

    waiting = Thread(target=wait)
    waiting.start()
    clock.stop()
    waiting.join(20)
    assert "told to stop" in ended[0]
    with pytest.raises(Stopped):
        clock.permit()
    with pytest.raises(Stopped):
        clock.sleep(0)
