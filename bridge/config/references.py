"""References: `${env:NAME}` and `${file:PATH}`, the only way to write a secret, and a way to write any text.

What a reference leads to is never part of a message. Its own name is, if it looks like a name: somebody may
have put the secret itself between the braces.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bridge.errors import ConfigError, Problem

MAX_SECRET_BYTES: Final = 65_536
"""Nobody's password is longer, and /dev/zero is."""

SHAPE: Final = r"\$\{(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\s{}\x00-\x1f][^{}\x00-\x1f]*)\}"
"""A well-formed reference, for the JSON Schema as well."""

HOW_TO_REFER: Final = "Write `${env:NAME}` for an environment variable, or `${file:/path}` for a file."

_ENV_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(slots=True)
class Surroundings:
    """What the values of a file may lean on while they are read."""

    environ: Mapping[str, str] = field(repr=False)
    folder: Path
    """Relative paths start here: where the configuration file is."""
    warnings: dict[str, None] = field(default_factory=dict)
    """Each once, in the order found."""
    files: dict[Path, None] = field(default_factory=dict)
    """Those that were looked into, each once."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a value is to be found."""

    kind: str
    name: str
    surroundings: Surroundings = field(repr=False)

    def __str__(self) -> str:
        return f"${{{self.kind}:{self.name}}}"

    def read(self) -> str:
        """Read the value now, without the line end behind it. Raises ConfigError."""
        text = self._read_variable() if self.kind == "env" else self._read_file()
        value = text.removesuffix("\n").removesuffix("\r")
        if not value:
            raise self._unresolved("is empty", "Put the value there.")
        return value

    @property
    def path(self) -> Path:
        """The file, if it is one."""
        return self.surroundings.folder / self.name

    def read_exposure(self) -> str:
        """Read who may read the file: a warning if everybody may, else nothing."""
        if self.kind == "env":
            return ""
        return read_exposure(self.path)

    def _read_variable(self) -> str:
        try:
            return self.surroundings.environ[self.name]
        except KeyError:
            remedy = "Set it where the bridge is started, or write `${file:/path}`."
            raise self._unresolved("is not set", remedy) from None

    def _read_file(self) -> str:
        self.surroundings.files[self.path] = None
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise self._unresolved("is not a regular file", "Name a file that holds the value alone.")
            with self.path.open("rb") as file:
                content = file.read(MAX_SECRET_BYTES + 1)
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
            raise self._unresolved(what, "Check the path, and that the bridge's user may read it.") from None
        if len(content) > MAX_SECRET_BYTES:
            raise self._unresolved("is too large", "Name a file that holds the value alone.")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise self._unresolved("is not UTF-8 text", "Name a file that holds the value alone.") from None

    def _unresolved(self, what: str, remedy: str) -> ConfigError:
        place = str(self.path) if self.kind == "file" and self._is_nameable() else self.kind
        return ConfigError((Problem(place, 1, self._named(), f"{self._subject()} {what}.", remedy),))

    def _subject(self) -> str:
        if self.kind == "env":
            return f"The environment variable {self.name if self._is_nameable() else 'named here'}"
        return f"The file {self.path if self._is_nameable() else 'named here'}"

    def _named(self) -> str:
        return str(self) if self._is_nameable() else f"${{{self.kind}:…}}"

    def _is_nameable(self) -> bool:
        if self.kind == "env":
            return _ENV_NAME.fullmatch(self.name) is not None
        return self.name.startswith(("/", "./", "../"))


def read_exposure(path: Path) -> str:
    """Read who may read a file: a warning if everybody on this machine may, else nothing."""
    if path.stat().st_mode & stat.S_IROTH:
        return f"Everybody on this machine may read {path}: take that away with `chmod o-r {path}`."
    return ""


def reference(text: str, surroundings: Surroundings) -> Reference | None:
    """Take a text for a reference, if it is one from end to end."""
    text = text.strip()
    if not re.fullmatch(SHAPE, text):
        return None
    kind, _, name = text[2:-1].partition(":")
    return Reference(kind, name, surroundings)


def resembles_reference(text: str) -> bool:
    """Whether somebody may have meant a reference."""
    return "${" in text


class Secret(SecretStr):
    """A secret as it was at load, hidden in every repr and dump; `read` fetches it again."""

    def __init__(self, value: str, source: Reference) -> None:
        super().__init__(value)
        self._source = source

    def read(self) -> str:
        """Read the secret as it is now, so that a rotated one counts without a restart. Raises ConfigError."""
        return self._source.read()


def current(secret: SecretStr) -> str:
    """Read a secret as it is now; while it cannot be read, as it was at load."""
    try:
        return secret.read() if isinstance(secret, Secret) else secret.get_secret_value()
    except ConfigError:
        return secret.get_secret_value()
