"""YAML to plain values, each with its line: no object is built that YAML's core schema does not know.

The library's own messages quote the file, and a file may hold a secret where none belongs: they are told
in our words, which quote nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from bridge.errors import ConfigError, Problem

MAX_BYTES: Final = 5_000_000
"""A larger file is not a configuration."""

MAX_VALUES: Final = 200_000
"""Values after aliases are followed: ten thousand groups stay far below, a bomb of aliases does not."""

WHOLE_FILE: Final = "(file)"
"""The key path of a problem that no key has."""

Place: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of the file to a value."""

Plain: TypeAlias = str | int | float | bool | list["Plain"] | dict[str, "Plain"] | None


def key_path(place: Place) -> str:
    """Write a place as people do: `groups[1].members.any[0]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_step(step)}" for step in place)
    return text.removeprefix(".") or WHOLE_FILE


def _step(key: str) -> str:
    return key if re.fullmatch(r"[\w-]{1,60}", key) else repr(key[:60])


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong at a place."""

    place: Place
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration file as plain values."""

    path: Path
    data: dict[str, Plain]
    lines: Mapping[Place, int]
    flaws: tuple[Flaw, ...] = ()
    """What YAML allows and a configuration does not: keys that stand twice, tags, merge keys."""

    def line(self, place: Place) -> int:
        """Tell the line of a place, or of the nearest thing around it that is there."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, flaw: Flaw) -> Problem:
        """Say where in the file a flaw is."""
        return Problem(str(self.path), self.line(flaw.place), key_path(flaw.place), flaw.what, flaw.remedy)


def read_document(path: Path) -> Document:
    """Read a configuration file. Raises ConfigError with one problem if it cannot be read at all."""
    text = _read_text(path)
    builder = _Builder()
    try:
        data = builder.value(_compose(path, text), ())
    except RecursionError:
        raise _unusable(path, 1, "The file is nested too deeply, or an alias contains itself.", _PLAIN) from None
    except _TooManyValuesError:
        raise _unusable(path, 1, f"The file holds more than {MAX_VALUES:,} values.", _PLAIN) from None
    if not isinstance(data, dict):
        raise _unusable(path, 1, "The file does not consist of keys and values.", "Begin with `hyperproof:`.")
    return Document(path, data, builder.lines, tuple(builder.flaws))


_PLAIN: Final = "Write the values out, without anchors and aliases."


class _TooManyValuesError(Exception):
    """Aliases multiply."""


def _unusable(path: Path, line: int, what: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(str(path), line, WHOLE_FILE, what, remedy),))


# ---- bytes to text -------------------------------------------------------------------------------------


def _read_text(path: Path) -> str:
    try:
        if path.is_dir():
            raise _unusable(path, 1, "This is a directory.", "Name the file in it.")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _unusable(
            path,
            1,
            "There is no such file.",
            "Name another with --config or HYPERPROOF_BRIDGE_CONFIG, or write one with `init`.",
        ) from None
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        raise _unusable(path, 1, what, "Check its permissions and its disk.") from None
    if len(content) > MAX_BYTES:
        raise _unusable(path, 1, f"The file is larger than {MAX_BYTES // 1_000_000} MB.", "Check the path.")
    return _decoded(path, content)


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unusable(path, line, "The file is not UTF-8 text.", "Save it with the encoding UTF-8.") from None


# ---- text to nodes -------------------------------------------------------------------------------------


def _compose(path: Path, text: str) -> Node:
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _unusable(path, line, "An unprintable character stands here.", "Delete it.") from None
    except YAMLError as error:
        raise _unusable(path, *_told(error)) from None
    except (ValueError, OverflowError):  # of the library: an escape names a character that there is not
        raise _unusable(path, 1, "The file is not YAML.", "See to escapes such as \\U in double quotes.") from None
    if node is None:
        raise _unusable(path, 1, "The file is empty.", "Write one with `init`.")
    return node  # type: ignore[no-any-return]  # ruamel.yaml leaves compose untyped


_INDENT: Final = "Give keys of one level the same indentation, each with a colon and a space behind it."
_QUOTE: Final = "Put the text in single quotes."

