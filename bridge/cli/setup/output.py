"""The file that `init` writes: there whole or not at all, for its owner alone, and never over another unasked."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.options import DEFAULT_CONFIG
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.config.document import Plain
    from bridge.config.writing import Draft


def refuse_unwritable(path: Path, *, force: bool) -> None:
    """Find out, ahead of all questions, whether it can be written. Leaves nothing behind. Raises BridgeError."""
    if path.is_dir():
        raise BridgeError(f"{path} is a folder; name a file in it with --output")
    if os.path.lexists(path) and not force:
        raise BridgeError(f"{path} is there already; write another with --output, or over it with --force")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def places(path: Path) -> "tuple[Mapping[str, Plain], Mapping[str, Plain]]":
    """Where memory and evidence go: beside the file, or where a service of this machine keeps them."""
    if path.absolute().parent == DEFAULT_CONFIG.parent:
        return (
            {"path": "/var/lib/hyperproof-bridge/bridge.db"},
            {"file": "/var/log/hyperproof-bridge/audit.jsonl"},
        )
    return {"path": "bridge.db"}, {"file": "audit.jsonl"}


def write(path: Path, draft: "Draft", *, force: bool) -> None:
    """Write it. Raises BridgeError, also where a file of this name has come meanwhile."""
    from bridge.config.document import read_document

    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(draft.text())
            file.flush()
            os.fsync(file.fileno())
        if read_document(Path(temporary)).data != draft.data:
            raise AssertionError(f"{path} would not say what was answered")
        if force:
            Path(temporary).replace(path)
        else:
            os.link(temporary, path)  # fails where something is
    except FileExistsError as error:
        raise BridgeError(f"{path} has come meanwhile; write another with --output") from error
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()


def _unwritable(path: Path, error: OSError) -> BridgeError:
    return BridgeError(f"{path} cannot be written ({error.strerror or error}); name another file with --output")
