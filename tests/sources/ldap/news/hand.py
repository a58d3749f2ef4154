"""Whoever changes a directory: an administrator's connection, with what can be done over it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPNoSuchObjectResult

Values = str | tuple[str, ...]


class Hand:
    """Changes entries by DN. `place` says where a DN is here, if it is elsewhere."""

    def __init__(self, connection: Any, place: Callable[[str], str] = str) -> None:  # noqa: ANN401 - ldap3's; half of it has no types
        self._connection = connection
        self._place = place

    def at(self, place: Callable[[str], str]) -> "Hand":
        """The same hand, where DNs are elsewhere."""
        return Hand(self._connection, place)

    def add(self, dn: str, *kinds: str, **attributes: Values) -> None:
        """Add an entry of these classes."""
        placed = {name: self._placed(values) for name, values in attributes.items()}
        self._connection.add(self._place(dn), list(kinds), placed)

    def change(self, dn: str, **values: Values) -> None:
        """Give attributes these values instead of theirs."""
        self._modify(ldap3.MODIFY_REPLACE, dn, values)

    def put_in(self, dn: str, *members: str) -> None:
        """Put members into a group."""
        self._modify(ldap3.MODIFY_ADD, dn, {"member": members})

    def take_out(self, dn: str, *members: str) -> None:
        """Take members out of a group."""
        self._modify(ldap3.MODIFY_DELETE, dn, {"member": members})

    def delete(self, dn: str) -> None:
        """Delete an entry."""
        self._connection.delete(self._place(dn))

    def rename(self, dn: str, name: str, above: str | None = None) -> None:
        """Give an entry another name, or another place."""
        self._connection.modify_dn(self._place(dn), name, new_superior=above and self._place(above))

    def has(self, dn: str) -> bool:
        """Whether there is such an entry."""
        with suppress(LDAPNoSuchObjectResult):
            return bool(self._connection.search(self._place(dn), "(objectClass=*)", search_scope=ldap3.BASE))
        return False

    def number_of(self, dn: str) -> int:
        """The last part of an entry's security identifier, by which it can be a primary group."""
        self._connection.search(dn, "(objectClass=*)", search_scope=ldap3.BASE, attributes=["objectSid"])
        return int.from_bytes(self._connection.response[0]["raw_attributes"]["objectSid"][0][-4:], "little")

    def _modify(self, operation: str, dn: str, values: Mapping[str, Values]) -> None:
        changes = {name: [(operation, self._placed(value))] for name, value in values.items()}
        self._connection.modify(self._place(dn), changes)

    def _placed(self, values: Values) -> list[str]:
        return [self._place(value) for value in ((values,) if isinstance(values, str) else values)]


@contextmanager
def hand_in(url: str, user: str, password: str, **more: Any) -> Iterator[Hand]:  # noqa: ANN401 - as ldap3 has them
    """Sign in to change things. `more`: of the server, such as its TLS."""
    server = ldap3.Server(url, get_info=ldap3.NONE, **more)
    with ldap3.Connection(server, user, password, raise_exceptions=True) as connection:
        connection.bind()
        yield Hand(connection)
