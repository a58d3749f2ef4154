"""Tenants from a file, in YAML or JSON. Beside what is shown here, entries have properties by Graph's own names.

users:
  - {name: Anna Smith}                                        # anna.smith@corp.example
  - {name: Ben Jones, accountEnabled: false, manager: Anna Smith}
  - {guest: bo@partner.example, name: Bo Berg}
devices: [{name: LAPTOP-1}]
service_principals: [{name: Backup}]
contacts: [{address: desk@partner.example}]
groups:
  - {name: Auditors, members: [Anna Smith, Internal Audit], owners: [anna.smith@corp.example]}
  - {name: Internal Audit, members: [bo@partner.example, LAPTOP-1]}
  - {name: Newsroom, groupTypes: [Unified], mailEnabled: true, visibility: HiddenMembership}
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bridge.sandbox.graph.model import DirectoryObject, Value, utc_now
from bridge.sandbox.graph.tenant import Tenant, UnknownReference
from bridge.sandbox.graph.ties import Tie


class SeedError(ValueError):
    """A seed file that cannot be read or does not make sense. The text names the file and the entry."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Entry(BaseModel):
    """An entry; what it has beside its fields are properties."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Value]

    @property
    def properties(self) -> dict[str, Value]:
        """Its other properties."""
        return dict(self.__pydantic_extra__)


class SeedUser(_Entry):
    """A user, or with an address in `guest` a guest."""

    name: str = ""
    guest: str = ""
    manager: str | None = None


class SeedNamed(_Entry):
    """A device, or a service principal."""

    name: str


class SeedContact(_Entry):
    """A mail contact."""

    address: str


class SeedGroup(_Entry):
    """A group. Members and owners are ids, UPNs, addresses or names."""

    name: str
    members: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


class Seed(_Strict):
    """A whole file."""

    users: tuple[SeedUser, ...] = ()
    devices: tuple[SeedNamed, ...] = ()
    service_principals: tuple[SeedNamed, ...] = ()
    contacts: tuple[SeedContact, ...] = ()
    groups: tuple[SeedGroup, ...] = ()


def load(path: Path, *, clock: Callable[[], datetime] = utc_now) -> Tenant:
    """Build the tenant that a file describes. JSON is read as the YAML that it is. Raises SeedError."""
    try:
        seed = Seed.model_validate(YAML(typ="safe").load(path) or {})
        return _tenant(seed, clock)
    except OSError as error:
        raise SeedError(f"{path}: cannot be read: {error.strerror}.") from None
    except YAMLError as error:
        raise SeedError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise SeedError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    except UnknownReference as error:
        raise SeedError(f"{path}: {error}.") from None


def _tenant(seed: Seed, clock: Callable[[], datetime]) -> Tenant:
    tenant = Tenant(clock=clock)
    users = [_user(tenant, entry) for entry in seed.users]
    for device in seed.devices:
        tenant.add_device(device.name, **device.properties)
    for principal in seed.service_principals:
        tenant.add_service_principal(principal.name, **principal.properties)
    for contact in seed.contacts:
        tenant.add_contact(contact.address, **contact.properties)
    groups = [tenant.add_group(group.name, (), (), **group.properties) for group in seed.groups]
    for group, entry in zip(groups, seed.groups, strict=True):
        tenant.add_members(group, *entry.members)
        tenant.add_members(group, *entry.owners, tie=Tie.OWNERS)
    for user, person in zip(users, seed.users, strict=True):
        if person.manager is not None:
            tenant.set_manager(user, person.manager)
    return tenant


def _user(tenant: Tenant, entry: SeedUser) -> DirectoryObject:
    if entry.guest:
        return tenant.add_guest(entry.guest, entry.name, **entry.properties)
    return tenant.add_user(entry.name, **entry.properties)
