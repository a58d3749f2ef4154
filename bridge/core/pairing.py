"""Which directory groups are likely to be meant by which groups of Hyperproof, told by their names alone. Pure.

A likeness is an offer to a person who sets the bridge up, and never a mapping by itself.

    same       the names are equal, but for case and what surrounds them     Auditors        auditors
    alike      equal without punctuation, plural and customary prefixes       Risk Owners     SG-HP_risk-owner
    similar    half of their words, or more, are the same                     Risk Owners     Risk Owners EMEA
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MOST_OFFERED: Final = 3
"""Directory groups that are offered for one group of Hyperproof."""

_PREFIXES: Final = frozenset(
    {
        "app",
        "dl",
        "ent",
        "gg",
        "grp",
        "group",
        "gs",
        "hp",
        "hyperproof",
        "org",
        "role",
        "sec",
        "sg",
        "team",
        "ug",
        "usg",
    }
)
"""What companies put in front of the names of groups, and what tells nothing of who is in them."""

_SUFFIXES: Final = frozenset({"group", "grp", "team"})
_WORD: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORTEST_PLURAL: Final = 4


class Likeness(IntEnum):
    """How alike two names are; more is greater."""

    SIMILAR = 1
    ALIKE = 2
    SAME = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A directory group that may be meant: its position among those that were given, and why."""

    position: int
    likeness: Likeness
    score: float
    """From 0 to 1, to put candidates of one likeness in order."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A group of Hyperproof by its name, with the directory groups that may be meant; the likeliest first."""

    name: str
    candidates: tuple[Candidate, ...]
    is_clear: bool
    """Whether the first is the only one of its likeness, is more than similar, and is this to no other group."""


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name that tell it from others: folded, in the singular, without customary prefixes."""
    humps = _HUMP.sub(" ", unicodedata.normalize("NFKC", name))
    words = [_singular(word) for word in _WORD.findall(humps.casefold())]
    begin, end = 0, len(words)
    while begin < end - 1 and words[begin] in _PREFIXES:
        begin += 1
    while begin < end - 1 and words[end - 1] in _SUFFIXES:
        end -= 1
    return tuple(words[begin:end])


def offers(names: Iterable[str], groups: Sequence[str]) -> tuple[Offer, ...]:
    """For each of these names the groups that it may mean, by their positions; names that mean none are left out.

    In the order of certainty: clear ones first, then by likeness, then by name.
    """
    index = _Index(groups)
    found = {name: index.candidates(name) for name in names}
    claims: dict[int, int] = defaultdict(int)
    for candidates in found.values():
        for one in _best(candidates):
            claims[one.position] += 1
    made = (
        Offer(name, candidates[:MOST_OFFERED], _is_clear(candidates, claims))
        for name, candidates in found.items()
        if candidates
    )
    return tuple(sorted(made, key=_certainty))


def _certainty(offer: Offer) -> tuple[bool, int, float, str]:
    first = offer.candidates[0]
    return not offer.is_clear, -first.likeness, -first.score, offer.name


def _best(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those of the first one's likeness."""
    return [one for one in candidates if one.likeness is candidates[0].likeness]


def _is_clear(candidates: Sequence[Candidate], claims: Mapping[int, int]) -> bool:
    best = _best(candidates)
    return len(best) == 1 and best[0].likeness > Likeness.SIMILAR and claims[best[0].position] == 1


class _Index:
    """The groups by their names and words: a company may have tens of thousands."""

    def __init__(self, groups: Sequence[str]) -> None:
        self._groups = groups
        self._words = [frozenset(words_of(name)) for name in groups]
        self._same: dict[str, list[int]] = defaultdict(list)
        self._alike: dict[str, list[int]] = defaultdict(list)
        self._holding: dict[str, list[int]] = defaultdict(list)
        for position, name in enumerate(groups):
            self._same[_folded(name)].append(position)
            self._alike["".join(words_of(name))].append(position)
            for word in self._words[position]:
                self._holding[word].append(position)

    def candidates(self, name: str) -> tuple[Candidate, ...]:
        words = words_of(name)
        found: dict[int, Candidate] = {}
        if folded := _folded(name):
            self._take(found, self._same[folded], Likeness.SAME)
        if words:
            self._take(found, self._alike["".join(words)], Likeness.ALIKE)
        for position in {each for word in words for each in self._holding[word]}:
            score = _shared(frozenset(words), self._words[position])
            if position not in found and score >= 1 / 2:
                found[position] = Candidate(position, Likeness.SIMILAR, score)
        return tuple(sorted(found.values(), key=self._order))

    @staticmethod
    def _take(found: dict[int, Candidate], positions: Iterable[int], likeness: Likeness) -> None:
        for position in positions:
            found.setdefault(position, Candidate(position, likeness, 1.0))

    def _order(self, one: Candidate) -> tuple[int, float, str, int]:
        return -one.likeness, -one.score, self._groups[one.position], one.position


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _shared(first: frozenset[str], second: frozenset[str]) -> float:
    """How many of both names' words stand in both."""
    return len(first & second) / len(first | second)


def _singular(word: str) -> str:
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith("ss"):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]
