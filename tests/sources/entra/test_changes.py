"""What a tenant tells of the time since a mark: a hint, which must never say that nothing happened when it did."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.core.model import DirectoryRead, Selector, SelectorKind
from bridge.errors import Unavailable
from bridge.sandbox.graph import (
    SYNC_STATE_NOT_FOUND,
    Body,
    Edit,
    EntraSandbox,
    Fault,
    LinkBack,
    LinkTo,
    Refuse,
    Tenant,
    Truncate,
)
from bridge.sources.entra.changes import Changes
from bridge.sources.entra.source import EntraSource, MarkedRead, open_entra
from tests.sources.contract import CORP
from tests.sources.entra.tenants import settings
from tests.transport.virtual import VirtualClock

SELECTORS = (
    Selector(CORP, SelectorKind.NAME, "Staff"),
    Selector(CORP, SelectorKind.MAIL_NICKNAME, "audit"),
    Selector(CORP, SelectorKind.PATTERN, "hp-.+"),
)


@dataclass
class Scene:
    """A tenant that was read once, with a mark."""

    entra: EntraSandbox
    source: EntraSource
    marked: MarkedRead

    @property
    def tenant(self) -> Tenant:
        """The tenant."""
        return self.entra.tenant

    def changes(self, selectors: tuple[Selector, ...] = SELECTORS) -> Changes:
        """What it tells now."""
        self.entra.clear_log()
        return self.source.read_changes(self.marked.mark, self.marked.involved, selectors)


def says_nothing(changes: Changes) -> bool:
    """Whether nothing speaks for a full read."""
    return not (changes.touched or changes.gone or changes.due)


def found(read: DirectoryRead) -> object:
    """What a read comes to."""
    return read.people, read.selections, read.doubts


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Groups that are read, groups within them, and others."""
    tenant = Tenant()
    anna, ben, carl, dora = (tenant.add_user(name) for name in ("Anna", "Ben", "Carl", "Dora"))
    gus = tenant.add_user("Gus", accountEnabled=False)
    inner = tenant.add_group("Inner", [ben, gus])
    tenant.add_group("Staff", [anna, inner, tenant.add_device("Laptop")])
    tenant.add_group("Auditors", [carl], mailNickname="audit")
    tenant.add_group("hp-risk", [anna])
    tenant.add_group("Other", [dora, tenant.add_group("Deeper", [carl])])
    with EntraSandbox(tenant) as entra, open_entra(settings(entra, tmp_path), VirtualClock()) as source:
        yield Scene(entra, source, source.read_marked(SELECTORS))


def test_a_marked_read_is_a_full_one(scene: Scene) -> None:
    """With what it rests on: everybody in the groups found, disabled or not, these groups, and those within."""
    assert found(scene.marked.read) == found(scene.source.read(SELECTORS))
    names = {scene.tenant.objects[one].properties["displayName"] for one in scene.marked.involved}
    assert names == {"Anna", "Ben", "Carl", "Gus", "Inner", "Staff", "Auditors", "hp-risk"}
    assert scene.marked.why_not == ""


def test_an_unchanged_tenant_takes_one_call(scene: Scene) -> None:
    """Both lists of changes in one batch; the next mark serves as well as this one."""
    for _ in range(3):
        changes = scene.changes()
        assert says_nothing(changes)
        assert scene.entra.calls.direct == 1
        assert [search.entries for search in changes.searches] == [0, 0]
        scene.marked = MarkedRead(scene.marked.read, scene.marked.involved, changes.mark)


