"""Notices: each matter once, again when it is another, and as long as it takes to be told."""

from datetime import UTC, datetime, timedelta

from bridge.core.notice import FIRST, LONGEST, Notice, Pending, reviewed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=5)
HELD = ("held", "d1")
TOLD = Notice(HELD, "as it was", NOON, due=None)


def test_a_new_matter_is_due_at_once() -> None:
    """With nothing told before."""
    assert reviewed([Pending(HELD, "e")], {}, NOON) == {HELD: Notice(HELD, "e", NOON, due=NOON)}


def test_a_matter_that_has_to_last_is_due_after_it_did() -> None:
    """Also when its words change meanwhile: it lasts since it was first seen."""
    (first,) = reviewed([Pending(HELD, "e", timedelta(days=1))], {}, NOON).values()
    assert first.due == NOON + timedelta(days=1)
    (other,) = reviewed([Pending(HELD, "f", timedelta(days=1))], {HELD: first}, LATER).values()
    assert (other.since, other.due) == (NOON, NOON + timedelta(days=1))


def test_what_was_told_is_not_told_again() -> None:
    """However often it is looked at."""
    assert reviewed([Pending(HELD, "as it was")], {HELD: TOLD}, LATER) == {HELD: TOLD}


def test_another_essence_is_told_again() -> None:
    """At once."""
    (notice,) = reviewed([Pending(HELD, "another")], {HELD: TOLD}, LATER).values()
    assert (notice.essence, notice.due, notice.since) == ("another", LATER, NOON)


def test_the_end_of_what_was_told_is_due_at_once() -> None:
    """And stays so, with its pauses, until it is told; then nothing is remembered."""
    (end,) = reviewed([], {HELD: TOLD}, LATER).values()
    assert (end.subject, end.since, end.due, end.is_over) == (HELD, NOON, LATER, True)
    tried = end.failed(LATER)
    assert reviewed([], {HELD: tried}, LATER) == {HELD: tried}


def test_of_what_was_never_told_no_end_is_told() -> None:
    """It is forgotten: should it come again, it is new."""
    assert reviewed([], {HELD: Notice(HELD, "e", NOON, due=NOON)}, LATER) == {}


def test_a_matter_that_is_back_is_told_instead_of_its_end() -> None:
    """At once."""
    ends = reviewed([], {HELD: TOLD}, LATER)
    (notice,) = reviewed([Pending(HELD, "as it was")], ends, LATER).values()
    assert (notice.is_over, notice.due) == (False, LATER)


def test_pauses_grow_and_end_growing_and_it_is_never_given_up() -> None:
    """Up to an hour."""
    notice, pauses = Notice(HELD, "e", NOON, due=NOON), []
    for _ in range(30):
        notice = notice.failed(NOON)
        assert notice.due
        pauses.append(notice.due - NOON)
    assert pauses[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST


def test_a_notice_that_was_told_begins_anew() -> None:
    """The next failure waits a short time again."""
    assert Notice(HELD, "e", NOON, due=NOON, tries=7).told() == Notice(HELD, "e", NOON, due=None)
