"""What was applied last is kept, for a review of the next edit."""

from pathlib import Path

from bridge.core.journal import Recollection
from tests.store.stores import a_run, opened


def test_nothing_is_kept_until_something_was_applied(tmp_path: Path) -> None:
    """A run that only planned leaves nothing."""
    with opened(tmp_path) as store:
        store.record_start(a_run(), [])
        store.record_end(a_run(), "changes pending", Recollection(), [])
        assert store.load_applied() is None


def test_the_last_that_was_applied_is_kept(tmp_path: Path) -> None:
    """It outlives a run that applied nothing."""
    with opened(tmp_path) as store:
        for number, text in enumerate(("one", "two", "two", "")):
            run = a_run(number)
            store.record_start(run, [])
            store.record_end(run, "nothing to do", Recollection(applied=text), [])
    with opened(tmp_path) as store:
        assert store.load_applied() == "two"
