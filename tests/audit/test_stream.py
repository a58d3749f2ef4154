"""What the audit stream does with its file. Several AuditStreams on one file stand for several processes."""

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import structlog.testing

from bridge.audit.file import AuditFile
from bridge.audit.stream import AuditStream
from bridge.errors import StoreError
from tests.audit.chains import MemoryLedger, lines_of, record, sealed_chain

Opened = Callable[[], AuditStream]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the audit file is."""
    return tmp_path / "audit.jsonl"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[[], AuditStream]]:
    """Opens streams to that file, as many as there are processes, and closes them."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(AuditStream(path)))


def publish(stream: AuditStream, ledger: MemoryLedger, count: int = 1) -> None:
    """Commit and send so many records."""
    stream.publish(ledger, ledger.append(*(record(n=n) for n in range(count))))


class TestFile:
    def test_has_each_line_exactly_as_sealed(self, path: Path, opened: Opened) -> None:
        """The file is the chain's lines, byte for byte."""
        ledger = MemoryLedger()
        stream = opened()
        for count in (1, 3, 2):
            publish(stream, ledger, count)
        assert path.read_bytes() == lines_of(ledger)

    def test_is_private(self, path: Path, opened: Opened) -> None:
        """Nobody else may read who is in which group."""
        publish(opened(), MemoryLedger())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_new_file_gets_the_whole_chain(self, path: Path, opened: Opened) -> None:
        """A file configured later begins with the first record, so that it can be verified alone."""
        ledger = MemoryLedger(sealed_chain(2500))
        opened().catch_up(ledger)
        assert path.read_bytes() == lines_of(ledger)

    @pytest.mark.parametrize("kept", [0, 1, 7])
    def test_a_crash_before_the_file_was_written_is_made_up_for(
        self, path: Path, opened: Opened, kept: int
    ) -> None:
        """Opening appends what was committed and not written."""
        ledger = MemoryLedger(sealed_chain(8))
        path.write_bytes(b"".join(lines_of(ledger).splitlines(keepends=True)[:kept]))
        opened().catch_up(ledger)
        assert path.read_bytes() == lines_of(ledger)

    def test_a_line_cut_anywhere_is_completed(self, path: Path) -> None:
        """Wherever a crash cuts the file, opening brings it back to the chain, without taking a byte away."""
        ledger = MemoryLedger(sealed_chain(3))
        whole = lines_of(ledger)
        for cut in range(len(whole)):
            path.write_bytes(whole[:cut])
            with closing(AuditStream(path)) as stream:
                stream.catch_up(ledger)
            assert path.read_bytes() == whole

    def test_a_cut_line_longer_than_a_block_is_completed(self, path: Path, opened: Opened) -> None:
        """The last line is found whatever its length."""
        ledger = MemoryLedger()
        ledger.append(record(text="x" * 200_000), record(text="y" * 200_000))
        path.write_bytes(lines_of(ledger)[:-7])
        opened().catch_up(ledger)
        assert path.read_bytes() == lines_of(ledger)

    def test_a_cut_line_that_is_no_record_is_moved_aside(self, path: Path, opened: Opened) -> None:
        """Foreign bytes at the end are kept in a file of their own, and said; the audit file goes on whole."""
        ledger = MemoryLedger(sealed_chain(3))
        path.write_bytes(lines_of(ledger)[: -len(ledger.rows[-1].line) - 1] + b'{"half')
        with structlog.testing.capture_logs() as logs:
            opened().catch_up(ledger)
        assert path.read_bytes() == lines_of(ledger)
        assert path.with_name("audit.jsonl.torn").read_bytes() == b'{"half\n'
        assert [entry["event"] for entry in logs] == ["audit_line.set_aside"]

    @pytest.mark.parametrize("last", [b"nonsense", b"{}", b"[1]", b'{"seq":"2"}', b'{"seq":9}', b'{"seq":2}'])
    def test_a_strange_last_line_stops_everything(self, path: Path, opened: Opened, last: bytes) -> None:
        """A file that is not this chain's is never written to: one of the two was changed or replaced."""
        path.write_bytes(last + b"\n")
        with pytest.raises(StoreError, match="audit verify"):
            opened().catch_up(MemoryLedger(sealed_chain(3)))
        assert path.read_bytes() == last + b"\n"

    def test_a_file_ahead_of_the_database_stops_everything(self, path: Path, opened: Opened) -> None:
        """A database restored from an old backup is noticed before it tells another story."""
        path.write_bytes(lines_of(MemoryLedger(sealed_chain(5))))
        with pytest.raises(StoreError, match="backup"):
            opened().catch_up(MemoryLedger(sealed_chain(3)))

    def test_two_processes_take_turns(self, path: Path, opened: Opened) -> None:
        """Whoever writes appends what the other committed first, and nothing twice."""
        ledger = MemoryLedger()
        one, other = opened(), opened()
        one.catch_up(ledger)
        other.catch_up(ledger)
        early = ledger.append(record(who="one"))
        late = ledger.append(record(who="other"))
        other.publish(ledger, late)
        one.publish(ledger, early)
        publish(one, ledger)
        publish(other, ledger)
        assert path.read_bytes() == lines_of(ledger)


