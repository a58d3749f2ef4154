"""A source that recalls: what it says is what a full read would say, and it seldom reads in full."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridge.core.model import DirectoryName, DirectoryRead, Email, Selector, SelectorKind
from bridge.core.snapshot import Snapshot
from bridge.cycle.ports import Source
from bridge.sources.recalling import RecallingSource
from bridge.store.snapshot_packing import pack, unpack
from tests.sources.town import CORP, STAFF, TEAMS, Town
from tests.transport.virtual import VirtualClock

SELECTORS = (STAFF, TEAMS)
HOUR = timedelta(hours=1)


@dataclass
class Drawer:
    """A cabinet that packs what it is given, as the store does."""

    snapshots: dict[DirectoryName, tuple[Snapshot, bytes]] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)

    def load_snapshot(self, directory: DirectoryName, digest: str) -> Snapshot | None:
        """The last one, if it has this digest."""
        snapshot, data = self.snapshots.get(directory, (None, b""))
        if snapshot is None or snapshot.digest != digest:
            return None
        packed = unpack(data)
        assert packed
        return replace(snapshot, read=packed.read, footing=packed.footing)

    def record_snapshot(self, snapshot: Snapshot) -> None:
        """Keep it."""
        self.snapshots[snapshot.read.directory] = (snapshot, pack(snapshot.read, snapshot.footing))

    def record_mark(self, snapshot: Snapshot, mark: str) -> None:
        """Move the mark on."""
        kept, data = self.snapshots[snapshot.read.directory]
        self.snapshots[snapshot.read.directory] = (replace(kept, mark=mark), data)
        self.moved.append(mark)


class Scene:
    """A town, and a source that recalls what it read there."""

    def __init__(self) -> None:
        self.town = Town()
        self.clock = VirtualClock()
        self.drawer = Drawer()
        for key in ("ann", "bob", "cid", "dora"):
            self.town.put_person(key)
        self.town.put_person("gus", enabled=False)
        self.town.put_group("nested", "nested", "bob", "gus")
        self.town.put_group("staff", "staff", "ann", "nested")
        self.town.put_group("red", "hp-red", "bob", "gus")
        self.town.put_group("idle", "idle", "dora")

    @property
    def source(self) -> RecallingSource:
        """As a new process has it."""
        return RecallingSource(self.town, self.drawer, self.clock.now, HOUR, keeps=True)

    def asked(self, selectors: Sequence[Selector] = SELECTORS) -> list[str]:
        """What the directory is asked for by a read, whose answer is the truth."""
        self.town.asked.clear()
        read = self.source.read(selectors)
        asked = list(self.town.asked)
        assert_same(read, self.town.read(selectors))
        assert (read.recalled is None) is ("full" in asked)
        return asked


def assert_same(read: DirectoryRead, full: DirectoryRead) -> None:
    """A read says what a full read says."""
    assert (read.people, read.selections, read.doubts) == (full.people, full.selections, full.doubts)


@pytest.fixture
def scene() -> Scene:
    """A town that was read once."""
    made = Scene()
    made.source.read(SELECTORS)
    return made


def test_it_is_a_source(scene: Scene) -> None:
    """As far as the cycle is concerned."""
    source: Source = scene.source
    assert source.name == CORP


def test_an_unchanged_directory_is_asked_for_news_alone(scene: Scene) -> None:
    """Run after run, for as long as a full read is not due; the read says when it was made, and how."""
    taken = scene.clock.now()
    for _ in range(5):
        scene.clock.pass_(600)
        assert scene.asked() == ["news"]
    read = scene.source.read(SELECTORS)
    assert read.recalled == taken
    assert [search.what for search in read.searches] == ["news"]


def test_a_full_read_has_its_own_schedule(scene: Scene) -> None:
    """However quiet the directory is; a clock that went back is no reason to wait longer."""
    scene.clock.pass_(3599)
    assert scene.asked() == ["news"]
    scene.clock.pass_(1)
    assert scene.asked() == ["full"]
    scene.clock.pass_(-1)
    assert scene.asked() == ["full"]


RELEVANT: dict[str, Callable[[Town], None]] = {
    "a member came": lambda town: town.move_member("staff", "cid"),
    "a member went": lambda town: town.move_member("staff", "ann"),
    "a member of a nested group went": lambda town: town.move_member("nested", "bob"),
    "a member was deleted": lambda town: town.delete("bob"),
    "a nested group was deleted": lambda town: town.delete("nested"),
    "a member was renamed": lambda town: town.put_person("ann", label="uid=anna"),
    "a member was disabled": lambda town: town.put_person("ann", enabled=False),
    "a disabled member was enabled": lambda town: town.put_person("gus", enabled=True),
    "a member has another address": lambda town: town.put_person("ann", addresses=(Email("ann@new.example"),)),
    "a group came that a pattern means": lambda town: town.put_group("blue", "hp-blue", "cid"),
    "a group is called so that a pattern means it": lambda town: town.put_group("idle", "hp-idle", "dora"),
    "a group is no longer called so": lambda town: town.put_group("red", "red", "bob"),
    "a group is deleted": lambda town: town.delete("red"),
    "a group by that name came": lambda town: town.put_group("other", "staff", "cid"),
}


@pytest.mark.parametrize("what", RELEVANT)
def test_what_concerns_the_groups_is_read_in_full(scene: Scene, what: str) -> None:
    """And remembered from then on; the record says why it was read."""
    RELEVANT[what](scene.town)
    read = scene.source.read(SELECTORS)
    assert "read in full" in read.searches[0].result
    assert_same(read, scene.town.read(SELECTORS))
    whole = not any(selection.doubts for selection in read.selections.values())
    assert scene.asked() == (["news"] if whole else ["news", "full"])


IRRELEVANT: dict[str, Callable[[Town], None]] = {
    "somebody in no group": lambda town: town.put_person("cid", name="Cid"),
    "a member, in nothing that is read": lambda town: town.put_person("ann"),
    "a group that nobody asks for": lambda town: town.move_member("idle", "cid"),
    "somebody in a group that nobody asks for": lambda town: town.delete("dora"),
    "a group that nobody asks for, gone": lambda town: town.delete("idle"),
}


@pytest.mark.parametrize("what", IRRELEVANT)
def test_what_does_not_concern_the_groups_is_no_reason(scene: Scene, what: str) -> None:
    """The mark moves past it, once."""
    IRRELEVANT[what](scene.town)
    for _ in range(2):
        assert scene.asked() == ["news"]
    assert scene.drawer.moved == [str(len(scene.town.log))]


def test_another_question_is_another_read(scene: Scene) -> None:
    """Other selectors, other settings: what was read for these says nothing about those. Order says nothing."""
    assert scene.asked((TEAMS, STAFF)) == ["news"]
    assert scene.asked((STAFF,)) == ["full"]
    assert scene.asked(SELECTORS) == ["full"]
    scene.town.settings_digest = "others"
    assert scene.asked() == ["full"]


def test_a_directory_that_gives_no_mark_is_read_in_full(scene: Scene) -> None:
    """Every time; what was kept with a mark before stays good for as long as it is."""
    made = Scene()
    made.town.markless = True
    assert [made.asked() for _ in range(2)] == [["full"], ["full"]]
    scene.town.markless = True
    RELEVANT["a member came"](scene.town)
    assert [scene.asked() for _ in range(2)] == [["news", "full"]] * 2


def test_a_directory_that_cannot_tell_is_read_in_full(scene: Scene) -> None:
    """Its reason is on record."""
    scene.town.due = "the server remembers less than that"
    read = scene.source.read(SELECTORS)
    assert read.recalled is None
    assert [search.result for search in read.searches] == [
        "0 success: read in full, the server remembers less than that",
        "0 success",
    ]


def test_a_read_with_owners_is_neither_recalled_nor_kept(scene: Scene) -> None:
    """News do not tell of all that may happen to owners; what was kept for others serves on for them."""
    owned = tuple(replace(selector, owners=True) for selector in SELECTORS)
    kept = scene.drawer.snapshots[CORP]
    for _ in range(2):
        scene.town.asked.clear()
        assert scene.source.read(owned).recalled is None
        assert "full" in scene.town.asked
    assert scene.drawer.snapshots[CORP] is kept
    assert "full" not in scene.asked()


def test_a_read_in_doubt_is_not_kept(scene: Scene) -> None:
    """It is read again in the next run, until there is no doubt."""
    scene.town.move_member("staff", "ghost")
    assert [scene.asked() for _ in range(2)] == [["news", "full"]] * 2
    scene.town.move_member("staff", "ghost")
    assert [scene.asked() for _ in range(2)] == [["news", "full"], ["news"]]


def test_a_preview_keeps_nothing(scene: Scene) -> None:
    """It recalls what a run kept, and takes no mark of its own."""
    glance = RecallingSource(scene.town, scene.drawer, scene.clock.now, HOUR, keeps=False)
    scene.town.put_person("cid", name="Cid")
    before = dict(scene.drawer.snapshots)
    assert glance.read(SELECTORS).recalled
    scene.town.put_group("blue", "hp-blue", "cid")
    assert glance.read(SELECTORS).recalled is None
    assert glance.read_fully(SELECTORS).recalled is None
    assert scene.drawer.snapshots == before
    assert scene.drawer.moved == []


# ---- nothing is lost ----------------------------------------------------------------------------------------

KEYS = ("ann", "bob", "cid", "dora", "gus", "new")
GROUPS = ("staff", "nested", "red", "idle", "extra")
NAMES = ("staff", "nested", "hp-red", "hp-x", "idle")

Happening = Callable[[Town], None]


def _member(town: Town, group: str, member: str) -> None:
    if f"corp:{group}" in town.groups:
        town.move_member(group, member)


def _delete(town: Town, key: str) -> None:
    if f"corp:{key}" in {*town.people, *town.groups}:
        town.delete(key)


HAPPENINGS: st.SearchStrategy[Happening] = st.one_of(
    st.tuples(st.sampled_from(GROUPS), st.sampled_from((*KEYS, *GROUPS, "ghost"))).map(
        lambda pair: lambda town: _member(town, *pair)
    ),
    st.sampled_from((*KEYS, *GROUPS)).map(lambda key: lambda town: _delete(town, key)),
    st.tuples(st.sampled_from(KEYS), st.booleans()).map(
        lambda pair: lambda town: town.put_person(pair[0], enabled=pair[1])
    ),
    st.tuples(st.sampled_from(KEYS), st.sampled_from("xy")).map(
        lambda pair: lambda town: town.put_person(pair[0], name=pair[1], label=f"uid={pair[1]}")
    ),
    st.tuples(st.sampled_from(GROUPS), st.sampled_from(NAMES), st.frozensets(st.sampled_from(KEYS[:3]))).map(
        lambda made: lambda town: town.put_group(made[0], made[1], *made[2])
    ),
)


@given(st.lists(st.tuples(st.lists(HAPPENINGS, max_size=3), st.lists(HAPPENINGS, max_size=2), st.booleans())))
@hypothesis_settings(max_examples=400, deadline=None)
def test_no_change_is_ever_lost(runs: list[tuple[list[Happening], list[Happening], bool]]) -> None:
    """Whatever happens between runs, and while one reads: the next read over a quiet directory is the truth.

    The first list happens before a run, the second in its midst, between the mark, the people and the groups.
    """
    scene = Scene()
    for before, meanwhile, previewed in runs:
        for happening in before:
            happening(scene.town)
        quiet = not meanwhile
        scene.town.meanwhile = iter([partial(happening, scene.town) for happening in meanwhile])
        if previewed:
            RecallingSource(scene.town, scene.drawer, scene.clock.now, HOUR, keeps=False).read(SELECTORS)
        else:
            read = scene.source.read(SELECTORS)
            if quiet:
                assert_same(read, scene.town.read(SELECTORS))
        scene.town.meanwhile = iter(())
    assert_same(scene.source.read(SELECTORS), scene.town.read(SELECTORS))


def test_a_selector_that_found_nothing_finds_what_comes() -> None:
    """A pattern without a group is whole, and waits for one."""
    scene = Scene()
    pattern = (Selector(CORP, SelectorKind.NAME, "staff"), TEAMS)
    scene.town.delete("red")
    assert scene.asked(pattern) == ["full"]
    assert scene.asked(pattern) == ["news"]
    scene.town.put_group("blue", "hp-blue", "ann")
    assert scene.asked(pattern) == ["news", "full"]
