"""The people and groups of CSV files, brought into the form in which entries of a directory are read."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bridge.core.model import DirectoryName
from bridge.errors import IncompleteRead
from bridge.sources.file.content import Content
from bridge.sources.file.export import Export
from bridge.sources.file.settings import CsvExport, ExportFile, GroupColumns, MembershipColumns, PeopleColumns
from bridge.sources.file.table import Row, TableError, rows
from bridge.sources.ldap.dn import normal_form
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.groups import Groups
from bridge.sources.ldap.people import People
from bridge.sources.ldap.schema import MemberAttribute, Schema

_SCHEMA: Final = Schema(
    people_filter="",
    person_id="id",
    addresses=("address",),
    person_name=("name",),
    login="",
    disabled_filter="",
    group_filter="",
    group_id="id",
    group_name="name",
    members=(MemberAttribute("member"),),
    dn_attribute="",
)
"""How rows look once they are entries, whose names are their ids."""


class CsvContent:
    """Sorts the rows of the files. Use it once."""

    def __init__(self, directory: DirectoryName, settings: CsvExport) -> None:
        people = People(directory, _SCHEMA)
        self._content = Content(people, Groups(directory, _SCHEMA, people))
        self._directory = directory
        self._settings = settings

    def of(self, exports: Mapping[Path, Export]) -> Content:
        """Everything in the files. Raises IncompleteRead when anything in them is not as it should be."""
        people, groups, memberships = self._settings.people, self._settings.groups, self._settings.memberships
        rows_of = {path: self._rows(export) for path, export in exports.items()}
        with self._refused(memberships.file):
            names = _group_names(rows_of[memberships.file.path], memberships)
        if groups:
            with self._refused(groups.file):
                names = _listed(rows_of[groups.file.path], groups, names)
        with self._refused(people.file or memberships.file):
            if people.file:
                self._add_people(rows_of[people.file.path], people.id)
            else:
                self._add_people_among(rows_of[memberships.file.path], names)
        with self._refused(memberships.file):
            self._add_groups(rows_of[memberships.file.path], names)
        return self._content

    @contextmanager
    def _refused(self, file: ExportFile) -> Iterator[None]:
        """What is wrong in a file is an error of the whole read."""
        try:
            yield
        except TableError as error:
            raise IncompleteRead(self._directory, f"{file.path}: {error}; export it anew") from error

    def _rows(self, export: Export) -> tuple[Row, ...]:
        with self._refused(ExportFile(export.path)):
            found = rows(export, self._settings.delimiter, self._settings.columns_of(export.path))
        self._content.searches.append(export.search(len(found)))
        return found

    # ---- people ----------------------------------------------------------------------------------------

    def _add_people(self, table: Iterable[Row], column: str) -> None:
        """Everybody of a table, in which each person has one row."""
        by_id: dict[str, list[Row]] = {}
        for row in table:
            by_id.setdefault(row.needed(column), []).append(row)
        for person, found in by_id.items():
            if len(found) == 1:
                self._add_person(person, found[0])
            else:
                lines = " and ".join(str(row.line) for row in found[:2])
                self._content.people.faults.add(person.encode(), f"has several rows, as in lines {lines}")

    def _add_people_among(self, memberships: Iterable[Row], groups: Mapping[str, str]) -> None:
        """Everybody who is a member, by rows that say the same of a person in each of the person's groups."""
        people, column = self._settings.people, self._settings.memberships.member
        once: dict[tuple[str, ...], Row] = {}
        for row in memberships:
            if row.needed(column) not in groups and not self._is_other(row):
                told = (column, *people.addresses, *filter(None, (people.name, people.status)))
                once.setdefault(tuple(row.cells[name] for name in told), row)
        self._add_people(once.values(), column)

    def _add_person(self, person: str, row: Row) -> None:
        columns = self._settings.people
        addresses = [row.cells[name].encode() for name in columns.addresses if row.cells[name]]
        name = (row.cells[columns.name] if columns.name else "") or person
        attributes = {"id": [person.encode()], "address": addresses, "name": [name.encode()]}
        entry = Entry(person.encode(), attributes)
        self._content.people.add(entry)
        if columns.status and not _is_enabled(row, columns):
            self._content.people.disable(entry)

    # ---- groups ----------------------------------------------------------------------------------------

    def _add_groups(self, memberships: Iterable[Row], names: Mapping[str, str]) -> None:
        columns, content = self._settings.memberships, self._content
        forms = {normal_form(group): group for group in names}
        for person in (*content.people.by_dn.exact, *content.people.faults.exact):
            if group := forms.get(normal_form(person)):
                raise TableError(f"{group} is the id of a group and of a person, so that a member may be either")
        members: dict[str, list[bytes]] = {group: [] for group in names}
        for row in memberships:
            member = row.needed(columns.member).encode()
            members[row.needed(columns.group)].append(member)
            if self._is_other(row):
                if member in content.people.by_dn.exact or row.cells[columns.member] in names:
                    raise TableError(f"line {row.line} calls a person or a group {row.cells[columns.kind]}")
                content.others.add(normal_form(member))
        for group, name in names.items():
            attributes = {"id": [group.encode()], "name": [name.encode()], "member": members[group]}
            content.groups.add(Entry(group.encode(), attributes))
        content.groups.tell_apart()

    def _is_other(self, row: Row) -> bool:
        columns = self._settings.memberships
        return bool(columns.kind) and row.cells[columns.kind].lower() in columns.other_kinds


def _is_enabled(row: Row, columns: PeopleColumns) -> bool:
    status = row.cells[columns.status].lower()
    if status not in columns.enabled | columns.disabled:
        raise TableError(f"line {row.line} tells a status that means neither enabled nor disabled: '{status}'")
    return status in columns.enabled


def _group_names(memberships: Iterable[Row], columns: MembershipColumns) -> dict[str, str]:
    """The groups that have members, by id, each with its name."""
    names: dict[str, str] = {}
    for row in memberships:
        group = row.needed(columns.group)
        name = row.needed(columns.group_name) if columns.group_name else group
        if names.setdefault(group, name) != name:
            raise TableError(f"line {row.line} calls the group {group} {name}, and not {names[group]} as before")
    return names


def _listed(table: Iterable[Row], columns: GroupColumns, used: Iterable[str]) -> dict[str, str]:
    """The groups of their own table, by id, each with its name: among them all that have members."""
    names: dict[str, str] = {}
    for row in table:
        group = row.needed(columns.id)
        if group in names:
            raise TableError(f"line {row.line} lists the group {group} again")
        names[group] = row.needed(columns.name)
    if strangers := sorted(set(used) - names.keys()):
        raise TableError(f"it does not list the group {strangers[0]}, which has members")
    return names
