from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from bridge.config.directories import LdapDirectory
from bridge.config.file_directory import FileDirectory, LdifSection, file_settings
from bridge.config.policy import policy
from bridge.core.model import DirectoryName
from bridge.sources.file.kinds import KINDS, Kinds, Mark
from bridge.sources.file.settings import (
    CsvExport,
    ExportFile,
    FileSettings,
    GroupColumns,
    LdifExport,
    MembershipColumns,
    PeopleColumns,
)
from bridge.sources.ldap.presets import PRESETS
from tests.config.files import loaded, sound, told

LDIF = "type: file\nldif: {file: corp.ldif, preset: openldap}"
CSV = """
    type: file
    csv:
      people: {file: people.csv, id: number, addresses: [mail]}
      memberships: {file: memberships.csv, group: team, member: who}
"""


def settings(folder: Path, section: str) -> FileSettings:
    """The settings of the directory corp."""
    directory = loaded(folder, sound(corp=section)).directories["corp"]
    assert isinstance(directory, FileDirectory)
    return file_settings("corp", directory)


def test_a_file_and_a_preset_are_enough(tmp_path: Path) -> None:
    """Everything else is as the preset has it."""
    assert settings(tmp_path, LDIF) == FileSettings(
        name=DirectoryName("corp"),
        export=LdifExport(ExportFile(tmp_path / "corp.ldif"), PRESETS["openldap"], KINDS["openldap"]),
        max_age=timedelta(hours=36),
    )


def test_what_tells_people_and_groups_can_be_said(tmp_path: Path) -> None:
    """Classes, marks, attributes, the end of the file, its age."""
    section = """
        type: file
        max_age: 2h
        ldif:
          file: /x/corp.ldif
          preset: active-directory
          end_mark: "# end (?P<rows>[0-9]+)"
          schema:
            people_classes: [person, staff]
            no_people_classes: []
            group_classes: [team]
            disabled: [{attribute: gone, values: [yes*]}, {attribute: flags, bit: 4}]
            person_id: uid
            members: [{name: memberUid, syntax: login}]
            security_id: none
    """
    made = settings(tmp_path, section)
    assert isinstance(made.export, LdifExport)
    assert made.max_age == timedelta(hours=2)
    assert made.export.file == ExportFile(Path("/x/corp.ldif"), "# end (?P<rows>[0-9]+)")
    assert made.export.kinds == Kinds(
        people=("person", "staff"), groups=("team",), disabled=(Mark("gone", ("yes*",)), Mark("flags", bit=4))
    )
    schema = made.export.schema
    assert (schema.person_id, schema.group_id, schema.security_id) == ("uid", "objectGUID", "")
    assert schema.login_members


def test_nobody_may_be_disabled(tmp_path: Path) -> None:
    """An empty list takes the preset's marks away."""
    export = settings(tmp_path, "type: file\nldif: {file: x, preset: 389ds, schema: {disabled: []}}").export
    assert isinstance(export, LdifExport)
    assert export.kinds.disabled == ()


def test_columns_are_named(tmp_path: Path) -> None:
    """Two files with the least that is needed."""
    export = settings(tmp_path, CSV).export
    assert isinstance(export, CsvExport)
    assert export.people == PeopleColumns(
        id="number",
        addresses=("mail",),
        enabled=frozenset({"true", "yes", "1", "active", "enabled"}),
        disabled=frozenset({"false", "no", "0", "inactive", "disabled"}),
        file=ExportFile(tmp_path / "people.csv"),
    )
    memberships = ExportFile(tmp_path / "memberships.csv")
    assert export.memberships == MembershipColumns(
        memberships, "team", "who", other_kinds=frozenset({"device", "contact"})
    )
    assert (export.groups, export.delimiter) == (None, ",")


