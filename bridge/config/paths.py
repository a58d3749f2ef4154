"""What the path of a file may be, and what is asked of the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema

from bridge.config.references import read_exposure
from bridge.config.values import surroundings, text_value, warn, wrong


def _path(text: str, info: ValidationInfo) -> Path:
    return surroundings(info).folder / text


def _present(path: Path, info: ValidationInfo) -> Path:
    surroundings(info).files[path] = None
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        remedy = "Check the path, and that the bridge's user may read it."
        raise wrong(f"The file cannot be read: {error.strerror}.", remedy) from None
    return path


def _private(path: Path, info: ValidationInfo) -> Path:
    warn(info, read_exposure(path))
    return path


def _as_text(inner: Callable[[str, ValidationInfo], Path]) -> BeforeValidator:
    return BeforeValidator(lambda value, info: inner(text_value(value, info), info))


_FILE_SCHEMA: Final = WithJsonSchema({"type": "string"})

FilePath: TypeAlias = Annotated[Path, _as_text(_path), _FILE_SCHEMA]
"""A path; a relative one starts where the configuration file is."""

PresentFile: TypeAlias = Annotated[FilePath, AfterValidator(_present), _FILE_SCHEMA]
"""A file that is there and can be read."""

KeyFile: TypeAlias = Annotated[PresentFile, AfterValidator(_private), _FILE_SCHEMA]
"""The same, with a warning if everybody may read it."""
