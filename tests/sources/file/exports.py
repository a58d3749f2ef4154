"""Exports for tests: the world of the contract as LDIF and as CSV, and sources that read files."""

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

from bridge.core.model import DirectoryRead, Selector
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
from bridge.sources.file.source import FileSource
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.schema import Schema
from tests.sources.contract import CORP, World
from tests.sources.ldap.directory import ldif_of

WRITTEN = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
"""When the files of tests were written."""
NOW = WRITTEN + timedelta(hours=5)
MAX_AGE = timedelta(hours=36)

NAMED_BY_O = replace(PRESETS["openldap"], group_name="o")
"""As the world's directory has it."""
LEAVERS = replace(KINDS["openldap"], disabled=(Mark("employeeType", ("disabled",)),))

PEOPLE = PeopleColumns(
    id="id",
    addresses=("mail",),
    name="name",
    status="status",
    enabled=frozenset({"active"}),
    disabled=frozenset({"left"}),
)


def with_ids(ldif: str) -> str:
    """The same entries, each with an entryUUID, as a server gives one and slapcat writes it."""
    blocks = [block for block in ldif.split("\n\n") if block.strip()]
    return "".join(f"{block}\nentryUUID: {uuid5(NAMESPACE_DNS, block.splitlines()[0])}\n\n" for block in blocks)


def world_ldif(world: World) -> str:
    """A world as an LDIF export."""
    return "version: 1\n\n" + with_ids(ldif_of(world))


def world_csv(world: World) -> tuple[str, str, str]:
    """A world as three tables: people, groups and memberships."""
    people = [f"{one.key},{one.address},{one.key},{'active' if one.enabled else 'left'}" for one in world.people]
    groups = [f"{some.key},{some.name}" for some in world.groups]
    things = set(world.things)
    memberships = [
        f"{some.key},{key},{'device' if key in things else ''}" for some in world.groups for key in some.members
    ]
    return (
        table("id,mail,name,status", people),
        table("id,name", groups),
        table("group,member,kind", memberships),
    )


def table(heading: str, rows: Iterable[str]) -> str:
    """A CSV file."""
    return "\n".join((heading, *rows, ""))


def written(path: Path, content: str | bytes, at: datetime = WRITTEN) -> Path:
    """Write a file as of a moment."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    stamp(path, at)
    return path


def stamp(path: Path, at: datetime) -> None:
    """Give a file another time."""
    os.utime(path, (at.timestamp(), at.timestamp()))


def ldif_source(
    path: Path, end_mark: str = "", schema: Schema = PRESETS["openldap"], kinds: Kinds = KINDS["openldap"]
) -> FileSource:
    """A source that reads an LDIF file."""
    return source(LdifExport(ExportFile(path, end_mark), schema, kinds))


def csv_source(people: Path, memberships: Path, groups: Path | None = None, end_mark: str = "") -> FileSource:
    """A source that reads tables with the columns of `world_csv`."""
    return source(
        CsvExport(
            people=replace(PEOPLE, file=ExportFile(people, end_mark)),
            memberships=MembershipColumns(
                file=ExportFile(memberships, end_mark),
                group="group",
                member="member",
                kind="kind",
                other_kinds=frozenset({"device"}),
            ),
            groups=GroupColumns(ExportFile(groups, end_mark), "id", "name") if groups else None,
        )
    )


def source(export: LdifExport | CsvExport) -> FileSource:
    """A source of this export, some hours after it was written."""
    return FileSource(FileSettings(CORP, export, MAX_AGE), lambda: NOW)


def read(source: FileSource, *selectors: Selector) -> DirectoryRead:
    """What a source reads."""
    return source.read(selectors)
