"""What a shell offers for an argument or an option: names out of the configuration and the database.

It asks no server, resolves no secret, and loads nothing that takes time. What cannot be read offers nothing, and
nothing is said about it: somebody is typing.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import typer

_Offer = Iterable[tuple[str, str]]
"""Values, each with what it is, which some shells show."""

_DEFAULT_CONFIG: Final = "/etc/hyperproof-bridge/config.yaml"
_DEFAULT_STORE: Final = "/var/lib/hyperproof-bridge/bridge.db"


def managed_groups(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Those that the configuration names, and those that a pattern has made."""

    def read(data: dict[str, Any], folder: Path) -> _Offer:
        named = (str(group["name"]) for group in data.get("groups", ()) if "name" in group)
        yield from ((name, "") for name in named if "{" not in name)
        yield from _rows(data, folder, "SELECT name, '' FROM sights WHERE organization = ?")

    return _offered(context, incomplete, read)


def jobs(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Those of the configuration."""
    return _offered(
        context,
        incomplete,
        lambda data, _: ((str(name), "") for name in (data.get("schedule") or {}).get("jobs", ())),
    )


def held_digests(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Of what is held, with the group's name."""
    query = "SELECT substr(digest, 1, 12), name FROM held WHERE organization = ? AND current = 1"
    return _offered(context, incomplete, lambda data, folder: _rows(data, folder, query))


def quarantined(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Groups of mappings that are left alone."""
    query = "SELECT name, cause FROM quarantine WHERE organization = ? AND next_try IS NOT NULL"
    return _offered(context, incomplete, lambda data, folder: _rows(data, folder, query))


def runs(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The newest ones, with what they came to."""
    query = "SELECT id, outcome FROM runs WHERE organization = ? ORDER BY started DESC LIMIT 20"
    return _offered(context, incomplete, lambda data, folder: _rows(data, folder, query))


def events(incomplete: str) -> list[str]:
    """Of the evidence."""
    from bridge.audit.events import Event

    return [event.value for event in Event if event.value.startswith(incomplete)]


def forms(incomplete: str) -> list[str]:
    """In which records go out."""
    from bridge.audit.forms import Form

    return [form for form in (*Form, "csv") if form.startswith(incomplete)]


# ---- reading -------------------------------------------------------------------------------------------


def _offered(
    context: typer.Context, incomplete: str, read: Callable[[dict[str, Any], Path], _Offer]
) -> list[tuple[str, str]]:
    """What of it begins like what was typed, as the shell wants it written."""
    try:
        path = Path(context.params.get("config") or os.environ.get("HYPERPROOF_BRIDGE_CONFIG") or _DEFAULT_CONFIG)
        found = dict(read(_configuration(path), path.parent))
    except Exception:  # noqa: BLE001 - whatever it is, a shell that completes is no place to say so
        return []
    return [
        (_written(value), _harmless(what or ""))
        for value, what in found.items()
        if value.startswith(incomplete) and _may_stand(value)
    ]


def _configuration(path: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML

    data = YAML(typ="safe").load(path)
    return data if isinstance(data, dict) else {}


def _rows(data: dict[str, Any], folder: Path, query: str) -> list[tuple[str, str]]:
    store = data.get("store") or {}
    if "url" in store:
        return []
    place = folder / store.get("path", _DEFAULT_STORE)
    with closing(sqlite3.connect(f"file:{quote(str(place))}?mode=ro", uri=True, timeout=0.1)) as database:
        return database.execute(query, [data.get("organization", "default")]).fetchall()


# ---- writing -------------------------------------------------------------------------------------------

_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:+@%/")
_HARMLESS: Final = _PLAIN | frozenset(" &()")
"""What no shell takes for a command, not even between quotation marks, where zsh has all that it is offered."""


def _may_stand(value: str) -> bool:
    """Whether a value can be offered. Whoever names a directory group must not run what an operator only types."""
    return value.isprintable() if _is_escaped_here() else _harmless(value) == value


def _harmless(text: str) -> str:
    """A text without anything that a shell may take for more than a text."""
    return "".join(c if c in _HARMLESS or (not c.isascii() and c.isprintable()) else " " for c in text)


class _Escaped(str):
    """A value as bash wants it on the line, where a backslash stands before a blank."""

    __slots__ = ()

    def startswith(self, *_: object) -> bool:
        """It does begin like what was typed, which Typer would look for without the escapes, and not find."""
        return True


def _written(value: str) -> str:
    """A value as it stands on the line: bash takes it as it is, the others escape it themselves."""
    if not _is_escaped_here():
        return value
    return _Escaped("".join(c if c in _PLAIN or not c.isascii() else f"\\{c}" for c in value))


def _is_escaped_here() -> bool:
    """Whether it is bash that asks, and no quotation mark makes each escape a part of the word."""
    return os.environ.get("_HYPERPROOF_BRIDGE_COMPLETE") == "complete_bash" and not _within_quotes()


def _within_quotes() -> bool:
    """Whether the word that is being typed began with a quotation mark."""
    words = os.environ.get("COMP_WORDS", "").split("\n")
    return words[int(os.environ.get("COMP_CWORD", "0"))].startswith(("'", '"'))
