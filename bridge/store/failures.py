"""Errors of the database, of SQLAlchemy, alembic and the system, as ours: one sentence with the remedy."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from bridge.errors import StoreError, excerpt
from bridge.store import sqlite

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
def store_errors(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong with this database into a StoreError."""
    try:
        yield
    except (SQLAlchemyError, *sqlite.ERRORS) as error:
        raise StoreError(_of_database(path, error)) from error
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise StoreError(f"The database {path} cannot hold a text that is no Unicode ({error.reason})") from error
    except OSError as error:
        raise StoreError(_of_system(path, error)) from error


@contextlib.contextmanager
def system_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors about a file into a StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(_of_system(path, error)) from error


def _of_system(path: Path, error: OSError) -> str:
    remedy = _OF_SYSTEM.get(error.errno or 0, "mend this, and run again")
    return f"The file {path} cannot be used ({error.strerror or error}); {remedy}"


def _of_database(path: Path, error: Exception) -> str:
    """Only the database's own words: SQLAlchemy's would repeat the statement, and with it people."""
    cause = getattr(error, "orig", None) or error
    remedy = sqlite.remedy(cause) or "run again, and report this if it stays"
    words = excerpt(str(cause)) or type(cause).__name__
    return f"The database {path} cannot be used ({words}); {remedy}"
