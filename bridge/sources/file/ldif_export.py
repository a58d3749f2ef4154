"""The people and groups of an LDIF file, told by the presets of the LDAP source."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bridge.core.model import DirectoryName, Doubt, DoubtKind
from bridge.errors import IncompleteRead
from bridge.sources.file.content import Content
from bridge.sources.file.export import Export
from bridge.sources.file.kinds import Kind, UntoldError
from bridge.sources.file.ldif import LdifError, comments, entries
from bridge.sources.file.settings import LdifExport
from bridge.sources.ldap.dn import normal_form, readable
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.groups import Groups
from bridge.sources.ldap.people import People
from bridge.sources.ldap.references import References

_REFERENCE: Final = ("refldap://", "refldaps://")
"""How ldapsearch notes in a comment that a part of the directory lies elsewhere."""


_FIRST_PART: Final = re.compile(r";range=0-\d+$")


class LdifContent:
    """Sorts the entries of a file. Use it once."""

    def __init__(self, directory: DirectoryName, settings: LdifExport) -> None:
        people = People(directory, settings.schema)
        groups = Groups(directory, settings.schema, people)
        self._content = Content(people, groups, settings.schema.ignore_members)
        self._directory = directory
        self._settings = settings

    def of(self, export: Export) -> Content:
        """Everything in the file. Raises IncompleteRead when anything in it is not as it should be."""
        content = self._content
        try:
            found = self._told_apart(export, entries(export.content))
            groups = list(self._without_others(found))
        except (LdifError, UntoldError) as error:
            raise IncompleteRead(self._directory, f"{export.path}: {error}; export it anew") from error
        if content.ignored:
            content.people.by_dn.discard_forms(set(map(normal_form, content.ignored)))
        for entry in groups:
            content.groups.add(entry, doubt=_doubt_of_part(entry))
        content.groups.tell_apart()
        content.doubts.update(self._references(export))
        content.searches.append(export.search(len(found)))
        return content

    def _told_apart(self, export: Export, numbered: Iterator[tuple[int, Entry]]) -> list[Entry]:
        """The entries, of which no two have one name."""
        lines: dict[str, int] = {}
        found = []
        for number, entry in numbered:
            first = lines.setdefault(normal_form(entry.dn), number)
            if first != number:
                raise LdifError(f"lines {first} and {number} begin the same entry {readable(entry.dn)}")
            found.append(entry)
        if export.rows is not None and export.rows != len(found):
            raise LdifError(f"{len(found)} entries stand there, and by its end mark {export.rows} should")
        return found

    def _without_others(self, found: Iterable[Entry]) -> Iterator[Entry]:
        """Take up people and other things; the groups are given, as all people have to be known before them."""
        content = self._content
        for entry in found:
            match self._settings.kinds.kind(entry):
                case Kind.PERSON:
                    self._add_person(entry)
                case Kind.GROUP:
                    yield entry
                case Kind.OTHER:
                    content.others.add(normal_form(entry.dn))
                case Kind.UNTOLD:
                    content.untold[normal_form(entry.dn)] = "shows no objectClass; export that, too"

    def _add_person(self, entry: Entry) -> None:
        people = self._content.people
        people.add(entry)
        try:
            if self._settings.kinds.is_disabled(entry):
                people.disable(entry)
        except UntoldError as error:
            raise UntoldError(
                f"{readable(entry.dn)} {error}, so that nobody can tell the disabled people"
            ) from error

    def _references(self, export: Export) -> Iterator[Doubt]:
        """A doubt for each part of the directory that is not in the file."""
        references = References.of((), self._settings.schema.ignore_referrals)
        for comment in comments(export.content):
            if comment.startswith(_REFERENCE) and (left := references.left_out([comment.removeprefix("ref")])):
                yield Doubt(
                    DoubtKind.REFERRAL, f"{export.path} says that a part lies at {left[0]}; export that, too"
                )


def _doubt_of_part(entry: Entry) -> Doubt | None:
    """A doubt where only the first members are there, as Active Directory hands out large groups."""
    parts = [name for name in entry.attributes if _FIRST_PART.search(name)]
    if not parts:
        return None
    what = f"the export holds a part of {readable(entry.dn)} only: {parts[0]}"
    return Doubt(DoubtKind.TRUNCATED, f"{what}; export all of its members")
