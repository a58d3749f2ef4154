"""Where a database is: a file of SQLite's, or a server of PostgreSQL's. As text it holds no password."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

SCHEMES: Final = ("postgresql+psycopg", "postgresql")

PASSWORDS: Final = frozenset({"password", "sslpassword"})
"""Keys of an address's query that are secret."""


@dataclass(frozen=True, slots=True)
class Server:
    """A database on a PostgreSQL server. Two of them are the same when only their passwords differ."""

    identity: str
    """The address without a password."""
    read: Callable[[], str] = field(repr=False, compare=False)
    """Read the whole address as it is now, so that a rotated password counts for the next connection."""

    @classmethod
    def of(cls, read: Callable[[], str]) -> Self:
        """Take a database for what its address says now."""
        return cls(_without_password(read()), read)

    def __str__(self) -> str:
        return self.identity.partition("?")[0]

    def secrets(self) -> tuple[str, ...]:
        """What must not be told: the address, and the passwords in it."""
        address = self.read().strip()
        parts = urlsplit(address)
        found = [value for key, value in parse_qsl(parts.query) if key in PASSWORDS]
        if parts.password:
            found += [parts.password, unquote(parts.password)]
        return (address, *found) if found else ()


Place: TypeAlias = Path | Server
"""Where a database is."""


def _without_password(address: str) -> str:
    parts = urlsplit(address.strip())
    user, at, host = parts.netloc.rpartition("@")
    query = urlencode([(key, value) for key, value in parse_qsl(parts.query) if key not in PASSWORDS])
    return f"{SCHEMES[-1]}://{user.partition(':')[0]}{at}{host}{parts.path}{f'?{query}' if query else ''}"
