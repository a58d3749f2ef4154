"""Which directories there are: one by options or questions, and more of them by questions alone."""

import re
from collections.abc import Sequence
from typing import Final

from bridge.cli.setup.asking import Asking
from bridge.cli.setup.entra import ask_entra
from bridge.cli.setup.file import ask_file
from bridge.cli.setup.ldap import PRESETS, ask_ldap
from bridge.cli.setup.side import Side
from bridge.cli.setup.trial import trial
from bridge.errors import BridgeError

_NAMES: Final = {"entra": "cloud", "file": "export"}
"""What a directory is called unless somebody says otherwise; `corp` where it is LDAP."""


def ask_directories(asking: Asking) -> tuple[Side, ...]:
    """Ask for a directory, and for more of them where somebody sits there, and try each."""
    kind = _kind(asking)
    name = asking.optional_option("--directory") or _NAMES.get(kind, "corp")
    trial(name=name)  # a name that cannot be one is told before anything else is asked
    sides = [_ask(asking, kind, name)]
    while asking.agreed("Is there another directory to read?"):
        sides.append(_ask_another(sides))
    return tuple(sides)


def _ask_another(sides: Sequence[Side]) -> Side:
    """The options were about the first one: of this one everything is asked."""
    asking = Asking({}, questions=True)
    kind = _kind(asking)
    name = asking.tried(lambda: _free_name(asking, kind, {side.name for side in sides}), "--directory")
    return _ask(Asking(_own_secret(kind, name, sides), questions=True), kind, name)


def _kind(asking: Asking) -> str:
    return asking.choice("--kind", "Kind of directory", (*PRESETS, "entra", "file"))


def _free_name(asking: Asking, kind: str, taken: set[str]) -> str:
    usual = _NAMES.get(kind, "corp")
    free = next(one for one in (usual, *(f"{usual}{n}" for n in range(2, len(taken) + 3))) if one not in taken)
    name = asking.text("--directory", "What to call it", free)
    if name in taken:
        raise BridgeError(f"another directory is called '{name}' already")
    trial(name=name)
    return name


def _own_secret(kind: str, name: str, sides: Sequence[Side]) -> dict[str, str]:
    """A variable of its own for the secret of a directory, where the usual one holds another's."""
    usual = all((kind == "entra") != (side.section["type"] == "entra") for side in sides)
    return {} if usual else {"--password-env": f"{re.sub(r'[^A-Za-z0-9]', '_', name).upper()}_SECRET"}


def _ask(asking: Asking, kind: str, name: str) -> Side:
    if kind == "entra":
        return ask_entra(asking, name)
    return ask_file(asking, name) if kind == "file" else ask_ldap(asking, name, kind)
