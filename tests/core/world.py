"""Small worlds for the tests of the core: people, groups, accounts and mappings by short names."""

from collections.abc import Iterable, Mapping

from bridge.core.desired import Desired, desired
from bridge.core.mapping import From, GroupMapping, Policy, Rule, Settings
from bridge.core.model import (
    Account,
    AccountId,
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Email,
    Group,
    GroupId,
    Person,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
    Standing,
)
from bridge.core.people import People, resolve

CORP = DirectoryName("corp")
CUT = Doubt(DoubtKind.TRUNCATED, "a page is missing")
ELIGIBLE = Policy().eligible


def ids(*names: str) -> frozenset[AccountId]:
    """A set of accounts."""
    return frozenset(map(AccountId, names))


def account(
    name: str, address: str | None = "", standing: Standing = Standing.ACTIVE, full_name: str = ""
) -> Account:
    """An account `a`, with the address `a@x` unless another, or None, is given."""
    address = f"{name}@x" if address == "" else address
    return Account(AccountId(name), f"other-{name}", Email(address) if address else None, full_name, standing)


def person(name: str, *addresses: str, full_name: str = "") -> Person:
    """A person `corp:p`, with the address `p@x` unless others are given."""
    return Person(
        PersonId(f"corp:{name}"), tuple(map(Email, addresses or (f"{name}@x",))), full_name, f"cn={name}"
    )


def pid(name: str) -> PersonId:
    """A person's id."""
    return PersonId(f"corp:{name}")


def selector(name: str) -> Selector:
    """Names the directory group of this name."""
    return Selector(CORP, SelectorKind.NAME, name)


def source(name: str, *members: str, doubts: tuple[Doubt, ...] = ()) -> DirectoryGroup:
    """A directory group with these people."""
    return DirectoryGroup(f"corp:{name}", name, f"cn={name}", frozenset(map(pid, members)), doubts=doubts)


def read(
    groups: Iterable[DirectoryGroup], people: Iterable[Person], doubts: tuple[Doubt, ...] = ()
) -> DirectoryRead:
    """A directory in which every group is found by its name."""
    return DirectoryRead(
        CORP,
        "ldap://corp",
        {one.id: one for one in people},
        {selector(group.name): Selection((group,)) for group in groups},
        doubts,
    )


def mapping(name: str, rule: Rule | None = None, **settings: object) -> GroupMapping:
    """A managed group fed by the directory group of the same name, unless a rule is given."""
    changed = Settings(**settings)  # type: ignore[arg-type]  # the tests name the fields
    return GroupMapping(name, name, rule or From(selector(name)), changed)


def group(name: str, *members: str, lead: str | None = None) -> Group:
    """A group in Hyperproof."""
    return Group(GroupId(f"id-{name}"), name, AccountId(lead) if lead else None, ids(*members))


def evaluated(
    rule: Rule,
    directory: DirectoryRead,
    accounts: Iterable[Account],
    links: Mapping[PersonId, AccountId] | None = None,
) -> tuple[Desired, People]:
    """What a rule comes to in a world."""
    people = resolve(directory.people.values(), accounts, links or {}, ELIGIBLE)
    return desired(rule, {directory.directory: directory}, people), people
