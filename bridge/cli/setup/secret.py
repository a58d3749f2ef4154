"""Where a secret will stand, and what it is while the answers are tried. It is never written."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from bridge.cli.setup.asking import Asking

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH: Final = re.compile(r"[^\s{}\x00-\x1f][^{}\x00-\x1f]*")


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """What a configuration refers to for one secret: a variable of the environment, or a file."""

    what: str
    """In words, such as `the password`."""
    variable: str = ""
    file: str = ""
    typed: str = ""
    """The secret itself, where somebody typed it in; empty: it is where the reference says."""

    @property
    def reference(self) -> str:
        """As it stands in the configuration."""
        return f"${{file:{self.file}}}" if self.file else f"${{env:{self.variable}}}"

    @property
    def trial_variable(self) -> str:
        """A variable that holds what was typed, as long as it is tried."""
        return re.sub(r"\W", "_", f"TYPED_{self.variable}{self.file}")

    @property
    def step(self) -> str:
        """What somebody has to do so that the reference leads to the secret; empty where it does already."""
        if not self.typed:
            return ""
        if self.file:
            return f"put {self.what} into {self.file} (mode 0600, for the bridge's user)"
        return f"export {self.variable}=...   # {self.what}"


@dataclass(frozen=True, slots=True)
class SecretQuestion:
    """Which secret is meant, and the options that say where it stands."""

    what: str
    variable: str
    """Where it stands unless an option says otherwise."""
    env_option: str
    file_option: str

    def place(self, asking: Asking, *, anew: bool) -> SecretPlace:
        """Where it stands; it is asked for where it does not stand there yet, or `anew`."""
        file = asking.optional_option(self.file_option)
        variable = asking.optional_option(self.env_option) or self.variable
        if file:
            file = str(Path(file).expanduser().absolute())
            if not _PATH.fullmatch(file):
                raise typer.BadParameter(f"{self.file_option}: a path without braces and control characters")
            present = _is_readable(Path(file))
        else:
            if not _VARIABLE.fullmatch(variable):
                raise typer.BadParameter(f"{self.env_option}: '{variable}' is not the name of a variable")
            present = bool(os.environ.get(variable, "").strip())
        place = SecretPlace(self.what, "" if file else variable, file)
        if present and not anew:
            asking.tell(f"{self.what[0].upper()}{self.what[1:]} is taken from {place.reference}.")
            return place
        return SecretPlace(self.what, place.variable, file, self._typed(asking, place))

    def _typed(self, asking: Asking, place: SecretPlace) -> str:
        from bridge.redaction import register_secret

        if not asking.questions:
            where = place.file or f"the variable {place.variable}"
            raise typer.BadParameter(
                f"{self.what} is missing: put it into {where}, or name another place with {self.env_option} "
                f"or {self.file_option}"
            )
        question = f"{self.what[0].upper()}{self.what[1:]}, to try it (not shown, not kept)"
        typed = asking.hear(question, default=None, hidden=True)
        register_secret(typed)
        return typed


def _is_readable(path: Path) -> bool:
    try:
        return bool(path.read_bytes().strip())
    except OSError:
        return False
