"""What an address in the network may be."""

from typing import Annotated, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, PlainSerializer, PlainValidator, SecretStr, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from bridge.config.references import HOW_TO_REFER, reference
from bridge.config.values import Text, sealed, surroundings, text_value, wrong
from bridge.transport.settings import is_loopback


def _split(text: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    """Split an address that has a scheme, a host, perhaps a port, and no more than a path."""
    remedy = f"Write one such as {example}."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong("The address is not well formed.", remedy) from None
    if parts.scheme not in schemes or not parts.hostname or port == 0 or parts.query or parts.fragment:
        raise wrong(f"This is not an address that begins with {' or '.join(f'{s}://' for s in schemes)}.", remedy)
    return parts


def _web(text: str) -> str:
    parts = _split(text, ("https", "http"), "https://api.hyperproof.app/v1")
    if parts.username is not None or parts.password is not None:
        raise wrong("The address holds a name or password.", "Write it without; client_secret is the only secret.")
    if parts.scheme == "http" and not is_loopback(text):
        raise wrong("Secrets would travel in clear text.", "Write https://; http:// is for this machine only.")
    return text.rstrip("/")


WebAddress: TypeAlias = Annotated[Text, AfterValidator(_web)]
"""An https address; http on loopback only."""


def webhook_address(text: str) -> None:
    """See that this is an https address, or http on loopback; it may have a query. Raises for another, untold."""
    parts = _split(text.partition("?")[0], ("https", "http"), "https://hooks.corp.example/bridge")
    if parts.username is not None or parts.password is not None:
        raise wrong("The address holds a name or password.", "Write it without; notices are signed.")
    if parts.scheme == "http" and not is_loopback(text):
        raise wrong("Notices would travel in clear text.", "Write https://; http:// is for this machine only.")


def _proxy(value: object, info: ValidationInfo) -> SecretStr:
    try:
        text = text_value(value, info)
        parts = _split(text, ("http", "https"), "http://proxy.corp.example:3128")
    except PydanticCustomError as error:
        raise sealed(**(error.context or {})) from None
    has_password = parts.username is not None or parts.password is not None
    if has_password and isinstance(value, str) and reference(value, surroundings(info)) is None:
        what = "The address holds a name or password in plain text."
        raise sealed(what, f"Give the whole address by reference. {HOW_TO_REFER}")
    return SecretStr(text)


ProxyAddress: TypeAlias = Annotated[
    SecretStr, PlainValidator(_proxy), PlainSerializer(str), WithJsonSchema({"type": "string"})
]
"""A proxy's address: a secret, since it may hold a password; then it is given by reference."""


def _server(text: str) -> str:
    if text.startswith("ldapi://"):
        return text
    parts = _split(text, ("ldaps", "ldap", "ldapi"), "ldaps://ldap.corp.example")
    if parts.path.strip("/") or parts.username is not None:
        raise wrong("An LDAP server's address is a host and perhaps a port.", "Write the base as `base_dn`.")
    return text.rstrip("/")


ServerAddress: TypeAlias = Annotated[Text, AfterValidator(_server)]
"""ldaps://, ldap:// or ldapi://."""
