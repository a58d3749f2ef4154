import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.sources.entra.prefix import literal_prefix


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("hp-(?P<team>.+)", "hp-"),
        ("^hp-.+$", "hp-"),
        (r"hp\-team\.x.+", "hp-team.x"),
        ("hp-?x", "hp"),
        ("hp-*", "hp"),
        ("hp-{2}", "hp"),
        ("hp-(a|b)", "hp-"),
        ("hp-[a|b]", "hp-"),
        (r"hp-\|x", "hp-"),
        ("hp-a|xy", ""),
        ("(hp-a|hp-b)|x", ""),
        ("(?i)hp-", ""),
        (".+", ""),
        ("[Hh]p", ""),
        ("Team One", "Team One"),
        ("Größe", "Gr"),
        ("", ""),
        (r"a\d+", "a"),
        (r"a\b.", "a"),
    ],
)
def test_what_all_matches_begin_with(pattern: str, prefix: str) -> None:
    """Only what is plain to see: a longer prefix than that would lose groups."""
    assert literal_prefix(pattern) == prefix


@pytest.mark.filterwarnings("ignore:Possible:FutureWarning")  # brackets that later versions may read otherwise
@settings(max_examples=300, deadline=None)
@given(st.text("ab-.|()[]?*+\\^$x ", max_size=12), st.text("ab-x. |", max_size=8))
def test_no_match_begins_otherwise(pattern: str, name: str) -> None:
    """Whatever the pattern: what it matches is found among what begins with the prefix."""
    try:
        matches = re.fullmatch(pattern, name) is not None
    except re.error:
        return
    assert not matches or name.startswith(literal_prefix(pattern))
