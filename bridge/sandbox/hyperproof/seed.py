"""Organizations from a file, in YAML or JSON.

users:
  - {email: anna.smith@corp.example, name: Anna Smith, role: administrator}
  - {email: heidi.vogel@corp.example, name: Heidi Vogel, type: deactivatedUser}
groups:
  - {name: Auditors, members: [anna.smith@corp.example], lead: anna.smith@corp.example}
  - {name: Auditors 2019, archived: true}
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bridge.sandbox.hyperproof.model import utc_now
from bridge.sandbox.hyperproof.organization import Organization, UnknownReference


class SeedError(ValueError):
    """A seed file that cannot be read or does not make sense. The text names the file and the entry."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedUser(_Strict):
    """A user; see `Organization.add_user`."""

    email: str | None = None
    name: str = ""
    type: str = "activeUser"
    status: str = "active"
    role: str = "user"
    title: str | None = None
    identity_providers: tuple[str, ...] = ()
    id: str = ""
    user_id: str = ""


class SeedGroup(_Strict):
    """A group. Members and lead are addresses or ids of users."""

    name: str
    members: tuple[str, ...] = ()
    lead: str | None = None
    archived: bool = False


class Seed(_Strict):
    """A whole file."""

    users: tuple[SeedUser, ...] = ()
    groups: tuple[SeedGroup, ...] = ()


def load(path: Path, *, clock: Callable[[], datetime] = utc_now) -> Organization:
    """Build the organization that a file describes. JSON is read as the YAML that it is. Raises SeedError."""
    try:
        seed = Seed.model_validate(YAML(typ="safe").load(path) or {})
        return _organization(seed, clock)
    except OSError as error:
        raise SeedError(f"{path}: cannot be read: {error.strerror}.") from None
    except YAMLError as error:
        raise SeedError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise SeedError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    except UnknownReference as error:
        raise SeedError(f"{path}: {error}.") from None


def _organization(seed: Seed, clock: Callable[[], datetime]) -> Organization:
    organization = Organization(clock=clock)
    for user in seed.users:
        organization.add_user(**dict(user))
    for group in seed.groups:
        members = [organization.find_user(member) for member in group.members]
        lead = organization.find_user(group.lead) if group.lead else None
        organization.add_group(group.name, members, lead=lead, archived=group.archived)
    return organization
