from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.journal import Effects, Recollection
from bridge.core.memory import Baseline, Memory, SourceBaseline, TargetSizes
from bridge.core.model import AccountId, Email, GroupId, PersonId
from bridge.cycle.ports import Store
from bridge.errors import StoreError
from bridge.store.packing import pack, unpack
from tests.store.stores import GROUP, a_run, an_intent, held_removals, opened


def leave(folder: Path, left: Recollection | None, number: int = 1) -> Memory:
    """What the next run remembers after a run that left this."""
    with opened(folder) as store:
        store.record_start(a_run(number), [])
        store.record_end(a_run(number), "done", left, [])
    with opened(folder) as store:
        return store.load()


def people(*names: str) -> frozenset[PersonId]:
    """Ids of people."""
    return frozenset(map(PersonId, names))


def accounts(*names: str) -> frozenset[AccountId]:
    """Ids of accounts."""
    return frozenset(map(AccountId, names))


LINKS = {PersonId("corp:1"): AccountId("acc-1"), PersonId("corp:2"): AccountId("acc-2")}
BASELINE = Baseline("mapping", accounts("acc-1", "acc-2"), accounts("acc-1"), ("corp:g1", "corp:g2"), "digest-1")
SOURCE = SourceBaseline("corp:g1", "auditors", people("corp:1", "corp:ü"), "digest-2")


def test_fits_the_protocol_of_the_cycle(tmp_path: Path) -> None:
    """The cycle's Store is what this is: the type checker says so, this makes it look."""
    with opened(tmp_path) as store:
        fits: Store = store
        assert fits.load() == Memory()


def test_what_a_run_leaves_is_there_for_the_next(tmp_path: Path) -> None:
    """Links, bindings, sizes, digests, skips and what is held come back as they were left."""
    held = held_removals()
    left = Recollection(
        links=LINKS,
        listed={Email("glass@x"): accounts("acc-1", "acc-2")},
        bindings={"auditors": GROUP},
        sources=(SOURCE,),
        baselines={"auditors": BASELINE},
        target_sizes=TargetSizes(users=50, groups=7),
        held=(held,),
        skips={"auditors": "digest-3"},
    )
    assert leave(tmp_path, left) == Memory(
        links=LINKS,
        listed={Email("glass@x"): accounts("acc-1", "acc-2")},
        bindings={"auditors": GROUP},
        source_sizes={"corp:g1": 2},
        source_digests={"corp:g1": "digest-2"},
        baseline_digests={"auditors": "digest-1"},
        target_sizes=TargetSizes(users=50, groups=7),
        held=frozenset({held.digest}),
        skips={"auditors": "digest-3"},
    )


def test_entries_not_named_stay(tmp_path: Path) -> None:
    """A later run adds and changes; of links, bindings, sources and baselines it takes nothing away."""
    leave(tmp_path, Recollection(LINKS, {"auditors": GROUP}, (SOURCE,), {"auditors": BASELINE}, TargetSizes(1, 1)))
    changed = {PersonId("corp:2"): AccountId("acc-9"), PersonId("corp:3"): AccountId("acc-3")}
    memory = leave(tmp_path, Recollection(links=changed), number=2)
    assert memory.links == {**LINKS, **changed}
    assert (memory.bindings, memory.target_sizes) == ({"auditors": GROUP}, TargetSizes(1, 1))
    assert (memory.source_digests, memory.baseline_digests) == ({"corp:g1": "digest-2"}, {"auditors": "digest-1"})


def test_skips_are_those_of_the_last_run(tmp_path: Path) -> None:
    """What was not left undone this time is not remembered as left undone."""
    leave(tmp_path, Recollection(skips={"auditors": "1", "lawyers": "2"}))
    assert leave(tmp_path, Recollection(skips={"lawyers": "3"}), number=2).skips == {"lawyers": "3"}


def test_a_failed_run_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """A run that ends without recollections changes no memory, and takes nothing from what is held."""
    before = leave(tmp_path, Recollection(links=LINKS, held=(held_removals(),), skips={"auditors": "1"}))
    assert leave(tmp_path, None, number=2) == before


def test_sets_are_loaded_on_demand(tmp_path: Path) -> None:
    """Baselines come back whole, for the keys asked for; unknown keys are left out."""
    leave(tmp_path, Recollection(sources=(SOURCE,), baselines={"auditors": BASELINE}))
    with opened(tmp_path) as store:
        assert store.load_baselines(["auditors", "nobody"]) == {"auditors": BASELINE}
        assert store.load_sources(iter(["corp:g1", "corp:g9"])) == {"corp:g1": SOURCE}
        assert store.load_baselines([]) == {}


