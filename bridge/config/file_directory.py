"""A directory in files: what the configuration says of it, and the settings that its source takes."""

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, StrictInt, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.durations import Duration, within
from bridge.config.ldap_schema import AttributesSection, schema_of
from bridge.config.ldap_values import Attribute
from bridge.config.paths import FilePath
from bridge.config.service import Model
from bridge.config.values import Pattern, Text, wrong
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

_ONE_ROWS: Final = "Its named group `rows`, if any, holds how many rows or entries there are."


def _end_mark(text: str) -> str:
    unknown = sorted(re.compile(text).groupindex.keys() - {"rows"})
    if unknown:
        raise wrong(f"The end mark has a group called {unknown[0]}, which means nothing.", _ONE_ROWS)
    return text


EndMark: TypeAlias = Annotated[Pattern, AfterValidator(_end_mark)]
"""A regular expression for the last line of a file, or the last few."""

_END_MARK: Final = "# end, (?P<rows>[0-9]+) rows"

Words: TypeAlias = Annotated[tuple[Text, ...], Field(min_length=1)]


class MarkEntry(Model):
    """What at an entry says that the person is disabled."""

    attribute: Attribute = Field(examples=["employeeType"])
    """The attribute."""

    values: tuple[Text, ...] = Field(default=(), examples=[["disabled", "left*"]])
    """Any of these values, in any case; `*` at the end of one stands for whatever follows."""

    bit: Annotated[StrictInt, Field(ge=0)] = Field(default=0, validate_default=True, examples=[2])
    """Or this bit of the attribute's number, which then everybody has to show."""

    @field_validator("bit", mode="after")
    @classmethod
    def _goes_alone(cls, bit: int, info: ValidationInfo) -> int:
        if bool(info.data.get("values", bit)) == bool(bit):
            raise wrong("A mark is either one of some values or a bit.", "Write `values` or `bit`, and not both.")
        return bit


class EntriesSection(AttributesSection):
    """What people and groups look like in the file; what is left out is as the preset says."""

    people_classes: Words | None = Field(default=None, examples=[["inetOrgPerson"]])
    """Object classes that people have, all of them."""

    no_people_classes: tuple[Text, ...] | None = Field(default=None, examples=[["computer"]])
    """Object classes of which people have none."""

    group_classes: Words | None = Field(default=None, examples=[["groupOfNames", "groupOfUniqueNames"]])
    """Object classes of which groups have one."""

    disabled: tuple[MarkEntry, ...] | None = Field(
        default=None, examples=[[{"attribute": "employeeType", "values": ["disabled"]}]]
    )
    """People who show one of these marks count as having left. An empty list: nobody does."""


class LdifSection(Model):
    """An LDIF file with the entries of an LDAP directory."""

    file: FilePath = Field(examples=["/var/lib/hyperproof-bridge/plant.ldif"])
    """The file."""

    preset: Literal["active-directory", "openldap", "rfc2307", "389ds", "freeipa"] = Field(examples=["openldap"])
    """What entries look like, as for directories of type `ldap`."""

    end_mark: EndMark | None = Field(default=None, examples=["# end, (?P<rows>[0-9]+) entries"])
    """What the last line looks like, so that a file that was cut is told."""

    schema_: EntriesSection = Field(default=EntriesSection(), alias="schema")
    """Where this file differs from the preset."""


_ENABLED: Final = ("true", "yes", "1", "active", "enabled")
_DISABLED: Final = ("false", "no", "0", "inactive", "disabled")


