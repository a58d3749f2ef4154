"""What was told is remembered over restarts, for each channel and organization by itself."""

from datetime import timedelta
from pathlib import Path

from bridge.core.notice import Notice
from tests.store.stores import NOON, opened

TOLD = Notice(("held", "d1"), "e", NOON, due=None)
DUE = Notice(("doubt", "Auditors"), "f", NOON, due=NOON + timedelta(hours=1), tries=3)


def test_they_are_there_after_a_restart(tmp_path: Path) -> None:
    """Each with all that is known of it."""
    with opened(tmp_path) as store:
        store.keep_notices("webhook", [TOLD, DUE])
    with opened(tmp_path) as store:
        assert store.load_notices("webhook") == {TOLD.subject: TOLD, DUE.subject: DUE}
        assert store.load_notices("mail") == {}


def test_exactly_those_are_kept(tmp_path: Path) -> None:
    """Of this channel, and of this organization."""
    with opened(tmp_path) as store, opened(tmp_path, "other") as other:
        store.keep_notices("webhook", [TOLD, DUE])
        store.keep_notices("mail", [TOLD])
        other.keep_notices("webhook", [TOLD])
        store.keep_notices("webhook", [DUE])
        assert list(store.load_notices("webhook")) == [DUE.subject]
        assert list(store.load_notices("mail")) == [TOLD.subject]
        assert list(other.load_notices("webhook")) == [TOLD.subject]