def test_many_keys_are_loaded_in_portions(tmp_path: Path) -> None:
    """No number of groups is too many for one question."""
    many = {f"key-{n}": Baseline("m", accounts(), accounts(f"acc-{n}"), (), f"d-{n}") for n in range(1200)}
    leave(tmp_path, Recollection(baselines=many))
    with opened(tmp_path) as store:
        assert store.load_baselines(many) == many


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """A baseline with the digest that is known is not written again; one with another, or with none, is."""
    leave(tmp_path, Recollection(baselines={"auditors": BASELINE}, sources=(SOURCE,)))
    same = Baseline("mapping", accounts("acc-7"), accounts(), (), "digest-1")
    leave(tmp_path, Recollection(baselines={"auditors": same}), number=2)
    with opened(tmp_path) as store:
        assert store.load_baselines(["auditors"])["auditors"] == BASELINE
    for number, digest in enumerate(("digest-9", ""), 3):
        other = Baseline("mapping", accounts("acc-7"), accounts(), (), digest)
        leave(tmp_path, Recollection(baselines={"auditors": other}), number)
        with opened(tmp_path) as store:
            assert store.load_baselines(["auditors"])["auditors"] == other


def test_what_names_led_to_is_kept(tmp_path: Path) -> None:
    """Until it is told otherwise; what is not named stays."""
    leave(tmp_path, Recollection(names={"corp name auditors": "corp:g1", "corp name staff": "corp:g2"}))
    leave(tmp_path, Recollection(names={"corp name staff": "corp:g3"}), number=2)
    with opened(tmp_path) as store:
        assert store.load_names() == {"corp name auditors": "corp:g1", "corp name staff": "corp:g3"}


def test_a_renamed_source_is_written_again(tmp_path: Path) -> None:
    """The same people under another name."""
    leave(tmp_path, Recollection(sources=(SOURCE,)))
    renamed = SourceBaseline(SOURCE.group, "internal audit", SOURCE.people, SOURCE.digest)
    leave(tmp_path, Recollection(sources=(renamed,)), number=2)
    with opened(tmp_path) as store:
        assert store.load_sources(["corp:g1"]) == {"corp:g1": renamed}


def test_organizations_are_apart(tmp_path: Path) -> None:
    """Two organizations in one database know nothing of each other."""
    with opened(tmp_path, "one") as one, opened(tmp_path, "other") as other:
        one.record_start(a_run(), [])
        one.record_intent(an_intent())
        one.record_outcome(an_intent(), Effects(added=(AccountId("acc-1"),)), [])
        one.record_end(a_run(), "done", Recollection(links=LINKS, held=(held_removals(),)), [])
        assert other.load() == Memory()
        assert other.load_placements([GROUP]) == {GROUP: frozenset()}
        assert (other.list_runs(9), other.list_held()) == ((), ())
        other.record_start(a_run(), [])


class TestPlacements:
    def put(self, folder: Path, number: int, effects: Effects) -> frozenset[AccountId]:
        """Whom the bridge has put into the group after one more write."""
        intent = an_intent(number)
        with opened(folder) as store:
            store.record_intent(intent)
            store.record_outcome(intent, effects, [])
            return store.load_placements([GROUP])[GROUP]

    def test_follow_what_was_done(self, tmp_path: Path) -> None:
        """Who was put in is there, who was taken out is not, who was put in twice is there once."""
        assert self.put(tmp_path, 1, Effects(added=(AccountId("a"), AccountId("b")))) == {"a", "b"}
        assert self.put(tmp_path, 2, Effects(added=(AccountId("b"), AccountId("c")))) == {"a", "b", "c"}
        assert self.put(tmp_path, 3, Effects(removed=(AccountId("a"), AccountId("z")))) == {"b", "c"}

    def test_prove_that_writes_arrive(self, tmp_path: Path) -> None:
        """Once somebody was put in and seen there, writes are proved."""
        with opened(tmp_path) as store:
            assert not store.load().writes_proved
        self.put(tmp_path, 1, Effects(added=(AccountId("a"),)))
        with opened(tmp_path) as store:
            assert store.load().writes_proved

    def test_every_group_asked_for_has_an_answer(self, tmp_path: Path) -> None:
        """A group that the bridge put nobody into has an empty one, however many are asked for."""
        groups = [GroupId(f"g-{n}") for n in range(1100)]
        with opened(tmp_path) as store:
            assert store.load_placements(groups) == dict.fromkeys(groups, frozenset())


class TestPacking:
    @given(st.frozensets(st.text(min_size=1).filter(lambda text: "\n" not in text)))
    def test_sets_come_back(self, ids: frozenset[str]) -> None:
        """Whatever the ids."""
        assert unpack(pack(ids)) == ids

    @given(st.frozensets(st.text(min_size=1).filter(lambda text: "\n" not in text)))
    def test_equal_sets_are_equal_bytes(self, ids: frozenset[str]) -> None:
        """In any order."""
        assert pack(sorted(ids)) == pack(sorted(ids, reverse=True))

    @pytest.mark.parametrize("ids", [["a\nb"], [""], ["", "a"]])
    def test_what_would_come_back_wrong_is_refused(self, ids: list[str]) -> None:
        """An id that is empty or holds a line break is an error, never another set."""
        with pytest.raises(StoreError, match="stable id"):
            pack(ids)

    @pytest.mark.parametrize("packed", [b"", b"nonsense", pack(["abc"])[:-3]])
    def test_damage_is_an_error_not_an_empty_set(self, packed: bytes) -> None:
        """Absent is never empty."""
        with pytest.raises(StoreError, match="damaged"):
            unpack(packed)
