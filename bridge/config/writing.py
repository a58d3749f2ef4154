"""A new configuration as a text: short, with comments, and exactly the values that it was given.

    document = Draft(hyperproof={...}, directories={"corp": {...}}, groups=(Written({...}),)).text()

What is written is read back by `document.read_document` as `Draft.data`, whatever stands in the values. Not every
text may stand in a configuration, though: see `can_stand`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.config.document import Plain
from bridge.config.references import resembles_reference

_PLAIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./@+=-]| (?=[A-Za-z0-9])|:(?=[A-Za-z0-9/]))*")
"""What needs no quotes anywhere, but for `_WORDS`."""

_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""What YAML, or some reader of it, takes for something else than a text."""

_WIDTH: Final = 100
"""Columns that a mapping in one line may take."""


@dataclass(frozen=True, slots=True)
class Written:
    """One entry under `groups`, with a remark for people."""

    entry: Mapping[str, Plain]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a new configuration is to say. `apply` is off, as nobody has seen a plan."""

    hyperproof: Mapping[str, Plain]
    directories: Mapping[str, Mapping[str, Plain]]
    groups: Sequence[Written]
    suggested: Sequence[Written] = ()
    """Entries to take up by hand: they stand in comments."""
    store: Mapping[str, Plain] | None = None
    audit: Mapping[str, Plain] | None = None

    @property
    def data(self) -> dict[str, Plain]:
        """The values, as the file will be read."""
        found: dict[str, Plain] = {
            "hyperproof": dict(self.hyperproof),
            "directories": {name: dict(directory) for name, directory in self.directories.items()},
            "groups": [dict(written.entry) for written in self.groups],
            "apply": False,
        }
        sections = {"store": self.store, "audit": self.audit}
        return found | {name: dict(section) for name, section in sections.items() if section}

    def text(self) -> str:
        """The file."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        yield "# Written by `hyperproof-bridge init`; `hyperproof-bridge check` tries it. Every key stands in"
        yield "# docs/configuration.md. Secrets stand elsewhere: ${env:NAME} is a variable, ${file:PATH} a file."
        yield ""
        yield "hyperproof:"
        yield from _block(self.hyperproof, 2)
        yield ""
        yield "directories:"
        for name, directory in self.directories.items():
            yield f"  {name}:"
            yield from _block(directory, 4)
        yield ""
        yield "# The managed groups, and the directory groups that feed them. No other group is ever written."
        yield "groups:"
        for written in self.groups:
            yield from _entry(written)
        if self.suggested:
            yield ""
            yield "# Likely by their names, and not chosen. Take the # in front away to have one."
            for written in self.suggested:
                yield from (f"# {line}" for line in _entry(written))
        yield ""
        if self.store or self.audit:
            yield "# Memory and evidence. Relative paths begin beside this file."
        for key, section in (("store", self.store), ("audit", self.audit)):
            if section:
                yield f"{key}: {value_text(dict(section))}"
        yield ""
        yield "# Off, runs plan and report. Write `true` when `hyperproof-bridge plan` shows what you want."
        yield "apply: false"


def can_stand(text: str) -> bool:
    """Whether a configuration can say this text by itself.

    It trims texts, takes ${ for a reference, and refuses control characters.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    sayable = bool(text) and text == text.strip() and not re.search(r"[\x00-\x1f\x7f]", text)
    return sayable and not resembles_reference(text)


def value_text(value: Plain) -> str:
    """A value in one line of YAML."""
    match value:
        case str():
            return _quoted(value)
        case dict():
            return f"{{{', '.join(f'{key}: {value_text(inner)}' for key, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(value_text, value))}]"
    return json.dumps(value)


def one_line(text: str) -> str:
    """A text as a remark may hold it: in one line, everything in it to be seen."""
    return "".join(map(_visible, text))


def _block(section: Mapping[str, Plain], indent: int) -> Iterator[str]:
    for key, value in section.items():
        yield f"{' ' * indent}{key}: {value_text(value)}"


def _entry(written: Written) -> Iterator[str]:
    marks = ("- ", *["  "] * len(written.entry))
    for (key, value), mark in zip(written.entry.items(), marks, strict=False):
        remark = f"  # {one_line(written.remark)}" if written.remark and key == "members" else ""
        if isinstance(value, list) and len(value_text(value)) > _WIDTH:
            yield f"  {mark}{key}:{remark}"
            yield from (f"      - {value_text(inner)}" for inner in value)
        else:
            yield f"  {mark}{key}: {value_text(value)}{remark}"


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(map(_visible, escaped))}"'


def _visible(character: str) -> str:
    """A character, or the escape by which YAML knows it."""
    if character == " " or (character.isprintable() and character != "\ufeff"):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004
