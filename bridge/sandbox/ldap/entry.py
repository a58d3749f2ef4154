"""One entry of the directory: a name and attributes. Never changed; a change makes another entry."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from bridge.sandbox.ldap.names import Dn, folded, parse_dn
from bridge.sandbox.ldap.schema import (
    Syntax,
    ValueSyntaxError,
    base_type,
    comparable,
    options,
    syntax_of,
    with_superiors,
)

Values = Iterable[str | bytes]


@dataclass(frozen=True)  # no slots: the comparable form is kept
class Attribute:
    """An attribute description as it was written, and its values in order."""

    name: str
    values: tuple[bytes, ...]

    @cached_property
    def comparable(self) -> frozenset[Hashable]:
        """The values in the form that filters compare; what is not of the attribute's syntax is left out."""
        syntax = syntax_of(self.name)
        found = frozenset(form for value in self.values if (form := _form(value, syntax)) is not None)
        return with_superiors(found) if syntax is Syntax.CLASS else found


@dataclass(frozen=True)  # no slots: the attributes are kept by type
class Entry:
    """A DN as it was written, in comparable form, and the attributes in order, with the generated ones."""

    dn: str
    key: Dn
    attributes: tuple[Attribute, ...]

    @classmethod
    def of(cls, dn: str, attributes: Mapping[str, Values]) -> Self:
        """An entry of these attributes; text becomes UTF-8, an attribute without values none. Raises DnError."""
        given = (Attribute(name, as_bytes(values)) for name, values in attributes.items())
        return cls(dn, parse_dn(dn), tuple(attribute for attribute in given if attribute.values))

    @cached_property
    def by_type(self) -> Mapping[str, tuple[Attribute, ...]]:
        """The attributes by type; several where they differ in options."""
        found: dict[str, tuple[Attribute, ...]] = {}
        for attribute in self.attributes:
            kind = base_type(attribute.name)
            found[kind] = (*found.get(kind, ()), attribute)
        return found

    def matching(self, description: str) -> tuple[Attribute, ...]:
        """The attributes that a request for this description is for (RFC 4512, 2.5.2)."""
        found = self.by_type.get(base_type(description), ())
        asked = options(description)
        return tuple(attribute for attribute in found if asked <= options(attribute.name)) if asked else found

    def values(self, description: str) -> tuple[bytes, ...]:
        """All values of the attributes that this description is for."""
        return tuple(value for attribute in self.matching(description) for value in attribute.values)

    def with_values(self, name: str, values: tuple[bytes, ...]) -> "Entry":
        """The entry with the values of one attribute put in place of those it had; none takes it away."""
        lowered = name.lower()
        others = [attribute for attribute in self.attributes if attribute.name.lower() != lowered]
        place = next(
            (i for i, attribute in enumerate(self.attributes) if attribute.name.lower() == lowered), len(others)
        )
        if values:
            others.insert(place, Attribute(name, values))
        return Entry(self.dn, self.key, tuple(others))


def as_bytes(values: Values) -> tuple[bytes, ...]:
    """Values as they go over the wire."""
    return tuple(value.encode() if isinstance(value, str) else value for value in values)


def value_key(value: bytes, attribute: str) -> Hashable:
    """What two values of this attribute share when they are the same."""
    form = _form(value, syntax_of(attribute))
    return folded(value.decode(errors="replace")) if form is None else form


def _form(value: bytes, syntax: Syntax) -> Hashable | None:
    try:
        return comparable(value, syntax)
    except ValueSyntaxError:
        return None
