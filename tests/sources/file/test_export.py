from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.model import DirectoryRead
from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sources.file.settings import ExportFile, FileSettings, LdifExport
from bridge.sources.file.source import FileSource
from tests.sources.contract import CORP, WORLD, by_name
from tests.sources.file.exports import (
    LEAVERS,
    MAX_AGE,
    NAMED_BY_O,
    NOW,
    WRITTEN,
    csv_source,
    ldif_source,
    stamp,
    table,
    world_csv,
    world_ldif,
    written,
)

WORLD_LDIF = world_ldif(WORLD)
COUNT = WORLD_LDIF.count("dn: ")
MARK = "# numEntries: (?P<rows>[0-9]+)"
MARKED = f"{WORLD_LDIF}# numEntries: {COUNT}\n"


def corp(path: Path, end_mark: str = "") -> FileSource:
    """The world's directory in this file."""
    return ldif_source(path, end_mark, NAMED_BY_O, LEAVERS)


def read(folder: Path, content: str | bytes, end_mark: str = "") -> DirectoryRead:
    """What is read of a group when the world's directory is this file."""
    return corp(written(folder / "corp.ldif", content), end_mark).read((by_name("Nested Outer"),))


def refusal(folder: Path, content: str | bytes, end_mark: str = "") -> str:
    """Why a file is not read."""
    with pytest.raises(IncompleteRead) as caught:
        read(folder, content, end_mark)
    return caught.value.what.removeprefix(f"{folder}/corp.ldif: ")


def test_a_read_names_its_file(tmp_path: Path) -> None:
    """With the time of the export, its SHA-256 and the number of entries: evidence of what was read."""
    found = read(tmp_path, MARKED, MARK)
    (search,) = found.searches
    assert found.server == search.what == str(tmp_path / "corp.ldif")
    assert (search.entries, search.pages) == (COUNT, 1)
    assert search.result.startswith("whole, written 2026-03-01T02:30:00Z, sha256 ")
    assert len(search.result.rpartition(" ")[2]) == 64


def test_a_marked_file_that_is_cut_anywhere_is_not_read(tmp_path: Path) -> None:
    """Half a copy looks like a smaller company. Within its count, the mark tells too few, or nothing at all."""
    for cut in (*range(0, len(WORLD_LDIF), 37), *range(len(WORLD_LDIF), len(MARKED) - 1)):
        assert "end mark" in refusal(tmp_path, MARKED[:cut], MARK)


def test_the_end_of_a_mark_may_be_the_end_of_the_file(tmp_path: Path) -> None:
    """With a line end behind it, or without."""
    assert read(tmp_path, MARKED, MARK).selections == read(tmp_path, MARKED.rstrip("\n"), MARK).selections


def test_a_mark_may_have_several_lines(tmp_path: Path) -> None:
    """As ldapsearch counts references behind the entries; with line ends of any kind."""
    content = f"{MARKED}# numReferences: 3\n"
    mark = MARK + r"\n# numReferences: \d+"
    assert read(tmp_path, content, mark).selections == read(tmp_path, WORLD_LDIF).selections
    assert read(tmp_path, content.replace("\n", "\r\n"), mark).selections == read(tmp_path, WORLD_LDIF).selections
    assert "end mark" in refusal(tmp_path, content, MARK)


@pytest.mark.parametrize("count", [COUNT - 1, COUNT + 1, 0])
def test_a_wrong_count_is_an_error(tmp_path: Path, count: int) -> None:
    """More or fewer entries than the mark says: something was lost on the way, or came in."""
    assert f"{COUNT} entries stand there, and by its end mark {count} should" in refusal(
        tmp_path, f"{WORLD_LDIF}# numEntries: {count}\n", MARK
    )


def test_a_mark_needs_no_count(tmp_path: Path) -> None:
    """Then it tells the end alone. A count that is no number is an error."""
    assert read(tmp_path, f"{WORLD_LDIF}# end\n", "# end").people
    assert "tells no number of rows, but 'many'" in refusal(
        tmp_path, f"{WORLD_LDIF}# end many\n", "# end (?P<rows>.*)"
    )


def test_a_last_line_without_end_may_be_cut(tmp_path: Path) -> None:
    """ann@example.test is an address too when ann@example.testing was meant."""
    assert refusal(tmp_path, WORLD_LDIF.rstrip("\n")).startswith("its last line has no end, and may be cut; ")


@pytest.mark.parametrize("content", ["", "\n", "\n \n\r\n", "\ufeff\n"])
def test_an_empty_file_is_an_error(tmp_path: Path, content: str) -> None:
    """It is no company without people."""
    assert refusal(tmp_path, content).startswith("it is empty; ")


def test_a_file_of_other_things_is_an_error(tmp_path: Path) -> None:
    """Nobody in it, or no group: the wrong file or the wrong preset."""
    only_people = WORLD_LDIF.replace("groupOfNames", "applicationProcess")
    assert "no group is in there; see that it is the right file" in refusal(tmp_path, only_people)
    assert "nobody is in there; " in refusal(tmp_path, WORLD_LDIF.replace("inetOrgPerson", "account"))


