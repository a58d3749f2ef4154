"""LDAP filters (RFC 4515): put together, escaped, and checked before a server sees them."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ldap3.core.exceptions import LDAPExceptionError
from ldap3.operation.search import FilterNode, parse_filter

_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,-_@=")
_ATTRIBUTE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*")


def escaped(value: bytes) -> str:
    """Write a value so that it stands for itself in a filter, whatever is in it.

    More than RFC 4515 asks for: ldap3 also trims spaces and looks for `~=`, `>=`, `:=` in what it parses.
    """
    return "".join(chr(byte) if byte in _SAFE else f"\\{byte:02x}" for byte in value)


def equals_any(attribute: str, values: Iterable[bytes]) -> str:
    """A filter for entries where the attribute has one of these values."""
    return f"(|{''.join(f'({attribute}={escaped(value)})' for value in values)})"


def both(first: str, second: str) -> str:
    """A filter for what matches two filters."""
    return f"(&{first}{second})"


def attributes_in(text: str) -> frozenset[str]:
    """The attributes that a well-formed filter asks about, in lower case and without options."""
    return frozenset(name.lower().partition(";")[0] for name in _attributes(_parsed(text)))


def fault_in(text: str) -> str:
    """What is wrong with a filter that somebody wrote; empty when nothing is."""
    try:
        root = _parsed(text)
    except LDAPExceptionError as error:
        return str(error)
    except (AttributeError, LookupError, ValueError):  # ldap3 stumbles over some that it should refuse
        return "malformed filter"
    odd = [name for name in _attributes(root) if not _ATTRIBUTE.fullmatch(name)]
    return f"'{odd[0]}' is no attribute" if odd else ""


def _parsed(text: str) -> FilterNode:
    root: FilterNode = parse_filter(text, None, False, False, None, check_names=False)  # type: ignore[no-untyped-call]  # not in types-ldap3
    return root


def _attributes(node: FilterNode) -> Iterator[str]:
    if node.assertion and node.assertion.get("attr") is not False:  # False: an extensible match by rule alone
        yield node.assertion["attr"]
    for element in node.elements:
        yield from _attributes(element)
