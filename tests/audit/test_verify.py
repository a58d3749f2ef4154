import gzip
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audit.chain import Tip, seal, seal_all
from bridge.audit.ledger import Entry
from bridge.audit.verify import Fault, Finding, verify_both, verify_database, verify_files, verify_part
from bridge.errors import StoreError
from tests.audit.chains import ACME, MemoryLedger, lines_of, record, sealed_chain

COUNT = 8
CHAIN = sealed_chain(COUNT)
LINES = tuple(one.line.encode() + b"\n" for one in CHAIN)

positions = st.integers(min_value=0, max_value=COUNT - 1)


def verified_file(lines: tuple[bytes, ...], ends: Tip | None = None) -> Finding | None:
    """Verify these lines as a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "audit.jsonl"
        path.write_bytes(b"".join(lines))
        return verify_files([path], ACME, ends=ends).finding


def verified_rows(lines: tuple[bytes, ...]) -> Finding | None:
    """Verify these lines as the database's, numbered as they come."""
    ledger = MemoryLedger(CHAIN)
    ledger.rows = [Entry(n, line.decode().removesuffix("\n")) for n, line in enumerate(lines, 1)]
    return verify_database(ledger).finding


def verified_against_database(lines: tuple[bytes, ...]) -> Finding | None:
    """Verify these lines as a file beside the sound database."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "audit.jsonl"
        path.write_bytes(b"".join(lines))
        return verify_both(MemoryLedger(CHAIN), [path]).finding


verifications = pytest.mark.parametrize("verified", [verified_rows, verified_against_database])
Verified = Callable[[tuple[bytes, ...]], Finding | None]


def test_a_sound_chain_is_sound_everywhere() -> None:
    """Nothing is found where nothing is wrong, and the tip is the last record's."""
    assert verified_file(LINES) is None
    assert verified_rows(LINES) is None
    assert verified_against_database(LINES) is None
    assert verify_database(MemoryLedger(CHAIN)).tip == Tip(COUNT, CHAIN[-1].hash)


def test_an_empty_chain_is_sound() -> None:
    """Nothing recorded yet is no fault."""
    assert verify_database(MemoryLedger()).sound
    assert verified_file(()) is None


class TestAnySingleFault:
    """Hypothesis: whatever one thing is done to one record, it is found, and the first wrong record is named."""

    @verifications
    @given(where=positions, at=st.integers(min_value=0), put=st.sampled_from(b' "0a{}:,Z'))
    def test_edited(self, verified: Verified, where: int, at: int, put: int) -> None:
        """A byte changed in a record is found there."""
        line = bytearray(LINES[where])
        spot = at % (len(line) - 1)
        line[spot] = put if line[spot] != put else put ^ 1
        found = verified((*LINES[:where], bytes(line), *LINES[where + 1 :]))
        assert found is not None
        assert (found.seq, found.fault) == (where + 1, Fault.CHANGED)

    @verifications
    @given(where=positions)
    def test_sealed_anew(self, verified: Verified, where: int) -> None:
        """A record rewritten with the right hash breaks the chain at the next one, or at the end that is noted."""
        before = Tip(where, CHAIN[where - 1].hash) if where else Tip(0, "0" * 64)
        forged = seal(record("member.removed"), ACME, before).line.encode() + b"\n"
        found = verified((*LINES[:where], forged, *LINES[where + 1 :]))
        assert found is not None
        assert found.seq in {where + 1, where + 2}
        assert found.fault in {Fault.CHANGED, Fault.DIFFERS}

    @verifications
    @given(where=positions)
    def test_deleted(self, verified: Verified, where: int) -> None:
        """A record taken out is missing, by its number; the last one as well."""
        found = verified((*LINES[:where], *LINES[where + 1 :]))
        assert found is not None
        assert found.seq == where + 1
        assert found.fault in {Fault.MISSING, Fault.NOT_IN_FILE, Fault.NOT_IN_DATABASE}

    @verifications
    @given(where=positions, other=positions)
    def test_swapped(self, verified: Verified, where: int, other: int) -> None:
        """Two records that changed places are found at the earlier place."""
        low, high = sorted((where, other))
        lines = list(LINES)
        lines[low], lines[high] = lines[high], lines[low]
        found = verified(tuple(lines))
        assert (found and (found.seq, found.fault)) == (None if low == high else (low + 1, Fault.REORDERED))

    @verifications
    @given(where=positions, to=positions)
    def test_repeated(self, verified: Verified, where: int, to: int) -> None:
        """A record that stands there twice is found where it should not be."""
        low, high = sorted((where, to))
        found = verified((*LINES[: high + 1], LINES[low], *LINES[high + 1 :]))
        assert found is not None
        assert (found.seq, found.fault) == (high + 2, Fault.REPEATED)