def test_what_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    """The line is named. UTF-16 is not UTF-8 either."""
    latin = (WORLD_LDIF + "\ndn: cn=café,dc=x\ncn: x\n").encode("latin-1")
    assert (
        refusal(tmp_path, latin) == f"line {WORLD_LDIF.count(chr(10)) + 2} is not UTF-8; write the export in UTF-8"
    )
    assert "line 1 is not UTF-8" in refusal(tmp_path, WORLD_LDIF.encode("utf-16"))


def test_a_byte_order_mark_means_nothing(tmp_path: Path) -> None:
    """Windows puts one in front."""
    assert read(tmp_path, b"\xef\xbb\xbf" + WORLD_LDIF.encode()).people == read(tmp_path, WORLD_LDIF).people


@pytest.mark.parametrize(
    ("age", "why"),
    [
        (MAX_AGE + timedelta(minutes=1), "it was written 36 h 01 min ago, and may be 36 h 00 min old; see that"),
        (timedelta(minutes=-6), "it was written 0 h 06 min from now, so that nobody can tell how old it is; set"),
    ],
)
def test_an_old_file_is_not_read(tmp_path: Path, age: timedelta, why: str) -> None:
    """Last month's export would bring last month's people back; one from the future would never grow old."""
    path = written(tmp_path / "corp.ldif", WORLD_LDIF, NOW - age)
    with pytest.raises(IncompleteRead) as caught:
        corp(path).read(())
    assert caught.value.what.startswith(f"{path}: {why}")


@pytest.mark.parametrize("age", [MAX_AGE, timedelta(), timedelta(minutes=-5)])
def test_a_file_may_be_as_old_as_is_said(tmp_path: Path, age: timedelta) -> None:
    """And clocks may differ by a little."""
    assert corp(written(tmp_path / "corp.ldif", WORLD_LDIF, NOW - age)).read(()).searches


def test_every_file_of_an_export_has_its_age(tmp_path: Path) -> None:
    """New people and old memberships are no export."""
    people, groups, memberships = (
        written(tmp_path / f"{number}.csv", text) for number, text in enumerate(world_csv(WORLD))
    )
    source = csv_source(people, memberships, groups)
    assert len(source.read(()).searches) == 3
    stamp(memberships, NOW - MAX_AGE * 2)
    with pytest.raises(IncompleteRead, match=r"2\.csv: it was written 72 h 00 min ago"):
        source.read(())


def rewrite(path: Path) -> None:
    """Write a smaller company."""
    written(path, world_ldif(replace(WORLD, people=WORLD.people[:2])))


def touch(path: Path) -> None:
    """Write the same again, some seconds later."""
    written(path, WORLD_LDIF, WRITTEN + timedelta(seconds=3))


def swap(path: Path) -> None:
    """Put another file of the same size and time in its place."""
    written(path.with_suffix(".new"), WORLD_LDIF.replace("Ann@", "Amn@")).rename(path)


def grow(path: Path) -> None:
    """Write more, and give the file its old time."""
    written(path, WORLD_LDIF + "\n")


def remove(path: Path) -> None:
    """Take the file away."""
    path.unlink()


@pytest.mark.parametrize("change", [rewrite, touch, swap, grow, remove])
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_a_file_that_changes_meanwhile_is_not_read(
    tmp_path: Path, change: Callable[[Path], None], *, first: bool
) -> None:
    """Whatever is done to it between the first look and the last: what was read may be half of each."""
    path = written(tmp_path / "corp.ldif", WORLD_LDIF)

    def fetch(path: Path) -> bytes:
        if first:
            change(path)
        content = path.read_bytes()
        if not first:
            change(path)
        return content

    export = LdifExport(ExportFile(path), NAMED_BY_O, LEAVERS)
    with pytest.raises(RemoteError):
        FileSource(FileSettings(CORP, export, MAX_AGE), lambda: NOW, fetch).read((by_name("Plain"),))


def test_a_file_that_is_not_there_comes_perhaps(tmp_path: Path) -> None:
    """The next run tries again."""
    with pytest.raises(Unavailable, match=r"none\.ldif is not there; see that the export is written"):
        corp(tmp_path / "none.ldif").read(())


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder, or a way through a file: a person has to act."""
    with pytest.raises(Denied, match="is no file; name the file itself"):
        corp(tmp_path).read(())
    path = written(tmp_path / "corp.ldif", WORLD_LDIF)
    with pytest.raises(Denied, match="cannot be read: Not a directory"):
        corp(path / "x.ldif").read(())


def test_a_cut_table_is_not_read(tmp_path: Path) -> None:
    """At any place: by its mark, and by its count."""
    mark = "# (?P<rows>[0-9]+) rows"
    people = table("id,mail,name,status", ["a,a@x,A,active", "b,b@x,B,active", "# 2 rows"])
    rows = table("group,member,kind", ["g,a,", "g,b,", "# 2 rows"])
    path, memberships = tmp_path / "people.csv", written(tmp_path / "memberships.csv", rows)
    for cut in range(len(people) - 1):
        with pytest.raises(IncompleteRead, match=r"people\.csv: "):
            csv_source(written(path, people[:cut]), memberships, end_mark=mark).read((by_name("g"),))
    assert len(csv_source(written(path, people), memberships, end_mark=mark).read((by_name("g"),)).people) == 2
