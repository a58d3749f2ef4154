"""What people and groups look like in a directory: what the file says, and the schema that its source takes."""

from dataclasses import fields, replace
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, Field

from bridge.config.ldap_values import NO_ATTRIBUTE, NO_FILTER, Attribute, Dn, Filter, OptionalFilter
from bridge.config.service import Model
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.schema import MemberAttribute, MemberSyntax, Schema


class MemberAttributeEntry(Model):
    """An attribute of a group that names its members."""

    name: Attribute = Field(examples=["member"])
    """The attribute."""

    syntax: MemberSyntax = MemberSyntax.DN
    """What its values are: `dn`, or `login` as in memberUid."""


def _long_form(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


MemberEntry: TypeAlias = Annotated[
    MemberAttributeEntry, BeforeValidator(_long_form, json_schema_input_type=str | MemberAttributeEntry)
]
"""A bare attribute has DNs for values."""


class AttributesSection(Model):
    """Which attributes tell what; what is left out is as the preset says."""

    person_id: Attribute | None = Field(default=None, examples=["entryUUID"])
    """Attribute with a person's stable id, which no rename changes."""

    addresses: Annotated[tuple[Attribute, ...], Field(min_length=1)] | None = Field(
        default=None, examples=[["mail", "mailAlternateAddress"]]
    )
    """Attributes with e-mail addresses, in order of preference."""

    person_name: Annotated[tuple[Attribute, ...], Field(min_length=1)] | None = Field(
        default=None, examples=[["displayName", "cn"]]
    )
    """Attributes with a name for people to read; the first that has a value counts."""

    login: Attribute | None = Field(default=None, examples=["uid"])
    """Attribute that memberUid and its like name people by."""

    group_id: Attribute | None = Field(default=None, examples=["entryUUID"])
    """Attribute with a group's stable id."""

    group_name: Attribute | None = Field(default=None, examples=["cn"])
    """Attribute with the name by which groups are chosen."""

    members: Annotated[tuple[MemberEntry, ...], Field(min_length=1)] | None = Field(
        default=None, examples=[["member", {"name": "memberUid", "syntax": "login"}]]
    )
    """Attributes that name a group's members: an attribute whose values are DNs, or its name and syntax."""

    ignore_members: tuple[Dn, ...] | None = Field(default=None, examples=[["cn=nobody"]])
    """Members that mean nobody: the placeholder in groups that may not be empty."""

    memberships: Attribute | None = Field(default=None, examples=["memberOf"])
    """Attribute of people that names their groups by DN, where groups name nobody. `none`: they do."""

    member_urls: Attribute | None = Field(default=None, examples=["memberURL"])
    """Attribute of groups whose members the server finds by searches. `none`: there are no such groups."""

    security_id: Attribute | None = Field(default=None, examples=["objectSid"])
    """Attribute with the security identifier. `none`: there is none."""

    primary_group: Attribute | None = Field(default=None, examples=["primaryGroupID"])
    """Attribute of people that tells the one group which does not name them. `none`: groups name everybody."""

    owner: Attribute | None = Field(default=None, examples=["managedBy"])
    """Attribute of groups that names their owners by DN, read where a `lead` is `owner`. `none`: there is none."""


class SchemaSection(AttributesSection):
    """What people and groups look like; what is left out is as the preset says."""

    people_filter: Filter | None = Field(default=None, examples=["(objectClass=inetOrgPerson)"])
    """Which entries are people."""

    disabled_filter: OptionalFilter | None = Field(default=None, examples=["(pwdAccountLockedTime=000001010000Z)"])
    """People who match it count as having left. `none`: nobody does."""

    group_filter: Filter | None = Field(default=None, examples=["(objectClass=groupOfNames)"])
    """Which entries are groups."""

    dn_attribute: Attribute | None = Field(default=None, examples=["entryDN"])
    """Operational attribute that lets a filter ask for entries by DN."""

    group_type: Attribute | None = Field(default=None, examples=["groupType"])
    """Attribute that tells universal groups, of which alone a global catalog holds the members."""

    ignore_referrals: tuple[Dn, ...] | None = Field(default=None, examples=[["cn=configuration"]])
    """First RDNs of parts of the directory that hold neither people nor groups: nothing is missed there."""


_MAY_BE_NONE: Final = {
    "disabled_filter": NO_FILTER,
    "memberships": NO_ATTRIBUTE,
    "member_urls": NO_ATTRIBUTE,
    "security_id": NO_ATTRIBUTE,
    "primary_group": NO_ATTRIBUTE,
    "owner": NO_ATTRIBUTE,
}
"""What of a schema may be written away, and the word for it."""


_KNOWN: Final = frozenset(field.name for field in fields(Schema))


def schema_of(preset: str, section: AttributesSection) -> Schema:
    """The preset with its overrides."""
    overrides = {name: value for name, value in section if value is not None and name in _KNOWN}
    overrides |= {name: "" for name, word in _MAY_BE_NONE.items() if overrides.get(name) == word}
    if section.members is not None:
        overrides["members"] = tuple(MemberAttribute(e.name, e.syntax) for e in section.members)
    return replace(PRESETS[preset], **overrides)
