from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.model import DirectoryRead, DoubtKind, Selection, Selector, SelectorKind
from bridge.errors import IncompleteRead
from bridge.sources.file.settings import CsvExport, ExportFile, GroupColumns, MembershipColumns
from tests.sources.contract import CORP, by_name
from tests.sources.file.exports import PEOPLE, csv_source, source, table, written

ANN, BOB = "p1,ann@x.test,Ann,active", "p2,bob@x.test,Bob,active"
HEADS = ("id,mail,name,status", "group,member,kind", "id,name")


def read(
    folder: Path, people: list[str], memberships: list[str], groups: list[str] | None = None, *, text: str = "g1"
) -> tuple[DirectoryRead, Selection]:
    """What a group with this name, by default g1, is by these rows."""
    files = [
        written(folder / f"{name}.csv", table(head, rows))
        for name, head, rows in zip(
            ("people", "memberships", "groups"), HEADS, (people, memberships, groups or ()), strict=True
        )
    ]
    selector = by_name(text)
    found = csv_source(files[0], files[1], files[2] if groups else None).read((selector,))
    return found, found.selections[selector]


def names(read: DirectoryRead) -> list[str]:
    """The names of everybody who was read."""
    return sorted(person.name for person in read.people.values())


def refusal(folder: Path, people: list[str], memberships: list[str], groups: list[str] | None = None) -> str:
    """Why the files are not read; the file is named."""
    with pytest.raises(IncompleteRead) as caught:
        read(folder, people, memberships, groups)
    return caught.value.what.removeprefix(f"{folder}/")


def test_groups_are_known_by_their_members(tmp_path: Path) -> None:
    """And go by their ids; a group may be in a group."""
    found, selection = read(tmp_path, [ANN, BOB], ["g1,p1,", "g1,g2,", "g2,p2,"])
    (group,) = selection.groups
    assert names(found) == ["Ann", "Bob"]
    assert (group.id, group.name, group.label, group.doubts) == ("corp:g1", "g1", "g1", ())
    assert found.people[min(group.members)].label == "p1"


def test_a_group_without_members_is_missing(tmp_path: Path) -> None:
    """By memberships alone nobody can tell an emptied group from a lost one."""
    _, selection = read(tmp_path, [ANN], ["g2,p1,"])
    assert selection.groups == ()
    assert [doubt.kind for doubt in selection.doubts] == [DoubtKind.MISSING]


def test_a_listed_group_may_be_empty(tmp_path: Path) -> None:
    """A table of groups says which there are."""
    _, selection = read(tmp_path, [ANN], ["g2,p1,"], ["g1,Auditors", "g2,Others"], text="Auditors")
    (group,) = selection.groups
    assert (group.id, group.members, group.doubts) == ("corp:g1", frozenset(), ())


def test_a_group_that_looks_like_a_dn_is_found_by_it(tmp_path: Path) -> None:
    """An export of a directory may have DNs for ids."""
    rows = table(HEADS[1], ['"cn=a,dc=x",p1,'])
    memberships = written(tmp_path / "memberships.csv", rows)
    selector = Selector(CORP, SelectorKind.DN, "CN=a, DC=x")
    found = csv_source(written(tmp_path / "people.csv", table(HEADS[0], [ANN])), memberships).read((selector,))
    assert names(found) == ["Ann"]


@pytest.mark.parametrize("group", ["team", "{team}"])
def test_braces_are_part_of_an_id(tmp_path: Path, group: str) -> None:
    """A group beside it, whose id has none, is another group."""
    memberships = written(tmp_path / "memberships.csv", table(HEADS[1], ["{team},p1,", "team,p2,"]))
    selector = Selector(CORP, SelectorKind.ID, group)
    source = csv_source(written(tmp_path / "people.csv", table(HEADS[0], [ANN, BOB])), memberships)
    (found,) = source.read((selector,)).selections[selector].groups
    assert found.id == f"corp:{group}"


def test_braces_around_a_guid_are_not(tmp_path: Path) -> None:
    """They are how tools write one."""
    guid = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    memberships = written(tmp_path / "memberships.csv", table(HEADS[1], [f"{guid},p1,"]))
    selector = Selector(CORP, SelectorKind.ID, f"{{{guid.upper()}}}")
    source = csv_source(written(tmp_path / "people.csv", table(HEADS[0], [ANN])), memberships)
    (found,) = source.read((selector,)).selections[selector].groups
    assert found.id == f"corp:{guid}"


