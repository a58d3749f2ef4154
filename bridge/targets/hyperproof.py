"""Hyperproof as the cycle needs it: read all of it, read a part again, make one change.

No chunks, no checks afterwards, no order: that is the cycle's. Each method raises what
`bridge.targets.hyperproof_api.HyperproofApi` says.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx

from bridge.core.model import AccountId, Group, GroupId, IdSpace, TargetRead, Untold
from bridge.targets.hyperproof_answers import SYSTEM
from bridge.targets.hyperproof_api import GroupStatus, HyperproofApi
from bridge.targets.hyperproof_probe import Probe, probe
from bridge.targets.settings import HyperproofSettings
from bridge.targets.target_read import group_of, lead_ids, target_read
from bridge.transport.client import Client, Observer, Patience
from bridge.transport.exchange import Wire, open_http
from bridge.transport.settings import is_loopback, longest_call
from bridge.transport.tokens import ClientCredentials


class Hyperproof:
    """One organization. Fits `bridge.cycle.ports.Target`; safe to share between threads."""

    def __init__(self, client: Client, tokens: ClientCredentials, settings: HyperproofSettings) -> None:
        self._client = client
        self._tokens = tokens
        self._api = HyperproofApi(client, tokens, settings.api_url)
        self._stated: IdSpace | None = settings.user_id_space.stated
        self.longest_call = timedelta(seconds=longest_call(settings.timeouts, settings.limits))
        """How long a write may take until it is done, or never will be."""
        self._leads: Mapping[str, AccountId] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop all connections."""
        self._client.close()

    @property
    def api(self) -> HyperproofApi:
        """The operations themselves, for whoever works by hand."""
        return self._api

    def start_run(self) -> None:
        """Begin a new run: what may be waited in it starts anew."""
        self._client.start_run()

    def ask(self, permit: Callable[[], None]) -> None:
        """From now on ask this right before a write is sent, also when it is sent again after a wait."""
        self._client.permit = permit

    # ---- reads -----------------------------------------------------------------------------------------

    def read(self) -> TargetRead:
        """Read all accounts, active groups and members: three calls. A run begins with it."""
        self.start_run()
        users = self._api.get_users()
        groups = self._api.get_groups(GroupStatus.ACTIVE)
        ids = (one for user in users for one in (user.user_id, user.id))
        members = self._api.get_all_members(GroupStatus.ACTIVE, ids)
        found = target_read(users, groups, members, self._stated)
        self._leads = lead_ids(found.accounts, groups)
        return found

    def read_members(self, group: GroupId) -> frozenset[AccountId]:
        """Read one group's members now: one call."""
        return self._api.get_members(group).user_ids

    def read_group(self, group: GroupId) -> Group | None:
        """Read one group by id, its members untold: one call. None when there is no such group.

        The answer does not tell an active group from an archived one.
        """
        row = self._api.get_group(group)
        return None if row is None else group_of(row, Untold.UNTOLD, self._leads)

    def read_groups(self, *, archived: bool) -> Mapping[GroupId, str]:
        """Read the ids and names of all active, or of all archived, groups: one call."""
        rows = self._api.get_groups(GroupStatus.ARCHIVED if archived else GroupStatus.ACTIVE)
        return {GroupId(row.id): row.name for row in rows}

    def probe(self) -> Probe:
        """Find out what this API client may see: a token and four calls. Raises Denied for refused credentials."""
        self.start_run()
        self._tokens.token()
        return probe(self._api, self._stated)

    # ---- writes: one call each -------------------------------------------------------------------------

    def create_group(self, name: str, members: Sequence[AccountId]) -> GroupId:
        """Create a group with members, and tell its id."""
        return GroupId(self._api.add_group(name, members))

    def rename_group(self, group: GroupId, name: str) -> None:
        """Give a group another name."""
        self._api.update_group(group, {"name": name})

    def set_lead(self, group: GroupId, lead: AccountId | None) -> None:
        """Set or clear a group's lead."""
        self._api.update_group(group, {"clearGroupLead": True} if lead is None else {"groupLeadId": lead})

    def add_members(self, group: GroupId, members: Sequence[AccountId]) -> None:
        """Put accounts into a group."""
        self._api.add_members(group, members)

    def remove_members(self, group: GroupId, members: Sequence[AccountId]) -> None:
        """Take accounts out of a group."""
        self._api.remove_members(group, members)


def open_hyperproof(
    settings: HyperproofSettings,
    patience: Patience,
    observer: Observer = Observer(),  # noqa: B008 - frozen
    *,
    transport: httpx.BaseTransport | None = None,
) -> Hyperproof:
    """Make ready to speak to an organization; nothing is sent yet. `transport` is for tests.

    Raises ValueError when the settings cannot be used, and OSError when `ca_file` cannot be loaded.
    """
    for key, problem in settings.problems():
        raise ValueError(f"hyperproof.{key} {problem}")
    loopback = is_loopback(settings.api_url)
    http = open_http(settings.route, settings.timeouts, loopback=loopback, transport=transport)
    wire = Wire(http, patience.clock.monotonic, settings.limits, settings.timeouts)
    client = Client(SYSTEM, wire, patience, settings.limits, observer)
    tokens = ClientCredentials(
        client,
        patience.clock,
        token_url=settings.token_url,
        client_id=settings.client_id,
        secret=settings.client_secret,
    )
    return Hyperproof(client, tokens, settings)
