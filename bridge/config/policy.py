"""Groups, defaults and limits of the file as the core's Policy."""

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Final

from bridge.config.directories import Directory, ldap_settings
from bridge.config.entra import EntraDirectory, entra_settings
from bridge.config.file_directory import FileDirectory, file_settings
from bridge.config.groups import GroupForEach, GroupSettings, ManagedGroup, Members
from bridge.config.limits import GroupRemovals, RunRemovals
from bridge.config.model import Configuration
from bridge.config.values import NO_LEAD, OWNER_LEAD
from bridge.core.mapping import (
    MAIN,
    AllOf,
    AnyOf,
    Except,
    From,
    GroupMapping,
    LeadAction,
    LeadRule,
    Limit,
    Limits,
    PatternMapping,
    Policy,
    Rule,
    Settings,
    with_owners,
)
from bridge.core.model import DirectoryName, Email, GroupId, Selector, SelectorKind, Standing
from bridge.sources.entra.settings import EntraSettings
from bridge.sources.ldap.settings import Domain


def policy(configuration: Configuration) -> Policy:
    """Turn a configuration into what the core decides by; `config_hash` names it."""
    entries = list(enumerate(configuration.groups))
    made = Policy(
        mappings=tuple(
            _mapping(entry, configuration, configuration.place(n))
            for n, entry in entries
            if isinstance(entry, ManagedGroup)
        ),
        patterns=tuple(
            _pattern(entry, configuration, configuration.place(n))
            for n, entry in entries
            if isinstance(entry, GroupForEach)
        ),
        limits=_limits(configuration),
        eligible=_eligible(configuration),
        remove_deactivated=configuration.accounts.remove_deactivated,
        remove_lead=configuration.accounts.remove_lead,
    )
    return replace(made, config_hash=_hash(made, configuration))


def _mapping(entry: ManagedGroup, configuration: Configuration, where: str) -> GroupMapping:
    settings, members = _settings(entry, configuration), rule(entry.members)
    return GroupMapping(
        key=entry.key or entry.name,
        name=entry.name,
        rule=with_owners(members) if settings.lead.action is LeadAction.OWNER else members,
        settings=settings,
        group_id=GroupId(entry.id) if entry.id else None,
        where=where,
    )


def _pattern(entry: GroupForEach, configuration: Configuration, where: str) -> PatternMapping:
    ((directory, pattern),) = entry.for_each.items()
    settings = _settings(entry, configuration)
    owners = settings.lead.action is LeadAction.OWNER
    return PatternMapping(
        key=entry.key or entry.name,
        selector=Selector(DirectoryName(directory), SelectorKind.PATTERN, pattern, owners),
        template=entry.name,
        settings=settings,
        where=where,
    )


def rule(members: Members) -> Rule:
    """Turn `members` into the core's rule. A part that stands alone in `any` or `all` is the part itself."""
    base = _base(members)
    return Except(base, _any_of(members.except_)) if members.except_ else base


def _base(members: Members) -> Rule:
    if members.any:
        return _any_of(members.any)
    if members.all:
        parts = tuple(rule(part) for part in members.all)
        return parts[0] if len(parts) == 1 else AllOf(parts)
    ((directory, choice),) = members.choices.items()
    return From(Selector(DirectoryName(directory), *choice.chosen()))


def _any_of(members: tuple[Members, ...]) -> Rule:
    parts = tuple(rule(part) for part in members)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


# ---- settings ------------------------------------------------------------------------------------------


def _settings(entry: GroupSettings, configuration: Configuration) -> Settings:
    defaults = configuration.defaults
    return Settings(
        mode=defaults.mode if entry.mode is None else entry.mode,
        keep=frozenset(map(Email, (*defaults.keep, *entry.keep))),
        ignore=frozenset(map(Email, (*defaults.ignore, *entry.ignore))),
        lead=_lead(entry.lead),
        create=defaults.create if entry.create is None else entry.create,
        rename=defaults.rename if entry.rename is None else entry.rename,
        limit=_limit(configuration.limits.removals_per_group, _stated(configuration, entry)),
        job=entry.job or MAIN,
    )


def _lead(text: str | None) -> LeadRule:
    if text is None:
        return LeadRule()
    words = {NO_LEAD: LeadAction.CLEAR, OWNER_LEAD: LeadAction.OWNER}
    return LeadRule(words[text]) if text in words else LeadRule(LeadAction.SET, Email(text))


def _stated(configuration: Configuration, entry: GroupSettings) -> dict[str, float]:
    """The removals that defaults or the group state; the group's own count more."""
    return {
        **configuration.defaults.removals.model_dump(exclude_none=True),
        **entry.removals.model_dump(exclude_none=True),
    }


def _limit(removals: GroupRemovals | RunRemovals, stated: dict[str, float]) -> Limit:
    effective = removals.model_dump() | stated
    return Limit(int(effective["count"]), float(effective["percent"]), int(effective["floor"]))


def _limits(configuration: Configuration) -> Limits:
    limits = configuration.limits
    return Limits(
        removals_per_run=_limit(limits.removals_per_run, {}),
        unresolved_percent=float(limits.unresolved.percent),
        unresolved_floor=limits.unresolved.floor,
        shrink_percent=float(limits.hyperproof_shrink.percent),
    )


def _eligible(configuration: Configuration) -> frozenset[Standing]:
    accounts = configuration.accounts
    more = {Standing.CONTACT: accounts.contacts, Standing.INVITED: accounts.invited}
    return frozenset({Standing.ACTIVE, *(standing for standing, allowed in more.items() if allowed)})


# ---- the hash ------------------------------------------------------------------------------------------

_ASIDE: Final = {"where", "config_hash"}


def _hash(made: Policy, configuration: Configuration) -> str:
    """Name what the bridge decides by: equal for equal effects, however the file is written. Holds no secret."""
    content = {
        "organization": configuration.organization,
        "hyperproof": configuration.hyperproof.api_address,
        "directories": {name: _view(name, directory) for name, directory in configuration.directories.items()},
        "policy": _canonical(
            replace(
                made,
                mappings=tuple(sorted(made.mappings, key=attrgetter("key"))),
                patterns=tuple(sorted(made.patterns, key=attrgetter("key"))),
            )
        ),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def reads_alike(name: str, one: Configuration, other: Configuration) -> bool:
    """Whether both configurations find the same in a directory, so that it need not be read for each."""
    mine, theirs = one.directories.get(name), other.directories.get(name)
    if mine is None or theirs is None or type(mine) is not type(theirs):
        return False
    return _view(name, mine) == _view(name, theirs)


def _view(name: str, directory: Directory) -> list[object]:
    """What decides whom a directory names. How it is reached and who signs in does not."""
    if isinstance(directory, EntraDirectory):
        return _entra_view(entra_settings(name, directory))
    if isinstance(directory, FileDirectory):
        return [_canonical(file_settings(name, directory).export)]
    settings = ldap_settings(name, directory)
    domains = [[_where(domain), [domain.base_dn, *domain.bases]] for domain in settings.domains]
    return [domains, _canonical(settings.schema)]


def _where(domain: Domain) -> object:
    return domain.discover.domain if domain.discover else list(domain.servers)


def _entra_view(settings: EntraSettings) -> list[object]:
    return [settings.graph_address, settings.tenant_id, list(settings.addresses), settings.guests, settings.nested]


def _canonical(value: object) -> object:
    """Values in a form that depends on nothing but what they mean."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_canonical(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        stated = {f.name: _canonical(getattr(value, f.name)) for f in fields(value) if f.name not in _ASIDE}
        return {"is": type(value).__name__, **stated}
    return value
