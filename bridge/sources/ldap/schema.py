"""What entries of a directory look like: which are people, which are groups, and how the ones name the others."""

from dataclasses import dataclass
from enum import StrEnum


class MemberSyntax(StrEnum):
    """What the values of a member attribute are."""

    DN = "dn"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class MemberAttribute:
    """An attribute of a group that names its members."""

    name: str
    syntax: MemberSyntax = MemberSyntax.DN


@dataclass(frozen=True, slots=True)
class Schema:
    """What people and groups look like in this directory. A preset gives it, the configuration may override it."""

    people_filter: str
    person_id: str
    """Attribute with the stable id."""
    addresses: tuple[str, ...]
    """Attributes with addresses, in order of preference."""
    person_name: tuple[str, ...]
    """Attributes with a name for people to read; the first that has a value counts."""
    login: str
    """Attribute that `memberUid` and its like name people by."""
    disabled_filter: str
    """People who match it are disabled. Empty: nobody is."""
    group_filter: str
    group_id: str
    group_name: str
    members: tuple[MemberAttribute, ...]
    dn_attribute: str
    """Operational attribute that lets a filter ask for entries by DN. Empty: members are not looked up."""
    ignore_members: tuple[str, ...] = ()
    """DNs that stand in groups without meaning anybody: the placeholder of a group that may not be empty."""
    memberships: str = ""
    """Attribute of people and groups that names the groups they are in, by DN. Empty: groups name members."""
    member_urls: str = ""
    """Attribute with the searches whose results a server gives as a group's members. Empty: there is none."""
    security_id: str = ""
    """Attribute with the security identifier (MS-DTYP 2.4.2). Empty: there is none."""
    primary_group: str = ""
    """Attribute of people that tells the one group that does not name them, by the end of its security id."""
    group_type: str = ""
    """Attribute whose bits tell a universal group: all that a global catalog holds the members of."""
    owner: str = ""
    """Attribute of groups that names who owns them, by DN. Empty: there is none, or nobody asks."""
    ignore_referrals: tuple[str, ...] = ()
    """First RDNs of naming contexts that hold neither people nor groups: references to them leave nothing out."""

    @property
    def login_members(self) -> bool:
        """Whether groups name people by login, so that logins have to be read."""
        return any(attribute.syntax is MemberSyntax.LOGIN for attribute in self.members)

    @property
    def person_attributes(self) -> tuple[str, ...]:
        """What is asked of a person's entry."""
        login = self.login if self.login_members else ""
        primary = (self.security_id, self.primary_group)
        return _stated((self.person_id, login, *self.addresses, *self.person_name, self.memberships, *primary))

    @property
    def group_attributes(self) -> tuple[str, ...]:
        """What is asked of a group's entry, its members not among it."""
        more = (self.memberships, self.member_urls, self.security_id, self.group_type, self.owner)
        return _stated((self.group_id, self.group_name, *more))

    @property
    def whole_group_attributes(self) -> tuple[str, ...]:
        """What is asked of a group's entry, with its members."""
        return _stated((*self.group_attributes, *(attribute.name for attribute in self.members)))


def _stated(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))
