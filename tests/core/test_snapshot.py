from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from bridge.core.model import DirectoryRead, Doubt, DoubtKind, Selection
from bridge.core.snapshot import Footing, News, Snapshot, is_whole, why_not_recalled
from tests.core.world import CUT, person, read, selector, source

ANN = person("ann")
READ = read([source("staff", "ann")], [ANN])
FOOTING = Footing(
    involved=frozenset({"corp:ann", "corp:disabled", "corp:staff", "corp:nested"}),
    others=frozenset({"corp:bob", "corp:idle"}),
)
SNAPSHOT = Snapshot(READ, FOOTING, "mark", "digest", datetime(2026, 3, 1, tzinfo=UTC))

INVOLVED, BYSTANDER, GROUP, STRANGER = "corp:ann", "corp:bob", "corp:idle", "corp:new"


def verdict(news: News) -> str:
    """Why these news speak against the snapshot."""
    return why_not_recalled(SNAPSHOT, news)


def test_no_news_is_no_reason() -> None:
    """Nothing changed, so the read is as good as a new one."""
    assert verdict(News("mark")) == ""


@pytest.mark.parametrize("known", sorted(FOOTING.involved))
def test_whatever_a_read_rests_on_matters(known: str) -> None:
    """Members, disabled ones too, the groups and the groups in them: changed or gone."""
    assert verdict(News("m", touched=frozenset({known}))) == "1 of those involved changed"
    assert verdict(News("m", gone=frozenset({known}))) == "1 of those involved changed"


def test_what_a_read_does_not_rest_on_may_change_and_go() -> None:
    """People in none of the groups, groups that no selector leads to, and what nobody knew and is gone."""
    assert verdict(News("m", touched=frozenset({BYSTANDER, GROUP}), gone=frozenset({BYSTANDER, GROUP}))) == ""
    assert verdict(News("m", gone=frozenset({STRANGER}))) == ""


def test_what_nobody_knows_matters() -> None:
    """It may be a new group."""
    assert verdict(News("m", touched=frozenset({STRANGER}))) == "1 not known before appeared"


@pytest.mark.parametrize("other", [BYSTANDER, GROUP])
def test_whoever_may_come_in_matters(other: str) -> None:
    """A group that was given another name, a person whose primary group is another one now."""
    entering = frozenset({other})
    assert verdict(News("m", touched=entering, entering=entering)) == "1 others may be involved now"
    assert verdict(News("m", touched=entering)) == ""
    assert verdict(News("m", entering=entering)) == ""


def test_a_person_who_is_seen_to_be_the_same_does_not_matter() -> None:
    """A new password changes nothing of what is read; a new address does, and so does whoever was disabled."""
    touched = frozenset({ANN.id})
    assert verdict(News("m", touched=touched, seen={ANN.id: ANN})) == ""
    assert verdict(News("m", touched=touched, seen={ANN.id: ANN._replace(name="Ann")})) != ""
    disabled = person("disabled")
    assert verdict(News("m", touched=frozenset({disabled.id}), seen={disabled.id: disabled})) != ""
    assert verdict(News("m", touched=touched, gone=touched, seen={ANN.id: ANN})) != ""


def test_looks_are_nothing_where_a_server_works_out_who_is_in_a_group() -> None:
    """The department that it goes by is not read."""
    strict = replace(SNAPSHOT, footing=replace(FOOTING, strict=True))
    news = News("m", touched=frozenset({ANN.id}), seen={ANN.id: ANN})
    assert why_not_recalled(strict, news) == "1 of those involved changed"


def test_a_directory_that_wants_to_be_read_is_read() -> None:
    """Its word counts before everything else."""
    assert verdict(News("m", due="the server sent everything anew")) == "the server sent everything anew"


@pytest.mark.parametrize("touched", list(product([False, True], repeat=4)))
def test_one_reason_is_enough(touched: tuple[bool, ...]) -> None:
    """Whatever else changed that does not matter."""
    ids = (INVOLVED, STRANGER, BYSTANDER, GROUP)
    chosen = frozenset(one for one, is_touched in zip(ids, touched, strict=True) if is_touched)
    assert bool(verdict(News("m", touched=chosen))) is (touched[0] or touched[1])


@pytest.mark.parametrize(
    ("changed", "whole"),
    [
        (READ, True),
        (replace(READ, doubts=(CUT,)), False),
        (replace(READ, selections={selector("x"): Selection(doubts=(Doubt(DoubtKind.MISSING, "x"),))}), False),
        (read([source("staff", "ann", doubts=(CUT,))], [ANN]), False),
    ],
    ids=["no doubt", "of the read", "of a selection", "of a group"],
)
def test_any_doubt_makes_a_read_less_than_whole(changed: DirectoryRead, whole: bool) -> None:  # noqa: FBT001 - a table's column
    """Wherever it is."""
    assert is_whole(changed) is whole
