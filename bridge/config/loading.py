"""From a file to a configuration, or to everything that is wrong with it."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from bridge.config.crosscheck import crosscheck
from bridge.config.document import Document, Flaw, Place, read_document
from bridge.config.model import Configuration
from bridge.config.problems import flaws, sealed
from bridge.config.references import Surroundings
from bridge.config.schema import json_schema
from bridge.errors import ConfigError


def load(path: Path, environ: Mapping[str, str]) -> Configuration:
    """Load a configuration; references to variables are looked up in `environ`.

    Raises ConfigError with all problems at once, in the order of the file. No problem repeats a secret.
    """
    return loaded(read_document(path), environ)


def loaded(document: Document, environ: Mapping[str, str]) -> Configuration:
    """The same from values that may not be in any file yet. Raises ConfigError."""
    surroundings = Surroundings(environ, document.path.parent)
    configuration, found = _validated(document, surroundings)
    if configuration is None or found:
        raise ConfigError(tuple(sorted(document.problem(flaw) for flaw in found)))
    return configuration.placed(document, surroundings)


def _validated(document: Document, surroundings: Surroundings) -> tuple[Configuration | None, tuple[Flaw, ...]]:
    found = (*document.flaws, *crosscheck(document, surroundings))
    try:
        return Configuration.model_validate(document.data, context=surroundings), _once(found)
    except ValidationError as error:
        told = flaws(error, document, json_schema())
        return None, _once(_spoken_of((*found, *told), sealed(error, document)))


def _spoken_of(found: tuple[Flaw, ...], closed: frozenset[Place]) -> tuple[Flaw, ...]:
    """Without what lies inside a wrong secret or an unknown key: its very keys may be the secret."""
    return tuple(flaw for flaw in found if not any(flaw.place[:n] in closed for n in range(len(flaw.place))))


def _once(found: tuple[Flaw, ...]) -> tuple[Flaw, ...]:
    """One problem for each place: the first, which is the one that knows most of the whole."""
    return tuple({flaw.place: flaw for flaw in reversed(found)}.values())
