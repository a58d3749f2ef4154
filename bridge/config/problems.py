"""Everything that pydantic finds, in our words: what is wrong, what to write instead."""

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bridge.config.document import Document, Flaw, Place, Plain
from bridge.config.values import OURS, SEALED, SHOWN

Schema: TypeAlias = Mapping[str, Any]
Sentences: TypeAlias = tuple[str, str]
"""What is wrong, and the remedy."""

SHOWN_LIMIT: Final = 60
"""Characters of a value that a message repeats."""


def flaws(error: ValidationError, document: Document, schema: Schema) -> tuple[Flaw, ...]:
    """Say every error in our words, at its place in the document."""
    details = error.errors(include_url=False, include_input=False)
    return tuple(_flaw(detail, document, schema) for detail in details if not _is_echo(detail, document))


def sealed(error: ValidationError, document: Document) -> frozenset[Place]:
    """The places inside which nothing may be spoken of: wrong secrets, and what nobody knows to be none."""
    details = error.errors(include_url=False, include_input=False)
    return frozenset(_place(d["loc"], document) for d in details if d["type"] in {SEALED, "extra_forbidden"})


def _is_echo(detail: ErrorDetails, document: Document) -> bool:
    """A list that is too short only because its items are wrong."""
    return detail["type"] == "too_short" and bool(_value(_place(detail["loc"], document), document))


def _flaw(detail: ErrorDetails, document: Document, schema: Schema) -> Flaw:
    place = _place(detail["loc"], document)
    inner = detail["loc"][:-1] if detail["type"] == "extra_forbidden" else detail["loc"]
    fault = _Fault(
        kind=detail["type"],
        key=str(detail["loc"][-1]),
        value=_value(place, document),
        schemas=tuple(_subschemas(schema, inner)),
        context=detail.get("ctx", {}),
    )
    return Flaw(place, *_sentences(fault))


def _place(location: tuple[str | int, ...], document: Document) -> Place:
    """Where in the file an error is: pydantic's own steps, such as the branch of a union, are left out."""
    place: list[str | int] = []
    value: Plain = document.data
    for position, step in enumerate(location):
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
        elif not (isinstance(value, dict) and position == len(location) - 1 and step != "[key]"):
            continue
        place.append(step)
    return tuple(place)


def _value(place: Place, document: Document) -> Plain:
    value: Plain = document.data
    for step in place:
        if isinstance(value, list) and isinstance(step, int):
            value = value[step]
        elif isinstance(value, dict):
            value = value.get(str(step))
    return value


# ---- sentences -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fault:
    """What a sentence may need to know of an error."""

    kind: str
    """pydantic's name for it."""
    key: str
    value: Plain
    """As the file has it."""
    schemas: tuple[Schema, ...]
    """What may stand there."""
    context: Mapping[str, Any]


def _sentences(fault: _Fault) -> Sentences:
    if fault.kind in {OURS, SEALED}:
        subject = "This" if fault.kind == SEALED else shown(fault.value)
        return fault.context["what"].replace(SHOWN, subject), fault.context["remedy"]
    tell = _TOLD.get(fault.kind)
    return (
        tell(fault) if tell else (f"{shown(fault.value)} cannot stand here.", f"Write another{_such_as(fault)}.")
    )


