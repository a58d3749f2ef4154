"""The sections about Hyperproof and about this installation of the bridge."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.audit.forms import Form
from bridge.config.addresses import DatabaseAddress, ProxyAddress, WebAddress
from bridge.config.durations import Duration, within
from bridge.config.paths import FilePath, PresentFile
from bridge.config.references import current
from bridge.config.values import Flag, SecretText, Text, wrong
from bridge.store.place import Place, Server
from bridge.targets.settings import REGIONS


class Model(BaseModel):
    """What all sections have in common: nothing unknown, nothing changed later, no value in an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )


_WAIT: Final = within(timedelta(), timedelta(days=1))


class HyperproofSection(Model):
    """How Hyperproof is reached."""

    region: Literal["us", "eu", "gov"] = Field(examples=["us"])
    """`us`, `eu` or `gov`: where the organization lives."""

    client_id: Text = Field(examples=["${env:HYPERPROOF_CLIENT_ID}"])
    """The API client's id, 32 characters."""

    client_secret: SecretText = Field(examples=["${file:/run/secrets/hyperproof_client_secret}"])
    """The API client's secret."""

    api_url: WebAddress | None = Field(default=None, examples=["http://127.0.0.1:8180/v1"])
    """Where the API is, for a rehearsal. Left out: the region's own. Stated: `token_url` is needed as well."""

    token_url: WebAddress | None = Field(
        default=None, validate_default=True, examples=["https://accounts.hyperproof.app/oauth/token"]
    )
    """Where tokens are issued. Known for `us` only: `eu` and `gov` state it."""

    user_id_space: Literal["auto", "userId", "id"] = "auto"
    """Which of an account's two ids the group endpoints take. `auto` proves it from the members of groups."""

    ca_file: PresentFile | None = Field(default=None, examples=["/etc/ssl/certs/corp-ca.pem"])
    """Certificate authorities to trust (PEM) instead of the usual ones, where a proxy opens TLS."""

    proxy: ProxyAddress | None = Field(default=None, examples=["http://proxy.corp.example:3128"])
    """HTTP proxy. One with a name and password is given whole, by reference."""

    timeout: Annotated[Duration, within(timedelta(seconds=1), timedelta(minutes=10))] = timedelta(seconds=30)
    """Silence after which a call is given up."""

    chunk: Annotated[StrictInt, Field(ge=1, le=1000)] = 100
    """Members in one call, 1 to 1000. Hyperproof documents no limit; 100 has room to spare."""

    max_wait: Annotated[Duration, _WAIT] = timedelta(minutes=15)
    """The longest single wait that Hyperproof may ask for. Beyond it the run ends, and the next tries again."""

    wait_budget: Annotated[Duration, _WAIT] = timedelta(minutes=15)
    """The longest that one run waits in all."""

    @field_validator("token_url", mode="after")
    @classmethod
    def _is_known(cls, token_url: str | None, info: ValidationInfo) -> str | None:
        region = info.data.get("region")
        if token_url is None and region and not REGIONS[region].token_url:
            raise wrong(
                f"Hyperproof does not document where the region {region} issues tokens.",
                "Add `token_url`, which Hyperproof's support will tell you.",
            )
        if token_url is None and info.data.get("api_url"):
            raise wrong(
                "`api_url` names another API than the region's, yet the secret would still go to the region.",
                "Add `token_url` to name the address that issues its tokens.",
            )
        return token_url

    @property
    def api_address(self) -> str:
        """Where the API is: stated, or the region's own."""
        return self.api_url or REGIONS[self.region].api_url

    @property
    def token_address(self) -> str:
        """Where tokens are issued: stated, or the region's own."""
        return self.token_url or REGIONS[self.region].token_url


class StoreSection(Model):
    """What outlives a run."""

    url: DatabaseAddress | None = Field(default=None, examples=["${file:/run/secrets/bridge_store_url}"])
    """Or a PostgreSQL database, for several replicas: postgresql+psycopg://user@host/database?sslmode=verify-full."""

    path: FilePath = Path("/var/lib/hyperproof-bridge/bridge.db")
    """The database: memory, held changes and the audit chain. A relative path starts at the configuration file."""

    @field_validator("path", mode="after")
    @classmethod
    def _alone(cls, path: Path, info: ValidationInfo) -> Path:
        if info.data.get("url") is not None:
            raise wrong("`url` stands here as well.", "Keep one of the two.")
        return path

    @property
    def place(self) -> Place:
        """Where the database is."""
        url = self.url
        return self.path if url is None else Server.of(lambda: current(url))


class AuditSection(Model):
    """Where audit records go besides the database."""

    file: FilePath | None = Field(default=None, examples=["/var/log/hyperproof-bridge/audit.jsonl"])
    """One JSON line for each record, appended."""

    stdout: Flag = False
    """The records on standard output as well, one line each."""

    stdout_format: Form = Form.JSONL
    """The form of these lines: `jsonl` as in the file, or events for a SIEM, `ocsf` or `cef`."""


class LogSection(Model):
    """What the bridge says while it works."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important events that are logged."""

    format: Literal["auto", "json", "console"] = "auto"
    """`json` for programs, `console` for people; `auto` looks whether standard error is a terminal."""


class ApprovalsSection(Model):
    """People's consent to what a guard holds."""

    expire: Annotated[Duration, within(timedelta(minutes=1), timedelta(days=30))] = timedelta(hours=24)
    """How long an approval is good for."""
