"""How managed groups looked: kept over runs, each whole, and forgotten with its mapping."""

from dataclasses import replace
from pathlib import Path

from bridge.core.change import Action, Skip, SkipKind
from bridge.core.journal import Recollection
from bridge.core.model import GroupId
from bridge.core.pending import Pending
from bridge.core.sight import Feed, Sight
from tests.store.stores import a_run, opened

SIGHT = Sight(
    key="auditors",
    name="Auditors",
    group_id=GroupId("g-1"),
    size=2,
    digest="1",
    feeds=(Feed("corp:1", "cn=a", 2, excluding=True, doubts=("truncated: cut",)),),
    doubts=("truncated: cut",),
    skips=(Skip(SkipKind.NO_ACCOUNT, "cn=zoe", "nobody"),),
    pending=(Pending(Action.REMOVE, 2, ("bo@corp.example",)), Pending(Action.RENAME, 1)),
    members=("ann@corp.example", "\ud800"),
)


def leave(folder: Path, left: Recollection, number: int = 1) -> None:
    """Let a run end."""
    with opened(folder) as store:
        store.record_start(a_run(number), [])
        store.record_end(a_run(number), "done", left, [])


def test_a_sight_comes_back_whole_and_in_the_overview_without_members(tmp_path: Path) -> None:
    """The overview of two thousand groups unpacks none of them."""
    leave(tmp_path, Recollection(sights=(SIGHT,)))
    with opened(tmp_path) as store:
        assert store.find_sight("auditors") == SIGHT
        assert store.list_sights() == (replace(SIGHT, members=()),)
        assert store.load().sights == {"auditors": "1"}
        assert store.find_sight("nobody") is None


def test_what_a_run_does_not_name_stays_and_what_is_gone_goes(tmp_path: Path) -> None:
    """A new one takes the place of the old."""
    leave(tmp_path, Recollection(sights=(SIGHT, replace(SIGHT, key="lawyers"))))
    leave(tmp_path, Recollection(sights=(replace(SIGHT, size=3, digest="2"),)), 2)
    with opened(tmp_path) as store:
        assert [(one.key, one.size) for one in store.list_sights()] == [("auditors", 3), ("lawyers", 2)]
    leave(tmp_path, Recollection(gone=frozenset({"lawyers"})), 3)
    with opened(tmp_path) as store:
        assert [one.key for one in store.list_sights()] == ["auditors"]


def test_one_organization_does_not_see_anothers(tmp_path: Path) -> None:
    """They may share a database."""
    leave(tmp_path, Recollection(sights=(SIGHT,)))
    with opened(tmp_path, "other") as store:
        assert store.list_sights() == ()
        assert store.find_sight("auditors") is None
