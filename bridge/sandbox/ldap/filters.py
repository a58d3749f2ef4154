"""Search filters as values: whether an entry matches (RFC 4511, 4.5.1.7). Pure.

A filter is true, false, or undefined (None). Undefined is neither: of an attribute that nobody knows, or a value
that the attribute cannot have, nothing is said, and `not` of it says nothing either.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from bridge.sandbox.ldap.entry import Attribute, Entry
from bridge.sandbox.ldap.schema import (
    SECRET,
    Syntax,
    ValueSyntaxError,
    base_type,
    comparable,
    comparable_part,
    has_order,
    has_substrings,
    syntax_of,
)

BIT_AND = "1.2.840.113556.1.4.803"
BIT_OR = "1.2.840.113556.1.4.804"

_RULES = {
    "caseexactmatch": Syntax.EXACT_TEXT,
    "2.5.13.5": Syntax.EXACT_TEXT,
    "caseignorematch": Syntax.TEXT,
    "2.5.13.2": Syntax.TEXT,
    "distinguishednamematch": Syntax.DN,
    "2.5.13.1": Syntax.DN,
    "integermatch": Syntax.INTEGER,
    "2.5.13.14": Syntax.INTEGER,
}
"""The matching rules that an extensible match may name."""
_TEXTS = frozenset({Syntax.TEXT, Syntax.SORTED_TEXT, Syntax.EXACT_TEXT})


@dataclass(frozen=True, slots=True)
class And:
    """True when all parts are; `(&)` is true."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when one part is; `(|)` is false."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is false."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Present:
    """True when there is a value."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Compare:
    """True when one of the values stands so to this one: `=`, `>=`, `<=`, or `~=`, which here means `=`."""

    attribute: str
    operator: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Substrings:
    """True when a value begins, goes on and ends so. An empty `initial` or `final` asks for nothing."""

    attribute: str
    initial: bytes = b""
    middle: tuple[bytes, ...] = ()
    final: bytes = b""


@dataclass(frozen=True, slots=True)
class Extensible:
    """True when a value matches by a rule that the filter names; also the values in the DN, if `dn`."""

    attribute: str
    rule: str
    value: bytes
    dn: bool = False


Filter: TypeAlias = And | Or | Not | Present | Compare | Substrings | Extensible


class Vocabulary(Protocol):
    """What a directory knows. What it does not know is neither true nor false of any entry."""

    def knows(self, attribute: str) -> bool:
        """Whether there is such an attribute type."""

    def knows_class(self, name: str) -> bool:
        """Whether there is such an object class."""


def evaluate(asked: Filter, entry: Entry, known: Vocabulary) -> bool | None:  # noqa: PLR0911 - one for each kind
    """Whether an entry matches; None when that cannot be said."""
    match asked:
        case And(parts):
            return _all(evaluate(part, entry, known) for part in parts)
        case Or(parts):
            return _any(evaluate(part, entry, known) for part in parts)
        case Not(part):
            inner = evaluate(part, entry, known)
            return None if inner is None else not inner
        case Extensible():
            return _matches_by_rule(asked, entry, known)
        case _ if not known.knows(asked.attribute) or base_type(asked.attribute) in SECRET:
            return None
        case Present(attribute):
            return bool(entry.matching(attribute))
        case Compare():
            return _compares(asked, entry, known)
        case Substrings():
            return _contains(asked, entry)


def _all(results: Iterable[bool | None]) -> bool | None:
    undefined = False
    for result in results:
        if result is False:
            return False
        undefined = undefined or result is None
    return None if undefined else True


def _any(results: Iterable[bool | None]) -> bool | None:
    undefined = False
    for result in results:
        if result:
            return True
        undefined = undefined or result is None
    return None if undefined else False


def _compares(asked: Compare, entry: Entry, known: Vocabulary) -> bool | None:
    syntax = syntax_of(asked.attribute)
    if asked.operator in {">=", "<="} and not has_order(syntax):
        return None
    try:
        asserted: Any = comparable(asked.value, syntax)
    except ValueSyntaxError:
        return None
    if syntax is Syntax.CLASS and not known.knows_class(asserted):
        return None
    forms: Iterable[Any] = (form for attribute in entry.matching(asked.attribute) for form in attribute.comparable)
    match asked.operator:
        case ">=":
            return any(form >= asserted for form in forms)
        case "<=":
            return any(form <= asserted for form in forms)
        case _:
            return any(asserted in attribute.comparable for attribute in entry.matching(asked.attribute))


def _contains(asked: Substrings, entry: Entry) -> bool | None:
    if not has_substrings(asked.attribute):
        return None
    syntax = syntax_of(asked.attribute)
    initial = comparable_part(asked.initial, syntax)
    middle = [comparable_part(part, syntax) for part in asked.middle]
    final = comparable_part(asked.final, syntax)
    forms = (str(form) for attribute in entry.matching(asked.attribute) for form in attribute.comparable)
    return any(_has_parts(form, initial, middle, final) for form in forms)


def _has_parts(text: str, initial: str, middle: list[str], final: str) -> bool:
    if not text.startswith(initial):
        return False
    place = len(initial)
    for part in middle:
        found = text.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(text) - place >= len(final) and text.endswith(final)


def _matches_by_rule(asked: Extensible, entry: Entry, known: Vocabulary) -> bool | None:
    if asked.attribute and (not known.knows(asked.attribute) or base_type(asked.attribute) in SECRET):
        return None
    if asked.rule in {BIT_AND, BIT_OR}:
        return _has_bits(asked, entry)
    if not asked.rule and not asked.dn:
        return _compares(Compare(asked.attribute, "=", asked.value), entry, known)
    syntax = _RULES.get(asked.rule.lower()) if asked.rule else syntax_of(asked.attribute)
    if syntax is None:
        return None
    try:
        asserted = comparable(asked.value, syntax)
    except ValueSyntaxError:
        return None
    return asserted in set(_forms_for_rule(asked, entry, syntax))


def _forms_for_rule(asked: Extensible, entry: Entry, syntax: Syntax) -> Iterable[Hashable]:
    for attribute in entry.matching(asked.attribute) if asked.attribute else entry.attributes:
        if asked.attribute or _suits(attribute, syntax):
            for value in attribute.values:
                try:
                    yield comparable(value, syntax)
                except ValueSyntaxError:
                    continue
    if asked.dn:
        yield from (
            value
            for rdn in entry.key
            for name, value in rdn
            if not asked.attribute or name == base_type(asked.attribute)
        )


def _suits(attribute: Attribute, rule: Syntax) -> bool:
    """Whether a rule that was named without an attribute looks at this one."""
    own = syntax_of(attribute.name)
    return own is rule or {own, rule} <= _TEXTS


def _has_bits(asked: Extensible, entry: Entry) -> bool | None:
    if syntax_of(asked.attribute) is not Syntax.INTEGER:
        return None
    try:
        mask: Any = comparable(asked.value, Syntax.INTEGER)
    except ValueSyntaxError:
        return None
    forms: Iterable[Any] = (form for attribute in entry.matching(asked.attribute) for form in attribute.comparable)
    if asked.rule == BIT_AND:
        return any(form & mask == mask for form in forms)
    return any(form & mask for form in forms)
