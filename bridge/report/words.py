"""Mappings in words, for whoever does not read the configuration."""

from bridge.core.mapping import AllOf, AnyOf, Except, From, LeadAction, LeadRule, Mode, Rule
from bridge.core.model import Selector, SelectorKind

MODES = {
    Mode.AUTHORITATIVE: "the directory is right: whoever it does not name is taken out",
    Mode.OWNED: "only whom the bridge put in is taken out again",
    Mode.ADDITIVE: "nobody is ever taken out",
}


def rule_in_words(rule: Rule) -> str:
    """Whom a rule puts in."""
    match rule:
        case From(selector, _):
            return f"everybody in {_selected(selector)}"
        case AnyOf(parts):
            return " or ".join(_part(part) for part in parts)
        case AllOf(parts):
            return " who is at the same time ".join(_part(part) for part in parts)
        case Except(base, minus):
            return f"{_part(base)}, but nobody who is {rule_in_words(minus).removeprefix('everybody ')}"


def _part(rule: Rule) -> str:
    text = rule_in_words(rule)
    return text if isinstance(rule, From) else f"({text})"


def _selected(selector: Selector) -> str:
    match selector.kind:
        case SelectorKind.FILTER:
            return f"any group of {selector.directory} that matches the filter {selector.text}"
        case SelectorKind.PATTERN:
            return f"a group of {selector.directory} whose name matches {selector.text}"
        case SelectorKind.ID:
            return f"the group of {selector.directory} with the id {selector.text}"
        case _:
            return f"the group {selector.text} of {selector.directory}"


def lead_in_words(lead: LeadRule) -> str:
    """What is said about a group's lead."""
    return {
        LeadAction.LEAVE: "left as it is",
        LeadAction.SET: f"kept at {lead.address}",
        LeadAction.CLEAR: "none, and kept so",
        LeadAction.OWNER: "whoever owns its directory groups",
    }[lead.action]
