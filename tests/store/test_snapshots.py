"""Reads of directories kept for the next run, and packed small."""

import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from bridge.core.model import (
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Email,
    Person,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.core.snapshot import Footing, Snapshot
from bridge.store.schema import snapshots
from bridge.store.snapshot_packing import Packed, pack, unpack
from bridge.store.store import DatabaseStore
from tests.store.stores import NOON, opened

CORP = DirectoryName("corp")
TEXTS = st.text(max_size=12)
IDS = st.integers(0, 40).map(lambda number: PersonId(f"corp:{number}"))


@st.composite
def reads(draw: st.DrawFn) -> Packed:
    """Any read without doubt, and what it rests on."""
    ids = draw(st.frozensets(IDS, max_size=12))
    people = {
        one: Person(one, tuple(map(Email, draw(st.lists(TEXTS, max_size=2)))), draw(TEXTS), draw(TEXTS))
        for one in sorted(ids)
    }
    everybody = st.frozensets(st.sampled_from(sorted(ids)), max_size=12) if ids else st.just(frozenset[PersonId]())
    groups = [
        DirectoryGroup(f"corp:g{number}", draw(TEXTS), draw(TEXTS), draw(everybody), draw(st.integers(0, 3)), 1)
        for number in range(draw(st.integers(0, 4)))
    ]
    chosen = st.lists(st.sampled_from(groups), unique_by=lambda g: g.id) if groups else st.just([])
    selectors = draw(
        st.lists(st.builds(Selector, st.just(CORP), st.sampled_from(SelectorKind), TEXTS), max_size=4)
    )
    selections = {selector: Selection(tuple(draw(chosen))) for selector in selectors}
    footing = Footing(ids | draw(st.frozensets(IDS)), draw(st.frozensets(TEXTS)), draw(st.booleans()))
    return Packed(DirectoryRead(CORP, draw(TEXTS), people, selections), footing)


READ = DirectoryRead(
    CORP,
    "ldap://corp",
    {PersonId("corp:1"): Person(PersonId("corp:1"), (Email("a@x"),), "Ann", "cn=ann")},
    {
        Selector(CORP, SelectorKind.NAME, "staff"): Selection(
            (DirectoryGroup("corp:g", "staff", "cn=staff", frozenset({PersonId("corp:1")}), disabled=1, others=2),)
        )
    },
)
FOOTING = Footing(frozenset({"corp:1", "corp:g"}), frozenset({"corp:2", "corp:h"}))
SNAPSHOT = Snapshot(READ, FOOTING, "mark", "digest", NOON)


class TestPacking:
    @given(reads())
    def test_what_is_packed_comes_back(self, packed: Packed) -> None:
        """Any text in it, people in the same order; the same read has the same bytes."""
        data = pack(*packed)
        found = unpack(data)
        assert found == packed
        assert list(found.read.people) == list(packed.read.people)
        turned = dict(reversed(list(packed.read.selections.items())))
        assert pack(replace(packed.read, selections=turned), packed.footing) == data

    @given(st.binary(max_size=60))
    def test_other_bytes_are_no_read(self, data: bytes) -> None:
        """Neither compressed nor plain; never an error."""
        assert unpack(data) is None
        assert unpack(zlib.compress(data)) is None

    @given(st.integers(0, 8 * len(pack(READ, FOOTING)) - 1))
    def test_damage_is_found(self, bit: int) -> None:
        """Whichever bit is the wrong one."""
        packed = bytearray(pack(READ, FOOTING))
        packed[bit // 8] ^= 1 << bit % 8
        assert unpack(bytes(packed)) in (None, Packed(READ, FOOTING))

    def test_what_was_cut_is_no_read(self) -> None:
        """Members that are missing are not nobody."""
        plain = zlib.decompress(pack(READ, FOOTING))
        assert unpack(zlib.compress(plain[:-4])) is None
        assert unpack(zlib.compress(plain[:-1])) is None

    def test_another_format_is_no_read(self) -> None:
        """Of a later version, or an earlier one."""
        plain = zlib.decompress(pack(READ, FOOTING)).replace(b'"format":1', b'"format":2')
        assert unpack(zlib.compress(plain)) is None

    def test_a_member_whom_nobody_describes_is_refused(self) -> None:
        """Half a read is not kept."""
        with pytest.raises(LookupError):
            pack(replace(READ, people={}), FOOTING)


def spoil(store: DatabaseStore, **values: object) -> None:
    """Change the row by hand."""
    with store._scopes.writing() as scope:
        scope.connection.execute(update(snapshots).values(**values))


class TestKeeping:
    def test_a_snapshot_is_there_for_the_next_run(self, tmp_path: Path) -> None:
        """For this directory, by this digest, in this organization."""
        with opened(tmp_path) as store:
            store.record_snapshot(SNAPSHOT)
        with opened(tmp_path) as store:
            assert store.load_snapshot(CORP, "digest") == SNAPSHOT
            assert store.load_snapshot(CORP, "another") is None
            assert store.load_snapshot(DirectoryName("other"), "digest") is None
        with opened(tmp_path, "globex") as store:
            assert store.load_snapshot(CORP, "digest") is None

    def test_there_is_one_for_each_directory(self, tmp_path: Path) -> None:
        """The last."""
        later = replace(SNAPSHOT, digest="later", mark="later")
        other = replace(SNAPSHOT, read=replace(READ, directory=DirectoryName("other"), people={}, selections={}))
        with opened(tmp_path) as store:
            for snapshot in (SNAPSHOT, other, later):
                store.record_snapshot(snapshot)
            assert store.load_snapshot(CORP, "digest") is None
            assert store.load_snapshot(CORP, "later") == later
            assert store.load_snapshot(DirectoryName("other"), "digest") is not None

    def test_what_nobody_recalls_is_forgotten(self, tmp_path: Path) -> None:
        """A directory that is read in full from now on leaves nobody's name behind; other organizations' stay."""
        with opened(tmp_path, "globex") as other, opened(tmp_path) as store:
            for each in (other, store):
                each.record_snapshot(SNAPSHOT)
            store.record_recalled([CORP])
            assert store.load_snapshot(CORP, "digest") == SNAPSHOT
            store.record_recalled([])
            assert store.load_snapshot(CORP, "digest") is None
            assert other.load_snapshot(CORP, "digest") == SNAPSHOT

    def test_the_mark_moves(self, tmp_path: Path) -> None:
        """And nothing else."""
        with opened(tmp_path) as store:
            store.record_snapshot(SNAPSHOT)
            store.record_mark(SNAPSHOT, "further")
            assert store.load_snapshot(CORP, "digest") == replace(SNAPSHOT, mark="further")

    @pytest.mark.parametrize("change", [{"mark": "x"}, {"digest": "x"}, {"taken": NOON.replace(hour=13)}])
    def test_the_mark_of_another_snapshot_stays(self, tmp_path: Path, change: dict[str, object]) -> None:
        """A snapshot that was replaced meanwhile keeps the mark that it was taken with."""
        replaced = replace(SNAPSHOT, **change)  # type: ignore[arg-type]  # a field and its value
        with opened(tmp_path) as store:
            store.record_snapshot(replaced)
            store.record_mark(SNAPSHOT, "further")
            assert store.load_snapshot(CORP, replaced.digest) == replaced

    @pytest.mark.parametrize("values", [{"read": b""}, {"read": b"odd"}, {"taken": "yesterday"}])
    def test_what_cannot_be_used_is_not_there(self, tmp_path: Path, values: dict[str, object]) -> None:
        """Never an error."""
        with opened(tmp_path) as store:
            store.record_snapshot(SNAPSHOT)
            spoil(store, **values)
            assert store.load_snapshot(CORP, "digest") is None

    def test_the_read_of_another_directory_is_not_taken(self, tmp_path: Path) -> None:
        """Whatever row it stands in."""
        other = pack(replace(READ, directory=DirectoryName("other"), people={}, selections={}), Footing())
        with opened(tmp_path) as store:
            store.record_snapshot(SNAPSHOT)
            spoil(store, read=other)
            assert store.load_snapshot(CORP, "digest") is None