class TestFileAlone:
    @pytest.mark.parametrize("cut", [1, 40, len(LINES[-1]) - 1])
    def test_a_torn_last_line_is_named(self, cut: int) -> None:
        """A last line without its end is torn."""
        found = verified_file((*LINES[:-1], LINES[-1][:-cut]))
        assert found is not None
        assert (found.seq, found.fault) == (COUNT, Fault.TORN)

    def test_a_cut_tail_needs_a_tip_kept_elsewhere(self) -> None:
        """The file alone cannot show that its end is gone; with a tip from elsewhere it is found."""
        assert verified_file(LINES[:-2]) is None
        found = verified_file(LINES[:-2], ends=Tip(COUNT, CHAIN[-1].hash))
        assert found is not None
        assert (found.seq, found.fault) == (COUNT - 1, Fault.NOT_IN_FILE)

    def test_a_rewritten_chain_fails_against_a_tip_kept_elsewhere(self) -> None:
        """Whoever can rewrite everything cannot rewrite a tip that somebody else has."""
        found = verified_file(LINES, ends=Tip(3, "f" * 64))
        assert found is not None
        assert (found.seq, found.fault) == (3, Fault.CHANGED)

    def test_rotated_files_are_one_chain(self, tmp_path: Path) -> None:
        """Given oldest first, compressed or not, they are verified as one."""
        old, middle, new = tmp_path / "audit.2.gz", tmp_path / "audit.1", tmp_path / "audit"
        old.write_bytes(gzip.compress(b"".join(LINES[:3])))
        middle.write_bytes(b"".join(LINES[3:5]))
        new.write_bytes(b"".join(LINES[5:]))
        assert verify_both(MemoryLedger(CHAIN), [old, middle, new]).sound
        found = verify_files([old, new], ACME).finding
        assert found is not None
        assert (found.seq, found.fault) == (4, Fault.MISSING)

    @pytest.mark.parametrize("repeated", [1, 2, 4])
    @pytest.mark.parametrize("compressed", [False, True])
    def test_a_new_file_may_begin_with_the_end_of_the_one_before(
        self, tmp_path: Path, repeated: int, *, compressed: bool
    ) -> None:
        """After a rotation and a crash it goes on from what the database had noted, which is a write behind."""
        old, empty, new = tmp_path / ("old.gz" if compressed else "old"), tmp_path / "empty", tmp_path / "new"
        before = b"".join(LINES[:4])
        old.write_bytes(gzip.compress(before) if compressed else before)
        empty.write_bytes(b"")
        new.write_bytes(b"".join(LINES[4 - repeated :]))
        files = [old, empty, new]
        assert verify_both(MemoryLedger(CHAIN), files).sound
        assert verify_files(files, ACME, ends=Tip(CHAIN[-1].seq, CHAIN[-1].hash)).sound

    def test_a_new_file_may_end_while_it_repeats_the_one_before(self, tmp_path: Path) -> None:
        """It was cut off, and the next one begins there again."""
        files = [tmp_path / "1", tmp_path / "2", tmp_path / "3"]
        for file, lines in zip(files, (LINES[:4], LINES[2:3], LINES[2:]), strict=True):
            file.write_bytes(b"".join(lines))
        assert verify_both(MemoryLedger(CHAIN), files).sound

    def test_nothing_else_is_repeated_at_the_border_of_files(self, tmp_path: Path) -> None:
        """A record that was written anew, one of an older file, and one that stands further down."""
        old, middle, new = tmp_path / "1", tmp_path / "2", tmp_path / "3"
        old.write_bytes(b"".join(LINES[:2]))
        middle.write_bytes(b"".join(LINES[2:4]))
        (anew,) = seal_all([record(account="another")], ACME, Tip(3, CHAIN[2].hash))
        assert anew.seq == 4
        for lines in ([anew.line.encode() + b"\n", *LINES[4:]], LINES[1:], [LINES[4], LINES[3], *LINES[5:]]):
            new.write_bytes(b"".join(lines))
            found = verify_files([old, middle, new], ACME).finding
            assert found is not None
            assert found.fault is Fault.REPEATED

    def test_files_may_begin_later_when_that_is_said(self, tmp_path: Path) -> None:
        """Where older files are gone, the chain is verified from the record they are said to begin with."""
        path = tmp_path / "audit.jsonl"
        path.write_bytes(b"".join(LINES[4:]))
        assert verify_files([path], ACME, first=5).sound
        assert verify_both(MemoryLedger(CHAIN), [path], first=5).sound
        found = verify_files([path], ACME).finding
        assert found is not None
        assert (found.seq, found.fault) == (1, Fault.MISSING)

    def test_another_organizations_file_is_no_evidence(self, tmp_path: Path) -> None:
        """A chain is one organization's."""
        path = tmp_path / "audit.jsonl"
        path.write_bytes(b"".join(LINES))
        found = verify_files([path], "other").finding
        assert found is not None
        assert "acme" in found.text

    def test_an_unreadable_file_is_an_error(self, tmp_path: Path) -> None:
        """No file is not an empty file."""
        with pytest.raises(StoreError, match="cannot be read"):
            verify_files([tmp_path / "audit.jsonl"], ACME)

    @pytest.mark.parametrize("line", [b"\xff\xfe\n", b"[]\n", b'{"seq":1}\n', b"\n", b"[" * 100_000 + b"\n"])
    def test_no_line_makes_it_stumble(self, line: bytes) -> None:
        """Whatever stands in a file, it is a finding and not a crash."""
        found = verified_file((line, *LINES))
        assert found is not None
        assert (found.seq, found.fault) == (1, Fault.CHANGED)


