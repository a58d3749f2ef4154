"""How the bridge signs in to an LDAP directory, and where it must not."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.paths import KeyFile
from bridge.config.service import Model
from bridge.config.values import SecretText, Text, wrong
from bridge.sources.ldap.settings import Bind, BindMethod
from bridge.transport.settings import is_loopback


class BindSection(Model):
    """How the bridge signs in."""

    method: BindMethod = BindMethod.SIMPLE
    """`simple` with user and password, `external` by client certificate or ldapi, `kerberos`, or `anonymous`."""

    user: Text | None = Field(
        default=None, validate_default=True, examples=["cn=bridge,ou=services,dc=corp,dc=example"]
    )
    """Who signs in, for `simple`: a DN, or whatever else the server takes for one."""

    password: SecretText | None = Field(default=None, validate_default=True, examples=["${env:LDAP_PASSWORD}"])
    """The password, for `simple`."""

    keytab: KeyFile | None = Field(default=None, examples=["/etc/hyperproof-bridge/bridge.keytab"])
    """The bridge's key, for `kerberos`. Left out: the environment has a ticket (KRB5CCNAME)."""

    principal: Text | None = Field(default=None, examples=["bridge@CORP.EXAMPLE"])
    """Who signs in, for `kerberos`, where the keytab or the tickets are those of several."""

    @field_validator("user", "password", "keytab", "principal", mode="after")
    @classmethod
    def _fits_method(cls, value: object, info: ValidationInfo) -> object:
        method, key = info.data.get("method"), str(info.field_name)
        if method is BindMethod.SIMPLE and value is None and key in _USED_BY[method]:
            raise wrong("A simple bind needs `user` and `password`.", f"Add `{key}`.")
        if method is not None and value is not None and key not in _USED_BY[method]:
            other = next(str(other) for other, keys in _USED_BY.items() if key in keys)
            raise wrong(
                f"The bind method `{method}` does not use this.", f"Leave it out, or write `method: {other}`."
            )
        return value


_USED_BY: Final[dict[BindMethod, tuple[str, ...]]] = {
    BindMethod.SIMPLE: ("user", "password"),
    BindMethod.EXTERNAL: (),
    BindMethod.ANONYMOUS: (),
    BindMethod.KERBEROS: ("keytab", "principal"),
}
"""The keys that say who signs in."""


def refuse_leaks(bind: BindSection | None, data: dict[str, object]) -> None:
    """Refuse a sign-in that others could listen to, or that has nothing to prove itself by."""
    if bind is None:  # which was refused already
        return
    if bind.method is BindMethod.SIMPLE and _would_leak(data):
        raise wrong(
            "The password would travel in clear text.",
            "Write ldaps://, or `start_tls: true`, or `allow_plaintext: true` where nobody else listens.",
        )
    if bind.method is BindMethod.KERBEROS:
        _refuse_what_kerberos_cannot(data)
    if bind.method is BindMethod.EXTERNAL and _has_no_identity(data):
        raise wrong(
            "The bind method `external` needs something that proves who the bridge is.",
            "Add `client_certificate` and `client_key`, or write an ldapi:// server.",
        )


def _refuse_what_kerberos_cannot(data: dict[str, object]) -> None:
    if _would_leak(data):
        raise wrong(
            "Kerberos proves who both sides are, but without TLS anybody in between could change the answers.",
            "Write ldaps://, or `start_tls: true`, or `allow_plaintext: true` where nobody else is in between.",
        )
    if any(map(_is_nameless, servers_in(data))):
        raise wrong("Kerberos knows servers by their names.", "Write ldaps:// and the server's whole name.")


def _is_nameless(server: str) -> bool:
    """Whether a server is given by its IP address, or as a local socket."""
    try:
        ip_address(urlsplit(server).hostname or "")
    except ValueError:
        return server.startswith("ldapi://")
    return True


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
    password = section.password.get_secret_value() if section.password else ""
    return Bind(section.method, section.user or "", password, section.keytab, section.principal or "")
