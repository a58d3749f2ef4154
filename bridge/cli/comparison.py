"""What is told of an edit, in words: for a table, for Markdown, for programs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from bridge.cli.screen import shown, table
from bridge.cli.words import counted
from bridge.config.attribution import edits_of, lines_of
from bridge.config.edits import Edit
from bridge.core.comparison import GroupComparison
from bridge.core.fate import Effect, Moved
from bridge.cycle.compare import Comparison

_SIGNS = {
    Effect.LOSES: ("-", "red"),
    Effect.GAINS: ("+", "green"),
    Effect.KEEPS: ("=", "yellow"),
    Effect.MISSES: ("x", "yellow"),
}

_SURELY = {
    Effect.LOSES: "loses",
    Effect.GAINS: "gains",
    Effect.KEEPS: "keeps, and would have lost",
    Effect.MISSES: "does not gain, and would have",
}

_PERHAPS = {
    Effect.LOSES: "may lose",
    Effect.GAINS: "may gain",
    Effect.KEEPS: "may keep, and would have lost",
    Effect.MISSES: "may not gain, and would have",
}


@dataclass(frozen=True, slots=True)
class Review:
    """A comparison, with the lines that differ."""

    comparison: Comparison
    edits: tuple[Edit, ...]
    before: str
    """The file that was compared with."""
    after: str

    def who(self, moved: Moved) -> str:
        """Whom it happens to, as Hyperproof knows them."""
        account = self.comparison.accounts.get(moved.account)
        return (account.email or account.name or account.id) if account else moved.account

    def by_name(self, moves: Iterable[Moved]) -> list[Moved]:
        """In the order in which people look for somebody."""
        return sorted(moves, key=self.who)

    def people(self, moved: Moved) -> str:
        """The same, as the directories do."""
        return ", ".join(person.label for person in self.comparison.people.get(moved.account, ()))

    def lines(self, moved: Moved, group: GroupComparison) -> tuple[Edit, ...]:
        """The edited lines behind it."""
        account = self.comparison.accounts.get(moved.account)
        return lines_of(moved, group, self.edits, account.email if account else None)

    @property
    def touched(self) -> tuple[GroupComparison, ...]:
        """Managed groups to which the edit does something."""
        return tuple(group for group in self.comparison.groups if group.touched)


def words_of(moved: Moved) -> str:
    """What happens, in words."""
    said = (_SURELY if moved.sure else _PERHAPS)[moved.effect]
    return f"{said} (held)" if moved.held else said


def moves_of(group: GroupComparison, review: Review) -> Iterator[tuple[Moved, str]]:
    """Everything that the edit does to memberships of a group, who has less first."""
    order = (Effect.LOSES, Effect.GAINS, Effect.KEEPS, Effect.MISSES)
    edit = sorted(review.by_name(group.edit), key=lambda one: (order.index(one.effect), not one.sure))
    yield from ((moved, words_of(moved)) for moved in edit)
    yield from ((moved, f"{words_of(moved)}: it is held no longer") for moved in review.by_name(group.released))
    for moved in review.by_name(group.withheld):
        yield moved, "stays: it is held now" if moved.effect is Effect.LOSES else "waits: it is held now"


def notes_of(group: GroupComparison, review: Review) -> Iterator[str]:
    """What the edit does to the group itself."""
    if group.ends:
        stay = counted(group.size, "member stays as it is", "members stay as they are")
        yield f"is no longer managed: its {stay}" if group.group_id else "is not to be managed, and not created"
    if group.begins:
        yield f"is managed from now on: it has {counted(group.size, 'member', 'members')}"
    for shape in group.shapes:
        yield _named(shape, review)
    if group.after.refusal:
        known = " as before" if group.before.refusal == group.after.refusal else ""
        yield f"cannot be served{known}: {group.after.refusal}"
    yield from (f"in doubt: {doubt}; nobody is removed" for doubt in group.doubts[:SHOWN_DOUBTS])
    if len(group.doubts) > SHOWN_DOUBTS:
        yield f"and {len(group.doubts) - SHOWN_DOUBTS} more doubts"


SHOWN_DOUBTS = 2
"""Of one group."""


def _named(shape: str, review: Review) -> str:
    """The same with an account's address for its id."""
    account = next((one for key, one in review.comparison.accounts.items() if shape.endswith(f" {key}")), None)
    return shape.replace(account.id, account.email) if account and account.email else shape


def unresolved_of(group: GroupComparison) -> tuple[tuple[str, str], ...]:
    """People whom the edit lets belong here, who have no account that could be put in."""
    known = {one.person.id for one in _unresolved(group.before.prospect)}
    return tuple((u.person.label, u.reason) for u in _unresolved(group.after.prospect) if u.person.id not in known)


