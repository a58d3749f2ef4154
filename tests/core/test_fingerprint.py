"""Equal sets have equal fingerprints, in any order and on any machine."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.fingerprint import Fingerprints

PINNED = "2-fcc9101f1119d"

sets = st.frozensets(st.text(max_size=8), max_size=8)


@given(sets, sets)
def test_equal_sets_and_only_they_have_equal_fingerprints(one: frozenset[str], other: frozenset[str]) -> None:
    """What was hashed before, and in which order, makes no difference."""
    shared = Fingerprints()
    shared.of(other)
    assert (shared.of(one) == Fingerprints().of(sorted(other, reverse=True))) == (one == other)


def test_it_is_the_same_for_ever() -> None:
    """Fingerprints are kept on disk and compared by later versions."""
    assert Fingerprints().of(()) == "0-0"
    assert Fingerprints().of(("corp:a", "corp:b")) == PINNED
