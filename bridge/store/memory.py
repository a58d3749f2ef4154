"""What is remembered from run to run: loaded small, loaded further on demand, written only where it is new."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import Column, Table, select

from bridge.core.journal import Recollection
from bridge.core.memory import Baseline, Memory, SourceBaseline, TargetSizes
from bridge.core.model import AccountId, Email, GroupId, PersonId
from bridge.store import held, placements, quarantine
from bridge.store.packing import from_json, pack, to_json, unpack
from bridge.store.pictures import keep_pictures, load_kept
from bridge.store.rows import Row, delete, insert, portions, replace
from bridge.store.schema import baselines, bindings, links, listed, names, sights, skips, sources, target_sizes
from bridge.store.scope import Scope
from bridge.store.sights import keep_sights


def load_memory(scope: Scope) -> Memory:
    """Load what every run begins with: no big set among it."""
    return Memory(
        links=_pairs(scope, links.c.person, links.c.account),
        listed=load_listed(scope),
        bindings=_pairs(scope, bindings.c.key, bindings.c.group_id),
        source_sizes=_pairs(scope, sources.c.directory_group, sources.c.size),
        source_digests=_pairs(scope, sources.c.directory_group, sources.c.digest),
        baseline_digests=_pairs(scope, baselines.c.key, baselines.c.digest),
        target_sizes=_load_target_sizes(scope),
        approvals=held.load_approvals(scope),
        rejections=held.load_rejections(scope),
        held=held.load_current(scope),
        skips=_pairs(scope, skips.c.key, skips.c.digest),
        names=load_names(scope),
        sights=_pairs(scope, sights.c.key, sights.c.digest),
        pictures=load_kept(scope),
        resting=quarantine.load_resting(scope),
        writes_proved=placements.any_placed(scope),
    )


def load_baselines(scope: Scope, keys: Iterable[str]) -> dict[str, Baseline]:
    """Load baselines of mappings; unknown keys are left out."""
    return {
        row.key: Baseline(
            mapping_digest=row.mapping_digest,
            desired=cast("frozenset[AccountId]", unpack(row.desired)),
            members=cast("frozenset[AccountId]", unpack(row.members)),
            sources=tuple(from_json(row.sources)),
            digest=row.digest,
        )
        for some in portions(keys)
        for row in scope.connection.execute(scope.of(baselines).where(baselines.c.key.in_(some)))
    }


def load_sources(scope: Scope, groups: Iterable[str]) -> dict[str, SourceBaseline]:
    """Load who was in directory groups; unknown ids are left out."""
    return {
        row.directory_group: SourceBaseline(
            group=row.directory_group,
            name=row.name,
            people=cast("frozenset[PersonId]", unpack(row.people)),
            digest=row.digest,
        )
        for some in portions(groups)
        for row in scope.connection.execute(scope.of(sources).where(sources.c.directory_group.in_(some)))
    }


def load_listed(scope: Scope) -> dict[Email, frozenset[AccountId]]:
    """Load whose the addresses on the lists `keep` and `ignore` are."""
    found = _pairs(scope, listed.c.address, listed.c.accounts)
    return {Email(address): frozenset(map(AccountId, from_json(ids))) for address, ids in found.items()}


def load_names(scope: Scope) -> dict[str, str]:
    """Load what the names of directory groups led to."""
    return _pairs(scope, names.c.name, names.c.directory_group)


def remember(scope: Scope, left: Recollection) -> None:
    """Keep what a run leaves, apart from what is held. Entries not named stay."""
    _keep_pairs(scope, links, left.links)
    delete(scope.connection, bindings, [scope.row(key=key) for key in sorted(left.unbound)])
    _keep_pairs(scope, listed, {address: to_json(sorted(ids)) for address, ids in left.listed.items()})
    bind(scope, left.bindings)
    _keep_pairs(scope, names, left.names)
    _keep_sources(scope, left)
    _keep_baselines(scope, left)
    _keep_skips(scope, left)
    quarantine.review(scope, left)
    keep_sights(scope, left)
    keep_pictures(scope, left)
    if left.target_sizes:
        sizes = scope.row(users=left.target_sizes.users, groups=left.target_sizes.groups)
        replace(scope.connection, target_sizes, [sizes])


def bind(scope: Scope, bound: Mapping[str, GroupId]) -> None:
    """Tie mappings to groups."""
    _keep_pairs(scope, bindings, bound)


def keep_names(scope: Scope, known: Mapping[str, str]) -> None:
    """Note what the names of directory groups led to."""
    _keep_pairs(scope, names, known)


def _pairs(scope: Scope, key: Column[Any], value: Column[Any]) -> dict[Any, Any]:
    query = select(key, value).where(key.table.c.organization == scope.organization)
    return dict(scope.connection.execute(query).all())


def _load_target_sizes(scope: Scope) -> TargetSizes | None:
    row = scope.connection.execute(scope.of(target_sizes)).one_or_none()
    return TargetSizes(users=row.users, groups=row.groups) if row else None


def _keep_pairs(scope: Scope, table: Table, pairs: Mapping[Any, str]) -> None:
    """Write the pairs that are new or different, of a table with a key and a value."""
    if not pairs:
        return
    _, key, value = table.columns
    known = _pairs(scope, key, value)
    rows: list[Row] = [
        scope.row(**{key.name: one, value.name: other}) for one, other in pairs.items() if known.get(one) != other
    ]
    replace(scope.connection, table, rows)


def _keep_skips(scope: Scope, left: Recollection) -> None:
    """All of them anew: what is not named was not left undone any more."""
    scope.connection.execute(skips.delete().where(scope.mine(skips)))
    insert(scope.connection, skips, [scope.row(key=key, digest=digest) for key, digest in left.skips.items()])


def _keep_sources(scope: Scope, left: Recollection) -> None:
    table = sources.c
    query = scope.of(sources, table.directory_group, table.digest, table.name, table.size)
    known = {group: tuple(rest) for group, *rest in scope.connection.execute(query)}
    rows: list[Row] = [
        scope.row(
            directory_group=source.group,
            name=source.name,
            size=len(source.people),
            digest=source.digest,
            people=pack(source.people),
        )
        for source in left.sources
        if known.get(source.group) != (source.digest, source.name, len(source.people))
    ]
    replace(scope.connection, sources, rows)
    for group, size in left.grown.items():
        one = scope.mine(sources), table.directory_group == group
        scope.connection.execute(sources.update().where(*one).values(size=size))


def _keep_baselines(scope: Scope, left: Recollection) -> None:
    known = _pairs(scope, baselines.c.key, baselines.c.digest)
    rows: list[Row] = [
        scope.row(
            key=key,
            digest=baseline.digest,
            mapping_digest=baseline.mapping_digest,
            desired=pack(baseline.desired),
            members=pack(baseline.members),
            sources=to_json(baseline.sources),
        )
        for key, baseline in left.baselines.items()
        if not baseline.digest or known.get(key) != baseline.digest
    ]
    replace(scope.connection, baselines, rows)