class TestRotation:
    def test_a_moved_file_goes_on_in_a_new_one(self, path: Path, opened: Opened) -> None:
        """After logrotate renames the file, the next record begins a new one: no gap, no repeats."""
        ledger = MemoryLedger()
        stream = opened()
        publish(stream, ledger, 3)
        path.rename(path.with_suffix(".1"))
        publish(stream, ledger, 2)
        assert path.read_bytes() == lines_of(ledger, after=3)

    def test_a_file_emptied_in_place_goes_on(self, path: Path, opened: Opened) -> None:
        """What logrotate calls copytruncate loses and repeats nothing either."""
        ledger = MemoryLedger()
        stream = opened()
        publish(stream, ledger, 3)
        os.truncate(path, 0)
        publish(stream, ledger, 2)
        assert path.read_bytes() == lines_of(ledger, after=3)

    def test_a_restart_after_a_rotation_goes_by_the_database(self, path: Path, opened: Opened) -> None:
        """A new process knows from the database's note how far the old file went."""
        ledger = MemoryLedger(sealed_chain(3))
        ledger.noted[str(path)] = 3
        stream = opened()
        stream.catch_up(ledger)
        publish(stream, ledger)
        assert path.read_bytes() == lines_of(ledger, after=3)
        assert stream.position == (str(path), 4)

    def test_a_database_that_ends_before_the_rotated_file_stops_everything(
        self, path: Path, opened: Opened
    ) -> None:
        """Its next records would have numbers that the old file has, and would never be written out."""
        ledger = MemoryLedger(sealed_chain(3))
        ledger.noted[str(path)] = 5
        with pytest.raises(StoreError, match="up to record 5"):
            opened().catch_up(ledger)
        assert path.read_bytes() == b""


class TestFailure:
    def test_a_full_disk_is_an_error_until_it_is_mended(self, path: Path, opened: Opened) -> None:
        """What could not be written is an error now and at the next attempt, and follows when there is room."""
        ledger = MemoryLedger()
        stream = opened()
        publish(stream, ledger)
        kept = path.rename(path.with_suffix(".kept"))
        path.symlink_to("/dev/full")
        with pytest.raises(StoreError, match="free some space"):
            publish(stream, ledger)
        with pytest.raises(StoreError, match="free some space"):
            stream.catch_up(ledger)
        path.unlink()
        kept.rename(path)
        stream.catch_up(ledger)
        assert path.read_bytes() == lines_of(ledger)

    def test_a_stream_that_is_level_is_left_alone(self, path: Path, opened: Opened) -> None:
        """Nothing to send: the file is not even looked at."""
        ledger = MemoryLedger()
        stream = opened()
        publish(stream, ledger)
        path.unlink()
        stream.catch_up(ledger)
        assert not path.exists()

    @pytest.mark.parametrize(
        ("name", "remedy"), [("nowhere/audit.jsonl", "create its folder"), (".", "name a file, not a folder")]
    )
    def test_an_unusable_path_says_what_to_do(self, tmp_path: Path, name: str, remedy: str) -> None:
        """The remedy stands in the sentence."""
        with pytest.raises(StoreError, match=remedy):
            AuditFile(tmp_path / name).extend(MemoryLedger(sealed_chain(1)))


class TestOutput:
    def test_has_the_same_lines(self) -> None:
        """Standard output gets each record's line, and nothing else."""
        ledger = MemoryLedger()
        output = io.BytesIO()
        stream = AuditStream(output=output)
        publish(stream, ledger, 2)
        publish(stream, ledger, 1)
        assert output.getvalue() == lines_of(ledger)

    def test_has_what_the_file_could_not_take_yet(self, path: Path) -> None:
        """Once the file is mended; in order, and once."""
        ledger, output = MemoryLedger(), io.BytesIO()
        path.symlink_to("/dev/full")
        with closing(AuditStream(path, output)) as stream:
            with pytest.raises(StoreError, match="free some space"):
                publish(stream, ledger, 2)
            path.unlink()
            publish(stream, ledger)
        assert output.getvalue() == path.read_bytes() == lines_of(ledger)

    def test_a_closed_pipe_is_an_error(self) -> None:
        """Evidence that nobody can take stops the run, and says which end broke."""
        output = io.BytesIO()
        output.close()
        with pytest.raises(StoreError, match="standard output"):
            publish(AuditStream(output=output), MemoryLedger())

    def test_without_file_and_output_nothing_goes_out(self) -> None:
        """A stream may lead nowhere: the database is the evidence."""
        stream = AuditStream()
        publish(stream, MemoryLedger())
        assert stream.position is None
