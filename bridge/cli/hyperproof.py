"""hyperproof: the operations of Hyperproof's API by hand. What only looks is here, what changes in `by_hand`."""

from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.by_hand import GroupName, add_changes
from bridge.cli.exits import Exit
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, configuration
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bridge.targets.hyperproof_answers import GroupRow, User
    from bridge.targets.hyperproof_api import HyperproofApi

_hyperproof = typer.Typer(help="Work on Hyperproof by hand, by the operations of its API.", no_args_is_help=True)
_groups = typer.Typer(help="Look at groups, and change those that no mapping manages.", no_args_is_help=True)
_users = typer.Typer(help="Look at users.", no_args_is_help=True)

Archived = Annotated[bool, typer.Option("--archived", help="Archived groups instead of active ones.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add_changes(_groups)
    _hyperproof.add_typer(_groups, name="groups")
    _hyperproof.add_typer(_users, name="users")
    app.add_typer(_hyperproof, name="hyperproof")


@_groups.command("list")
def list_groups(config: ConfigPath = DEFAULT_CONFIG, archived: Archived = False, as_json: AsJson = False) -> Exit:
    """List groups with their leads and the number of their members.

    Example: hyperproof-bridge hyperproof groups list --archived
    """
    from bridge.targets.hyperproof_api import GroupStatus

    status = GroupStatus.ARCHIVED if archived else GroupStatus.ACTIVE
    with _api(config) as api:
        groups, users = api.get_groups(status), _Users(api.get_users())
        told = {members.group_id: len(members.user_ids) for members in api.get_all_members(status)}
    rows = [{**_group(group, users), "members": told.get(group.id)} for group in sorted(groups, key=_by_name)]
    _show(("id", "name", "lead", "members"), rows, as_json=as_json)
    return Exit.OK


@_groups.command("get")
def get_group(group: GroupName, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> Exit:
    """Show one group, active or archived.

    Example: hyperproof-bridge hyperproof groups get Auditors
    """
    with _api(config) as api:
        found, users = api.get_group(_group_id(api, group)), _Users(api.get_users())
    if found is None:
        raise BridgeError(f"There is no group {group!r}; `hyperproof groups list` has them all")
    _show(("id", "name", "lead"), [_group(found, users)], as_json=as_json)
    return Exit.OK


@_groups.command("members")
def list_members(group: GroupName, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> Exit:
    """List everybody in one group.

    Example: hyperproof-bridge hyperproof groups members Auditors --json
    """
    with _api(config) as api:
        members, users = api.get_members(_group_id(api, group)).user_ids, _Users(api.get_users())
    rows = sorted(({"account": member, **users.told(member)} for member in members), key=itemgetter("email"))
    _show(("account", "email", "name", "type", "status"), rows, as_json=as_json)
    return Exit.OK


@_users.command("list")
def list_users(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> Exit:
    """List all users, deactivated ones too, with both of their ids.

    Example: hyperproof-bridge hyperproof users list
    """
    with _api(config) as api:
        users = api.get_users()
    rows = [{"id": user.id, "userId": user.user_id, **_user(user)} for user in sorted(users, key=_by_email)]
    _show(("id", "userId", "email", "name", "type", "status"), rows, as_json=as_json)
    return Exit.OK


@_users.command("me")
def show_me(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> Exit:
    """Show who the bridge is to Hyperproof.

    Example: hyperproof-bridge hyperproof users me
    """
    with _api(config) as api:
        me = api.get_me()
    _show(("id", "email", "name"), [{"id": me.id, "email": me.email, "name": me.name}], as_json=as_json)
    return Exit.OK


# ---- what is shown -------------------------------------------------------------------------------------


@contextmanager
def _api(config: Path) -> "Iterator[HyperproofApi]":
    """The operations of the organization in the configuration."""
    from bridge.wiring import wired_for_reading

    with wired_for_reading(configuration(config)) as wired:
        wired.target.start_run()
        yield wired.target.api


def _group_id(api: "HyperproofApi", text: str) -> str:
    """The id of the one group with this id or name, active or archived."""
    from bridge.targets.hyperproof_api import GroupStatus

    rows = [row for status in GroupStatus for row in api.get_groups(status)]
    found = {row.id for row in rows if row.id == text} or {row.id for row in rows if row.name == text}
    if len(found) > 1:
        raise BridgeError(
            f"{len(found)} groups are called {text!r}; name one by its id: {', '.join(sorted(found))}"
        )
    if not found:
        raise BridgeError(f"There is no group {text!r}; `hyperproof groups list` has them all")
    return found.pop()


class _Users:
    """Users by either of their ids: which of both a group names is not documented."""

    def __init__(self, users: "Iterable[User]") -> None:
        self._by_id = {key: user for user in users for key in (user.id, user.user_id)}

    def told(self, user_id: str) -> dict[str, str]:
        """What is known of a user; nothing of one who is not listed."""
        user = self._by_id.get(user_id)
        return _user(user) if user else dict.fromkeys(("email", "name", "type", "status"), "")


def _user(user: "User") -> dict[str, str]:
    name = f"{user.given_name} {user.surname}".strip()
    return {"email": user.email, "name": name, "type": user.type, "status": user.status}


def _group(group: "GroupRow", users: _Users) -> dict[str, object]:
    lead = users.told(group.lead_id)["email"] or group.lead_id if group.lead_id else None
    return {"id": group.id, "name": group.name, "lead": lead}


def _by_name(group: "GroupRow") -> tuple[str, str]:
    return group.name.casefold(), group.id


def _by_email(user: "User") -> tuple[str, str]:
    return user.email.casefold(), user.id


def _show(heads: "Sequence[str]", rows: "Sequence[Mapping[str, object]]", *, as_json: bool) -> None:
    from bridge.cli.screen import console, print_json, table

    if as_json:
        print_json([dict(row) for row in rows])
        return
    cells = ([("" if row[head] is None else row[head]) for head in heads] for row in rows)
    console().print(table(heads, cells))
