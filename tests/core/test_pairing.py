"""Names that are likely to mean the same group: what case, punctuation and prefixes hide, and what stays open."""

import string
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.pairing import MOST_OFFERED, Likeness, Offer, offers, words_of

NAMES = st.lists(st.text(alphabet="abAB -_s.ß1é", max_size=8), max_size=8)
"""Short, so that many of them are alike."""

SINGULAR = st.text(string.ascii_lowercase, min_size=5, max_size=9).filter(
    lambda word: not word.endswith(("s", "ie"))
)
WORDS = st.lists(SINGULAR, min_size=1, max_size=4)


def offered(name: str, *groups: str) -> list[tuple[str, Likeness]]:
    """What is offered for one name, in order."""
    return [(groups[one.position], one.likeness) for offer in offers([name], groups) for one in offer.candidates]


@pytest.mark.parametrize("group", ["auditors", " AUDITORS ", "Auditors"])
def test_the_same_name_in_another_case_is_the_same(group: str) -> None:
    """Directories compare so, too."""
    assert offered("Auditors", group) == [(group, Likeness.SAME)]


@pytest.mark.parametrize(
    "group", ["risk-owners", "hp-RiskOwners", "SG_HP_Risk_Owner", "grp.risk.owners", "RISK OWNERS Group"]
)
def test_customs_of_companies_hide_nothing(group: str) -> None:
    """Prefixes, punctuation, plural, and words that are written together."""
    assert offered("Risk Owners", group) == [(group, Likeness.ALIKE)]


def test_half_of_the_words_are_similar() -> None:
    """And less than that is nothing."""
    assert offered("Risk Owners", "Risk Owners EMEA", "Risk", "Vendor Risk Board Members") == [
        ("Risk Owners EMEA", Likeness.SIMILAR),
        ("Risk", Likeness.SIMILAR),
    ]


def test_a_prefix_alone_stays_a_name() -> None:
    """A group may be called Team."""
    assert words_of("Team") == ("team",)
    assert offered("Team", "team", "hp-team") == [("team", Likeness.SAME), ("hp-team", Likeness.ALIKE)]


def test_the_same_comes_before_the_alike_and_is_clear() -> None:
    """What is written the same is meant, whatever else there is."""
    (offer,) = offers(["Auditors"], ["hp-auditors", "auditors"])
    assert [one.position for one in offer.candidates] == [1, 0]
    assert offer.is_clear


@pytest.mark.parametrize("groups", [["hp-auditors", "sg-auditors"], ["auditors", "AUDITORS"], ["Auditors EMEA"]])
def test_what_may_mean_several_or_is_only_similar_is_not_clear(groups: list[str]) -> None:
    """It is offered, and a person chooses."""
    (offer,) = offers(["Auditors"], groups)
    assert len(offer.candidates) == len(groups)
    assert not offer.is_clear


def test_a_group_that_two_names_claim_is_clear_to_neither() -> None:
    """One of both would be a guess."""
    assert [offer.is_clear for offer in offers(["Auditors", "HP Auditors"], ["sg-auditor"])] == [False, False]


@given(NAMES, NAMES)
def test_every_offer_is_one_of_what_was_given(names: list[str], groups: list[str]) -> None:
    """Bounded, the likeliest first, each group once, each name once; the clear offers stand in front."""
    made = offers(names, groups)
    assert len({offer.name for offer in made}) == len(made)
    for offer in made:
        assert offer.name in names
        assert 1 <= len(offer.candidates) <= MOST_OFFERED
        assert len({one.position for one in offer.candidates}) == len(offer.candidates)
        order = [(-one.likeness, -one.score) for one in offer.candidates]
        assert order == sorted(order)
        assert all(0 <= one.position < len(groups) for one in offer.candidates)
    assert [offer.is_clear for offer in made] == sorted((offer.is_clear for offer in made), reverse=True)


@given(NAMES, NAMES)
def test_a_clear_group_is_clear_for_one_name_only(names: list[str], groups: list[str]) -> None:
    """And no other name has it first by the same likeness."""
    clear = [offer.candidates[0].position for offer in offers(names, groups) if offer.is_clear]
    assert len(set(clear)) == len(clear)


@given(NAMES, st.lists(st.text(alphabet="abAB -_s", max_size=8), max_size=8, unique=True), st.randoms())
def test_the_order_of_what_is_given_does_not_matter(names: list[str], groups: list[str], random: Random) -> None:
    """The same offers come of it, by the names."""
    shuffled_names, shuffled = list(names), list(groups)
    random.shuffle(shuffled_names)
    random.shuffle(shuffled)
    assert _named(offers(names, groups), groups) == _named(offers(shuffled_names, shuffled), shuffled)


@given(WORDS, st.sampled_from(["", "hp-", "SG_", "grp.", "Hyperproof "]), st.sampled_from("-_. "), st.booleans())
def test_a_disguised_name_is_never_missed(words: list[str], prefix: str, between: str, upper: bool) -> None:  # noqa: FBT001
    """Whatever case, punctuation, prefix and plural it is written with."""
    disguised = prefix + between.join(words) + "s"
    disguised = disguised.upper() if upper else disguised
    ((group, likeness), *_) = offered(" ".join(words).title(), disguised)
    assert group == disguised
    assert likeness >= Likeness.ALIKE


def _named(made: tuple[Offer, ...], groups: list[str]) -> list[tuple[str, bool, list[tuple[str, Likeness]]]]:
    return [
        (offer.name, offer.is_clear, [(groups[one.position], one.likeness) for one in offer.candidates])
        for offer in made
    ]
