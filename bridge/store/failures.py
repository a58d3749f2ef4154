"""Errors of the database, of SQLAlchemy, alembic and the system, as ours: one sentence with the remedy."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from bridge.errors import StoreError, excerpt
from bridge.store import postgresql, sqlite
from bridge.store.place import Place

_OF_SYSTEM: Final = {
    errno.ENOENT: "create its folder",
    errno.ENOTDIR: "name a file in a folder",
    errno.EISDIR: "name a file, not a folder",
    errno.EACCES: "let the bridge's user read and write there",
    errno.EPERM: "let the bridge's user read and write there",
    errno.EROFS: "put it on a disk mounted for writing",
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
}


@contextlib.contextmanager
def store_errors(place: Place) -> Iterator[None]:
    """Turn whatever goes wrong with this database into a StoreError."""
    try:
        yield
    except _library_errors() as error:
        raise StoreError(_of_database(place, error)) from error
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise StoreError(f"The database {place} cannot hold a text that is no Unicode ({error.reason})") from error
    except OSError as error:
        raise StoreError(_of_system(place, error)) from error


@contextlib.contextmanager
def system_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors about a file into a StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(_of_system(path, error)) from error


def _library_errors() -> tuple[type[Exception], ...]:
    return (SQLAlchemyError, *sqlite.ERRORS, *postgresql.errors())


def _of_system(place: Place, error: OSError) -> str:
    remedy = _OF_SYSTEM.get(error.errno or 0, "mend this, and run again")
    return f"The file {place} cannot be used ({error.strerror or error}); {remedy}"


def _of_database(place: Place, error: Exception) -> str:
    """Only the database's own words: SQLAlchemy's would repeat the statement, and with it people."""
    cause = getattr(error, "orig", None) or error
    remedy = sqlite.remedy(cause) or postgresql.remedy(cause) or "run again, and report this if it stays"
    words = excerpt(postgresql.words(cause)) or type(cause).__name__
    for secret in () if isinstance(place, Path) else place.secrets():
        words = words.replace(secret, "[redacted]")
    return f"The database {place} cannot be used ({words}); {remedy}"
