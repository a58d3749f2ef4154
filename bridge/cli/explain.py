"""explain: why somebody is in a managed group, or is not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.completion import managed_groups
from bridge.cli.exits import Exit
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, Verbose, configuration, configuration_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.text import Text

    from bridge.audit.ledger import Ledger
    from bridge.config import Configuration
    from bridge.core.explain import Answer
    from bridge.cycle.explain_kept import Recalled
    from bridge.cycle.explanation import Explanation, Identity

_Since = dict[str, "Mapping[str, Any]"]
"""By group id, the record of the last change that the bridge made."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    person: Annotated[
        str,
        typer.Argument(
            help="An address, a DN, a person's id in the directory, or an account's id.",
            metavar="PERSON",
            show_default=False,
        ),
    ],
    group: Annotated[
        str,
        typer.Option(
            "--group",
            help="Only this managed group: its name, key or id.",
            metavar="GROUP",
            autocompletion=managed_groups,
        ),
    ] = "",
    live: Annotated[bool, typer.Option("--live", help="Read both sides now, as a run does.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> Exit:
    """Tell why somebody is in a managed group or is not, and what stands in the way. Writes nothing.

    By what the last run read, without asking a server; with --live, both sides are read now, and it ends with 6
    when a directory could not be. Without --group, all managed groups are told that have to do with them.

    Example: hyperproof-bridge explain anna.smith@corp.example --group Auditors
    """
    import gc

    gc.disable()  # somebody waits, and the process ends soon
    from rich.text import Text

    from bridge.cli.screen import console, print_json

    if live:
        told = _live(configuration(config, verbose=verbose), person, group)
    else:
        told = _kept(configuration_alone(config), person, group)
    if as_json:
        print_json(_json(told))
    else:
        console().print(Text("\n").join(_lines(told)))
    return Exit.UNREADABLE if told.found.unread else Exit.OK


@dataclass(frozen=True, slots=True)
class _Told:
    """What is to be said, since when, and by which run."""

    found: "Explanation"
    since: _Since
    recalled: "Recalled | None" = None
    """None: both sides were read now."""


def _live(configuration: "Configuration", person: str, group: str) -> _Told:
    from bridge.cycle.explain import explain as explained
    from bridge.wiring import wired_for_reading

    with wired_for_reading(configuration, anew=True) as wired:
        found = explained(wired.bridge, wired.sources, person, group)
        return _Told(found, _since(wired.store.ledger, found))


def _kept(configuration: "Configuration", person: str, group: str) -> _Told:
    """Nothing is loaded for it that asks a server or logs, for somebody waits."""
    from bridge.clock import SystemClock
    from bridge.config.policy import policy
    from bridge.cycle.explain_kept import explain_kept
    from bridge.errors import BridgeError
    from bridge.store.database import has_database
    from bridge.store.store import open_store

    place = configuration.store.place
    if not has_database(place):
        raise BridgeError(f"There is no database {place} yet: make a run (`sync`), or ask both sides with --live")
    with open_store(place, configuration.organization, SystemClock().now) as store:
        recalled = explain_kept(store, policy(configuration), person, group)
        return _Told(recalled.explanation, _since(store.ledger, recalled.explanation), recalled)


def _since(ledger: "Ledger", found: "Explanation") -> _Since:
    from bridge.audit.query import last_changes

    groups = {one.group_id for one in found.answers if one.group_id}
    return {k: v for account in found.accounts for k, v in last_changes(ledger, account.id, groups).items()}


# ---- for people ----------------------------------------------------------------------------------------


def _lines(told: _Told) -> "Iterator[Text]":
    from bridge.cli.screen import shown

    found = told.found
    if recalled := told.recalled:
        yield shown(f"as read at {recalled.at:%Y-%m-%d %H:%M:%S}Z by the run {recalled.run}")
        if recalled.reconfigured:
            yield shown("the configuration has changed since; --live asks both sides by it", "yellow")
    for directory, why in found.unread.items():
        yield shown(f"directory {directory} could not be read: {why}", "red")
    for identity in found.identities:
        yield shown(_who(identity), "bold")
    known = {identity.account.id for identity in found.identities if identity.account}
    for account in found.accounts:
        if account.id not in known:
            whose = (
                "nobody's in any directory group that was read"
                if found.unread
                else "nobody's in any mapped directory group"
            )
            yield shown(f"the account {account.email or account.id} is {whose}", "bold")
    for one in found.answers:
        yield shown("")
        is_well = one.is_member is not None and one.is_member == one.belongs
        yield shown(f"{one.mapping.name}: {_standing(one)}", "green" if is_well else "yellow")
        yield from map(shown, _details(one, told.since))
    if not found.answers:
        yield shown("no managed group that could be looked at has to do with them")
    if found.unserved:
        yield shown("")
        yield shown(f"not known, as they cannot be served: {_few(found.unserved)}", "yellow")


def _few(names: "Sequence[str]") -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


_SHOWN = 10
"""Names in one line."""


def _who(identity: "Identity") -> str:
    person = identity.person
    account = identity.account
    whose = f"is {account.email or account.id}, {identity.how}" if account else f"has no account: {identity.how}"
    return f"{person.name} ({person.label}) {whose}"


def _standing(one: "Answer") -> str:
    if one.is_member is None:
        return "whether they are a member is not known"
    if one.belongs is None:
        return f"{'is' if one.is_member else 'is not'} a member; whether they should be is not known"
    if one.is_member:
        return "is a member" if one.belongs else "is a member, and should not be"
    return "is not a member, and should be" if one.belongs else "is not a member"


def _details(one: "Answer", since: _Since) -> "Iterator[str]":
    for way in one.ways:
        verb = "kept out by" if way.excludes else "through"
        yield f"  {verb} {way.directory}: {' > '.join(way.groups)}"
    if one.mapping.where:
        yield f"  mapping: {one.mapping.where}"
    if record := since.get(one.group_id or ""):
        yield f"  {record['event']} at {record['at']} by the run {record['run']}: {record['cause']}"
    elif one.is_member:
        yield "  was in it before the bridge, or was put in by somebody else"
    for pending in one.pending:
        yield f"  the next run: {pending.action.value} ({pending.cause.value})"
    for obstacle in one.obstacles:
        yield f"  {obstacle.kind}: {obstacle.text}; {obstacle.remedy}"


# ---- for programs --------------------------------------------------------------------------------------


def _json(told: _Told) -> dict[str, Any]:
    """All of it. Keys are only ever added."""
    found, recalled = told.found, told.recalled
    return {
        "people": [
            {
                "id": identity.person.id,
                "name": identity.person.name,
                "label": identity.person.label,
                "enabled": identity.person.enabled,
                "account": identity.account.id if identity.account else None,
                "how": identity.how,
            }
            for identity in found.identities
        ],
        "accounts": [{"id": one.id, "email": one.email, "standing": one.standing.value} for one in found.accounts],
        "groups": [_answer_json(one, told.since) for one in found.answers],
        "unread": dict(found.unread),
        "unserved": list(found.unserved),
        "live": recalled is None,
        "run": recalled.run if recalled else None,
        "read_at": recalled.at.isoformat() if recalled else None,
        "reconfigured": bool(recalled and recalled.reconfigured),
    }


def _answer_json(one: "Answer", since: _Since) -> dict[str, Any]:
    record = since.get(one.group_id or "")
    return {
        "group": one.mapping.name,
        "group_id": one.group_id,
        "mapping": one.mapping.key,
        "where": one.mapping.where,
        "member": one.is_member,
        "belongs": one.belongs,
        "ways": [
            {
                "directory": way.directory,
                "person": way.person,
                "groups": list(way.groups),
                "excludes": way.excludes,
            }
            for way in one.ways
        ],
        "since": {key: record[key] for key in ("event", "at", "run", "cause")} if record else None,
        "pending": [{"action": each.action.value, "cause": each.cause.value} for each in one.pending],
        "obstacles": [{"kind": each.kind, "text": each.text, "remedy": each.remedy} for each in one.obstacles],
    }
