"""A plan, told: what would change and why, what is held, what is left as it is; in tables, JSON and Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from bridge.cli import markdown
from bridge.cli.screen import shown, table
from bridge.core.change import Action, Change, GroupPlan, Held, MemberChange, SkipKind
from bridge.cycle.outcome import Report

_SIGNS = {Action.ADD: ("+", "green"), Action.REMOVE: ("-", "red"), Action.CREATE: ("*", "green")}


# ---- for people ----------------------------------------------------------------------------------------


def print_group(console: Console, group: GroupPlan) -> None:
    """Print what would be done to one group."""
    console.print(table(_CHANGE_HEADS, _change_rows(group, {}), "Changes, if you say yes"))


_CHANGE_HEADS = ("group", "", "who or what", "cause", "people in the directory")


def print_changes(console: Console, report: Report) -> None:
    """Print the changes that the guards let pass."""
    labels = _labels(report)
    rows = [row for group in report.verdict.allowed.changed for row in _change_rows(group, labels)]
    if rows:
        title = "Changes" if report.applied else "Changes, if this plan is applied"
        console.print(table(_CHANGE_HEADS, rows, title))


def _labels(report: Report) -> Mapping[str, str]:
    """How the directories' administrators know their people."""
    return {person.id: person.label for read in report.reads for person in read.people.values()}


