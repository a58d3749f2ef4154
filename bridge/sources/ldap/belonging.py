"""Membership that stands at the person: a primary group, and memberOf where groups do not name their members."""

from typing import Final

from bridge.core.model import PersonId
from bridge.sources.ldap.dn import normal_form, readable
from bridge.sources.ldap.entry import Entry, is_in_part, values_in
from bridge.sources.ldap.schema import Schema
from bridge.sources.ldap.sid import sibling

_NOBODY: Final = frozenset[PersonId]()


class Belonging:
    """Who says of themselves that they are in a group. A group is known by its DN or security identifier."""

    def __init__(self, schema: Schema) -> None:
        self.by_sid: dict[bytes, PersonId] = {}
        self.unplaced = 0
        """People who do not show which group is their primary one: they may be in any."""
        self.shown_in_part = 0
        """People of whose groups the server sent a part: they may be in any other, too."""
        self._memberships = schema.memberships.lower()
        self._security_id = schema.security_id.lower()
        self._primary = schema.primary_group.lower() if schema.security_id else ""
        self._members: dict[str | bytes, set[PersonId]] = {}
        self._strangers: dict[str | bytes, list[bytes]] = {}
        """DNs of people who have no id to be known by."""
        self._forms: dict[bytes, str] = {}

    def __bool__(self) -> bool:
        """Whether anything about groups stands at people here."""
        return bool(self._memberships or self._security_id)

    def add(self, entry: Entry, person_id: PersonId | None) -> None:
        """Take up what a person's entry says."""
        if self._security_id and person_id and (sid := _single(entry, self._security_id)):
            self.by_sid[sid] = person_id
        for group in self._groups(entry):
            if person_id is None:
                self._strangers.setdefault(group, []).append(entry.dn)
            else:
                self._members.setdefault(group, set()).add(person_id)

    def members(self, form: str, sid: bytes) -> set[PersonId]:
        """Who is in a group by their own word."""
        return {*self._members.get(form, _NOBODY), *self._members.get(sid, _NOBODY)}

    def strangers(self, form: str, sid: bytes) -> list[str]:
        """Who is in a group by their own word and cannot be told from others, in words."""
        dns = (*self._strangers.get(form, ()), *self._strangers.get(sid, ()))
        return [f"{readable(dn)} shows no id of its own" for dn in dns]

    def _groups(self, entry: Entry) -> list[str | bytes]:
        groups: list[str | bytes] = []
        if self._memberships:
            groups += map(self._form, values_in(entry, self._memberships))
            self.shown_in_part += is_in_part(entry, self._memberships)
        if self._primary:
            group = _primary(_single(entry, self._security_id), _single(entry, self._primary))
            if group:
                groups.append(group)
            else:
                self.unplaced += 1
        return groups

    def _form(self, dn: bytes) -> str:
        """Few groups are named by many people: each spelling is brought into its form once."""
        form = self._forms.get(dn)
        if form is None:
            form = self._forms[dn] = normal_form(dn)
        return form


def _single(entry: Entry, attribute: str) -> bytes:
    values = entry.attributes.get(attribute, ())
    return values[0] if len(values) == 1 else b""


def _primary(sid: bytes, number: bytes) -> bytes:
    return sibling(sid, int(number)) if number.isdigit() else b""
