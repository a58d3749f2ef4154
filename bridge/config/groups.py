"""Managed groups: who feeds them, and how they are kept."""

import re
import string
from typing import Annotated, Final, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.ldap_values import DN_SHAPE, Dn
from bridge.config.limits import RemovalsOverride
from bridge.config.service import Model
from bridge.config.values import ID_SHAPE, Address, Flag, Lead, Pattern, Text, wrong
from bridge.core.mapping import Mode
from bridge.core.model import SelectorKind

# ---- who -----------------------------------------------------------------------------------------------


class GroupChoice(Model):
    """Directory groups, named in exactly one of these ways. A short text is a DN, an id or a name."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    dn: Dn | None = Field(default=None, examples=["cn=auditors,ou=groups,dc=corp,dc=example"])
    """The group with this DN."""

    name: Text | None = Field(default=None, examples=["auditors"])
    """The one group with this name."""

    mail_nickname: Text | None = Field(default=None, examples=["auditors"])
    """The one group with this mail nickname, in Entra ID."""

    id: Text | None = Field(default=None, examples=["6f9619ff-8b86-d011-b42d-00c04fc964ff"])
    """The group with this stable id."""

    filter: Text | None = Field(default=None, examples=["(businessCategory=compliance)"])
    """All groups that match this filter: of LDAP, or of OData for Entra ID."""

    pattern: Pattern | None = Field(default=None, examples=["grc-.+"])
    """All groups whose whole name matches this regular expression."""

    def chosen(self) -> tuple[SelectorKind, str]:
        """Tell which way was chosen, and its text."""
        texts = ((SelectorKind(name), text) for name, text in self if text is not None)
        return next(texts)


def _long_form(value: object) -> object:
    if not isinstance(value, str):
        return value
    kind = next((kind for kind, shape in _SHAPES.items() if re.fullmatch(shape, value.strip(), re.DOTALL)), "name")
    return {kind: value}


_SHAPES: Final = {"dn": DN_SHAPE, "id": ID_SHAPE}
"""What a short text has to look like to be more than a name."""


Choice: TypeAlias = Annotated[GroupChoice, BeforeValidator(_long_form, json_schema_input_type=str | GroupChoice)]


class Members(Model):
    """People of directory groups: of `any` part, of `all` parts, or of one directory; never those of `except`."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"minProperties": 1})

    any: tuple[Self, ...] = Field(default=(), min_length=1)
    """Everybody in at least one of these."""

    all: tuple[Self, ...] = Field(default=(), min_length=1)
    """Everybody in every one of these."""

    except_: tuple[Self, ...] = Field(default=(), min_length=1, alias="except")
    """But nobody who is in any of these."""

    __pydantic_extra__: dict[str, Choice] = Field(init=False)

    @property
    def choices(self) -> dict[str, GroupChoice]:
        """By directory; at most one."""
        return self.__pydantic_extra__


def _as_any(value: object) -> object:
    return {"any": value} if isinstance(value, list) else value


MembersOrList: TypeAlias = Annotated[
    Members, BeforeValidator(_as_any, json_schema_input_type=Members | tuple[Members, ...])
]
"""A bare list means any of its parts."""


# ---- how -----------------------------------------------------------------------------------------------


class Defaults(Model):
    """How all managed groups are kept, unless a group says otherwise."""

    mode: Mode = Mode.AUTHORITATIVE
    """Whom the bridge takes out: everybody whom the directory does not name, only whom it `owned`, or nobody."""

    create: Flag = False
    """Create the group in Hyperproof if there is none with its name."""

    rename: Flag = False
    """Give the group its name back when somebody changes it in Hyperproof, or you change it here."""

    keep: tuple[Address, ...] = Field(default=(), examples=[["break.glass@corp.example"]])
    """Never taken out of any managed group."""

    ignore: tuple[Address, ...] = Field(default=(), examples=[["robot@corp.example"]])
    """Neither put in nor taken out, in any managed group."""

    removals: RemovalsOverride = RemovalsOverride()
    """What is plausible, where it differs from `limits.removals_per_group`."""


