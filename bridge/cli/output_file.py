"""A file that a command writes: there whole or not at all, for its owner alone, and never over another unasked."""

import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.config import Configuration


def own_files(configuration: "Configuration") -> tuple[Path, ...]:
    """What a command never writes over, asked or not: memory and evidence."""
    place, audit = configuration.store.place, configuration.audit.file
    database = [place.with_name(f"{place.name}{end}") for end in ("", "-wal")] if isinstance(place, Path) else []
    return (*database, *([audit] if audit else ()))


def refuse_unwritable(path: Path, *, force: bool, never: Collection[Path] = (), option: str = "--output") -> None:
    """Find out, ahead of all else, whether it can be written. Leaves nothing behind. Raises BridgeError."""
    if path.is_dir():
        raise BridgeError(f"{path} is a folder; name a file in it with {option}")
    _refuse_own(path, never, option)
    if os.path.lexists(path) and not force:
        raise BridgeError(f"{path} is there already; write another with {option}, or over it with --force")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error, option) from error


@contextmanager
def written(
    path: Path, *, force: bool, never: Collection[Path] = (), option: str = "--output"
) -> Iterator[tuple[TextIO, Path]]:
    """A file to write to, and its name until it has this one at the end. Raises BridgeError."""
    _refuse_own(path, never, option)
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file, Path(temporary)
            file.flush()
            os.fsync(file.fileno())
        if force:
            Path(temporary).replace(path)
        else:
            os.link(temporary, path)  # fails where something is
    except FileExistsError as error:
        raise BridgeError(f"{path} has come meanwhile; write another with {option}") from error
    except OSError as error:
        raise _unwritable(path, error, option) from error
    finally:
        if temporary:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()


def write_over(path: Path, text: str, own: Callable[[str], bool], option: str) -> None:
    """Write a file, also over one of which `own` says that we wrote it before. Raises BridgeError for another."""
    try:
        is_ours = not os.path.lexists(path) or (not path.is_symlink() and own(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        is_ours = False
    if not is_ours:
        raise BridgeError(f"{path} is there already, and not the sandbox's; name another place with {option}")
    with written(path, force=True, option=option) as (file, _):
        file.write(text)


def _refuse_own(path: Path, never: Collection[Path], option: str) -> None:
    if any(one.exists() and path.exists() and path.samefile(one) for one in never):
        raise BridgeError(f"{path} is the bridge's own: its memory or its evidence; name another with {option}")


def _unwritable(path: Path, error: OSError, option: str) -> BridgeError:
    return BridgeError(f"{path} cannot be written ({error.strerror or error}); name another file with {option}")