def _unresolved(prospect: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a prospect or nothing
    return prospect.difference.desired.unresolved if prospect else ()


def figures(moves: Iterable[Moved]) -> str:
    """How many gain, lose, and so on."""
    found = list(moves)
    told = []
    for effect in Effect:
        for sure, words in ((True, _SURELY), (False, _PERHAPS)):
            number = sum(one.effect is effect and one.sure is sure for one in found)
            if number:
                told.append(f"{number} {_plural(words[effect], number)}")
    return ", ".join(told) or "nobody gains or loses"


def _plural(words: str, number: int) -> str:
    first, _, rest = words.partition(",")
    verb = {"loses": "lose", "gains": "gain", "keeps": "keep", "does not gain": "do not gain"}
    return (verb.get(first, first) if number > 1 else first) + (f",{rest}" if rest else "")


def headline(review: Review) -> Iterator[str]:
    """The whole in a few sentences."""
    comparison = review.comparison
    yield f"By the edit: {figures(moved for group in comparison.groups for moved in group.edit)}."
    if released := [moved for group in comparison.groups for moved in group.released]:
        yield f"Held no longer by the edit: {counted(len(released), 'change', 'changes')}."
    yield f"By the directories, with or without it: {figures(m for g in comparison.groups for m in g.directory)}."
    if comparison.switched_on:
        yield f"`apply` is switched on: all of it is done by the next run: {figures(comparison.whole)}."
    if comparison.switched_off:
        yield "`apply` is switched off: nothing is written any more, and whoever leaves stays."
    if comparison.limits_differ:
        yield "`limits` are others: what a run does before it waits for a person changes."
    if comparison.refusal:
        yield f"Nothing may be written as it is: {comparison.refusal}"
    for name, why in comparison.unread.items():
        yield f"Directory {name} could not be read, so that this review is not whole: {why}"


# ---- for people ----------------------------------------------------------------------------------------


def print_review(console: Console, review: Review) -> None:
    """Print what an edit does, by line."""
    _print(console, "Edited", ("where", "key", "what"), [(e.where, e.key, e.what) for e in review.edits])
    _print(console, "Managed groups", ("group", "what the edit does", "by"), list(_group_rows(review)))
    _print(
        console,
        "Effect of the edit",
        ("group", "", "who", "what", "by", "people in the directory"),
        [
            (g.name, Text(*_SIGNS[m.effect]), review.who(m), what, _by(review.lines(m, g)), review.people(m))
            for g in review.comparison.groups
            for m, what in moves_of(g, review)
        ],
    )
    _print(
        console,
        "Effect of the directories, with or without the edit",
        ("group", "", "who", "what", "people in the directory"),
        [
            (g.name, Text(*_SIGNS[m.effect]), review.who(m), words_of(m), review.people(m))
            for g in review.comparison.groups
            for m in review.by_name(g.directory)
        ],
    )
    _print(console, "Held with the edit", ("group", "changes", "why"), list(held_rows(review)))
    for sentence in headline(review):
        console.print(shown(sentence))


def _print(console: Console, title: str, heads: tuple[str, ...], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        console.print(table(heads, rows, title))


def _by(edits: Iterable[Edit]) -> str:
    return ", ".join(map(str, edits))


def _group_rows(review: Review) -> Iterator[tuple[str, str, str]]:
    for group in review.comparison.groups:
        for note in notes_of(group, review):
            yield group.name, note, _by(entries_of(group, review))
        for label, reason in unresolved_of(group):
            yield group.name, f"{label} would belong here and is not put in: {reason}", ""


def entries_of(group: GroupComparison, review: Review) -> tuple[Edit, ...]:
    """The edits in a group's own entry, where something is done to the group by the edit."""
    return tuple(one for one in edits_of(group, review.edits) if one.entries) if group.touched else ()


def held_rows(review: Review) -> Iterator[tuple[str, str, str]]:
    """What the guards hold under the edited configuration."""
    for held in review.comparison.held:
        number = sum(len(change.members) for change in held.changes)
        yield held.name, counted(number, "change", "changes"), "; ".join(finding.text for finding in held.findings)


# ---- for programs --------------------------------------------------------------------------------------


def review_json(review: Review) -> dict[str, Any]:
    """The whole review. Keys are only ever added."""
    comparison = review.comparison
    return {
        "before": review.before,
        "after": review.after,
        "edits": [_edit_json(edit) for edit in review.edits],
        "apply": {"before": comparison.applied_before, "after": comparison.applied_after},
        "refusal": comparison.refusal,
        "unread": dict(comparison.unread),
        "losing": len(comparison.losing),
        "groups": [_group_json(group, review) for group in comparison.groups],
        "held": [{"group": name, "changes": number, "why": why} for name, number, why in held_rows(review)],
    }


def _edit_json(edit: Edit) -> dict[str, Any]:
    return {"file": edit.file, "line": edit.line, "key": edit.key, "what": edit.what}


def _group_json(group: GroupComparison, review: Review) -> dict[str, Any]:
    return {
        "key": group.key,
        "name": group.name,
        "group_id": group.group_id,
        "size": group.size,
        "begins": group.begins,
        "ends": group.ends,
        "notes": list(notes_of(group, review)),
        "doubts": list(map(str, group.doubts)),
        "edit": [_moved_json(moved, group, review) for moved in group.edit],
        "released": [_moved_json(moved, group, review) for moved in group.released],
        "withheld": [_moved_json(moved, group, review) for moved in group.withheld],
        "directory": [_moved_json(moved, None, review) for moved in group.directory],
        "whole": [_moved_json(moved, None, review) for moved in group.whole],
        "unresolved": [{"person": label, "reason": reason} for label, reason in unresolved_of(group)],
    }


def _moved_json(moved: Moved, group: GroupComparison | None, review: Review) -> dict[str, Any]:
    account = review.comparison.accounts.get(moved.account)
    told = {
        "account": moved.account,
        "email": account.email if account else None,
        "effect": moved.effect.value,
        "sure": moved.sure,
        "held": moved.held,
        "people": [person.id for person in review.comparison.people.get(moved.account, ())],
    }
    return {**told, "by": [_edit_json(edit) for edit in review.lines(moved, group)]} if group else told