@pytest.mark.parametrize("second", [BOB.replace("p2", "p1"), ANN, BOB.replace("p2", "P1")])
def test_two_rows_for_one_person_are_a_doubt(tmp_path: Path, second: str) -> None:
    """About the groups that the person is in: which of both is meant is for the export to say."""
    found, selection = read(tmp_path, [ANN, second, "p3,cid@x.test,Cid,active"], ["g1,p1,", "g1,p3,"])
    assert names(found) == ["Cid"]
    assert [doubt.kind for doubt in selection.groups[0].doubts] == [DoubtKind.UNRESOLVED]


@pytest.mark.parametrize("group", ["p1", "P1"])
def test_a_person_and_a_group_of_one_id_are_an_error(tmp_path: Path, group: str) -> None:
    """A member of that id may be either."""
    why = f"memberships.csv: {group} is the id of a group and of a person, so that a member may be either"
    assert refusal(tmp_path, [ANN, BOB], ["g1,p1,", f"{group},p2,"]).startswith(why)


def test_a_member_that_is_nowhere_is_a_doubt(tmp_path: Path) -> None:
    """Whatever its kind says, unless that is one of other things."""
    found, selection = read(tmp_path, [ANN], ["g1,p1,", "g1,p9,person", "g1,d1,device"])
    (group,) = selection.groups
    assert (names(found), group.others) == (["Ann"], 1)
    assert [doubt.text for doubt in group.doubts] == ["p9 was not found in the directory, a member of g1"]


@pytest.mark.parametrize(
    ("people", "memberships", "groups", "why"),
    [
        ([ANN.replace("active", "")], ["g1,p1,"], None, "people.csv: line 2 tells a status that means neither"),
        ([ANN.replace("active", "Retired")], ["g1,p1,"], None, "people.csv: line 2 tells a status that means"),
        ([",x@x.test,X,active"], ["g1,p1,"], None, "people.csv: line 2 has nothing in the column id"),
        ([f"{ANN},more"], ["g1,p1,"], None, "people.csv: line 2 has 5 values for 4 columns"),
        ([ANN, "p2,bob@x"], ["g1,p1,"], None, "people.csv: line 3 has 2 values for 4 columns"),
        ([ANN, ""], ["g1,p1,"], None, "people.csv: line 3 has 0 values for 4 columns"),
        (
            [ANN.replace("Ann", '"Ann')],
            ["g1,p1,"],
            None,
            "people.csv: line 2 is no row of a table: unexpected end",
        ),
        ([ANN.replace("Ann", '"A"n')], ["g1,p1,"], None, "people.csv: line 2 is no row of a table: "),
        ([ANN.replace("Ann", "A\0n")], ["g1,p1,"], None, "people.csv: line 2 has a byte that no text has"),
        ([], ["g1,p1,"], None, "people.csv: it has a heading and no row"),
        ([ANN], [], None, "memberships.csv: it has a heading and no row"),
        ([ANN], ["g1,,"], None, "memberships.csv: line 2 has nothing in the column member"),
        ([ANN], [",p1,"], None, "memberships.csv: line 2 has nothing in the column group"),
        ([ANN], ["g1,p1,device"], None, "memberships.csv: line 2 calls a person or a group device"),
        ([ANN], ["g1,g1,device"], None, "memberships.csv: line 2 calls a person or a group device"),
        ([ANN], ["g1,p1,"], ["g2,X"], "groups.csv: it does not list the group g1, which has members"),
        ([ANN], ["g1,p1,"], ["g1,X", "g1,Y"], "groups.csv: line 3 lists the group g1 again"),
        ([ANN], ["g1,p1,"], ["g1,"], "groups.csv: line 2 has nothing in the column name"),
    ],
)
def test_what_is_not_as_it_should_be_is_an_error(
    tmp_path: Path, people: list[str], memberships: list[str], groups: list[str] | None, why: str
) -> None:
    """The file and the line are named; no row is skipped."""
    assert refusal(tmp_path, people, memberships, groups).startswith(why)


@pytest.mark.parametrize(
    ("heading", "why"),
    [
        ("id,mail,name", "its heading has no column status; its columns are id, mail, name"),
        ("id,mail,name,status,mail", "its heading has the column mail twice"),
        ("Id,mail,name,status", "its heading has no column id"),
        (ANN, "its heading has no column id; its columns are p1, ann@x.test, Ann, active"),
    ],
)
def test_a_heading_names_every_column_once(tmp_path: Path, heading: str, why: str) -> None:
    """A column that is gone, or moved under another name, is no empty one."""
    people = written(tmp_path / "people.csv", table(heading, [ANN]))
    memberships = written(tmp_path / "memberships.csv", table(HEADS[1], ["g1,p1,"]))
    with pytest.raises(IncompleteRead) as caught:
        csv_source(people, memberships).read(())
    assert why in caught.value.what


