"""The section about tracing: where the steps of runs are sent."""

from typing import Annotated, TypeAlias

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.addresses import CollectorAddress
from bridge.config.paths import PresentFile
from bridge.config.service import Model
from bridge.config.values import HeaderName, SecretText, wrong
from bridge.transport.settings import is_loopback

Headers: TypeAlias = Annotated[dict[HeaderName, SecretText], Field(max_length=16)]


class TracingSection(Model):
    """Where the steps of each run are sent as a trace."""

    endpoint: CollectorAddress = Field(examples=["https://otel.corp.example:4318"])
    """An OpenTelemetry collector that takes OTLP over HTTP; spans go to `/v1/traces` below this address."""

    headers: Headers = Field(default={}, examples=[{"Authorization": "${file:/run/secrets/otel_authorization}"}])
    """Headers to send along, each value by reference. They take https, or a collector on this machine."""

    ca_file: PresentFile | None = Field(default=None, examples=["/etc/ssl/certs/corp-ca.pem"])
    """Certificate authorities to trust (PEM) instead of the usual ones."""

    @field_validator("headers", mode="after")
    @classmethod
    def _travel_unseen(cls, headers: Headers, info: ValidationInfo) -> Headers:
        endpoint = info.data.get("endpoint", "https://")
        if headers and endpoint.startswith("http://") and not is_loopback(endpoint):
            raise wrong("The headers would travel in clear text.", "Write https:// in `endpoint`.")
        return headers
