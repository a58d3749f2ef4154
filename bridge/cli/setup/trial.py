"""What is answered so far, as a configuration: what is not answered yet is made up, and nothing is asked of it."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.cli.setup.secret import SecretPlace
from bridge.errors import BridgeError, ConfigError

if TYPE_CHECKING:
    from bridge.config import Configuration
    from bridge.config.document import Plain

_NOWHERE: Final = "TYPED_NOTHING"


def trial(
    *,
    name: str = "nothing",
    directory: "Mapping[str, Plain] | None" = None,
    hyperproof: "Mapping[str, Plain] | None" = None,
    secrets: Iterable[SecretPlace] = (),
) -> "Configuration":
    """The answers, with the secrets that were typed. Raises BridgeError that says which of them is wrong."""
    from bridge.config.document import Document
    from bridge.config.loading import loaded

    typed = [place for place in secrets if place.typed]
    asked = dict(directory or _NO_DIRECTORY)
    data: dict[str, Plain] = {
        "hyperproof": {**(hyperproof or _NO_HYPERPROOF), **_BRIEFLY},
        "directories": {name: {**asked, **(_BRIEFLY if asked["type"] == "entra" else {})}},
        "groups": [{"name": "nothing", "members": {name: {"name": "nothing"}}}],
    }
    swapped = {place.reference: f"${{env:{place.trial_variable}}}" for place in typed}
    values = {place.trial_variable: place.typed for place in typed}
    document = Document(Path.cwd() / "bridge.yaml", _swapped_in(data, swapped), {})
    try:
        return loaded(document, {**os.environ, _NOWHERE: "nothing", **values})
    except ConfigError as error:
        raise BridgeError("; ".join(f"{one.key}: {one.what} {one.remedy}" for one in error.problems)) from error


_BRIEFLY: Final[Mapping[str, "Plain"]] = {"max_wait": "3s", "wait_budget": "3s"}
"""How long a server may ask to wait: somebody sits there, and is told instead."""

_NO_HYPERPROOF: Final[Mapping[str, "Plain"]] = {
    "region": "us",
    "client_id": "nothing",
    "client_secret": f"${{env:{_NOWHERE}}}",
}
_NO_DIRECTORY: Final[Mapping[str, "Plain"]] = {
    "type": "file",
    "ldif": {"file": "nothing", "preset": "openldap"},
}


def _swapped_in(section: "Mapping[str, Plain]", swapped: Mapping[str, str]) -> "dict[str, Plain]":
    def swap(value: "Plain") -> "Plain":
        if isinstance(value, str):
            return swapped.get(value, value)
        if isinstance(value, dict):
            return _swapped_in(value, swapped)
        return [swap(one) for one in value] if isinstance(value, list) else value

    return {key: swap(value) for key, value in section.items()}