def _change_rows(group: GroupPlan, labels: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    for change in group.changes:
        sign, style = _SIGNS.get(change.action, ("~", "yellow"))
        if change.members:
            for member in change.members:
                people = ", ".join(labels.get(person, person) for person in member.people)
                yield (group.name, Text(sign, style), who(member), member.cause.value, people)
        else:
            yield (group.name, Text(sign, style), _what(change), change.cause.value, "")


def who(member: MemberChange) -> str:
    """Whom a change is about: the address, or the account that has none."""
    return member.email or member.account


def _what(change: Change) -> str:
    match change.action:
        case Action.RENAME:
            return f"rename to {change.name}"
        case Action.SET_LEAD:
            return f"set lead {change.lead}"
        case _:
            return change.action.value


def print_held(console: Console, held: tuple[Held, ...]) -> None:
    """Print what the guards hold, and how it is decided."""
    rows = [
        (
            one.digest[:12],
            one.name,
            ", ".join(f"{_SIGNS[c.action][0]}{len(c.members)}" for c in one.changes),
            _first_of(_held_people(one)),
            "; ".join(finding.text for finding in one.findings),
            "rejected" if one.rejected else "waits for approval",
        )
        for one in held
    ]
    if rows:
        console.print(table(("digest", "group", "changes", "who", "why it is held", "state"), rows, "Held"))
    if any(not one.rejected for one in held):
        console.print(shown(_DECIDED))


_DECIDED = (
    "Once a sync has noted them, `held show DIGEST` names everybody, and `held approve` or `held reject` decides."
)

SHOWN_PEOPLE = 5
"""Of one set of held changes: enough to know what it is about."""


def _held_people(held: Held) -> tuple[str, ...]:
    return tuple(who(member) for change in held.changes for member in change.members)


def _first_of(people: tuple[str, ...]) -> str:
    left = len(people) - SHOWN_PEOPLE
    return ", ".join((*people[:SHOWN_PEOPLE], *((f"and {left} more",) if left > 0 else ())))


_KINDS = frozenset(SkipKind) - {SkipKind.DOUBT}
"""Whom a doubt keeps is told by the doubt."""


def print_skips(console: Console, report: Report, kinds: frozenset[SkipKind] = _KINDS) -> None:
    """Print whom and what the plan leaves as it is, of these kinds, and every doubt."""
    rows = [*_doubt_rows(report), *_skip_rows(report.plan.groups, kinds)]
    if rows:
        console.print(table(("group", "kind", "who or what", "why"), rows, "Left as it is"))


SHOWN_DOUBTS = 2
"""Of one group. A directory where much is wrong would fill the screen with what has one cause."""


def _doubt_rows(report: Report) -> Iterator[tuple[str, str, str, str]]:
    general = {doubt for read in report.reads for doubt in read.doubts}
    for group in report.plan.groups:
        own = [doubt for doubt in group.doubts if doubt not in general]
        for doubt in own[:SHOWN_DOUBTS]:
            yield (group.name, "doubt", str(doubt), "nobody is removed")
        if len(own) > SHOWN_DOUBTS:
            yield (
                group.name,
                "doubt",
                f"and {len(own) - SHOWN_DOUBTS} more; --json lists them",
                "nobody is removed",
            )


def _skip_rows(groups: tuple[GroupPlan, ...], kinds: frozenset[SkipKind]) -> Iterator[tuple[str, str, str, str]]:
    for group in groups:
        for skip in group.skips:
            if skip.kind in kinds:
                yield (group.name, skip.kind.value, skip.subject, skip.reason)


_TO_DO = {
    Action.CREATE: "to create",
    Action.RENAME: "to rename",
    Action.SET_LEAD: "lead to set",
    Action.CLEAR_LEAD: "lead to clear",
    Action.ADD: "to add",
    Action.REMOVE: "to remove",
}


def pending(report: Report) -> Iterator[str]:
    """The figures of what is to be done."""
    changes = [change for group in report.verdict.allowed.changed for change in group.changes]
    for action, words in _TO_DO.items():
        number = sum(len(change.members) or 1 for change in changes if change.action is action)
        if number:
            yield f"{number} {words}"


# ---- for programs --------------------------------------------------------------------------------------


def group_json(group: GroupPlan) -> dict[str, Any]:
    """One managed group with its changes."""
    return {
        "key": group.key,
        "name": group.name,
        "group_id": group.group_id,
        "size": group.size,
        "changes": [_change_json(change) for change in group.changes],
        "doubts": [str(doubt) for doubt in group.doubts],
        "skips": [{"kind": s.kind.value, "subject": s.subject, "reason": s.reason} for s in group.skips],
    }


def _change_json(change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {"action": change.action.value}
    if change.action in {Action.ADD, Action.REMOVE}:
        return {**told, "members": [member_json(member) for member in change.members]}
    return {**told, "name": change.name, "lead": change.lead, "cause": change.cause.value}


def member_json(member: MemberChange) -> dict[str, Any]:
    """One member who is put in or taken out."""
    return {
        "account": member.account,
        "email": member.email,
        "cause": member.cause.value,
        "people": list(member.people),
    }


def held_json(held: Held) -> dict[str, Any]:
    """One set of held changes."""
    return {
        "digest": held.digest,
        "key": held.key,
        "name": held.name,
        "group_id": held.group_id,
        "rejected": held.rejected,
        "findings": [{"guard": f.guard.value, "text": f.text} for f in held.findings],
        "changes": [_change_json(change) for change in held.changes],
    }


# ---- for a review --------------------------------------------------------------------------------------


def plan_markdown(report: Report) -> str:
    """The plan as Markdown, fit for a pull request."""
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: Report) -> Iterator[str]:
    yield f"# Hyperproof Bridge: {report.outcome.value}"
    yield ""
    yield f"Plan `{report.plan.digest[:12]}`: {', '.join(pending(report)) or 'nothing to change'}."
    labels = _labels(report)
    rows = [row for group in report.verdict.allowed.changed for row in _change_rows(group, labels)]
    yield from _markdown_table("Changes", ("group", "", "who or what", "cause", "people"), rows)
    held = [
        (one.digest[:12], one.name, f"{sum(len(c.members) for c in one.changes)} changes",
         ", ".join(_held_people(one)), "; ".join(f.text for f in one.findings))
        for one in report.verdict.held
    ]  # fmt: skip
    yield from _markdown_table("Held", ("digest", "group", "what", "who", "why"), held)
    left = [(g.name, s.kind.value, s.subject, s.reason) for g in report.plan.groups for s in g.skips]
    left += [(g.name, "doubt", str(doubt), "nobody is removed") for g in report.plan.groups for doubt in g.doubts]
    yield from _markdown_table("Left as it is", ("group", "kind", "who or what", "why"), left)


def _markdown_table(title: str, heads: tuple[str, ...], rows: list[Any]) -> Iterator[str]:
    if not rows:
        return
    yield from ("", f"## {title}", "")
    yield from markdown.table(heads, [[_cell(cell) for cell in row] for row in rows])


def _cell(cell: object) -> str:
    """One cell: nothing in a name may end it, be followed, or call anybody."""
    return markdown.told(cell.plain if isinstance(cell, Text) else cell)
