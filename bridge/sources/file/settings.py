"""Where the files of an export are, and what stands in them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bridge.core.model import DirectoryName
from bridge.sources.file.kinds import Kinds
from bridge.sources.ldap.schema import Schema


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of an export."""

    path: Path
    end_mark: str = ""
    """Regular expression that the last line, or the last few, have to match. Its group `rows`, if any, tells how
    many rows or entries there are. Empty: nothing tells where the file should end."""


@dataclass(frozen=True, slots=True)
class LdifExport:
    """Entries of an LDAP directory in one LDIF file."""

    file: ExportFile
    schema: Schema
    """The names of attributes alone: its filters are for servers."""
    kinds: Kinds


@dataclass(frozen=True, slots=True)
class PeopleColumns:
    """What stands in the columns of people."""

    id: str
    """Stable, unlike that of any group. In the file of memberships it is the member."""
    addresses: tuple[str, ...]
    """In order of preference."""
    name: str = ""
    """A name for people to read. Empty: none is told."""
    status: str = ""
    """Tells who is disabled. Empty: nobody is."""
    enabled: frozenset[str] = frozenset()
    """What stands in `status` of somebody who is enabled; in lower case, as is `disabled`."""
    disabled: frozenset[str] = frozenset()
    file: ExportFile | None = None
    """None: the columns stand in the file of memberships."""


@dataclass(frozen=True, slots=True)
class GroupColumns:
    """What stands in the columns of groups, where these have a file of their own."""

    file: ExportFile
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class MembershipColumns:
    """What stands in the columns of memberships: a row for each member of each group."""

    file: ExportFile
    group: str
    """The group's id."""
    member: str
    """The id of a person or of a group."""
    group_name: str = ""
    """Empty: groups go by their ids, or by what the file of groups says."""
    kind: str = ""
    """Tells members that are neither people nor groups. Empty: there are none."""
    other_kinds: frozenset[str] = frozenset()
    """What stands in `kind` of such members, in lower case."""


@dataclass(frozen=True, slots=True)
class CsvExport:
    """People and groups in CSV files (RFC 4180)."""

    people: PeopleColumns
    memberships: MembershipColumns
    groups: GroupColumns | None = None
    """None: a group is known by its members, so that one without any is missing."""
    delimiter: str = ","

    def columns_of(self, path: Path) -> tuple[str, ...]:
        """The columns that have to stand in a file."""
        people, groups, memberships = self.people, self.groups, self.memberships
        told = (*people.addresses, people.name, people.status)
        columns: tuple[str, ...] = (
            memberships.group,
            memberships.member,
            memberships.group_name,
            memberships.kind,
        )
        if groups and path == groups.file.path:
            columns = (groups.id, groups.name)
        elif people.file and path == people.file.path:
            columns = (people.id, *told)
        elif not people.file:
            columns = (*columns, *told)
        return tuple(dict.fromkeys(filter(None, columns)))


@dataclass(frozen=True, slots=True)
class FileSettings:
    """One directory that is read from files."""

    name: DirectoryName
    export: LdifExport | CsvExport
    max_age: timedelta
    """An older file is not read."""

    @property
    def files(self) -> tuple[ExportFile, ...]:
        """Every file of the export."""
        export = self.export
        if isinstance(export, LdifExport):
            return (export.file,)
        tables = (export.people, export.groups, export.memberships)
        return tuple(table.file for table in tables if table and table.file)
