"""The examples in config/ are loaded as they would be after installation, with made-up secrets."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from bridge.config import Configuration
from bridge.config.document import read_document
from bridge.config.policy import policy
from bridge.config.schedule import Job, ScheduleSection
from bridge.config.schema import json_schema
from bridge.config.service import StoreSection
from tests.config.files import loaded

EXAMPLES = sorted(Path("config").glob("*.yaml"))
ENVIRON = {
    "HYPERPROOF_CLIENT_ID": "id",
    "HYPERPROOF_CLIENT_SECRET": "secret",
    "LDAP_PASSWORD": "password",
    "ENTRA_CLIENT_SECRET": "secret",
    "ENTRA_KEY_PASSPHRASE": "passphrase",
}
INSTALLED = r"/etc/hyperproof-bridge|/run/credentials/hyperproof-bridge\.service"


def installed(folder: Path, example: Path) -> Configuration:
    """Load an example with every file in place that it names."""
    text = example.read_text()
    for name in re.findall(rf"(?:{INSTALLED})/([\w.]+)", text):
        (folder / name).write_text("https://made.example/up-and-long-enough\n")
        (folder / name).chmod(0o600)
    return loaded(folder, re.sub(INSTALLED, str(folder), text), ENVIRON)


def test_there_are_examples() -> None:
    """Those that the documentation names."""
    assert [path.stem for path in EXAMPLES] == [
        "active-directory",
        "entra",
        "every-key",
        "minimal",
        "openldap",
        "posix-groups",
        "service",
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_loads(tmp_path: Path, example: Path) -> None:
    """Without problems and warnings, and says whom it manages."""
    configuration = installed(tmp_path, example)
    assert configuration.warnings == ()
    assert policy(configuration).selectors()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_editor_knows_the_example(example: Path) -> None:
    """Its first line names the schema, and the schema has nothing against it."""
    assert example.read_text().splitlines()[0] == "# yaml-language-server: $schema=hyperproof-bridge.schema.json"
    assert Draft202012Validator(json_schema()).is_valid(read_document(example).data)


def stated(value: object) -> set[tuple[type[BaseModel], str]]:
    """Every key that stands in the file, by section."""
    if isinstance(value, BaseModel):
        own = {(type(value), key) for key in value.model_fields_set if key in type(value).model_fields}
        return own.union(*(stated(inner) for _, inner in value))
    if isinstance(value, dict):
        return set().union(*map(stated, value.values()))
    return set().union(*map(stated, value)) if isinstance(value, tuple) else set()


def test_every_key_has_every_key(tmp_path: Path) -> None:
    """Nothing can be configured that cannot be copied from there."""
    found = stated(installed(tmp_path, Path("config/every-key.yaml")))
    sections = {section for section, _ in found}
    for section, key in (
        (ScheduleSection, "cron"),
        (Job, "every"),
        (StoreSection, "url"),
    ):  # cannot stand beside the other
        found |= {(section, key)}
        assert f"  # {key}: " in Path("config/every-key.yaml").read_text()
    assert {(section, key) for section in sections for key in section.model_fields} == found
    titles = {section.__name__ for section in sections} - {"Configuration"}
    assert titles == {name for name, schema in json_schema()["$defs"].items() if "properties" in schema}
