"""What `init` writes, and where it lets memory and evidence go."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.options import DEFAULT_CONFIG
from bridge.cli.output_file import written

if TYPE_CHECKING:
    from bridge.config.document import Plain
    from bridge.config.writing import Draft


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

    with written(path, force=force) as (file, place):
        file.write(draft.text())
        file.flush()
        if read_document(place).data != draft.data:
            raise AssertionError(f"{path} would not say what was answered")
