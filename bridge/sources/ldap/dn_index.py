"""Entries found again by their DN, however it is spelled."""

from collections.abc import Collection
from typing import Generic, TypeVar

from bridge.sources.ldap.dn import normal_form, with_forms

T = TypeVar("T")


class DnIndex(Generic[T]):
    """Things by their DN: found at once when spelled alike, and otherwise by normal form."""

    def __init__(self) -> None:
        self.exact: dict[bytes, T] = {}
        """By the spelling of the entry itself."""
        self._forms: dict[str, list[T]] = {}

    def add(self, dn: bytes, thing: T) -> None:
        """Add an entry; one that is spelled as an earlier one takes its place."""
        self.exact[dn] = thing
        self._forms.clear()

    def discard(self, dn: bytes) -> None:
        """Forget an entry, if it is there."""
        self.exact.pop(dn, None)
        self._forms.clear()

    def discard_forms(self, forms: Collection[str]) -> None:
        """Forget every entry whose name has one of these normal forms."""
        for dn in with_forms(self.exact, forms):
            self.discard(dn)

    def find_form(self, form: str) -> tuple[T, ...]:
        """What has this normal form: one thing, none, or several that differ in spelling alone."""
        if not self._forms:
            for dn, thing in self.exact.items():
                self._forms.setdefault(normal_form(dn), []).append(thing)
        return tuple(self._forms.get(form, ()))
