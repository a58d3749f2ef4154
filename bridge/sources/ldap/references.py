"""References to other servers in an answer (RFC 4511, 4.5.3): which of them leave something out.

A search at the root of an Active Directory domain always ends with references: to the partitions of its DNS zones
and of the forest's configuration, which hold nobody, and to each domain below. None is ever followed with our
password; a domain is read where the configuration lists it, and left out, which is a doubt, where it does not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from bridge.sources.ldap.dn import is_under, normal_form


@dataclass(frozen=True, slots=True)
class References:
    """What is known of the places that references lead to."""

    read: frozenset[str] = frozenset()
    """Bases that are searched at servers of their own, in normal form."""
    empty: tuple[str, ...] = field(default=())
    """First RDNs of naming contexts that hold neither people nor groups, in normal form."""

    @classmethod
    def of(cls, bases: Iterable[str], empty: Iterable[str]) -> "References":
        """For a search beside which these bases are searched at other servers."""
        return cls(frozenset(map(normal_form, bases)), tuple(f"{normal_form(rdn)}," for rdn in empty))

    def left_out(self, urls: Sequence[str]) -> tuple[str, ...]:
        """The addresses, all of one place, unless what is there is read anyway or is nothing."""
        return () if any(map(self._is_known, urls)) else tuple(urls)

    def _is_known(self, url: str) -> bool:
        try:
            place = normal_form(unquote(urlsplit(url).path.removeprefix("/")))
        except ValueError:
            return False
        if not place:
            return False
        return place.startswith(self.empty) or any(place == base or is_under(base, place) for base in self.read)


EVERY_REFERENCE: Final = References()
"""Nothing is known: every reference leaves something out."""
