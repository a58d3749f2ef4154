"""How the bridge signs in to an LDAP directory, and where it must not."""

from pydantic import Field, SecretStr, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.references import Secret
from bridge.config.service import Model
from bridge.config.values import SecretText, Text, wrong
from bridge.sources.ldap.settings import Bind, BindMethod
from bridge.transport.settings import is_loopback


class BindSection(Model):
    """How the bridge signs in."""

    method: BindMethod = BindMethod.SIMPLE
    """`simple` with user and password, `external` with a client certificate or over ldapi, or `anonymous`."""

    user: Text | None = Field(
        default=None, validate_default=True, examples=["cn=bridge,ou=services,dc=corp,dc=example"]
    )
    """Who signs in, for `simple`: a DN, or whatever else the server takes for one."""

    password: SecretText | None = Field(default=None, validate_default=True, examples=["${env:LDAP_PASSWORD}"])
    """The password, for `simple`."""

    @field_validator("user", "password", mode="after")
    @classmethod
    def _fits_method(cls, value: str | Secret | None, info: ValidationInfo) -> str | Secret | None:
        method = info.data.get("method")
        if method is BindMethod.SIMPLE and value is None:
            raise wrong("A simple bind needs `user` and `password`.", f"Add `{info.field_name}`.")
        if method in {BindMethod.EXTERNAL, BindMethod.ANONYMOUS} and value is not None:
            raise wrong(
                f"The bind method `{method}` does not use this.", "Leave it out, or write `method: simple`."
            )
        return value


def refuse_leaks(bind: BindSection | None, data: dict[str, object]) -> None:
    """Refuse a sign-in that others could listen to, or that has nothing to prove itself by."""
    if bind is None:  # which was refused already
        return
    if bind.method is BindMethod.SIMPLE and _would_leak(data):
        raise wrong(
            "The password would travel in clear text.",
            "Write ldaps://, or `start_tls: true`, or `allow_plaintext: true` where nobody else listens.",
        )
    if bind.method is BindMethod.EXTERNAL and _has_no_identity(data):
        raise wrong(
            "The bind method `external` needs something that proves who the bridge is.",
            "Add `client_certificate` and `client_key`, or write an ldapi:// server.",
        )


def servers_in(data: dict[str, object]) -> tuple[str, ...]:
    """The addresses listed in a section; none while they are wrong, or left to DNS."""
    servers = data.get("servers", ())
    return servers if isinstance(servers, tuple) else ()


def _would_leak(data: dict[str, object]) -> bool:
    if data.get("start_tls", True) or data.get("allow_plaintext", True):
        return False
    return any(server.startswith("ldap://") and not is_loopback(server) for server in servers_in(data))


def _has_no_identity(data: dict[str, object]) -> bool:
    servers = servers_in(data)
    local = bool(servers) and all(server.startswith("ldapi://") for server in servers)
    return not local and data.get("client_certificate", "unknown") is None


def bind_of(section: BindSection) -> Bind:
    """The sign-in as the source takes it."""
    return Bind(section.method, section.user or "", _password(section.password))


def _password(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