def test_columns_may_stand_anywhere(tmp_path: Path) -> None:
    """In any order, among others, with spaces around; a quoted value may hold delimiters and line ends."""
    rows = table("name, x ,status,mail,id", ['"Ann, ""A.""\nSmith",,ACTIVE, Ann@X.test , p1 '])
    people = written(tmp_path / "people.csv", rows.replace("\n", "\r\n"))
    memberships = written(tmp_path / "memberships.csv", table(HEADS[1], ["g1,p1,"]))
    (person,) = csv_source(people, memberships).read((by_name("g1"),)).people.values()
    assert (person.id, person.addresses) == ("corp:p1", ("ann@x.test",))
    assert person.name == 'Ann, "A."\r\nSmith'


# ---- one file ------------------------------------------------------------------------------------------

ONE = MembershipColumns(ExportFile(Path()), group="team", group_name="title", member="who")


def read_one(folder: Path, *rows: str, delimiter: str = ";") -> tuple[DirectoryRead, Selection]:
    """What the group Auditors is by the rows of one file, which tell about people too."""
    path = written(folder / "all.csv", table(delimiter.join(("team", "title", "who", "mail", "status")), rows))
    people = replace(PEOPLE, id="who", name="")
    export = CsvExport(people, replace(ONE, file=ExportFile(path)), delimiter=delimiter)
    selector = by_name("Auditors")
    found = source(export).read((selector,))
    return found, found.selections[selector]


def test_people_and_memberships_may_stand_in_one_file(tmp_path: Path) -> None:
    """A person has the same in each row; a member that is a group needs nothing more."""
    found, selection = read_one(
        tmp_path, "1;Auditors;a;a@x;active", "2;Others;a;a@x;active", "2;Others;b;b@x;left", "1;Auditors;2;;"
    )
    (group,) = selection.groups
    assert [person.addresses for person in found.people.values()] == [("a@x",)]
    assert (group.disabled, group.doubts, group.name) == (1, (), "Auditors")
    assert next(iter(found.people.values())).name == "a"


def test_rows_that_differ_about_a_person_are_a_doubt(tmp_path: Path) -> None:
    """Whether enabled, and by which address: nobody can tell."""
    _, selection = read_one(tmp_path, "1;Auditors;a;a@x;active", "2;Others;a;a@x;left")
    assert "a has several rows, as in lines 2 and 3, a member of 1" in selection.groups[0].doubts[0].text


def test_rows_that_differ_about_a_group_are_an_error(tmp_path: Path) -> None:
    """One id, two names."""
    with pytest.raises(IncompleteRead, match="line 3 calls the group 1 Others, and not Auditors as before"):
        read_one(tmp_path, "1;Auditors;a;a@x;active", "1;Others;b;b@x;active")


def test_the_wrong_delimiter_is_an_error(tmp_path: Path) -> None:
    """It makes one column of all."""
    path = written(tmp_path / "all.csv", "team;title;who;mail;status\n1;A;a;a@x;active\n")
    wrong = source(CsvExport(replace(PEOPLE, name=""), replace(ONE, file=ExportFile(path))))
    with pytest.raises(IncompleteRead, match="its heading has no column"):
        wrong.read(())


def test_a_look_counts_tables(tmp_path: Path) -> None:
    """Each file, people, groups, and people who cannot be told from others."""
    people = written(tmp_path / "people.csv", table(HEADS[0], [ANN, BOB, BOB]))
    memberships = written(tmp_path / "memberships.csv", table(HEADS[1], ["g1,p1,"]))
    groups = written(tmp_path / "groups.csv", table(HEADS[2], ["g1,One"]))
    export = CsvExport(
        replace(PEOPLE, file=ExportFile(people)),
        MembershipColumns(ExportFile(memberships), "group", "member"),
        GroupColumns(ExportFile(groups), "id", "name"),
    )
    probe = source(export).probe()
    assert [finding.partition(": whole")[0] for finding in probe.findings] == [
        f"read {people}",
        f"read {groups}",
        f"read {memberships}",
        "1 people found, 0 of them disabled",
        "1 groups found",
    ]
    assert probe.warnings[0] == (
        "1 people cannot be told from others, such as p2, who has several rows, as in lines 3 and 4"
    )