_CAUSES: Final = (
    (r"'\t'", "A tab stands where spaces belong.", "Indent with spaces."),
    (
        "mapping values are not allowed",
        "A colon stands where none can be, or the line is indented wrongly.",
        f"Put a text that contains a colon in single quotes. {_INDENT}",
    ),
    (
        "but got '{'",
        "A text with { stands unquoted between brackets or braces.",
        'Put it in double quotes: "${env:NAME}".',
    ),
    ("expected ',' or ']'", "A list that begins with [ does not end.", "Close it with ]."),
    ("expected ',' or '}'", "A mapping that begins with { does not end.", "Close it with }."),
    ("undefined alias", "A text that begins with * names an anchor that is not there.", _QUOTE),
    ("tag", "A text begins with !, which has a meaning of its own in YAML.", _QUOTE),
    ("unknown escape", "A backslash in double quotes begins an escape that YAML does not know.", _QUOTE),
    ("end of stream", "A quotation mark is opened and not closed.", "Close it."),
    ("another document", "The file holds more than one YAML document.", "Keep one, without a line `---` below."),
    ("cannot start any token", "A text begins with a character that has a meaning of its own in YAML.", _QUOTE),
    ("indentation indicators", "A text begins with | or >, which have a meaning of their own in YAML.", _QUOTE),
    ("could not find expected ':'", "A key without a colon, or a line that is indented wrongly.", _INDENT),
    ("expected", "The line is not indented like those that it belongs to.", _INDENT),
)
"""By a fragment of the library's message; the first that fits."""


def _told(error: YAMLError) -> tuple[int, str, str]:
    if not isinstance(error, MarkedYAMLError):
        return 1, "The file is not YAML.", _INDENT
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    for fragment, what, remedy in _CAUSES:
        if fragment in (error.problem or ""):
            return line, what, remedy
    return line, "The file is not YAML from here on.", _INDENT


# ---- nodes to values -----------------------------------------------------------------------------------

_CORE: Final = "tag:yaml.org,2002:"
_KNOWN: Final = frozenset(
    _CORE + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")
)


@dataclass(slots=True)
class _Builder:
    lines: dict[Place, int] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    count: int = 0

    def value(self, node: Node, place: Place) -> Plain:
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooManyValuesError
        self.lines.setdefault(place, node.start_mark.line + 1)
        if str(node.tag) not in _KNOWN:
            self.flaws.append(Flaw(place, "A YAML tag stands before this value.", "Leave it out, or use quotes."))
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*place, position)) for position, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Plain]:
        result: dict[str, Plain] = {}
        for key, value in node.value:
            if self._key_is_good(key, place, result):
                self.lines[*place, key.value] = key.start_mark.line + 1
                result[key.value] = self.value(value, (*place, key.value))
        return result

    def _key_is_good(self, key: Node, place: Place, earlier: Mapping[str, Plain]) -> bool:
        if not isinstance(key, ScalarNode):
            remedy = "Put a text that begins with { or [ in single quotes."
            self.flaws.append(Flaw(place, "A key in here is not a plain word.", remedy))
            return False
        if key.tag == f"{_CORE}merge":
            self.flaws.append(Flaw((*place, "<<"), "Merge keys are not supported.", "Write the keys out."))
            return False
        if key.value in earlier:
            line, first = key.start_mark.line + 1, self.lines[*place, key.value]
            what = f"The key stands twice: in line {first} and {'again' if line == first else f'in line {line}'}."
            self.flaws.append(Flaw((*place, key.value), what, "Keep one of them."))
            return False
        return True


def _scalar(node: Node) -> Plain:
    text = str(node.value)
    try:
        match str(node.tag).removeprefix(_CORE):
            case "null":
                return None
            case "bool":
                return {"true": True, "false": False}[text.lower()]
            case "int":
                return _integer(text.replace("_", ""))
            case "float":
                return float(re.sub(r"\.(inf|nan)", r"\1", text.lower().replace("_", "")))
    except (ValueError, KeyError):
        pass  # an explicit tag that does not fit its value: then it is a text, and wrong where none belongs
    return text


def _integer(text: str) -> int:
    return int(text, 0) if re.match(r"[+-]?0[xo]", text) else int(text)