class PeopleSection(Model):
    """Which columns tell about people."""

    file: FilePath | None = Field(default=None, examples=["/var/lib/hyperproof-bridge/people.csv"])
    """The file, with one row for each person. Left out: each row of `memberships` tells about its member."""

    id: Text | None = Field(default=None, validate_default=True, examples=["employee_id"])
    """Column with a stable id, which no group has."""

    addresses: Words = Field(examples=[["mail"]])
    """Columns with e-mail addresses, in order of preference."""

    name: Text | None = Field(default=None, examples=["display_name"])
    """Column with a name for people to read."""

    status: Text | None = Field(default=None, examples=["status"])
    """Column that tells who has left. Left out: nobody has."""

    enabled: Words = Field(default=_ENABLED, examples=[["active"]])
    """What `status` says of people who are there, in any case."""

    disabled: Words = Field(default=_DISABLED, examples=[["left", "on leave"]])
    """What `status` says of people who have left. Anything else in that column is an error."""

    end_mark: EndMark | None = Field(default=None, validate_default=True, examples=[_END_MARK])
    """What the last line looks like, so that a file that was cut is told."""

    @field_validator("id", "end_mark", mode="after")
    @classmethod
    def _is_of_file(cls, value: str | None, info: ValidationInfo) -> str | None:
        has_file = info.data.get("file") is not None
        if has_file and value is None and info.field_name == "id":
            raise wrong("People need a column with their ids.", "Add `id`.")
        if not has_file and value is not None:
            raise wrong("Only people in a file of their own have this.", "Add `file`, or leave this out.")
        return value

    @field_validator("disabled", mode="after")
    @classmethod
    def _differs(cls, disabled: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        both = _folded(disabled) & _folded(info.data.get("enabled", ()))
        if both:
            raise wrong(f"'{min(both)}' means enabled and disabled.", "Keep it in one of both lists.")
        return disabled


class GroupsSection(Model):
    """Which columns tell about groups, in a file with one row for each, also for those without members."""

    file: FilePath = Field(examples=["/var/lib/hyperproof-bridge/groups.csv"])
    """The file."""

    id: Text = Field(examples=["group_id"])
    """Column with a stable id, which no person has."""

    name: Text = Field(examples=["group_name"])
    """Column with the name by which groups are chosen."""

    end_mark: EndMark | None = Field(default=None, examples=[_END_MARK])
    """What the last line looks like, so that a file that was cut is told."""


class MembershipsSection(Model):
    """Which columns tell about memberships, in a file with one row for each member of each group."""

    file: FilePath = Field(examples=["/var/lib/hyperproof-bridge/memberships.csv"])
    """The file."""

    group: Text = Field(examples=["group_id"])
    """Column with the group's id."""

    group_name: Text | None = Field(default=None, examples=["group_name"])
    """Column with the group's name. Left out: as `groups` says, or the id."""

    member: Text = Field(examples=["member_id"])
    """Column with the id of a person, or of a group in the group."""

    kind: Text | None = Field(default=None, examples=["member_kind"])
    """Column that tells members that are neither people nor groups."""

    other_kinds: Words = Field(default=("device", "contact"), examples=[["device"]])
    """What `kind` says of these, in any case."""

    end_mark: EndMark | None = Field(default=None, examples=[_END_MARK])
    """What the last line looks like, so that a file that was cut is told."""


class CsvSection(Model):
    """CSV files with people and memberships."""

    delimiter: Literal[",", ";", "|", "tab"] = ","
    """What stands between values: `,`, `;`, `|` or `tab`."""

    people: PeopleSection = Field(examples=[{"file": "people.csv", "id": "employee_id", "addresses": ["mail"]}])
    """Which columns tell about people."""

    groups: GroupsSection | None = Field(
        default=None, examples=[{"file": "groups.csv", "id": "group_id", "name": "group_name"}]
    )
    """Groups in a file of their own. Left out: known by their members, so that one without any is missing."""

    memberships: MembershipsSection = Field(
        examples=[{"file": "memberships.csv", "group": "group_id", "member": "member_id"}]
    )
    """Which columns tell about memberships."""

    @field_validator("memberships", mode="after")
    @classmethod
    def _stand_apart(cls, memberships: MembershipsSection, info: ValidationInfo) -> MembershipsSection:
        people, groups = info.data.get("people"), info.data.get("groups")
        others = [section.file for section in (people, groups) if section and section.file]
        if len({memberships.file, *others}) <= len(others):
            raise wrong("Two sections name one file.", "Leave `people.file` out where both stand in one file.")
        return memberships


class FileDirectory(Model):
    """Files that another system exports."""

    type: Literal["file"] = Field(examples=["file"])
    """The kind of directory."""

    max_age: Annotated[Duration, within(timedelta(minutes=1), timedelta(days=366))] = timedelta(hours=36)
    """How old a file may be, by the time at which it was last written. An older one is not read."""

    ldif: LdifSection | None = Field(default=None, examples=[{"file": "plant.ldif", "preset": "openldap"}])
    """An LDIF file."""

    csv: CsvSection | None = Field(
        default=None,
        validate_default=True,
        examples=[
            {
                "people": {"file": "people.csv", "id": "employee_id", "addresses": ["mail"]},
                "memberships": {"file": "memberships.csv", "group": "group_id", "member": "member_id"},
            }
        ],
    )
    """CSV files."""

    @field_validator("csv", mode="after")
    @classmethod
    def _is_one(cls, csv: CsvSection | None, info: ValidationInfo) -> CsvSection | None:
        if "ldif" in info.data and (csv is None) == (info.data["ldif"] is None):
            raise wrong("A directory is read from LDIF or from CSV.", "Write `ldif` or `csv`, and not both.")
        return csv


def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(str.lower, words))


# ---- as the source takes it ----------------------------------------------------------------------------


def file_settings(name: str, directory: FileDirectory) -> FileSettings:
    """Turn what the file says of a directory into what its source takes."""
    export: LdifExport | CsvExport
    if directory.ldif:
        export = _ldif(directory.ldif)
    elif directory.csv:
        export = _csv(directory.csv)
    return FileSettings(DirectoryName(name), export, directory.max_age)


def _ldif(section: LdifSection) -> LdifExport:
    file = ExportFile(section.file, section.end_mark or "")
    return LdifExport(file, schema_of(section.preset, section.schema_), _kinds(section))


def _kinds(section: LdifSection) -> Kinds:
    preset, stated = KINDS[section.preset], section.schema_
    return Kinds(
        people=stated.people_classes or preset.people,
        groups=stated.group_classes or preset.groups,
        no_people=preset.no_people if stated.no_people_classes is None else stated.no_people_classes,
        disabled=preset.disabled
        if stated.disabled is None
        else tuple(Mark(entry.attribute, entry.values, entry.bit) for entry in stated.disabled),
    )


def _csv(section: CsvSection) -> CsvExport:
    people, groups, memberships = section.people, section.groups, section.memberships
    return CsvExport(
        people=PeopleColumns(
            id=people.id or memberships.member,
            addresses=people.addresses,
            name=people.name or "",
            status=people.status or "",
            enabled=_folded(people.enabled),
            disabled=_folded(people.disabled),
            file=ExportFile(people.file, people.end_mark or "") if people.file else None,
        ),
        memberships=MembershipColumns(
            file=ExportFile(memberships.file, memberships.end_mark or ""),
            group=memberships.group,
            member=memberships.member,
            group_name=memberships.group_name or "",
            kind=memberships.kind or "",
            other_kinds=_folded(memberships.other_kinds),
        ),
        groups=GroupColumns(ExportFile(groups.file, groups.end_mark or ""), groups.id, groups.name)
        if groups
        else None,
        delimiter="\t" if section.delimiter == "tab" else section.delimiter,
    )
