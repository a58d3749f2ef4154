"""The section about notices: who is told of what needs a person."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StrictInt, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.addresses import webhook_address
from bridge.config.durations import Duration, within
from bridge.config.paths import PresentFile
from bridge.config.references import Secret
from bridge.config.service import Model
from bridge.config.values import Address, SecretText, Text, wrong
from bridge.transport.settings import is_loopback


class WebhookSection(Model):
    """An address that is told by HTTP."""

    shape: Literal["json", "slack", "teams"] = "json"
    """`json` for programs, signed; `slack` and `teams` for the incoming webhooks of those two."""

    url: SecretText = Field(examples=["${file:/run/secrets/bridge_webhook_url}"])
    """Where to post, https, by reference: whoever knows the address of such a webhook may post there."""

    secret: SecretText | None = Field(
        default=None, validate_default=True, examples=["${file:/run/secrets/bridge_webhook_secret}"]
    )
    """What it is signed with (HMAC-SHA256). Needed for `json`; at least 16 characters."""

    ca_file: PresentFile | None = Field(default=None, examples=["/etc/ssl/certs/corp-ca.pem"])
    """Certificate authorities to trust (PEM) instead of the usual ones."""

    @field_validator("url", mode="after")
    @classmethod
    def _is_address(cls, url: Secret) -> Secret:
        webhook_address(url.get_secret_value())
        return url

    @field_validator("secret", mode="after")
    @classmethod
    def _is_long(cls, secret: Secret | None, info: ValidationInfo) -> Secret | None:
        if secret is None and info.data.get("shape") == "json":
            raise wrong("The receiver could not tell our notices from anybody's.", "Add `secret`.")
        if secret is not None and len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise wrong("The secret can be guessed.", f"Make one of at least {SHORTEST_SECRET} characters.")
        return secret


SHORTEST_SECRET = 16


class MailSection(Model):
    """A server for mail, and who gets it."""

    server: Text = Field(examples=["smtp.corp.example"])
    """The server's name."""

    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls`, `tls` from the first byte, or `none`, on loopback only."""

    port: Annotated[StrictInt, Field(ge=1, le=65535)] | None = Field(default=None, examples=[587])
    """Left out: 587 for `starttls`, 465 for `tls`, 25 for `none`."""

    user: Text | None = Field(default=None, examples=["bridge@corp.example"])
    """The name to sign in with; left out, nobody signs in."""

    password: SecretText | None = Field(
        default=None, validate_default=True, examples=["${file:/run/secrets/bridge_smtp_password}"]
    )
    """The password to sign in with."""

    ca_file: PresentFile | None = Field(default=None, examples=["/etc/ssl/certs/corp-ca.pem"])
    """Certificate authorities to trust (PEM) instead of the usual ones."""

    sender: Address = Field(examples=["hyperproof-bridge@corp.example"])
    """Whom it is from."""

    to: Annotated[tuple[Address, ...], Field(min_length=1)] = Field(examples=[["identity@corp.example"]])
    """Who gets it."""

    @field_validator("security", mode="after")
    @classmethod
    def _is_safe(cls, security: str, info: ValidationInfo) -> str:
        if security == "none" and not is_loopback(f"http://{info.data.get('server', '')}"):
            raise wrong("The mail would travel in clear text.", "Write starttls or tls; none is for this machine.")
        return security

    @field_validator("password", mode="after")
    @classmethod
    def _goes_with_user(cls, password: Secret | None, info: ValidationInfo) -> Secret | None:
        if (password is None) != (info.data.get("user") is None):
            raise wrong("`user` and `password` belong together.", "Write both, or neither.")
        return password

    @property
    def port_number(self) -> int:
        """The port, stated or usual."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.security]


class NoticesSection(Model):
    """Who is told of what needs a person. Nobody, unless a webhook or mail is stated."""

    webhook: WebhookSection | None = Field(
        default=None, examples=[{"url": "${env:BRIDGE_WEBHOOK_URL}", "secret": "${env:BRIDGE_WEBHOOK_SECRET}"}]
    )
    """An address that is told by HTTP."""

    mail: MailSection | None = Field(
        default=None,
        examples=[
            {
                "server": "smtp.corp.example",
                "sender": "hyperproof-bridge@corp.example",
                "to": ["identity@corp.example"],
            }
        ],
    )
    """Who is told by mail."""

    doubts_after: Annotated[Duration, within(timedelta(), timedelta(days=31))] = timedelta(hours=24)
    """How long a doubt has to last before somebody is told: most go by themselves."""
