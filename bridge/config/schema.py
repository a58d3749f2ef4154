"""The JSON Schema of the configuration, for completion and checks in an editor."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from bridge.config.durations import duration_text
from bridge.config.model import Configuration
from bridge.config.service import Model


def json_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12). The bridge itself checks more than a schema can say."""
    schema = Configuration.model_json_schema(schema_generator=_ForEditors)
    for section in _sections(Model):
        told = schema if section is Configuration else schema["$defs"].get(section.__name__, {})
        for key, text in _described(section).items():
            told.get("properties", {}).get(key, {})["description"] = text
    return {"$schema": _ForEditors.schema_dialect, **schema, "title": "Hyperproof Bridge"}


def schema_text() -> str:
    """The same as a file's content."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _sections(model: type[Model]) -> Iterator[type[Model]]:
    for section in model.__subclasses__():
        yield section
        yield from _sections(section)


def _described(section: type[Model]) -> dict[str, str]:
    """What stands below each field, by key. To look for it at each start would be a third of the time to load."""
    found: dict[str, str] = {}
    for each in reversed([one for one in section.__mro__ if issubclass(one, Model)]):
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
        for field, below in pairwise(node.body if isinstance(node, ast.ClassDef) else ()):
            match field, below:
                case ast.AnnAssign(ast.Name(name)), ast.Expr(ast.Constant(str(text))) if (
                    name in section.model_fields
                ):
                    found[section.model_fields[name].alias or name] = inspect.cleandoc(text)
    return found


class _ForEditors(GenerateJsonSchema):
    """As people write it: nothing is null, defaults look as in the file, no titles that repeat the key."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - as the class above has it
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        default = schema.get("default")
        if default is None or default == () or isinstance(default, BaseModel):
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - as the class above has it
        return duration_text(dft) if isinstance(dft, timedelta) else super().encode_default(dft)
