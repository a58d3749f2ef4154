"""The configuration that runs last applied, without what reaches systems: for a review of the next edit."""

import hashlib

from bridge.core.journal import Run
from bridge.store.packing import pack_json, unpack_json
from bridge.store.rows import replace
from bridge.store.schema import applied
from bridge.store.scope import Scope


def keep_applied(scope: Scope, run: Run, text: str) -> None:
    """Keep what a run applied, if it is not what the last one did."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = scope.connection.execute(scope.of(applied, applied.c.digest)).scalar_one_or_none()
    if known != digest:
        row = scope.row(digest=digest, run=run.id, since=scope.time, configuration=pack_json(text))
        replace(scope.connection, applied, [row])


def load_applied(scope: Scope) -> str | None:
    """Load what was applied last; None if nothing ever was."""
    packed = scope.connection.execute(scope.of(applied, applied.c.configuration)).scalar_one_or_none()
    return None if packed is None else str(unpack_json(packed))