def shown(value: Plain) -> str:
    """Show a value as it stands in the file, in a few words."""
    if isinstance(value, dict | list):
        return "A mapping" if isinstance(value, dict) else "A list"
    if value is None:
        return "Nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    cut = text if len(text) <= SHOWN_LIMIT else text[: SHOWN_LIMIT - 1] + "…"
    return repr(cut) if isinstance(value, str) else cut


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the word that was probably meant, or name them all."""
    choices = list(known)
    folded = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    if close:
        return f"Did you mean `{folded[close[0]]}`?"
    return f"Write one of: {', '.join(choices)}." if choices else "Leave it out."


def _unknown_key(fault: _Fault) -> Sentences:
    return "There is no such key here.", did_you_mean(fault.key, _known(fault, "properties"))


def _missing(fault: _Fault) -> Sentences:
    return "This key is missing.", f"Add it{_such_as(fault, f'{fault.key}: ')}."


def _one_of(fault: _Fault) -> Sentences:
    return f"{shown(fault.value)} is not known here.", did_you_mean(str(fault.value), _known(fault, "enum"))


def _true_or_false(fault: _Fault) -> Sentences:
    words = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
    meant = words.get(str(fault.value).casefold(), "true or false")
    return f"{shown(fault.value)} is neither true nor false.", f"Write {meant}, without quotes."


def _whole_number(fault: _Fault) -> Sentences:
    return f"{shown(fault.value)} is not a whole number.", f"Write digits alone{_such_as(fault)}."


def _number(fault: _Fault) -> Sentences:
    return f"{shown(fault.value)} is not a number.", f"Write it without quotes and percent sign{_such_as(fault)}."


def _too_small(fault: _Fault) -> Sentences:
    return f"{shown(fault.value)} is too small.", f"Write {fault.context['ge']:g} or more."


def _too_large(fault: _Fault) -> Sentences:
    return f"{shown(fault.value)} is too large.", f"Write {fault.context['le']:g} or less."


def _list(fault: _Fault) -> Sentences:
    return "A list is needed here.", f"Write it in brackets, or a dash before each item{_such_as(fault)}."


def _mapping(fault: _Fault) -> Sentences:
    known = _known(fault, "required") or _known(fault, "properties")
    keys = _such_as(fault) or f": {', '.join(known)}"
    return "Keys and values are needed here.", f"Write them below, indented{keys}."


def _too_few(fault: _Fault) -> Sentences:
    return "Nothing is in here.", f"Write at least one{_such_as(fault)}."


def _too_many(fault: _Fault) -> Sentences:
    return "There is room for one only.", f"Keep one{_such_as(fault)}."


_TOLD: Final[Mapping[str, Callable[[_Fault], Sentences]]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "enum": _one_of,
    "literal_error": _one_of,
    "bool_type": _true_or_false,
    "int_type": _whole_number,
    "float_type": _number,
    "finite_number": _number,
    "greater_than_equal": _too_small,
    "less_than_equal": _too_large,
    "tuple_type": _list,
    "dict_type": _mapping,
    "model_type": _mapping,
    "too_short": _too_few,
    "too_long": _too_many,
}


def _known(fault: _Fault, keyword: str) -> tuple[str, ...]:
    """The words that the schema lists under a keyword, each once."""
    listed = (word for schema in fault.schemas for word in schema.get(keyword, ()))
    fixed = (schema["const"] for schema in fault.schemas if keyword == "enum" and "const" in schema)
    return tuple(dict.fromkeys((*listed, *fixed)))


def _such_as(fault: _Fault, before: str = "") -> str:
    """An example, if the schema has one."""
    examples = [schema["examples"][0] for schema in fault.schemas if "examples" in schema]
    defaults = [schema["default"] for schema in fault.schemas if "default" in schema]
    for example in (*examples, *defaults):
        return f", for example: `{before}{example if isinstance(example, str) else json.dumps(example)}`"
    return ""


# ---- the JSON Schema along a location ------------------------------------------------------------------


def _subschemas(root: Schema, location: tuple[str | int, ...]) -> Iterator[Schema]:
    """What the schema says of a location; of the mapping around it if it does not know the last step."""
    found: list[Schema] = [root]
    for step in location:
        deeper = [sub for schema in found for sub in _step(root, schema, step)]
        found = deeper or found
    yield from found


def _step(root: Schema, schema: Schema, step: str | int) -> Iterator[Schema]:
    for branch in _branches(root, schema):
        if str(branch.get("$ref", "")).endswith(f"/{step}"):
            yield from _branches(root, branch)
        elif isinstance(step, int) and "items" in branch:
            yield from _branches(root, branch["items"])
        elif step in branch.get("properties", ()):
            yield from _branches(root, branch["properties"][step])
        elif isinstance(branch.get("additionalProperties"), dict) and "properties" not in branch:
            yield from _branches(root, branch["additionalProperties"])


def _branches(root: Schema, schema: Schema) -> Iterator[Schema]:
    """A schema and all that it refers to."""
    yield schema
    if "$ref" in schema:
        yield from _branches(root, root["$defs"][schema["$ref"].rpartition("/")[2]])
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _branches(root, branch)
