"""Which entries of an LDIF file are people, which are groups, and who is disabled.

A server finds them by filters, matched by rules that it alone knows. In a file they are told by what stands there:
object classes, and marks of disabled people.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from bridge.sources.ldap.entry import Entry

_ANY_END: Final = "*"


class UntoldError(ValueError):
    """An entry does not say what it has to say."""


class Kind(Enum):
    """What an entry is."""

    PERSON = auto()
    GROUP = auto()
    OTHER = auto()
    UNTOLD = auto()
    """It shows no object class."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What at an entry says that the person is disabled: one of some values, or a bit of a number."""

    attribute: str
    values: tuple[str, ...] = ()
    """Compared without regard to case; one that ends in * says how the value begins."""
    bit: int = 0
    """Where there is one, every person has to show the attribute."""

    def is_at(self, entry: Entry) -> bool:
        """Whether an entry shows it. Raises UntoldError where a number is missing."""
        values = _texts(entry, self.attribute)
        if not self.bit:
            return any(_matches(value, asked) for value in values for asked in self.values)
        if len(values) != 1 or not values[0].removeprefix("-").isdecimal():
            raise UntoldError(f"shows no number in {self.attribute}")
        return bool(int(values[0]) & self.bit)


@dataclass(frozen=True, slots=True)
class Kinds:
    """What tells the entries of one kind of directory apart."""

    people: tuple[str, ...]
    """Object classes that people have, all of them."""
    groups: tuple[str, ...]
    """Object classes of which groups have one."""
    no_people: tuple[str, ...] = ()
    """Object classes of which people have none."""
    disabled: tuple[Mark, ...] = ()
    """Who shows one of these is disabled."""

    def kind(self, entry: Entry) -> Kind:
        """What an entry is."""
        classes = frozenset(_texts(entry, "objectClass"))
        if not classes:
            return Kind.UNTOLD
        if classes >= _folded(self.people) and classes.isdisjoint(_folded(self.no_people)):
            return Kind.PERSON
        return Kind.OTHER if classes.isdisjoint(_folded(self.groups)) else Kind.GROUP

    def is_disabled(self, entry: Entry) -> bool:
        """Whether a person is disabled. Raises UntoldError where that cannot be told."""
        return any(mark.is_at(entry) for mark in self.disabled)


def _texts(entry: Entry, attribute: str) -> list[str]:
    return [
        value.decode("utf-8", "replace").strip().lower() for value in entry.attributes.get(attribute.lower(), ())
    ]


def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(str.lower, names))


def _matches(value: str, asked: str) -> bool:
    text = asked.lower()
    return value.startswith(text.removesuffix(_ANY_END)) if text.endswith(_ANY_END) else value == text


_OPENLDAP: Final = Kinds(
    people=("inetOrgPerson",),
    groups=("groupOfNames", "groupOfUniqueNames", "groupOfMembers", "groupOfURLs"),
    disabled=(Mark("pwdAccountLockedTime", ("000001010000Z",)),),
)

_389DS: Final = replace(
    _OPENLDAP, disabled=(Mark("nsAccountLock", ("true",)), Mark("nsRoleDN", ("cn=nsManagedDisabledRole*",)))
)

KINDS: Final = {
    "active-directory": Kinds(
        people=("user",),
        groups=("group",),
        no_people=("computer",),  # a class below user
        disabled=(Mark("userAccountControl", bit=2),),  # ACCOUNTDISABLE
    ),
    "openldap": _OPENLDAP,
    "rfc2307": replace(_OPENLDAP, people=("posixAccount",), groups=("posixGroup",)),
    "389ds": _389DS,
    "freeipa": Kinds(
        people=("posixAccount", "person"),
        groups=("ipaUserGroup",),
        disabled=(Mark("nsAccountLock", ("true",)),),
    ),
}
"""By preset: what the filters of these presets ask for, said of entries."""
