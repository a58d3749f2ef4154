import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from bridge.config.document import read_document
from bridge.config.schema import json_schema, schema_text
from tests.config.files import HYPERPROOF, sound, written

COMMITTED = Path("config/hyperproof-bridge.schema.json")


def test_the_committed_schema_is_fresh() -> None:
    """`make schema` writes it anew."""
    assert COMMITTED.read_text() == schema_text()


def test_the_schema_is_one() -> None:
    """By the rules of JSON Schema 2020-12, which it names."""
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(schema_text()) == schema


def errors(folder: Path, text: str) -> list[str]:
    """What an editor would mark."""
    data = read_document(written(folder, text)).data
    return sorted({error.json_path for error in Draft202012Validator(json_schema()).iter_errors(data)})


def test_an_editor_accepts_what_the_bridge_accepts(tmp_path: Path) -> None:
    """A sound configuration has no marks."""
    assert errors(tmp_path, sound()) == []


def test_an_editor_marks_mistakes(tmp_path: Path) -> None:
    """Unknown keys, wrong words, plain secrets, missing units, nothing."""
    assert errors(tmp_path, sound(more="applyy: true")) == ["$"]
    assert errors(tmp_path, sound(hyperproof=HYPERPROOF.replace("us", "mars"))) == ["$.hyperproof.region"]
    plain = HYPERPROOF.replace("${env:CLIENT_SECRET}", "hunter2")
    assert errors(tmp_path, sound(hyperproof=plain)) == ["$.hyperproof.client_secret"]
    assert errors(tmp_path, sound(hyperproof=HYPERPROOF + "    timeout: 30")) == ["$.hyperproof.timeout"]
    assert errors(tmp_path, sound(more="log: {level: }")) == ["$.log.level"]


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every key of every section, with what the schema says of it and of the section."""
    for section in (schema, *schema["$defs"].values()):
        for key, value in section.get("properties", {}).items():
            yield key, value, section


def test_every_key_is_explained() -> None:
    """The editor shows a sentence for each, or that of the section behind it."""
    schema = json_schema()
    for key, value, _ in properties(schema):
        behind = schema["$defs"].get(value.get("$ref", "").rpartition("/")[2], {})
        assert value.get("description") or behind.get("description"), key


def test_defaults_look_as_in_the_file() -> None:
    """Durations have their unit; nothing is null."""
    defaults = {key: value["default"] for key, value, _ in properties(json_schema()) if "default" in value}
    assert (defaults["timeout"], defaults["expire"], defaults["receive_timeout"]) == ("30s", "24h", "60s")
    assert '"null"' not in schema_text()
    assert None not in defaults.values()


def test_every_example_in_the_schema_fits() -> None:
    """What a message offers to write can be written."""
    schema = json_schema()
    for key, value, section in properties(schema):
        if section is not schema:  # the examples of whole sections are beginnings
            for example in value.get("examples", ()):
                rule = {**value, "$defs": schema["$defs"]}
                assert Draft202012Validator(rule).is_valid(example), (key, example)
