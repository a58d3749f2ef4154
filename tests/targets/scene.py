"""The target before a sandbox, over real sockets, on virtual time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bridge.core.model import AccountId, GroupId
from bridge.sandbox.hyperproof import BRIDGE, ApiClient, EventKind, HyperproofSandbox, Modes, Organization
from bridge.targets.hyperproof import Hyperproof, open_hyperproof
from bridge.targets.settings import HyperproofSettings, IdSpaceSetting
from bridge.transport.client import Patience
from bridge.transport.settings import Timeouts
from tests.transport.virtual import VirtualClock


@dataclass
class Scene:
    """A sandbox, a target before it, and the names of things."""

    sandbox: HyperproofSandbox
    target: Hyperproof
    clock: VirtualClock

    def account(self, name: str) -> AccountId:
        """Somebody's id in the space of the groups, by the begin of the address."""
        user = next(u for u in self.sandbox.organization.users if (u.email or "").casefold().startswith(name))
        return AccountId(user.user_id if self.sandbox.modes.id_space == "userId" else user.id)

    def group(self, name: str) -> GroupId:
        """A group's id."""
        return GroupId(self.sandbox.organization.find_group(name).id)

    @property
    def calls(self) -> list[tuple[str, str, int]]:
        """What was asked of the API, without the tokens."""
        return [(r.method, r.path, r.status) for r in self.sandbox.requests if r.path.startswith("/v1")]

    @property
    def deeds(self) -> list[EventKind]:
        """What truly happened."""
        return [event.kind for event in self.sandbox.history]

    @property
    def statuses(self) -> list[int]:
        """How the API answered; 0 where it did not."""
        return [status for _, _, status in self.calls]


@contextmanager
def scene(
    modes: Modes | None = None,
    *,
    client: ApiClient = BRIDGE,
    space: IdSpaceSetting = IdSpaceSetting.AUTO,
    organization: Organization | None = None,
    timeouts: Timeouts | None = None,
) -> Iterator[Scene]:
    """A small organization, and the target with this client's credentials."""
    with HyperproofSandbox(organization or Organization.small(), modes=modes or Modes()) as sandbox:
        settings = HyperproofSettings(
            client_id=client.id,
            client_secret=lambda: client.secret,
            api_url=sandbox.api_url,
            token_url=sandbox.token_url,
            user_id_space=space,
            timeouts=timeouts or Timeouts(),
        )
        clock = VirtualClock()
        with open_hyperproof(settings, Patience.of(clock, lambda: 0.5)) as target:
            yield Scene(sandbox, target, clock)
