"""Which directory groups feed which managed groups: likely pairs are offered, and a person chooses."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from bridge.cli.setup.asking import Asking
from bridge.cli.setup.chosen import Choosable, Chosen, choosable, entry, found, nameable
from bridge.cli.setup.side import Side
from bridge.cli.words import counted
from bridge.core.pairing import Likeness, offers
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.config.writing import Written
    from bridge.core.model import TargetRead

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GroupOptions:
    """What the options say of groups."""

    pairs: Sequence[str]
    """A name in Hyperproof, `=`, and a directory group, each."""
    same_names: bool
    """Whether to take all pairs whose names are the same."""
    create: bool
    """Whether groups that Hyperproof lacks are to be created by the first sync."""
    listed: int
    """Lines that a list may have."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A likely pair, to be chosen by its number."""

    name: str
    group: Choosable
    likeness: Likeness
    is_clear: bool


_WHY: Final = {Likeness.SAME: "same name", Likeness.ALIKE: "alike", Likeness.SIMILAR: "similar"}


def ask_groups(
    asking: Asking, options: GroupOptions, sides: Sequence[Side], target: "TargetRead"
) -> "tuple[tuple[Written, ...], tuple[Written, ...]]":
    """Ask for the managed groups. Hands on what was chosen, and what was likely and was not."""
    questions = _Questions(asking, options, sides, target)
    questions.take_given()
    if asking.questions:
        questions.ask()
    return questions.settled()


