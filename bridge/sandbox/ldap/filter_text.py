"""A search filter as people write it (RFC 4515), for the log."""

from bridge.sandbox.ldap.filters import And, Compare, Extensible, Filter, Not, Or, Present, Substrings
from bridge.sandbox.ldap.schema import SECRET, base_type


def filter_text(asked: Filter) -> str:  # noqa: PLR0911 - one for each kind
    """The filter as text; secrets asserted in it are left out."""
    match asked:
        case And(parts):
            return f"(&{''.join(map(filter_text, parts))})"
        case Or(parts):
            return f"(|{''.join(map(filter_text, parts))})"
        case Not(part):
            return f"(!{filter_text(part)})"
        case Present(attribute):
            return f"({attribute}=*)"
        case Compare(attribute, operator, value):
            return f"({attribute}{operator}{_escaped(value, attribute)})"
        case Substrings(attribute, initial, middle, final):
            pieces = (initial, *middle, final)
            return f"({attribute}={'*'.join(_escaped(piece, attribute) for piece in pieces)})"
        case Extensible(attribute, rule, value, dn):
            return f"({attribute}{':dn' if dn else ''}{':' + rule if rule else ''}:={_escaped(value, attribute)})"


def _escaped(value: bytes, attribute: str) -> str:
    if base_type(attribute) in SECRET:
        return "..."
    text = value.decode(errors="surrogateescape")
    return "".join(_escaped_char(char) for char in text)


def _escaped_char(char: str) -> str:
    octets = char.encode(errors="surrogateescape")
    special = char in "*()\\" or not char.isprintable() or "\udc80" <= char <= "\udcff"
    return "".join(f"\\{octet:02x}" for octet in octets) if special else char
