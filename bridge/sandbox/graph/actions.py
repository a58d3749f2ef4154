"""What administrators do in the tenant while the bridge is at work, as values that can come over HTTP."""

from dataclasses import dataclass, field
from enum import StrEnum

from bridge.sandbox.graph.effects import Scene
from bridge.sandbox.graph.model import Value
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.graph.ties import Tie
from bridge.sandbox.messages import Delivery


class Deed(StrEnum):
    """What an administrator can do."""

    ADD_USER = "add_user"
    ADD_GUEST = "add_guest"
    ADD_GROUP = "add_group"
    ADD_MEMBERS = "add_members"
    REMOVE_MEMBERS = "remove_members"
    ADD_OWNERS = "add_owners"
    REMOVE_OWNERS = "remove_owners"
    SET_MANAGER = "set_manager"
    CHANGE = "change"
    DELETE = "delete"
    RESTORE = "restore"
    PURGE = "purge"


@dataclass(frozen=True, slots=True)
class Action:
    """One deed and what it concerns. As JSON: `{"do": "add_members", "what": "Auditors", "who": ["a@b.c"]}`."""

    do: Deed
    what: str
    """What is made (a name; of a guest the address) or changed (an id, UPN, address or name)."""
    who: tuple[str, ...] = ()
    """Members or owners, or the one manager; none: nobody manages."""
    properties: dict[str, Value] = field(default_factory=dict)
    """By Graph's own names."""

    def perform(self, tenant: Tenant) -> None:
        """Do it. Raises UnknownReference."""
        match self.do:
            case Deed.ADD_USER:
                tenant.add_user(self.what, **self.properties)
            case Deed.ADD_GUEST:
                tenant.add_guest(self.what, "", **self.properties)
            case Deed.ADD_GROUP:
                tenant.add_group(self.what, self.who, (), **self.properties)
            case Deed.CHANGE:
                tenant.change(self.what, **self.properties)
            case Deed.DELETE:
                tenant.delete(self.what)
            case _:
                self._tie(tenant)

    def _tie(self, tenant: Tenant) -> None:
        tie = Tie.OWNERS if self.do in {Deed.ADD_OWNERS, Deed.REMOVE_OWNERS} else Tie.MEMBERS
        match self.do:
            case Deed.ADD_MEMBERS | Deed.ADD_OWNERS:
                tenant.add_members(self.what, *self.who, tie=tie)
            case Deed.REMOVE_MEMBERS | Deed.REMOVE_OWNERS:
                tenant.remove_members(self.what, *self.who, tie=tie)
            case Deed.SET_MANAGER:
                tenant.set_manager(self.what, self.who[0] if self.who else None)
            case Deed.RESTORE:
                tenant.restore(self.what)
            case _:
                tenant.purge(self.what)


@dataclass(frozen=True, slots=True)
class Perform:
    """The effect of deeds that are done just before a request is looked at."""

    actions: tuple[Action, ...]

    def befall(self, scene: Scene) -> Delivery:
        """Do them, then answer."""
        for action in self.actions:
            action.perform(scene.tenant)
        return Delivery(scene.answer())