class GroupSettings(Model):
    """What a group, or each group of a pattern, says otherwise than the defaults."""

    key: Text | None = Field(default=None, examples=["auditors"])
    """What the group is remembered by; stays when you change the name. Left out: the name."""

    mode: Mode | None = Field(default=None, examples=["owned"])
    """Whom the bridge takes out. Left out: as in `defaults`."""

    create: Flag | None = Field(default=None, examples=[True])
    """Create the group in Hyperproof if there is none with its name. Left out: as in `defaults`."""

    rename: Flag | None = Field(default=None, examples=[True])
    """Keep the group's name in Hyperproof equal to the one here. Left out: as in `defaults`."""

    lead: Lead | None = Field(default=None, examples=["anna.smith@corp.example"])
    """The group's lead: an e-mail address, `owner` of the directory groups, or `none`. Left out: left as it is."""

    keep: tuple[Address, ...] = Field(default=(), examples=[["break.glass@corp.example"]])
    """Never taken out; besides those of `defaults`."""

    ignore: tuple[Address, ...] = Field(default=(), examples=[["robot@corp.example"]])
    """Neither put in nor taken out; besides those of `defaults`."""

    job: Text | None = Field(default=None, examples=["nightly"])
    """The job of `schedule.jobs` whose runs write it. Left out: written at the times of `schedule` itself."""

    removals: RemovalsOverride = RemovalsOverride()
    """What is plausible for this group, where it differs from `defaults` and `limits`."""


class ManagedGroup(GroupSettings):
    """One managed group."""

    name: Text = Field(examples=["Auditors"])
    """The group's name in Hyperproof."""

    id: Text | None = Field(default=None, examples=["5f0a2c1e-7a4b-4c43-9a57-0f6b1f9d9a10"])
    """The group's id in Hyperproof. Left out: found by name once, then remembered."""

    members: MembersOrList = Field(examples=[{"corp": "cn=auditors,ou=groups,dc=corp,dc=example"}])
    """Whom the directory puts in."""


class GroupForEach(GroupSettings):
    """One managed group for each directory group whose name matches."""

    for_each: Annotated[dict[str, Pattern], Field(min_length=1, max_length=1)] = Field(
        examples=[{"corp": "hp-(?P<team>.+)"}]
    )
    """A directory, and a regular expression that the whole name of its groups has to match."""

    name: Text = Field(examples=["Team {team}"])
    """The groups' names: `{team}` is what the pattern's named group `team` matched, `{name}` the whole name."""

    @field_validator("for_each", mode="after")
    @classmethod
    def _leaves_name_free(cls, for_each: dict[str, str]) -> dict[str, str]:
        if _WHOLE in _fields_of(for_each):
            raise wrong("The pattern has a group called `name`, which means the whole name.", "Call it otherwise.")
        return for_each

    @field_validator("name", mode="after")
    @classmethod
    def _fits_pattern(cls, name: str, info: ValidationInfo) -> str:
        used = _fields_in(name)
        if not used:
            remedy = "Use `{name}`, or a named group of the pattern."
            raise wrong("All groups of the pattern would have the same name.", remedy)
        if "for_each" in info.data:
            known = _fields_of(info.data["for_each"]) | {_WHOLE}
            unknown = ", ".join(sorted(used - known))
            if unknown:
                what = f"The pattern has no named group for: {unknown}."
                raise wrong(what, f"Use one of: {', '.join(sorted(known))}.")
        return name


_WHOLE: Final = "name"


def _fields_of(for_each: dict[str, str]) -> set[str]:
    return {field for pattern in for_each.values() for field in re.compile(pattern).groupindex}


def _fields_in(template: str) -> set[str]:
    """The fields of a template; raises for anything but a word in braces."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        raise wrong("The braces of the name do not match.", "Write fields as `{team}`.") from None
    fields = [(name, spec, conversion) for _, name, spec, conversion in parts if name is not None]
    if any(not name.isidentifier() or spec or conversion for name, spec, conversion in fields):
        raise wrong("Braces in the name may hold a single word only.", "Write fields as `{team}`.")
    return {name for name, _, _ in fields}


def _kind(value: object) -> str:
    return "GroupForEach" if isinstance(value, dict) and "for_each" in value else "ManagedGroup"


GroupEntry: TypeAlias = Annotated[
    Annotated[ManagedGroup, Tag("ManagedGroup")] | Annotated[GroupForEach, Tag("GroupForEach")],
    Discriminator(_kind),
]
