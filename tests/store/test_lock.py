import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.errors import Busy, StoreError
from bridge.store.lock import OrganizationLock, holder_of, lock_path
from tests.store.stores import Watch, an_intent, opened

pytestmark = pytest.mark.files

HOLDER = """
import sys
from pathlib import Path
from bridge.store.lock import OrganizationLock
with OrganizationLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the lock is."""
    return lock_path(tmp_path / "bridge.db", "acme")


def test_has_a_file_for_each_organization(tmp_path: Path) -> None:
    """Beside the database; no label leads elsewhere."""
    assert lock_path(tmp_path / "bridge.db", "acme") == tmp_path / "bridge.db.acme.lock"
    assert lock_path(tmp_path / "bridge.db", "../etc/x y").parent == tmp_path


def test_is_the_database_s_own_by_whatever_link_it_is_reached(tmp_path: Path) -> None:
    """Two links to one database are one organization with one lock."""
    (tmp_path / "folder").mkdir()
    link = tmp_path / "folder" / "link.db"
    link.symlink_to(tmp_path / "bridge.db")
    assert lock_path(link, "acme") == lock_path(tmp_path / "bridge.db", "acme")


def test_is_one_writers(path: Path) -> None:
    """The second is told who has it and since when; afterwards it is free again."""
    with OrganizationLock(path, Watch().now):
        expected = f"process {os.getpid()} on {socket.gethostname()}, since 2026-03-01T12:00:00.000000Z"
        with pytest.raises(Busy, match=expected), OrganizationLock(path):
            pass
    with OrganizationLock(path) as lock:
        assert lock.still_held()


def test_organizations_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Each has its own."""
    with opened(tmp_path, "one") as one, opened(tmp_path, "other") as other, one.lock(), other.lock() as lock:
        assert lock.still_held()


def test_an_unsigned_lock_is_a_lock(path: Path) -> None:
    """A holder that has not yet written its note is respected as well."""
    with OrganizationLock(path):
        os.truncate(path, 0)
        with pytest.raises(Busy, match="only just begun"), OrganizationLock(path):
            pass


def test_a_stale_file_is_no_lock(path: Path) -> None:
    """What counts is the kernel's lock, not what the file says."""
    path.write_text('{"pid": 1, "host": "elsewhere", "since": "long ago"}')
    with OrganizationLock(path) as lock:
        assert lock.still_held()


def test_is_free_after_kill_9(path: Path) -> None:
    """The moment the holder is gone."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Busy, match=f"process {holder.pid}"), OrganizationLock(path):
        pass
    holder.kill()
    holder.communicate(timeout=30)
    with OrganizationLock(path) as lock:
        assert lock.still_held()


class TestStillHeld:
    def test_not_before_and_not_after(self, path: Path) -> None:
        """Only between the block's two ends."""
        lock = OrganizationLock(path)
        assert not lock.still_held()
        with lock:
            assert lock.still_held()
        assert not lock.still_held()

    @pytest.mark.parametrize("again", [False, True])
    def test_not_when_the_file_is_gone(self, path: Path, *, again: bool) -> None:
        """Somebody deleted it, and others could lock a new one."""
        with OrganizationLock(path) as lock:
            path.unlink()
            if again:
                path.touch()
            assert not lock.still_held()

    def test_no_intent_is_taken_without_it(self, tmp_path: Path, path: Path) -> None:
        """A store that lost its lock refuses the next write before it is sent."""
        with opened(tmp_path) as store:
            with store.lock():
                store.record_intent(an_intent(1))
                path.unlink()
                with pytest.raises(Busy, match="lock on this organization was lost"):
                    store.record_intent(an_intent(2))
            assert [intent.id for intent in store.load_intents()] == ["intent-1"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """With the remedy."""
    with pytest.raises(StoreError, match="create its folder"), OrganizationLock(tmp_path / "nowhere" / "lock"):
        pass


def test_whoever_looks_at_it_keeps_nobody_from_it(path: Path) -> None:
    """To look is to share it for an instant; whoever wants it meanwhile tries again once that is over."""
    with OrganizationLock(path):
        pass
    looking = os.open(path, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    with OrganizationLock(path, pause=lambda: os.close(looking)) as lock:
        assert lock.still_held()
        assert holder_of(path) is not None
    assert holder_of(path) is None
