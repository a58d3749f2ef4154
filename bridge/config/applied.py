"""What is kept of a configuration that was applied, and the configuration that it is again.

Kept is what decides about memberships, value by value as it stood in the file, with its lines. A secret cannot be
in it: a file is only loaded if every secret in it is given by reference, and a reference is kept as it is written,
never as what it leads to. What reaches systems apart from directories is not kept at all, nor are comments.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bridge.config.document import Document, Place, Plain
from bridge.config.loading import loaded
from bridge.config.model import Configuration

KEPT: Final = ("directories", "groups", "defaults", "limits", "accounts", "schedule", "apply")
"""The sections that are kept."""

_TAKEN: Final = ("region", "client_id", "client_secret", "api_url", "token_url")
"""What a configuration cannot do without, and is taken from the one that is compared."""


def kept(configuration: Configuration) -> str:
    """What is kept of a configuration, as text."""
    document = configuration.document
    data = {section: document.data[section] for section in KEPT if section in document.data}
    lines = [[list(place), line] for place, line in document.lines.items() if place[:1] and place[0] in data]
    return json.dumps({"path": str(document.path.absolute()), "data": data, "lines": lines}, sort_keys=True)


def restored(text: str, now: Configuration, environ: Mapping[str, str]) -> Configuration:
    """The configuration that was kept, of the organization of the one that is in force now. Raises ConfigError."""
    told: dict[str, Any] = json.loads(text)
    hyperproof = now.document.data["hyperproof"]
    taken: Plain = (
        {key: value for key, value in hyperproof.items() if key in _TAKEN} if isinstance(hyperproof, dict) else {}
    )
    label = {"organization": now.organization} if "organization" in now.document.data else {}
    data: dict[str, Plain] = {**label, "hyperproof": taken, **told["data"]}
    lines: dict[Place, int] = {tuple(place): line for place, line in told["lines"]}
    return loaded(Document(Path(told["path"]), data, lines), environ)