CHANGES: dict[str, Callable[[Tenant], object]] = {
    "somebody comes": lambda t: t.add_members("Staff", "Dora"),
    "somebody leaves": lambda t: t.remove_members("Staff", "Anna"),
    "somebody comes to a group within": lambda t: t.add_members("Inner", "Dora"),
    "somebody leaves a group within": lambda t: t.remove_members("Inner", "Ben"),
    "a group comes into another": lambda t: t.add_members("Inner", t.find("Deeper")),
    "a group leaves another": lambda t: t.remove_members("Staff", t.find("Inner")),
    "somebody is disabled": lambda t: t.change("Ben", accountEnabled=False),
    "somebody is enabled": lambda t: t.change("Gus", accountEnabled=True),
    "an address changes": lambda t: t.change("Anna", mail="new@corp.example"),
    "a name changes": lambda t: t.change("Anna", displayName="Anne"),
    "somebody is deleted": lambda t: t.delete("Ben"),
    "somebody is deleted for good": lambda t: t.purge("Ben"),
    "a group is renamed": lambda t: t.change(t.find("Staff"), displayName="Personnel"),
    "a group is deleted": lambda t: t.delete(t.find("hp-risk")),
    "a group of the pattern comes": lambda t: t.add_group("hp-new"),
    "another group takes the name": lambda t: t.change(t.find("Other"), displayName="STAFF"),
    "another group takes the nickname": lambda t: t.change(t.find("Other"), mailNickname="AUDIT"),
    "another group comes to match": lambda t: t.change(t.find("Other"), displayName="hp-other"),
    "a group hides its members": lambda t: t.change(t.find("Staff"), visibility="HiddenMembership"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_matters_is_told(scene: Scene, kind: str) -> None:
    """A full read may find something else then."""
    CHANGES[kind](scene.tenant)
    changes = scene.changes()
    assert changes.touched or changes.gone
    assert changes.due == ""
    assert changes.mark


ASIDE: dict[str, Callable[[Tenant], object]] = {
    "somebody in another group comes": lambda t: t.add_members("Deeper", "Dora"),
    "somebody in no group changes": lambda t: t.change("Dora", mail="d@corp.example"),
    "somebody new comes": lambda t: t.add_user("Eve"),
    "another group is renamed": lambda t: t.change(t.find("Other"), displayName="Others"),
    "another group comes": lambda t: t.add_group("New", ["Anna"]),
    "another group goes": lambda t: t.delete(t.find("Deeper")),
    "what is not asked about changes": lambda t: t.change("Anna", jobTitle="Chief"),
}


@pytest.mark.parametrize("kind", ASIDE)
def test_what_does_not_matter_hurries_nobody(scene: Scene, kind: str) -> None:
    """Tenants are never still; a full read finds the same."""
    ASIDE[kind](scene.tenant)
    assert says_nothing(scene.changes())
    assert found(scene.source.read(SELECTORS)) == found(scene.marked.read)


def test_a_filter_is_graphs_to_apply(scene: Scene) -> None:
    """Whatever happens to any group may bring it in."""
    by_filter = (Selector(CORP, SelectorKind.FILTER, "startswith(displayName,'x')"),)
    scene.tenant.add_members("Deeper", "Dora")
    assert scene.changes(by_filter).touched
    assert says_nothing(scene.changes((Selector(CORP, SelectorKind.DN, "cn=x"),)))


LOST: dict[str, Fault] = {
    "the token is too old": Fault(SYNC_STATE_NOT_FOUND, path="/groups/delta$", count=0),
    "the tenant was moved": Fault(Refuse(410, "Gone"), path="/users/delta$", count=0),
    "all has to be read anew": Fault(Refuse(400, "resyncRequired"), path="/users/delta$", count=0),
    "not to be asked": Fault(Refuse(403, "Authorization_RequestDenied"), path="/groups/delta$", count=0),
    "not known here": Fault(Refuse(400, "Request_BadRequest"), path="/groups/delta$", count=0),
    "no list": Fault(Body("null"), path="/users/delta$", count=0),
    "cut": Fault(Truncate(), path="/users/delta$", count=0),
    "no link to the next round": Fault(
        Edit(lambda page: page.pop("@odata.deltaLink", None)), path="/users/delta$", count=0
    ),
    "a link that leads back": Fault(LinkBack(), path="/groups/delta$", count=0),
    "a link that leads elsewhere": Fault(
        LinkTo("https://elsewhere.example/v1.0/groups/delta"), path="/groups/delta$", count=0
    ),
}


@pytest.mark.parametrize("kind", LOST)
def test_what_is_not_told_makes_a_full_read_due(scene: Scene, kind: str) -> None:
    """It is never taken for nothing; no mark is handed on, so that the full read takes a new one."""
    scene.entra.faults.add(LOST[kind])
    changes = scene.changes()
    assert changes.due
    assert changes.mark == ""


@pytest.mark.parametrize("mark", ["", "[]", "{}", '{"groups": "https://graph.example/"}', "nonsense"])
def test_another_kind_of_mark_makes_a_full_read_due(scene: Scene, mark: str) -> None:
    """It may come from another version."""
    scene.marked = MarkedRead(scene.marked.read, scene.marked.involved, mark)
    assert scene.changes().due
    assert scene.entra.calls.direct == 0


def test_a_tenant_that_does_not_answer_is_an_error(scene: Scene) -> None:
    """A full read would come to the same end."""
    scene.entra.faults.add(Fault(Refuse(503), path="/v1.0/", count=0))
    with pytest.raises(Unavailable):
        scene.changes()


def test_a_tenant_without_changes_is_read_in_full(scene: Scene) -> None:
    """Some kinds have none; that is said, and the read is as good as any."""
    scene.entra.faults.add(Fault(Refuse(400, "Request_BadRequest"), path="/delta$", count=0))
    marked = scene.source.read_marked(SELECTORS)
    assert marked.mark == ""
    assert "what changed" in marked.why_not
    assert found(marked.read) == found(scene.marked.read)


def test_a_round_of_many_pages_is_read_to_its_end(scene: Scene) -> None:
    """What matters may stand on the last one, and one group on several."""
    scene.entra.set_modes(delta_page=1)
    for number in range(7):
        scene.tenant.add_group(f"Aside {number}")
    scene.tenant.remove_members("Inner", "Ben")
    assert scene.changes().touched == {scene.tenant.find("Inner").id}


def test_a_busy_tenant_is_read_in_full(scene: Scene) -> None:
    """So many pages of changes are not worth telling."""
    scene.entra.set_modes(delta_page=1)
    for number in range(60):
        scene.tenant.add_group(f"Aside {number}")
    assert "did not end after 50 pages" in scene.changes().due


def test_changes_that_are_told_again_only_hurry(scene: Scene) -> None:
    """A replay costs a full read, and nothing else."""
    scene.tenant.remove_members("Inner", "Ben")
    first = scene.changes()
    scene.entra.set_modes(delta_replays=1)
    scene.marked = MarkedRead(scene.marked.read, scene.marked.involved, first.mark)
    assert scene.changes().touched == first.touched


def walk(tenant: Tenant, dice: random.Random) -> None:
    """One thing that happens somewhere."""
    users = [one for one in tenant.objects.values() if one.kind == "user"]
    groups = [one for one in tenant.objects.values() if one.kind == "group"]
    group, user = dice.choice(groups), dice.choice(users)
    match dice.randrange(9):
        case 0 | 1:
            tenant.add_members(group, user)
        case 2 | 3:
            tenant.remove_members(group, user)
        case 4:
            tenant.add_members(group, dice.choice(groups))
        case 5:
            tenant.change(user, accountEnabled=dice.random() < 0.5)
        case 6:
            tenant.change(group, displayName=dice.choice(("Staff", "hp-a", "hp-b", "Aside", "Other")))
        case 7:
            tenant.change(user, mail=f"{dice.random()}@corp.example")
        case _ if len(users) > 3:
            dice.choice((tenant.delete, tenant.purge))(user)


@pytest.mark.parametrize("purges", ["told", "silent"])
@pytest.mark.parametrize("seed", range(12))
def test_where_nothing_is_told_a_full_read_finds_the_same(scene: Scene, seed: int, purges: str) -> None:
    """Whatever happened: this is all that anybody may conclude from changes."""
    scene.entra.set_modes(delta_purges=purges)
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(12):
        walk(scene.tenant, dice)
        changes = scene.changes()
        if says_nothing(changes):
            assert found(scene.source.read(SELECTORS)) == found(scene.marked.read)
            scene.marked = MarkedRead(scene.marked.read, scene.marked.involved, changes.mark)
        else:
            scene.marked = scene.source.read_marked(SELECTORS)
