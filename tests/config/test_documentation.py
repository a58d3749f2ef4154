"""docs/configuration.md names every key, and tells its default."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.config import load
from bridge.config.schema import json_schema
from tests.config.files import written

PAGE = Path("docs/configuration.md").read_text()
ROWS = dict(re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", PAGE, re.MULTILINE))
"""From a key path to its default."""

SCHEMA = json_schema()


NAMED = {"schedule.jobs": "job"}
"""What the keys of a section are called that are of the operator's choice; otherwise they are directories."""


def keys(
    schema: dict[str, Any], path: str = "", inside: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key path of the schema, each rule within a rule once."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name and name not in inside:
        yield from keys(SCHEMA["$defs"][name], path, (*inside, name))
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from keys(branch, path, inside)
    for key, value in schema.get("properties", {}).items():
        below = f"{path}.{key}".removeprefix(".")
        yield below, {**value, "required": key in schema.get("required", ())}
        yield from keys(value, below, inside)
    if "items" in schema:
        yield from keys(schema["items"], f"{path}[]", inside)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from keys(schema["additionalProperties"], f"{path}.<{NAMED.get(path, 'directory')}>", inside)


KEYS = {path: value for path, value in keys(SCHEMA) if not path.startswith("groups[].members[]")}
"""A bare list of members has the keys of its items, which stand there already."""


@pytest.mark.parametrize("path", KEYS)
def test_a_key_is_documented(path: str) -> None:
    """It has its row, with what holds without it."""
    default = ROWS[path]
    if KEYS[path]["required"]:
        assert default.startswith("required")
    elif "default" in KEYS[path]:
        stated = KEYS[path]["default"]
        assert default == f"`{stated if isinstance(stated, str) else json.dumps(stated)}`"


def test_nothing_else_is_documented() -> None:
    """A key that is gone is gone from the page as well."""
    files = {path for path in ROWS if path.startswith("config/")}
    assert set(ROWS) - files - set(KEYS) == {"groups[].members.<directory>"}


def test_the_short_start_works(tmp_path: Path) -> None:
    """What the page begins with can be loaded as it stands."""
    (start,) = re.findall(r"```yaml\n(# yaml-language-server.*?)```", PAGE, re.DOTALL)
    environ = {"HYPERPROOF_CLIENT_ID": "id", "HYPERPROOF_CLIENT_SECRET": "s", "LDAP_PASSWORD": "p"}
    assert load(written(tmp_path, start), environ).apply is False
