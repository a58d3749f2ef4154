"""Modes: how a sandbox behaves where that can be chosen. A frozen dataclass, read from and changed by texts."""

import dataclasses
import difflib
import types
from collections.abc import Iterable, Mapping
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import Field, TypeAdapter, ValidationError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0)]
AnyModes = TypeVar("AnyModes", bound="DataclassInstance")

_ABSENT: Final = frozenset({"absent", "none", "null"})


class ModeError(ValueError):
    """A mode that does not exist, or a value that it cannot have. The text names those it can."""


def choices(kind: type[AnyModes]) -> dict[str, str]:
    """Every mode with the values it can have, for messages and help."""
    return {name: _choices(hint) for name, hint in _hints(kind).items()}


def parsed(modes: AnyModes, settings: Iterable[str], *, example: str) -> AnyModes:
    """The same modes but for those in `key=value` texts. Raises ModeError; `example` is for its text."""
    values: dict[str, object] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ModeError(f"{setting!r} is not of the form key=value, such as {example}.")
        values[name.strip()] = value.strip()
    return changed(modes, values)


def changed(modes: AnyModes, values: Mapping[str, object]) -> AnyModes:
    """The same modes but for these values, given as themselves or as text. Raises ModeError."""
    hints = _hints(type(modes))
    checked: dict[str, Any] = {name: _checked(hints, name, value) for name, value in values.items()}
    return dataclasses.replace(modes, **checked)


def _hints(kind: type[AnyModes]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _checked(hints: Mapping[str, Any], name: str, value: object) -> object:
    hint = hints.get(name)
    if hint is None:
        raise ModeError(f"There is no mode {name!r}.{_suggestion(hints, name)} The modes are: {', '.join(hints)}.")
    try:
        return TypeAdapter(hint).validate_python(_natural(hint, value))
    except ValidationError:
        raise ModeError(f"The mode {name} cannot be {value!r}; it can be {_choices(hint)}.") from None


def _natural(hint: object, value: object) -> object:
    """The value as its field takes it: statuses as text, `absent` as None where None is possible."""
    if get_origin(hint) is Literal and isinstance(value, int):
        return str(value)
    if isinstance(value, str) and value.casefold() in _ABSENT and type(None) in get_args(hint):
        return None
    return value


def _suggestion(hints: Mapping[str, Any], name: str) -> str:
    close = difflib.get_close_matches(name, hints, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _choices(hint: object) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    if get_origin(hint) in {Union, types.UnionType}:
        return "a number from 0 up | absent"
    if hint is bool:
        return "true | false"
    return "a number from 1 up" if hint == Positive else "a number from 0 up"