class _Questions:
    def __init__(self, asking: Asking, options: GroupOptions, sides: Sequence[Side], target: "TargetRead") -> None:
        self._asking = asking
        self._options = options
        self._chosen = Chosen()
        self._names = nameable(group.name for group in target.groups)
        self._groups = choosable(sides)
        self._pairs = self._likely()
        self._tell_left_out(
            len(target.groups) - len(self._names), sum(len(side.groups) for side in sides) - len(self._groups)
        )

    def _likely(self) -> list[_Pair]:
        made = offers(self._names, [group.name for group in self._groups])
        return [
            _Pair(offer.name, self._groups[one.position], one.likeness, offer.is_clear and place == 0)
            for offer in made
            for place, one in enumerate(offer.candidates)
        ]

    def _tell_left_out(self, names: int, groups: int) -> None:
        if names:
            what = f"{counted(names, 'group', 'groups')} of Hyperproof cannot be mapped"
            self._asking.tell(
                f"  {what}: a name stands twice, or has spaces around it, ${{ or control characters in it",
                "yellow",
            )
        if groups:
            what = f"{counted(groups, 'directory group', 'directory groups')} cannot be named"
            self._asking.tell(f"  {what}: let the service account read their ids", "yellow")

    # ---- by options ------------------------------------------------------------------------------------

    def take_given(self) -> None:
        """What the options name."""
        for pair in self._options.pairs:
            name, text = self._split(pair)
            self._take(name, found(self._groups, text))
        for likely in self._pairs if self._options.same_names else ():
            if likely.likeness is Likeness.SAME and likely.is_clear:
                self._chosen.take(likely.name, likely.group)

    def _split(self, pair: str) -> tuple[str, str]:
        """A pair's two sides: at the first `=` behind a name that Hyperproof has, else at the first of all."""
        places = [place for place, sign in enumerate(pair) if sign == "="]
        if not places:
            raise typer.BadParameter(f"--map {pair}: write NAME=GROUP")
        splits = [(pair[:place].strip(), pair[place + 1 :].strip()) for place in places]
        return next((split for split in splits if split[0] in self._names), splits[0])

    def _take(self, name: str, group: Choosable) -> None:
        from bridge.config.writing import can_stand

        if name not in self._names:
            if not can_stand(name):
                raise BridgeError(f"a configuration cannot say the name '{name}'; rename the group in Hyperproof")
            if not self._options.create:
                meant = [
                    self._names[one.position] for offer in offers([name], self._names) for one in offer.candidates
                ]
                likely = f"is '{meant[0]}' meant? Else " if meant else ""
                what = f"Hyperproof has no single active group called '{name}'"
                raise BridgeError(f"{what}; {likely}add --create to have it created")
            self._chosen.created.add(name)
        self._chosen.take(name, group)

    # ---- by questions ----------------------------------------------------------------------------------

    def ask(self) -> None:
        """Offer likely pairs, then whatever else there is to choose."""
        left = [pair for pair in self._pairs if pair.name not in self._chosen.groups]
        if left:
            self._offer(left)
        while self._one_more():
            pass

    def _offer(self, pairs: list[_Pair]) -> None:
        from bridge.cli.screen import console, table

        shown = pairs[: self._options.listed]
        rows = [
            (f"{number}{' *' if pair.is_clear else ''}", pair.name, pair.group.shown, _WHY[pair.likeness])
            for number, pair in enumerate(shown, start=1)
        ]
        console().print(table(("", "in Hyperproof", "in the directory", "why"), rows, "Likely pairs"))
        if len(pairs) > len(shown):
            self._asking.tell(f"and {len(pairs) - len(shown)} more; --list shows more, and below any can be found")
        asked = "Which of them (numbers such as 1,3-5; all for those with *; none)"
        for pair in self._until_right(asked, lambda answer: _picked(answer, shown)):
            self._chosen.take(pair.name, pair.group)

    def _one_more(self) -> bool:
        """One managed group found by a part of its name. Tells whether there may be another."""
        answer = self._prompt("Another group of Hyperproof, by a part of its name (Enter: no more)")
        if not answer:
            if not self._chosen.groups:
                self._asking.tell(
                    "A configuration needs at least one group; Ctrl-C leaves without a file.", "yellow"
                )
            return not self._chosen.groups
        name = self._name(answer)
        group = (
            self._search("Its directory group, by a part of the name (Enter: none)", self._groups)
            if name
            else None
        )
        if name and group:
            self._chosen.take(name, group)
            self._asking.tell(f"  {name}: {group.shown}", "green")
        elif name not in self._chosen.groups:
            self._chosen.created.discard(name)
        return True

    def _name(self, answer: str) -> str:
        """A group of Hyperproof with this in its name, or a new one; empty for none."""
        from bridge.config.writing import can_stand

        if _matching(answer, self._names, str):
            return self._pick(answer, self._names, str) or ""
        self._asking.tell(f"No group of Hyperproof has '{answer}' in its name.", "yellow")
        if can_stand(answer) and self._asking.agreed(f"Let the first sync create a group called '{answer}'?"):
            self._chosen.created.add(answer)
            return answer
        return ""

    def _search(self, asked: str, groups: Sequence[Choosable]) -> Choosable | None:
        while answer := self._prompt(asked):
            if picked := self._pick(answer, groups, lambda group: group.shown):
                return picked
        return None

    def _pick(self, text: str, among: Sequence[T], told: Callable[[T], str]) -> T | None:
        """One of those with this text in them; asked for by number where there are several."""
        matching = _matching(text, among, told)
        if len(matching) == 1:
            return matching[0]
        shown = matching[: self._options.listed]
        for number, one in enumerate(shown, start=1):
            self._asking.tell(f"  {number:>3}  {told(one)}")
        if len(matching) > len(shown):
            self._asking.tell(f"  and {len(matching) - len(shown)} more: write more of the name")
        if not matching:
            self._asking.tell(f"  nothing has '{text}' in it", "yellow")
            return None
        numbers = self._until_right("Number (Enter: none of them)", lambda answer: _numbers(answer, len(shown)))
        return shown[numbers[0]] if len(numbers) == 1 else None

    def _until_right(self, asked: str, taken: Callable[[str], T]) -> T:
        while True:
            try:
                return taken(self._prompt(asked))
            except BridgeError as error:
                self._asking.again(error)

    def _prompt(self, asked: str) -> str:
        return self._asking.hear(asked)

    # ---- what came of it -------------------------------------------------------------------------------

    def settled(self) -> "tuple[tuple[Written, ...], tuple[Written, ...]]":
        """What was chosen, and what was not. Raises where nothing was."""
        from bridge.config.writing import one_line

        left = [pair for pair in self._pairs if pair.name not in self._chosen.groups][: self._options.listed]
        if not self._chosen.groups:
            likely = "".join(f"\n  --map {quote(one_line(f'{pair.name}={pair.group.label}'))}" for pair in left)
            what = "No group is named: say which with --map NAME=GROUP, or --same-names"
            raise typer.BadParameter(f"{what}. Likely:{likely}\n" if likely else f"{what}.")
        written = tuple(entry(pair.name, [pair.group]) for pair in left)
        return self._chosen.written(), written


def _matching(text: str, among: Sequence[T], told: Callable[[T], str]) -> list[T]:
    """Those with this text in them; one that it says wholly is meant alone."""
    folded = text.casefold()
    matching = [one for one in among if folded in told(one).casefold()]
    whole = [one for one in matching if told(one).casefold() == folded]
    return whole if len(whole) == 1 else matching


def _picked(answer: str, pairs: Sequence[_Pair]) -> list[_Pair]:
    """The pairs that an answer names. Raises BridgeError for one that names none of them and is not `none`."""
    if answer == "none":
        return []
    if answer == "all":
        return [pair for pair in pairs if pair.is_clear]
    if not answer:
        raise BridgeError("write numbers, all or none: nothing is chosen unasked")
    return [pairs[number] for number in _numbers(answer, len(pairs))]


def _numbers(answer: str, count: int) -> list[int]:
    """Positions from numbers such as `1,3-5`. Raises BridgeError."""
    found_: dict[int, None] = {}
    for part in answer.replace(",", " ").split():
        bounds = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", part)
        first, last = (int(bounds[1]), int(bounds[2] or bounds[1])) if bounds else (0, 0)
        if not 1 <= first <= last <= count:
            raise BridgeError(f"'{part}' is none of the numbers from 1 to {count}")
        found_ |= dict.fromkeys(range(first - 1, last))
    return list(found_)
