"""The JSON Schema of the configuration, for completion and checks in an editor."""

import json
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from bridge.config.model import Configuration
from bridge.config.values import duration_text


def json_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12). The bridge itself checks more than a schema can say."""
    schema = Configuration.model_json_schema(schema_generator=_ForEditors)
    return {"$schema": _ForEditors.schema_dialect, **schema, "title": "Hyperproof Bridge"}


def schema_text() -> str:
    """The same as a file's content."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


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
