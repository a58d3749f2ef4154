"""Tenants from files and by size."""

import json
from pathlib import Path

import pytest

from bridge.sandbox.graph import Kind, Tenant
from bridge.sandbox.graph.generate import generate
from bridge.sandbox.graph.seed import SeedError, load
from bridge.sandbox.graph.ties import Tie
from bridge.sandbox.people import person_email

SEED = """
users:
  - {name: Anna Smith}
  - {name: Ben Jones, accountEnabled: false, manager: Anna Smith, otherMails: [ben@home.example]}
  - {guest: bo@partner.example, name: Bo Berg}
devices: [{name: LAPTOP-1}]
service_principals: [{name: Backup}]
contacts: [{address: desk@partner.example}]
groups:
  - {name: Auditors, members: [anna.smith@corp.example, Internal Audit], owners: [Anna Smith]}
  - {name: Internal Audit, members: [bo@partner.example, Ben Jones, LAPTOP-1, Backup, desk@partner.example]}
  - {name: Newsroom, groupTypes: [Unified], mailEnabled: true, visibility: HiddenMembership}
"""


def seeded(folder: Path, text: str) -> Tenant:
    """The tenant that a text describes."""
    path = folder / "tenant.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def names(tenant: Tenant, ids: tuple[str, ...]) -> set[str]:
    """The names behind ids."""
    return {tenant.objects[one].name for one in ids}


def test_seed(tmp_path: Path) -> None:
    """A file says who there is, who is in what, who owns and who manages."""
    tenant = seeded(tmp_path, SEED)
    auditors, ben = tenant.find("Auditors"), tenant.find("Ben Jones")
    below = names(tenant, tenant.ties.transitive(auditors.id))
    assert below == {"Anna Smith", "Internal Audit", "Bo Berg", "Ben Jones", "LAPTOP-1", "Backup", "desk"}
    assert names(tenant, tenant.ties.of(Tie.OWNERS, auditors.id)) == {"Anna Smith"}
    assert tenant.objects[tenant.ties.managers[ben.id]].name == "Anna Smith"
    assert (ben.value("accountEnabled"), ben.value("otherMails")) == (False, ("ben@home.example",))
    assert tenant.find("Newsroom").hidden


def test_json(tmp_path: Path) -> None:
    """JSON is YAML."""
    assert len(seeded(tmp_path, json.dumps({"users": [{"name": "Anna Smith"}]})).all(Kind.USER)) == 1


def test_nothing(tmp_path: Path) -> None:
    """An empty file is an empty tenant."""
    assert seeded(tmp_path, "").objects == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("users: {", "is not YAML"),
        ("people: []", "people: Extra inputs are not permitted"),
        ("groups: [{}]", "groups.0.name: Field required"),
        ("users: [{name: A, shoeSize: '38'}]", "a user has no property shoeSize"),
        ("users: [{name: A, mail: {}}]", "users.0.mail"),
        ("groups: [{name: A, members: [B]}]", "nothing has the id, address or name 'B'"),
    ],
)
def test_problems(tmp_path: Path, text: str, told: str) -> None:
    """What is wrong with a file is said, with its name."""
    with pytest.raises(SeedError) as raised:
        seeded(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'tenant.yaml'}: ")
    assert told in str(raised.value)


def test_no_file(tmp_path: Path) -> None:
    """So is that there is none."""
    with pytest.raises(SeedError, match="cannot be read: No such file"):
        load(tmp_path / "none.yaml")


def test_generated() -> None:
    """A tenant by size: the people of the made up Hyperproof, ten awkward ones, groups that nest."""
    tenant = generate(users=50, groups=11, members_per_group=20, largest=35)
    assert (len(tenant.all(Kind.USER)), len(tenant.all(Kind.GROUP))) == (50, 12)
    addresses = {one.value("mail") for one in tenant.all(Kind.USER)}
    assert {person_email(number) for number in range(40)} <= addresses
    assert len(tenant.ties.of(Tie.MEMBERS, tenant.find("Everybody").id)) == 35
    assert tenant.find("Controls 0009").id in tenant.ties.of(Tie.MEMBERS, tenant.find("Risk 0010").id)


def test_generated_twice() -> None:
    """The same figures and seed give the same tenant."""
    first, second = (generate(users=40, groups=3, members_per_group=5) for _ in range(2))
    assert first.objects == second.objects


def test_generated_small() -> None:
    """A small tenant has no awkward people, and groups no larger than it is."""
    tenant = generate(users=5, groups=1, members_per_group=10)
    assert len(tenant.ties.of(Tie.MEMBERS, tenant.all(Kind.GROUP)[0].id)) == 5