class TestDatabaseAlone:
    def test_a_record_behind_the_end_is_named(self) -> None:
        """A record put behind the noted end is found, however well it is sealed."""
        ledger = MemoryLedger(CHAIN[:5])
        ledger.rows = [Entry(one.seq, one.line) for one in CHAIN]
        found = verify_database(ledger).finding
        assert found is not None
        assert (found.seq, found.fault) == (6, Fault.CHANGED)

    def test_a_renumbered_row_is_named(self) -> None:
        """A record under another number than its own is found, even when the order is right."""
        ledger = MemoryLedger(CHAIN)
        ledger.rows[4:] = [Entry(row.seq + 1, row.line) for row in ledger.rows[4:]]
        found = verify_database(ledger).finding
        assert found is not None
        assert (found.seq, found.fault) == (5, Fault.CHANGED)


class TestBoth:
    def test_the_first_wrong_record_of_both_is_named(self, tmp_path: Path) -> None:
        """Wherever it is."""
        path = tmp_path / "audit.jsonl"
        path.write_bytes(b"".join((*LINES[:5], LINES[5].replace(b"user5", b"userX"), *LINES[6:])))
        ledger = MemoryLedger(CHAIN)
        ledger.rows[2] = Entry(3, ledger.rows[2].line.replace("user2", "userX"))
        found = verify_both(ledger, [path]).finding
        assert found is not None
        assert (found.seq, found.place) == (3, "database")

    def test_a_file_with_a_longer_tail_is_named(self, tmp_path: Path) -> None:
        """A database that was set back is found by the file."""
        path = tmp_path / "audit.jsonl"
        path.write_bytes(b"".join(LINES))
        found = verify_both(MemoryLedger(CHAIN[:5]), [path]).finding
        assert found is not None
        assert (found.seq, found.fault) == (6, Fault.NOT_IN_DATABASE)

    def test_two_sound_chains_that_differ_are_named(self, tmp_path: Path) -> None:
        """Both may be sound in themselves; they have to be the same."""
        other = MemoryLedger()
        other.append(*(record(n=n) for n in range(COUNT)))
        path = tmp_path / "audit.jsonl"
        path.write_bytes(lines_of(other))
        found = verify_both(MemoryLedger(CHAIN), [path]).finding
        assert found is not None
        assert (found.seq, found.fault) == (1, Fault.DIFFERS)


def test_a_finding_reads_like_a_sentence() -> None:
    """It names the record, the fault and the place."""
    found = verified_rows((*LINES[:2], *LINES[3:]))
    assert str(found) == "record 3 is missing (database): record 4 stands in its place"


def test_lines_are_json(tmp_path: Path) -> None:
    """Any log shipper can read them."""
    assert [json.loads(line)["seq"] for line in LINES] == list(range(1, COUNT + 1))


@given(where=positions, most=st.integers(min_value=1, max_value=COUNT + 2))
def test_a_part_is_verified_from_its_first_record_to_its_last(where: int, most: int) -> None:
    """A changed record is found if it is in the part, and only then; the part ends where it is told to."""
    ledger = MemoryLedger(CHAIN)
    row = ledger.rows[where]
    ledger.rows[where] = Entry(row.seq, row.line.replace("user", "abuser"))
    found = verify_part(ledger, ledger.end, most).finding
    assert (found.seq if found else None) == (where + 1 if where >= COUNT - most else None)


@given(end=positions)
def test_what_stands_behind_a_part_does_not_matter_to_it(end: int) -> None:
    """A run that goes on writes there meanwhile; the record that the part ends with has to be the right one."""
    ledger = MemoryLedger(CHAIN)
    ledger.rows = [*ledger.rows[: end + 1], *(Entry(row.seq, "torn") for row in ledger.rows[end + 1 :])]
    tip = Tip(end + 1, CHAIN[end].hash)
    assert verify_part(ledger, tip).tip == tip
    assert verify_part(ledger, tip).sound
    assert not verify_part(ledger, Tip(end + 1, "f" * 64)).sound
    del ledger.rows[end:]
    assert not verify_part(ledger, tip).sound