def test_every_column_can_be_named(tmp_path: Path) -> None:
    """In one file, with groups in another; words are compared in lower case."""
    section = """
        type: file
        csv:
          delimiter: tab
          people: {addresses: [a, b], name: n, status: s, enabled: [IN], disabled: [OUT]}
          groups: {file: groups.csv, id: g, name: t, end_mark: end}
          memberships:
            {file: all.csv, group: g, group_name: t, member: m, kind: k, other_kinds: [Robot], end_mark: e}
    """
    export = settings(tmp_path, section).export
    assert export == CsvExport(
        people=PeopleColumns("m", ("a", "b"), "n", "s", frozenset({"in"}), frozenset({"out"})),
        memberships=MembershipColumns(
            ExportFile(tmp_path / "all.csv", "e"), "g", "m", "t", "k", frozenset({"robot"})
        ),
        groups=GroupColumns(ExportFile(tmp_path / "groups.csv", "end"), "g", "t"),
        delimiter="\t",
    )


@pytest.mark.parametrize(
    ("section", "key", "sentence"),
    [
        ("type: file", "csv", "A directory is read from LDIF or from CSV. Write `ldif` or `csv`, and not both."),
        (
            f"{LDIF}\ncsv: {{people: {{addresses: [m]}}, memberships: {{file: f, group: g, member: m}}}}",
            "csv",
            "A dir",
        ),
        ("type: file\nldif: {file: x, preset: mail}", "ldif.preset", "'mail' is not known here."),
        (
            "type: file\nldif: {file: x, preset: openldap, end_mark: '('}",
            "ldif.end_mark",
            "The regular expression",
        ),
        (
            "type: file\nldif: {file: x, preset: openldap, end_mark: '(?P<count>.)'}",
            "ldif.end_mark",
            "The end mark has a group called count, which means nothing. Its named group `rows`",
        ),
        (
            "type: file\nldif: {file: x, preset: openldap, schema: {disabled: [{attribute: a}]}}",
            "ldif.schema.disabled[0].bit",
            "A mark is either one of some values or a bit.",
        ),
        (
            f"{LDIF[:-1]}, schema: {{disabled: [{{attribute: a, values: [b], bit: 1}}]}}}}",
            "ldif.schema.disabled[0].bit",
            "A mark is either one of some values or a bit.",
        ),
        (
            "type: file\nldif: {file: x, preset: openldap, schema: {people_filter: (a=b)}}",
            "ldif.schema.people_filter",
            "There is no such key here.",
        ),
        (CSV.replace("id: number, ", ""), "csv.people.id", "People need a column with their ids. Add `id`."),
        (CSV.replace("file: people.csv, ", ""), "csv.people.id", "Only people in a file of their own have this."),
        (CSV.replace("people.csv", "memberships.csv"), "csv.memberships", "Two sections name one file."),
        (
            CSV.replace("[mail]", "[mail], enabled: [a, b], disabled: [B]"),
            "csv.people.disabled",
            "'b' means enabled and disabled.",
        ),
        (f"{LDIF}\nmax_age: 30s", "max_age", "'30s' is too short."),
        (f"{LDIF}\nservers: [x]", "servers", "There is no such key here."),
        ("type: fil", "type", "'fil' is not known here. Did you mean `file`?"),
    ],
)
def test_what_cannot_be_meant_is_a_problem(tmp_path: Path, section: str, key: str, sentence: str) -> None:
    """At its key, with what to write instead."""
    found = dict(told(tmp_path, sound(corp=section)))
    assert found[f"directories.corp.{key}"].startswith(sentence)


def test_the_hash_knows_what_is_read(tmp_path: Path) -> None:
    """Another file, column or class is another configuration; another age is not."""

    def hash_of(section: str) -> str:
        return policy(loaded(tmp_path, sound(corp=section))).config_hash

    first = hash_of(LDIF)
    assert first == hash_of(f"{LDIF}\nmax_age: 1h")
    assert (
        len({first, hash_of(CSV), hash_of(CSV.replace("who", "x")), hash_of(LDIF.replace("corp.ldif", "x"))}) == 4
    )


def test_the_presets_are_those_of_the_source() -> None:
    """Any that a server may have, and no other."""
    for model in (LdifSection, LdapDirectory):
        assert set(get_args(model.model_fields["preset"].annotation)) == set(KINDS)
